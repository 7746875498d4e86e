"""Train a network that calibrates the energy of jets, and calibrate its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from showerkit.data.splits import SplitConfig
from showerkit.errors import DataError
from showerkit.losses.flavour_balance import GLUON, LIGHT_QUARKS, FlavourBalance
from showerkit.losses.jet_objectives import build_jet_objective
from showerkit.models.jet_energy_registry import build_jet_energy_model
from showerkit.reconstruct.jet_measurement import JetNetworkMeasurement
from showerkit.train.fitting import Fit, fit
from showerkit.train.jet_energy_checkpoint import JetEnergyCheckpoint
from showerkit.train.jet_energy_training import JetEnergyRegression
from showerkit.train.model_file import joined_parts
from showerkit.train.training_state import load_network, load_weights, read_epoch
from showerkit.workflow.calibration_sample import CalibrationSample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.data.calibration_file import CalibrationJetFile
    from showerkit.progress import Progress
    from showerkit.train.jet_energy_recipe import JetEnergyRecipe
    from showerkit.train.run_directory import RunDirectory
    from showerkit.train.status_file import StatusFile

#: Fewest training jets of a flavour that a response can be told of.
_LEAST_OF_A_FLAVOUR: Final = 10


def train_jet_energy(
    recipe: JetEnergyRecipe,
    file: CalibrationJetFile,
    environment: Mapping[str, Any],
    run: RunDirectory,
    *,
    resume: bool,
    progress: Progress,
) -> tuple[JetEnergyCheckpoint, StatusFile]:
    """Train the network of a recipe.

    Parameters
    ----------
    recipe
        The recipe.
    file
        The jets.
    environment
        What is known of the surroundings and of the sample.
    run
        The run directory.
    resume
        Go on from the last state, if there is one.
    progress
        Where to report.

    Returns
    -------
    tuple
        The model, and the run's status.

    Raises
    ------
    DataError
        If the jets are too few.
    """
    training, data = recipe.training, recipe.data
    split = SplitConfig(validation=data.validation_fraction, calibration=data.calibration_fraction)
    sample = CalibrationSample(file, split, environment, data.pt_range_gev)
    objective = build_jet_objective(recipe.objective, sample.low_gev, sample.high_gev)
    objective.prepare(
        torch.from_numpy(sample.true_gev), torch.from_numpy(sample.weight) if data.weighted else None
    )
    network = build_jet_energy_model(recipe.model, outputs=objective.outputs, seed=training.seed)
    balance = _flavour_balance(recipe, sample)
    module = JetEnergyRegression(network, objective, recipe, lambda: sample.some_batches(recipe), balance)
    train = sample.batches(recipe, "train", lambda: module.current_epoch)
    validation = sample.batches(recipe, "validation")
    figures = ("train_loss", "validation_loss", "validation_squared_error")
    settings = Fit(
        recipe.name,
        training.epochs,
        training.seed,
        training,
        training.gradient_clip,
        told=figures,
        kept=figures,
        unit="jets",
    )
    status = fit(module, train, validation, run, settings, resume=resume, progress=progress)
    state = run.best if training.keep == "best" else run.last
    network.load_state_dict(load_network(state, average=training.average))
    if objective.state_dict():
        objective.load_state_dict(load_weights(state, prefix="objective."))
    measurement = JetNetworkMeasurement(network.cpu(), objective.cpu())
    metrics = status.figures(read_epoch(state) + 1)
    meta = sample.describe(recipe, measurement, metrics, seed=training.seed, objective=recipe.objective)
    weights = joined_parts({"network": network.state_dict(), "objective": objective.state_dict()})
    return JetEnergyCheckpoint(meta, weights), status


def _flavour_balance(recipe: JetEnergyRecipe, sample: CalibrationSample) -> FlavourBalance | None:
    if recipe.flavour_balance is None:
        return None
    numbers = {
        "light quarks": int(np.isin(sample.flavour, LIGHT_QUARKS).sum()),
        "gluons": int((sample.flavour == GLUON).sum()),
    }
    if min(numbers.values()) < _LEAST_OF_A_FLAVOUR:
        raise DataError(
            f"{sample.file.path}: training jets of known flavour",
            got=" and ".join(f"{number} of {name}" for name, number in numbers.items()),
            expected=f"at least {_LEAST_OF_A_FLAVOUR} of each for flavour_balance",
            mend="train on a sample that knows flavours, or set flavour_balance to null",
        )
    return FlavourBalance(recipe.flavour_balance, sample.low_gev, sample.high_gev)
