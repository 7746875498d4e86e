"""From a file of jets to calibrated ones, by a network and by baselines."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.calibration_file import CalibrationJetFile
from showerkit.errors import CheckpointError, DataError
from showerkit.progress import SilentProgress
from showerkit.reconstruct.jet_calibrator import jet_measurement_of, load_jet_calibrator
from showerkit.train.jet_baseline_recipe import JetBaselineRecipe
from showerkit.train.jet_energy_checkpoint import load_jet_energy_checkpoint, save_jet_energy_checkpoint
from showerkit.train.jet_energy_recipe import JetEnergyRecipe
from showerkit.train.run_directory import RunDirectory
from showerkit.workflow.jet_baseline_fit import fit_jet_baseline
from showerkit.workflow.jet_energy_training import train_jet_energy

from .jet_energy_toys import toy_jets, write_toy_jets

N = 6000
ENVIRONMENT = {"data_fingerprint": "none", "versions": {}}
SMALL = {"kind": "particle-flow", "phi": [12, 12], "f": [12], "jet_inputs": ["log-pt"]}


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    path = tmp_path_factory.mktemp("jets") / "jets.h5"
    return write_toy_jets(path, N, seed=1)


def trained(recipe, sample, folder, resume=False):
    run = RunDirectory(folder)
    with CalibrationJetFile(sample) as file:
        if isinstance(recipe, JetEnergyRecipe):
            if not resume:
                run.begin(recipe, ENVIRONMENT)
            model, _ = train_jet_energy(
                recipe, file, ENVIRONMENT, run, resume=resume, progress=SilentProgress()
            )
        else:
            run.begin(recipe, ENVIRONMENT)
            model, _ = fit_jet_baseline(recipe, file, ENVIRONMENT, run, progress=SilentProgress())
    save_jet_energy_checkpoint(run.model, model)
    return model, run


def judged(calibrator, jets):
    """Mean response and its spread, pull width and coverage."""
    found = calibrator.calibrate(jets)
    ratio = found.pt_gev / jets.true_pt_gev
    pull = (found.pt_gev - jets.true_pt_gev) / found.sigma_gev
    covered = (found.low_gev <= jets.true_pt_gev) & (jets.true_pt_gev <= found.high_gev)
    return ratio.mean(), ratio.std(), pull.std(), covered.mean()


RECIPES = [
    JetBaselineRecipe(
        name="inversion",
        model={"kind": "numerical-inversion", "abs_eta_edges": [0.0, 3.0], "pt_bins": 8},
        response={"knots": 4},
    ),
    JetBaselineRecipe(
        name="trees",
        model={"kind": "jet-boosted-trees", "trees": 40, "learning_rate": 0.2, "leaves": 8,
               "inversion": {"abs_eta_edges": [0.0, 3.0], "pt_bins": 8}},
        response={"knots": 4},
    ),
    JetEnergyRecipe(
        name="network",
        model=SMALL,
        response={"knots": 4},
        training={"epochs": 6, "pretraining_epochs": 2, "batch_size": 64},
    ),
]  # fmt: skip


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_what_is_learned_comes_back_from_the_file_and_says_the_truth(recipe, sample, tmp_path):
    model, run = trained(recipe, sample, tmp_path / "run")
    calibrator, jets = load_jet_calibrator(run.path), toy_jets(4000, 2)
    np.testing.assert_array_equal(
        jet_measurement_of(model)(jets).energy_mev, calibrator.measurement(jets).energy_mev
    )
    mean, spread, pull, coverage = judged(calibrator, jets)
    # The neutral share moves the response by 0.5 x 0.8/sqrt(12) over 0.75, some 15 %.
    scale_alone = recipe.name == "inversion"
    assert (spread > 0.12) == scale_alone
    assert spread < (0.25 if scale_alone else 0.11)
    # Given the true pT the mean is 1; the fit has 600 calibration jets for pulls and intervals.
    assert mean == pytest.approx(1.0, abs=5 * spread / np.sqrt(5000) + 0.005)
    assert pull == pytest.approx(1.0, abs=5 * 1.5 / np.sqrt(2 * 600))
    assert coverage == pytest.approx(0.68, abs=5 * np.sqrt(0.68 * 0.32 / 600))
    part = calibrator.calibrate(jets[10:20])
    np.testing.assert_allclose(part.pt_gev, calibrator.calibrate(jets).pt_gev[10:20], rtol=1e-5)
    assert model.meta.n_train + model.meta.n_calibration <= N


def test_sigma_was_fitted_anew_and_bins_were_counted(sample, tmp_path):
    model, _ = trained(RECIPES[2], sample, tmp_path / "run")
    terms = model.part("objective")["terms"].numpy()
    # The network's resolution, some 5 %, is far from the 0.9 sqrt(pT) that the training began with.
    assert terms @ [10.0, 100.0, 1.0] < 9.0 * 0.95
    assert model.part("objective")["bin_weight"].mean() == pytest.approx(1.0, rel=0.1)


def test_weights_of_another_network_are_refused(sample, tmp_path):
    model, run = trained(RECIPES[0], sample, tmp_path / "run")
    model.weights["baseline.true_gev"] = -model.weights["baseline.true_gev"]
    save_jet_energy_checkpoint(run.model, model)
    with pytest.raises(CheckpointError, match="its own tensors"):
        load_jet_calibrator(run.model)
    assert load_jet_energy_checkpoint(run.model).meta.name == "inversion"


def test_a_range_without_jets_is_told(sample, tmp_path):
    recipe = JetBaselineRecipe(name="nothing", data={"pt_range_gev": [1.0, 2.0]})
    with pytest.raises(DataError, match="no jets"):
        trained(recipe, sample, tmp_path / "run")
