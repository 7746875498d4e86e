"""The shipped models: small, described, usable by name, and near to Geant4."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.calibrated_jet_file import CalibratedJetFile
from showerkit.data.calibration_file import read_calibration_jets
from showerkit.data.energy_file import EnergyFile
from showerkit.data.shower_file import read_showers
from showerkit.simulate.jets.calibration_config import PRESETS, CalibrationJetConfig
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.train.checkpoint import load_checkpoint
from showerkit.train.cloud_checkpoint import load_cloud_checkpoint
from showerkit.train.energy_checkpoint import load_energy_checkpoint
from showerkit.train.jet_energy_checkpoint import load_jet_energy_checkpoint
from showerkit.train.model_store import shipped_models
from showerkit.workflow import generate, reconstruct, simulate, simulate_calibration_jets, validate

#: With the least number of showers that each was trained on.
NAMES = {
    "toy-hcal-flow": 80_000,
    "zdc-ecal-em": 20_000,
    "zdc-ecal-flow": 80_000,
    "zdc-ecal-flow-fast": 80_000,
    "zdc-ecal-gan": 80_000,
    "zdc-ecal-regression": 80_000,
    "zdc-segmented-flow": 80_000,
}
#: The detectors of models that are not of the ZDC in one layer.
OTHER_DETECTORS = {"toy-hcal-flow": "toy-hcal", "zdc-segmented-flow": "zdc-ecal-segmented"}
ENERGIES = "toy-hcal-energy"
JETS = (
    "jets-g-convae",
    "jets-g-flow",
    "jets-q-convae",
    "jets-q-flow",
    "jets-t-convae",
    "jets-t-flow",
)
#: With the preset of the jets that each was trained on.
CALIBRATIONS = {"jet-energy-pfn": "narrow", "jet-energy-pfn-wide": "wide"}
N = 120


@pytest.fixture(scope="module")
def geant4(tmp_path_factory):
    """A few showers of the particles that models of a detector make when asked for nothing in particular."""
    made = {}

    def showers(name):
        detector = OTHER_DETECTORS.get(name, "zdc-ecal")
        asked = name if name in OTHER_DETECTORS else "zdc-ecal-gan"
        if detector not in made:
            folder = tmp_path_factory.mktemp("shipped")
            like = generate(asked, folder / "asked.h5", n=N, seed=3)
            made[detector] = simulate(detector, folder / "geant4.h5", like=like, seed=4, workers=1)
        return made[detector]

    return showers


def test_names():
    assert set(shipped_models()) == {*NAMES, ENERGIES, *JETS, *CALIBRATIONS}


@pytest.mark.parametrize("name", NAMES)
def test_a_model_is_small_and_says_what_it_is(name):
    model = shipped_models()[name]
    assert model.path.stat().st_size < 5_000_000
    assert model.summary
    card = model.path.with_name("card.md").read_text(encoding="utf-8")
    meta = load_checkpoint(model.path).meta
    assert meta.data_fingerprint[:16] in card
    assert f"{meta.n_train:,} showers" in card
    assert meta.n_train > NAMES[name]
    assert "AUC on observables" in card


@pytest.mark.parametrize("name", JETS)
def test_a_model_of_jets_is_small_and_says_what_it_is(name):
    model = shipped_models()[name]
    assert model.path.stat().st_size < 5_000_000
    card = model.path.with_name("card.md").read_text(encoding="utf-8")
    meta = load_cloud_checkpoint(model.path).meta
    assert meta.data_fingerprint[:16] in card
    assert f"{meta.n_train:,} jets" in card
    assert "Fréchet distance, FPD" in card


@pytest.mark.parametrize("name", NAMES)
def test_showers_are_valid_and_near_to_geant4(name, geant4, tmp_path):
    made = tmp_path / "made.h5"
    simulated = geant4(name)
    generate(name, made, like=simulated, seed=1)
    assert validate(made) == []
    true, model = read_showers(simulated), read_showers(made)
    for what in (
        lambda showers: showers.energy_mev.sum(axis=1) / showers.incident.energy_mev,
        lambda showers: (showers.energy_mev > 0.1).sum(axis=1),
        lambda showers: np.log10(1.0 + np.sort(showers.energy_mev, axis=1)[:, -2]),
    ):
        difference = np.asarray(what(model), dtype=float) - what(true)
        assert abs(difference.mean()) < 5.0 * difference.std() / np.sqrt(N)


def test_the_same_seed_gives_the_same_file(tmp_path):
    for name in ("a", "b"):
        generate("zdc-ecal-gan", tmp_path / f"{name}.h5", n=300, seed=9)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_energies_are_near_to_the_true_ones(tmp_path):
    model = shipped_models()[ENERGIES]
    assert model.path.stat().st_size < 5_000_000
    card = model.path.with_name("card.md").read_text(encoding="utf-8")
    meta = load_energy_checkpoint(model.path).meta
    assert model.summary.rstrip(".") == meta.description
    assert f"{meta.n_train:,} showers, fingerprint `{meta.data_fingerprint[:16]}`" in card
    primaries = PrimaryConfig(particles=("e-",), energy_gev=(1.0, 9.0), position_mm=(0.0, 0.0))
    showers = simulate("toy-hcal", tmp_path / "test.h5", n=N, primaries=primaries, seed=5, workers=1)
    made = reconstruct(ENERGIES, showers, tmp_path / "energies.h5")
    assert validate(made) == []
    with EnergyFile(made) as file:
        energies, incident = file.read()
    true = incident.energy_mev
    pull = (energies.energy_mev - true) / energies.sigma_mev
    assert abs(pull.mean()) < 4.0 / np.sqrt(N)
    assert abs(pull.std() - 1.0) < 4.0 / np.sqrt(2 * N)
    covered = ((energies.low_mev <= true) & (true <= energies.high_mev)).mean()
    assert abs(covered - 0.68) < 4.0 * np.sqrt(0.68 * 0.32 / N)


@pytest.mark.parametrize(("name", "preset"), CALIBRATIONS.items())
def test_calibrated_jets_are_near_to_the_true_ones(name, preset, tmp_path):
    pytest.importorskip("pythia8mc", reason="needs showerkit[jets]")
    model = shipped_models()[name]
    assert model.path.stat().st_size < 5_000_000
    card = model.path.with_name("card.md").read_text(encoding="utf-8")
    meta = load_jet_energy_checkpoint(model.path).meta
    assert f"{meta.n_train:,} jets, fingerprint `{meta.data_fingerprint[:16]}`" in card
    config = CalibrationJetConfig(**PRESETS[preset], pile_up=40.0)
    path = simulate_calibration_jets(config, tmp_path / "jets.h5", n=2 * N, seed=6, workers=1)
    made = reconstruct(name, path, tmp_path / "calibrated.h5")
    assert validate(made) == []
    jets = read_calibration_jets(path)
    with CalibratedJetFile(made) as file:
        found = file.read(0, len(file))
    pull = (found.pt_gev - jets.true_pt_gev) / found.sigma_gev
    assert abs(pull.mean()) < 5.0 / np.sqrt(2 * N)
    # Responses have tails: a standard deviation fluctuates more than that of a normal law.
    assert abs(pull.std() - 1.0) < 6.0 / np.sqrt(4 * N)
    covered = ((found.low_gev <= jets.true_pt_gev) & (jets.true_pt_gev <= found.high_gev)).mean()
    assert abs(covered - 0.68) < 4.0 * np.sqrt(0.68 * 0.32 / (2 * N))
    calibrated, seen = (pt / jets.true_pt_gev for pt in (found.pt_gev, jets.pt_gev))
    assert abs(calibrated.mean() - 1.0) < 5.0 * calibrated.std() / np.sqrt(2 * N)
    # Of high pT the detector sees what there is, in the mean.
    assert preset == "wide" or seen.mean() - 1.0 > 3.0 * seen.std() / np.sqrt(2 * N)
