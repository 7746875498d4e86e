"""Calibrations of jets on the command line: trained, resumed, used, and refused where they do not fit."""

from __future__ import annotations

import json

import numpy as np
import pytest
import yaml

from showerkit.cli import main
from showerkit.data.calibrated_jet_file import CalibratedJetFile
from showerkit.data.calibration_file import CalibrationJetFile, read_calibration_jets
from showerkit.data.timing import read_timing
from showerkit.errors import CheckpointError, DataError, FileFormatError
from showerkit.progress import SilentProgress
from showerkit.reconstruct.jet_calibrator import load_jet_calibrator
from showerkit.train.jet_energy_recipe import JetEnergyRecipe
from showerkit.workflow import reconstruct, train, validate

from .jet_energy_toys import write_toy_jets
from .test_train_families import write_showers

N = 1200
COMMON = {"response": {"knots": 2}, "data": {"calibration_fraction": 0.35}, "intervals": {"bins": 2}}
RECIPES = {
    "inversion": {
        "model": {"kind": "numerical-inversion", "abs_eta_edges": [0.0, 3.0], "pt_bins": 5},
    },
    "network": {
        "model": {"kind": "energy-flow", "phi": [4], "f": [4]},
        "training": {"epochs": 4, "pretraining_epochs": 1, "batch_size": 64},
    },
}


class Told(SilentProgress):
    """Keeps the notes, and stops where it is told to."""

    def __init__(self, stop_at=None):
        self.notes, self.stop_at = [], stop_at

    def note(self, message):
        self.notes.append(message)

    def epoch_done(self, epoch):
        if epoch.epoch == self.stop_at:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Recipes, jets and a model of each kind."""
    path = tmp_path_factory.mktemp("jets")
    settings = {"process": "qcd", "detector": "toy", "true_pt_gev": [30.0, 150.0]}
    write_toy_jets(path / "jets.h5", N, seed=1, **settings)
    write_toy_jets(path / "test.h5", 300, seed=2, **settings)
    for name, values in RECIPES.items():
        recipe = path / f"{name}.yaml"
        recipe.write_text(yaml.safe_dump({"name": name, **COMMON, **values}))
        assert main(["train", str(recipe), "--data", str(path / "jets.h5"), "-o", str(path / name)]) == 0
    return path


@pytest.mark.parametrize("name", RECIPES)
def test_jets_are_calibrated_row_by_row(name, folder, tmp_path, capsys):
    output = tmp_path / "calibrated.h5"
    assert main(["reconstruct", str(folder / name), str(folder / "test.h5"), "-o", str(output)]) == 0
    assert validate(output) == []
    assert "warning" not in capsys.readouterr().out
    jets = read_calibration_jets(folder / "test.h5")
    expected = load_jet_calibrator(folder / name).calibrate(jets)
    with CalibratedJetFile(output) as file, CalibrationJetFile(folder / "test.h5") as source:
        found, metadata = file.read(), file.metadata
        assert metadata.jet_fingerprint == source.fingerprint()
    assert metadata.jet_generator == "toy"
    assert (metadata.model["name"], metadata.model["coverage"]) == (name, 0.68)
    assert metadata.model["kind"] == RECIPES[name]["model"]["kind"]
    for column in ("event_id", "pt_gev", "sigma_gev", "low_gev", "high_gev"):
        np.testing.assert_array_equal(getattr(found, column), getattr(expected, column))
    assert read_timing(output).n_showers == 300
    again = tmp_path / "again.h5"
    reconstruct(load_jet_calibrator(folder / name), folder / "test.h5", again)
    assert again.read_bytes() == output.read_bytes()


def test_a_training_goes_on_where_it_was_stopped(folder, tmp_path):
    recipe, data = folder / "network.yaml", folder / "jets.h5"
    with pytest.raises(KeyboardInterrupt):
        train(recipe, data, tmp_path / "run", progress=Told(stop_at=2))
    model = train(recipe, data, tmp_path / "run", resume=True)
    jets = read_calibration_jets(folder / "test.h5")
    in_one_go = load_jet_calibrator(folder / "network").calibrate(jets)
    np.testing.assert_array_equal(load_jet_calibrator(model).calibrate(jets).pt_gev, in_one_go.pt_gev)
    environment = json.loads((tmp_path / "run" / "environment.json").read_text())
    assert environment["data_events"] == N


def test_jets_unlike_those_of_the_training_are_told(folder, tmp_path):
    other = write_toy_jets(tmp_path / "other.h5", 100, seed=3, process="b", detector="toy")
    told = Told()
    calibrator = load_jet_calibrator(folder / "inversion")
    narrow = {**calibrator.meta.valid_range, "pt_gev": (0.0, 50.0)}
    calibrator.meta = calibrator.meta.model_copy(update={"valid_range": narrow})
    reconstruct(calibrator, other, tmp_path / "calibrated.h5", progress=told)
    far = int((read_calibration_jets(other).pt_gev > 50.5).sum())
    assert 0 < far < 100
    assert len(told.notes) == 2
    assert told.notes[0].startswith(f"warning: {far} of 100 jets ({far} %): uncalibrated pT up to")
    assert told.notes[1] == ("warning: all 100 jets: process b, but model 'inversion' was trained on qcd")


def test_flavours_are_balanced_only_where_they_are_known_and_in_a_likelihoods_unit(folder, tmp_path):
    # All toys are gluons.
    with pytest.raises(DataError, match=r"0 of light quarks and .*; to mend: .* flavour_balance to null"):
        train(
            folder / "network.yaml", folder / "jets.h5", tmp_path / "run", overrides={"flavour_balance": {}}
        )
    squares = {"objective": {"kind": "mean-squared-error"}, "training": {"pretraining_epochs": 0}}
    with pytest.raises(ValueError, match="flavour_balance null"):
        JetEnergyRecipe(name="squares", flavour_balance={}, **squares)


def test_models_and_files_of_other_kinds_are_refused(folder, tmp_path, capsys):
    showers, output = write_showers(tmp_path / "showers.h5", n=3), tmp_path / "out.h5"
    with pytest.raises(CheckpointError, match=r"calibrate jets; expected one that does, as .*test\.h5"):
        reconstruct("toy-hcal-energy", folder / "test.h5", output)
    with pytest.raises(FileFormatError, match="'showerkit-showers'; expected 'showerkit-calibration-jets'"):
        reconstruct(folder / "inversion", showers, output)
    with pytest.raises(FileFormatError, match="got 'showerkit-showers'"):
        train(folder / "inversion.yaml", showers, tmp_path / "run")
    with pytest.raises(FileFormatError, match="expected showers"):
        train("cnn3d", folder / "jets.h5", tmp_path / "run")
    assert not (tmp_path / "run").exists()
    empty = write_toy_jets(tmp_path / "empty.h5", 0, seed=1)
    with pytest.raises(DataError, match="got no jets"):
        reconstruct(folder / "inversion", empty, output)
    assert not output.exists()
    assert main(["reconstruct", str(folder / "inversion"), str(showers), "-o", str(output)]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    output.write_text("mine")
    with pytest.raises(DataError, match=r"out\.h5"):
        reconstruct(folder / "inversion", folder / "test.h5", output)
    assert output.read_text() == "mine"
