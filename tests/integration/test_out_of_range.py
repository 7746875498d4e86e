"""Incident particles that a model never saw: one line, or a warning where the user insists."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.records import Showers
from showerkit.data.shower_file import FileMetadata, ShowerWriter, read_showers
from showerkit.geometry import load_detector
from showerkit.simulate.primaries import PrimaryConfig

DETECTOR = load_detector("zdc-ecal")
ASKED = {
    "energy": ({"energy_gev": 50.0}, ("energy of the incident particles", "50 GeV", "to 20 GeV")),
    "angle": ({"theta_deg": 40.0}, ("theta of the incident particles", "40 degrees", "to 25 degrees")),
    "position": ({"position_mm": (90.0, 0.0)}, ("x of the incident particles", "90 mm", "15.15 mm")),
    "particle": (
        {"particles": ("gamma",)},
        ("particle (PDG code) of the incident particles", "22", "one of 11"),
    ),
}


def particles(path, **wanted):
    """A file whose incident particles are to be used again."""
    settings = {"energy_gev": 5.0, "theta_deg": 5.0, **wanted}
    incident = PrimaryConfig.model_validate(settings).sample(1, np.arange(3), DETECTOR)
    with ShowerWriter(
        path, FileMetadata(generator="none", kind="geant4", detector=DETECTOR, seed=1)
    ) as writer:
        writer.append(Showers(incident, np.zeros((3, DETECTOR.n_cells), np.float32), np.arange(3)))
    return path


@pytest.mark.filterwarnings("default:model")
@pytest.mark.parametrize("model", ["zdc-ecal-gan", "zdc-ecal-regression"])
@pytest.mark.parametrize("what", ASKED)
def test_what_was_never_seen_is_refused_or_warned_about(model, what, tmp_path, showerkit_command):
    wanted, told = ASKED[what]
    asked, made = particles(tmp_path / "asked.h5", **wanted), tmp_path / "made.h5"
    words = ("generate", model, "--like", str(asked), "-o", str(made))
    refused = showerkit_command(*words)
    assert refused.code == 2
    line = refused.err.strip()
    assert "\n" not in line
    assert all(word in line for word in (*told, "was trained on", "--allow-out-of-range")), line
    assert not made.exists()
    insisted = showerkit_command(*words, "--allow-out-of-range")
    assert insisted.code == 0, insisted.err
    (warning,) = [line for line in insisted.err.splitlines() if "lies outside the training's" in line]
    assert all(word in warning for word in told[1:])
    assert np.isfinite(read_showers(made).energy_mev).all()


def test_what_was_seen_is_made_without_a_word(tmp_path, showerkit_command):
    asked = particles(tmp_path / "asked.h5")
    shown = showerkit_command(
        "generate", "zdc-ecal-gan", "--like", str(asked), "-o", str(tmp_path / "made.h5")
    )
    assert shown.code == 0, shown.err
    assert "outside" not in shown.err
