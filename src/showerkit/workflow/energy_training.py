"""Train a network that measures energies, and calibrate its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import torch

from showerkit.data.splits import SplitConfig
from showerkit.losses.energy_objectives import build_energy_objective
from showerkit.losses.pivot_config import DistanceCorrelationConfig
from showerkit.models.calibrated_model import CalibratedEnergyModel
from showerkit.models.energy_registry import build_energy_model
from showerkit.models.layer_profile import LayerProfile
from showerkit.models.residual_classifier import ResidualClassifier
from showerkit.reconstruct.energy_measurement import NetworkMeasurement
from showerkit.reconstruct.running_least_squares import RunningLeastSquares
from showerkit.rng import seed_sequence
from showerkit.train.energy_checkpoint import EnergyCheckpoint
from showerkit.train.energy_recipe import EnergyPivot
from showerkit.train.energy_training import EnergyRegression, PivotRegression
from showerkit.train.fitting import Fit, fit
from showerkit.train.model_file import joined_parts
from showerkit.train.training_state import load_network, load_weights, read_epoch
from showerkit.workflow.energy_sample import EnergySample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.data.shower_file import ShowerFile
    from showerkit.losses.energy_objectives import EnergyObjective
    from showerkit.models.energy_model import EnergyModel
    from showerkit.progress import Progress
    from showerkit.train.energy_batches import EnergyBatches
    from showerkit.train.energy_recipe import EnergyRecipe
    from showerkit.train.run_directory import RunDirectory
    from showerkit.train.status_file import StatusFile

#: Showers by which a network fixes the scales of its features.
_STANDARDISED_BY: Final = 10_000


def train_energy(
    recipe: EnergyRecipe,
    file: ShowerFile,
    environment: Mapping[str, Any],
    run: RunDirectory,
    *,
    resume: bool,
    progress: Progress,
) -> tuple[EnergyCheckpoint, StatusFile]:
    """Train the network of a recipe.

    Parameters
    ----------
    recipe
        The recipe.
    file
        The showers.
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
    ConfigurationError
        If the detector is too small for the network, or lacks the symmetries of the augmentation.
    DataError
        If the showers are too few, or lack a quantity that the network is told.
    """
    training, data = recipe.training, recipe.data
    split = SplitConfig(validation=data.validation_fraction, calibration=data.calibration_fraction)
    sample = EnergySample(file, split, environment)
    objective = build_energy_objective(recipe.objective, sample.low_gev, sample.high_gev)
    network = build_energy_model(
        recipe.model, file.detector.shape, outputs=objective.outputs, seed=training.seed
    )
    train = sample.batches(recipe, "train", lambda: module.current_epoch)
    validation = sample.batches(recipe, "validation")
    if not (resume and run.last.is_file()):
        _prepare(network, recipe, sample)
    module = _module(recipe, network, objective, sample)
    status = fit(module, train, validation, run, _settings(recipe), resume=resume, progress=progress)
    state = run.best if training.keep == "best" else run.last
    network.load_state_dict(load_network(state, average=training.average))
    if objective.state_dict():
        objective.load_state_dict(load_weights(state, prefix="objective."))
    measurement = NetworkMeasurement(network.cpu(), objective.cpu(), recipe.model.inputs)
    metrics = status.figures(read_epoch(state) + 1)
    meta = sample.describe(recipe, measurement, metrics, seed=training.seed, objective=recipe.objective)
    weights = joined_parts({"network": network.state_dict(), "objective": objective.state_dict()})
    return EnergyCheckpoint(meta, weights), status


def _module(
    recipe: EnergyRecipe, network: EnergyModel, objective: EnergyObjective, sample: EnergySample
) -> EnergyRegression:
    """Give what is trained, with or without an adversary."""
    independence, training = recipe.independence, recipe.training
    if not isinstance(independence, EnergyPivot):
        return EnergyRegression(network, objective, training, independence)
    with torch.random.fork_rng():
        torch.manual_seed(int(seed_sequence(training.seed, "adversary").generate_state(1)[0]))
        adversary = ResidualClassifier(independence.adversary, independence.classes)
    return PivotRegression(
        network,
        objective,
        training,
        adversary,
        independence,
        low_gev=sample.low_gev,
        high_gev=sample.high_gev,
    )


def _settings(recipe: EnergyRecipe) -> Fit:
    independence, training = recipe.independence, recipe.training
    pivots = isinstance(independence, EnergyPivot)
    of_train, of_validation = ["train_loss"], ["validation_loss", "validation_squared_error"]
    if pivots:
        of_train, of_validation = [*of_train, "train_adversary"], [*of_validation, "validation_adversary"]
    elif isinstance(independence, DistanceCorrelationConfig):
        of_train.append("train_correlation")
    figures = (*of_train, *of_validation)
    return Fit(
        recipe.name,
        training.epochs,
        training.seed,
        training,
        None if pivots else training.gradient_clip,
        networks=("network", "adversary") if pivots else ("",),
        told=figures,
        kept=figures,
    )


def _prepare(network: EnergyModel, recipe: EnergyRecipe, sample: EnergySample) -> None:
    """Fix the scales of features, and begin as a linear fit, by the training part."""
    plain = recipe.model_copy(update={"augmentation": None})
    if isinstance(network, LayerProfile):
        cells, second = _some_cells(sample.batches(plain, "train"), _STANDARDISED_BY)
        network.standardise(cells, second)
    if isinstance(network, CalibratedEnergyModel) and recipe.starts_from_linear:
        shape = (len(recipe.model.inputs), network.shape[0])
        running = RunningLeastSquares(shape[0] * shape[1])
        for batch in sample.batches(plain, "train"):
            images = network.images(batch["cells"], batch["second"])
            sums = images.sum(dim=(3, 4), dtype=torch.float64).flatten(1)
            running.update(sums.numpy(), batch["true_gev"].double().numpy())
        found = running.solve()
        network.start_from(torch.from_numpy(found.weights).float().reshape(shape), found.intercept)


def _some_cells(batches: EnergyBatches, n: int) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Give the cells of the first n showers or so."""
    cells: list[torch.Tensor] = []
    seconds: list[torch.Tensor] = []
    for batch in batches:
        cells.append(batch["cells"])
        if batch["second"] is not None:
            seconds.append(batch["second"])
        if sum(map(len, cells)) >= n:
            break
    return torch.cat(cells), torch.cat(seconds) if seconds else None
