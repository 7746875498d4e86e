"""Fast simulation inside Geant4: what is left to it is as in the full simulation, what is taken is whole."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from showerkit.cli import main
from showerkit.data.shower_file import ShowerFile, read_showers
from showerkit.data.timing import read_timing
from showerkit.data.validation import violations
from showerkit.errors import ConfigurationError, DataError
from showerkit.geometry import load_detector
from showerkit.progress import SilentProgress
from showerkit.simulate.geant4.client import simulate_chunks
from showerkit.simulate.geant4.handover import Handover
from showerkit.simulate.geant4.physics_data import find_physics_data
from showerkit.simulate.geant4.settings import Geant4Settings
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.simulate.worker_pool import LocalWorkers
from showerkit.units import ELECTRON_MASS_MEV
from showerkit.workflow.simulate import simulate

MODEL = "zdc-ecal-gan"
BEHIND_LEAD = """
name: zdc-ecal-behind-lead
cells: 20
cell_mm: 30
pitch_mm: 30.3
frame: carbon-fibre
gun_distance_mm: 202
upstream:
  - {material: lead, thickness_mm: 5.6, distance_mm: 100}
layers:
  - material: lyso
    thickness_mm: 70
    after: [{material: polyethylene, thickness_mm: 2.5}]
"""
PRIMARIES = PrimaryConfig(energy_gev=(0.5, 2.0))
N = 48


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def behind_lead(tmp_path_factory):
    path = tmp_path_factory.mktemp("detector") / "behind-lead.yaml"
    path.write_text(BEHIND_LEAD, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def fast(behind_lead, tmp_path_factory):
    path = tmp_path_factory.mktemp("fast") / "fast.h5"
    return simulate(behind_lead, path, n=N, primaries=PRIMARIES, seed=3, workers=1, fast_sim=MODEL)


def geant4_part(detector, handover, n, primaries, seed, folder):
    """What Geant4 alone makes of the events, and the particles it hands over."""
    (chunk,) = simulate_chunks(
        Geant4Settings(detector=detector, seed=seed, handover=handover),
        find_physics_data().environment,
        [0],
        lambda _: (primaries.sample(seed, np.arange(n), detector), np.arange(n)),
        runner=LocalWorkers(1),
        log_dir=folder,
    )
    return chunk.showers, chunk.at_face


@pytest.fixture(scope="module")
def parts(behind_lead, tmp_path_factory):
    """The same events as in `fast`, Geant4's part and the particles at the face."""
    from showerkit.generate.fast_simulation import FastSimulation
    from showerkit.generate.generator import shower_generator
    from showerkit.train.checkpoint import load_checkpoint
    from showerkit.train.model_store import resolve_model

    detector = load_detector(behind_lead)
    model = FastSimulation(shower_generator(load_checkpoint(resolve_model(MODEL))), detector)
    geant4, at_face = geant4_part(detector, model.handover, N, PRIMARIES, 3, tmp_path_factory.mktemp("part"))
    return model, geant4, at_face


def test_the_file_says_what_the_model_did(fast, parts):
    _, geant4, at_face = parts
    assert violations(fast) == []
    with ShowerFile(fast) as file:
        made = file.metadata
    assert made.kind == "geant4"
    assert made.generator.startswith("Geant4 11.")
    assert made.generator.endswith(" with gan-best")
    assert "torch" in made.versions
    said = made.settings["fast_sim"]
    assert said["above_gev"] == 0.1
    assert len(said["model_fingerprint"]) == 16
    taken = made.settings["fast_sim_taken"]
    assert taken["particles"] == len(at_face) > N // 2
    share = at_face.incident.energy_mev.sum() / geant4.incident.energy_mev.sum()
    np.testing.assert_allclose(taken["energy_share"], share, atol=2e-6)
    assert read_timing(fast).n_showers == N


def test_events_are_geant4s_part_and_the_models(fast, parts):
    model, geant4, at_face = parts
    whole = read_showers(fast)
    # All at once here, chunk by chunk there.
    expected = model.add(geant4, at_face, seed=3)
    np.testing.assert_array_equal(whole.energy_mev, expected.energy_mev)
    added = whole.energy_mev.sum(axis=1, dtype=np.float64) - geant4.energy_mev.sum(axis=1, dtype=np.float64)
    taken = np.bincount(at_face.row, weights=at_face.incident.energy_mev, minlength=N)
    assert (added[taken == 0] == 0).all()
    # No shower deposits more than came in, but for hits at the threshold.
    assert (added <= taken * (1 + 1e-5)).all()
    assert added.sum() > 0.5 * taken.sum()


def test_no_energy_is_made(parts):
    """Taken and deposited energies stay below the incident one; an annihilation releases 1.022 MeV."""
    _, geant4, at_face = parts
    taken = np.bincount(at_face.row, weights=at_face.incident.energy_mev, minlength=N)
    total = taken + geant4.energy_mev.sum(axis=1, dtype=np.float64)
    assert (total <= geant4.incident.energy_mev + 20 * 2 * ELECTRON_MASS_MEV).all()
    np.testing.assert_array_equal(np.unique(at_face.incident.pdg), [11])
    assert at_face.incident.energy_mev.min() >= 100.0
    assert (at_face.incident.position_mm[:, 2] == 0).all()


def test_without_matter_in_front_the_incident_particle_is_taken(tmp_path):
    """It has lost in 202 mm of air what an electron loses there: about 0.06 MeV."""
    detector = load_detector("zdc-ecal")
    primaries = PrimaryConfig(energy_gev=(1.0, 2.0), theta_deg=(-20, 20), phi_deg=(0, 180))
    everything = Handover(
        particles=(11, -11, 22),
        energy_mev=(0.001, 1e5),
        theta_rad=(0.0, 1.5),
        face_x_mm=(-303, 303),
        face_y_mm=(-303, 303),
    )
    geant4, at_face = geant4_part(detector, everything, 40, primaries, 1, tmp_path)
    assert (geant4.energy_mev == 0).all()
    assert (np.bincount(at_face.row, minlength=40) >= 1).all()
    lost = geant4.incident.energy_mev - np.bincount(at_face.row, weights=at_face.incident.energy_mev)
    assert (lost >= -1e-3).all()
    assert 0.03 < np.median(lost) < 0.12
    first = at_face.incident[np.searchsorted(at_face.row, np.arange(40))]
    straight = np.median((first.direction * geant4.incident.direction).sum(axis=1))
    assert straight > 1 - 1e-5
    start, flight = geant4.incident.position_mm, geant4.incident.direction
    expected = start[:, :2] + 202.0 * flight[:, :2] / flight[:, 2:]
    assert np.median(np.abs(first.position_mm[:, :2] - expected)) < 0.1


@pytest.mark.parametrize(
    ("lead", "primaries", "n"),
    [
        (True, PrimaryConfig(particles=("mu-", "mu+"), energy_gev=(0.3, 1.0)), 20),
        (False, PrimaryConfig(energy_gev=(21.0, 25.0)), 4),
        (False, PrimaryConfig(energy_gev=0.09), 20),
        (False, PrimaryConfig(energy_gev=0.5, theta_deg=40.0), 12),
        (False, PrimaryConfig(energy_gev=0.5, position_mm=(150.0, 0.0)), 12),
        (False, PrimaryConfig(particles=("gamma", "e+"), energy_gev=0.5), 20),
    ],
    ids=["muons", "too-fast", "too-slow", "too-inclined", "too-far-out", "other-particles"],
)
def test_what_the_model_never_saw_is_simulated_in_full(behind_lead, tmp_path, lead, primaries, n):
    detector = behind_lead if lead else "zdc-ecal"
    common = {"n": n, "primaries": primaries, "workers": 1}
    full = read_showers(simulate(detector, tmp_path / "full.h5", **common))
    path = simulate(detector, tmp_path / "fast.h5", **common, fast_sim=MODEL)
    with ShowerFile(path) as file:
        assert file.metadata.settings["fast_sim_taken"]["particles"] == 0
    fast = read_showers(path)
    assert full.energy_mev.any()
    np.testing.assert_array_equal(fast.energy_mev, full.energy_mev)


class Broken(Exception):
    """Ends a simulation in its middle."""


class BreaksOff(SilentProgress):
    def __init__(self):
        self.chunks = 0

    def advance(self, done):
        self.chunks += done > 0
        if self.chunks == 3:
            raise Broken


def test_the_same_file_whatever_happens_on_the_way(behind_lead, fast, tmp_path):
    common = {"primaries": PRIMARIES, "seed": 3, "fast_sim": MODEL}
    two = simulate(behind_lead, tmp_path / "two.h5", n=N, workers=2, **common)
    assert digest(two) == digest(fast)
    broken = tmp_path / "broken.h5"
    with pytest.raises(Broken):
        simulate(behind_lead, broken, n=N, workers=1, progress=BreaksOff(), **common)
    assert not broken.exists()
    simulate(behind_lead, broken, n=N, workers=2, resume=True, **common)
    assert digest(broken) == digest(fast)
    grown = simulate(behind_lead, tmp_path / "grown.h5", n=N // 2 + 5, workers=1, **common)
    simulate(behind_lead, grown, n=N, workers=1, resume=True, **common)
    assert digest(grown) == digest(fast)
    with pytest.raises(DataError, match=r"'fast_sim.*above_gev' differs"):
        simulate(behind_lead, grown, n=N + 1, resume=True, fast_sim_above_gev=0.2, **common)


def test_positrons_when_asked(behind_lead, fast, tmp_path):
    path = tmp_path / "also.h5"
    simulate(
        behind_lead, path, n=N, primaries=PRIMARIES, seed=3, workers=1, fast_sim=MODEL, fast_sim_also=("e+",)
    )
    with ShowerFile(path) as file:
        settings = file.metadata.settings
    assert settings["fast_sim"]["also"] == ["e+"]
    with ShowerFile(fast) as file:
        assert settings["fast_sim_taken"]["particles"] > file.metadata.settings["fast_sim_taken"]["particles"]


def test_a_model_of_another_detector_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ConfigurationError, match="a model of zdc-ecal"):
        simulate("zdc-ecal-pbwo4", tmp_path / "a.h5", n=3, fast_sim=MODEL)
    assert list(tmp_path.iterdir()) == []


def test_full_simulations_do_not_speak_of_models(tmp_path):
    path = simulate("zdc-ecal", tmp_path / "a.h5", n=1, primaries=PrimaryConfig(energy_gev=0.1), workers=1)
    with ShowerFile(path) as file:
        assert not [key for key in file.metadata.settings if "fast" in key]
        assert "torch" not in file.metadata.versions
        assert "upstream" not in json.dumps(file.detector.model_dump(mode="json"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fast-sim-also", "e+"], "only with --fast-sim"),
        (["--fast-sim-above", "1"], "only with --fast-sim"),
        (["--fast-sim", MODEL, "--dry-run"], "not with --dry-run"),
        (["--fast-sim", "zdc-ecal-gam"], "zdc-ecal-gan"),
        (["--fast-sim", MODEL, "--fast-sim-above", "50"], "above 0 and below"),
    ],
)
def test_the_command_line_refuses_what_makes_no_sense(tmp_path, capsys, arguments, words):
    output = str(tmp_path / "a.h5")
    assert main(["simulate", "zdc-ecal", "-n", "2", "-o", output, *arguments]) == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert list(tmp_path.iterdir()) == []
