"""Showers unlike those of a training are told, and those of another detector refused."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import JsonValue

from showerkit.data.records import IncidentParticles
from showerkit.errors import ConfigurationError, ShowerkitError
from showerkit.geometry import load_detector
from showerkit.reconstruct.trained_range import UnfamiliarShowers, check_detector

TOLD: dict[str, JsonValue] = {
    "name": "m",
    "particles": [11, 22],
    "valid_range": {"energy": [1000.0, 10_000.0]},
}


def particles(codes: list[int], energies: list[float]) -> IncidentParticles:
    along = np.tile([0.0, 0.0, 1.0], (len(codes), 1))
    return IncidentParticles(codes, energies, along, along)


def test_familiar_showers_raise_no_warning() -> None:
    seen = UnfamiliarShowers(TOLD)
    seen.add(particles([11, 22], [1000.0, 10_050.0]))
    seen.add(particles([], []))
    assert seen.warnings() == []


def test_counts_add_up_over_batches() -> None:
    seen = UnfamiliarShowers(TOLD)
    seen.add(particles([211, 11], [5000.0, 100.0]))
    seen.add(particles([211, 2112], [5000.0, 5000.0]))
    foreign, neutron, energy = seen.warnings()
    assert foreign.startswith("2 of 4 showers: particle (PDG code) 211")
    assert neutron.startswith("1 of 4 showers: particle (PDG code) 2112")
    assert energy.startswith("1 of 4 showers: energy down to 0.1 GeV, outside the 1 to 10 GeV")


def test_places_and_angles_count_as_well() -> None:
    seen = UnfamiliarShowers(
        {"name": "m", "valid_range": {"x": [0.0, 0.0], "y": [-1.0, 1.0], "theta": [0.0, 0.0]}}
    )
    upright, slanted = [0.0, 0.0, 1.0], [1.0, 0.0, 1.0]
    places = [[0.4, 0.0, 0.0], [-20.0, 1.4, 0.0], [5.0, 0.0, 0.0]]
    seen.add(IncidentParticles([11] * 3, [1.0] * 3, [upright, upright, slanted], places))
    theta, x = seen.warnings()
    assert theta.startswith("1 of 3 showers: polar angle up to 45 degrees, outside the 0 to 0 degrees")
    assert x.startswith("2 of 3 showers: start position x down to -20 mm, outside the 0 to 0 mm")


def test_a_model_that_says_nothing_is_not_held_against_anything() -> None:
    seen = UnfamiliarShowers({})
    seen.add(particles([211], [1e6]))
    assert seen.warnings() == []
    check_detector({}, load_detector("toy-hcal"), "file")


@pytest.mark.parametrize(
    "wrong",
    [
        {"particles": "all"},
        {"valid_range": {"energy": [1.0]}},
        {"valid_range": {"energy": [2.0, 1.0]}},
        {"valid_range": {"energy": ["a", "b"]}},
    ],
)
def test_descriptions_that_make_no_sense_are_refused(wrong: dict[str, JsonValue]) -> None:
    with pytest.raises(ShowerkitError, match="model: "):
        UnfamiliarShowers(wrong)


def test_detectors() -> None:
    detector = load_detector("toy-hcal")
    same: dict[str, JsonValue] = {"name": "m", "detector": detector.model_dump(mode="json")}
    check_detector(same, detector, "a.h5")
    wider = detector.model_copy(update={"pitch_x_mm": 2.0 * detector.pitch_x_mm})
    with pytest.raises(ConfigurationError, match=r"a\.h5: detector: got 'toy-hcal' with other pitch_x_mm"):
        check_detector(same, wider, "a.h5")
    with pytest.raises(ConfigurationError, match="got 'zdc-ecal'; expected 'toy-hcal' as model 'm'"):
        check_detector(same, load_detector("zdc-ecal"), "a.h5")
    with pytest.raises(ConfigurationError, match="got nonsense; expected a calorimeter's description"):
        check_detector({"name": "m", "detector": "nonsense"}, detector, "a.h5")
