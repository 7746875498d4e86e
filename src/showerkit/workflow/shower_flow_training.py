"""Train a flow of showers: energies of layers, laws of single cells, then the flow of the cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from showerkit.data.datasets import ShowerBatches
from showerkit.data.entry_frame import EntryFrame
from showerkit.data.splits import SplitConfig
from showerkit.data.window_fit import fit_window_transforms
from showerkit.errors import ConfigurationError
from showerkit.generate.shower_flow_showers import ShowerFlowGenerator
from showerkit.models.shower_flow import ShowerFlow
from showerkit.rng import seed_sequence
from showerkit.train.adversarial_config import KeepNearest
from showerkit.train.cell_marginal_training import train_cell_marginals
from showerkit.train.checkpoint import Checkpoint, CheckpointMeta, load_checkpoint, save_checkpoint
from showerkit.train.fitting import Fit, fit
from showerkit.train.layer_energy_training import ShowerLayers, train_layer_energies
from showerkit.train.model_distance import DISTANCE, MeasureDistance
from showerkit.train.shower_flow_training import ShowerFlowFit
from showerkit.train.training_state import load_weights, read_epoch
from showerkit.train.window_batches import WindowBatches
from showerkit.workflow.validation_distance import ValidationDistance, validation_showers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from showerkit.data.shower_file import ShowerFile
    from showerkit.data.splits import Part
    from showerkit.models.shower_flow_config import ShowerFlowConfig
    from showerkit.progress import Progress
    from showerkit.train.callbacks import StatusFile
    from showerkit.train.run_directory import RunDirectory
    from showerkit.train.shower_flow_recipe import ShowerFlowRecipe

_VALIDATION_BATCH: Final = 512


def train_shower_flow(
    recipe: ShowerFlowRecipe,
    file: ShowerFile,
    environment: Mapping[str, Any],
    run: RunDirectory,
    *,
    resume: bool,
    progress: Progress,
) -> tuple[Checkpoint, StatusFile]:
    """Train what a recipe describes.

    What comes before the flow of the cells is kept in the run directory as ``regression.skm``, so that a
    training that goes on need not do it again.

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
        If showers hold more than the incident energy and the recipe says that they do not.
    """
    sample = _FlowSample(recipe, file, environment)
    fitted, across = sample.fitted, recipe.model.cells_across
    progress.note(
        f"windows of {across} cells across leave {100.0 * fitted.lost_energy_share:.2g} % of the energy and "
        f"{100.0 * fitted.lost_hit_share:.2g} % of the hits out"
    )
    if resume and run.regression.is_file():
        begun = load_checkpoint(run.regression)
    else:
        begun = _train_before_the_flow(sample, progress)
        save_checkpoint(run.regression, begun)
    return _train_flow(sample, begun, run, resume=resume, progress=progress)


class _FlowSample:
    """A sample as the training sees it: divided, cut into windows, in batches."""

    def __init__(self, recipe: ShowerFlowRecipe, file: ShowerFile, environment: Mapping[str, Any]) -> None:
        self.recipe = recipe
        self.file = file
        self.environment = environment
        self.split = SplitConfig(validation=recipe.data.validation_fraction)
        model = recipe.model
        self.frame = EntryFrame(file.detector, model.cells_across, model.depth_mm, model.mirror)
        self.fitted = fit_window_transforms(
            file.path, self.split, self.frame, threshold_mev=recipe.data.threshold_mev
        )

    def batches(
        self, part: Part, epoch: Callable[[], int], batch_size: int, *, epoch_showers: int | None = None
    ) -> WindowBatches:
        """Give batches of a part; those for training are shuffled."""
        data = self.recipe.data
        showers = ShowerBatches(
            self.file.path,
            self.fitted.condition,
            batch_size=batch_size if part == "train" else max(_VALIDATION_BATCH, batch_size),
            split=self.split,
            part=part,
            seed=self.recipe.training.seed,
            shuffle=part == "train",
            buffer_events=data.shuffle_buffer,
            frame=self.frame,
            epoch_events=epoch_showers,
            particles=self.fitted.particles,
        )
        return WindowBatches(showers, self.fitted.condition, data.threshold_mev, epoch)

    def network(self, model: ShowerFlowConfig) -> ShowerFlow:
        """Build the network, the global random state being left as it was."""
        import torch

        with torch.random.fork_rng():
            torch.manual_seed(int(seed_sequence(self.recipe.training.seed, "network").generate_state(1)[0]))
            return ShowerFlow(
                model,
                layers=len(self.file.detector.layers),
                particles=len(self.fitted.particles),
                threshold_mev=self.recipe.data.threshold_mev,
            )

    def describe(self, model: ShowerFlowConfig, metrics: dict[str, float]) -> CheckpointMeta:
        """Describe a model that was trained on this sample."""
        recipe, fitted = self.recipe, self.fitted
        primaries = self.file.metadata.settings.get("primaries")
        return CheckpointMeta(
            name=recipe.name,
            description=recipe.description,
            model=model,
            loss=recipe.loss,
            condition_transform=fitted.condition.to_dict(),
            energy_transform={},
            detector=self.file.detector,
            threshold_mev=recipe.data.threshold_mev,
            primaries=primaries if isinstance(primaries, dict) else None,
            valid_range=fitted.ranges,
            particles=fitted.particles,
            seed=recipe.training.seed,
            data_fingerprint=self.environment["data_fingerprint"],
            n_train=fitted.n_events,
            metrics=metrics,
            versions=self.environment["versions"],
        )


def _train_before_the_flow(sample: _FlowSample, progress: Progress) -> Checkpoint:
    """Train the energies of layers and the laws of single cells."""
    recipe = sample.recipe
    threshold_mev, seed = recipe.data.threshold_mev, recipe.training.seed
    train, validation = (
        ShowerLayers.collect(sample.batches(part, lambda: 0, _VALIDATION_BATCH), threshold_mev)
        for part in ("train", "validation")
    )
    model = _with_variable(recipe.model, beyond=train.beyond_incident or validation.beyond_incident)
    network = sample.network(model)
    progress.note("energies of layers")
    train_layer_energies(network.energies, train, validation, seed=seed)
    network.marginals.start_at(sample.fitted.hit_share, sample.fitted.mean_log_hit)
    settings = recipe.training.marginals

    def batches(epoch: int) -> WindowBatches:
        return sample.batches("train", lambda: epoch, settings.batch_size)

    loss = train_cell_marginals(network, batches, settings, seed=seed, progress=progress)
    return Checkpoint(sample.describe(model, {"marginals_loss": loss}), dict(network.state_dict()))


def _with_variable(model: ShowerFlowConfig, *, beyond: bool) -> ShowerFlowConfig:
    """Settle what the density of the total energy is of."""
    asked = model.energies.variable
    if asked == "logit" and beyond:
        raise ConfigurationError(
            "model.energies.variable",
            got="'logit', and showers that hold more than the incident energy",
            mend="set it to 'log' or 'auto'",
        )
    variable = ("log" if beyond else "logit") if asked == "auto" else asked
    return model.model_copy(update={"energies": model.energies.model_copy(update={"variable": variable})})


def _train_flow(
    sample: _FlowSample, begun: Checkpoint, run: RunDirectory, *, resume: bool, progress: Progress
) -> tuple[Checkpoint, StatusFile]:
    """Train the flow of the cells."""
    recipe, training = sample.recipe, sample.recipe.training
    model: Any = begun.meta.model
    network = sample.network(model)
    network.load_state_dict(begun.weights)
    module = ShowerFlowFit(network, recipe.loss, training)
    keep = training.keep
    monitor = DISTANCE if isinstance(keep, KeepNearest) else "validation_loss"
    figures = ("train_loss", *dict.fromkeys(("validation_loss", monitor)))
    settings = Fit(
        recipe.name,
        training.epochs,
        training.seed,
        training.device,
        training.gradient_clip,
        monitor=monitor,
        told=figures,
        kept=figures,
    )
    measures = []
    if isinstance(keep, KeepNearest):
        meta = sample.describe(model, {})
        real = validation_showers(sample.file, sample.split, keep.events)

        def generator(network: Any) -> ShowerFlowGenerator:
            return ShowerFlowGenerator(network, meta)

        measures.append(MeasureDistance(ValidationDistance(real, meta, generator, seed=training.seed)))
    status = fit(
        module,
        sample.batches(
            "train",
            lambda: module.current_epoch,
            training.batch_size,
            epoch_showers=training.epoch_showers,
        ),
        sample.batches("validation", lambda: 0, training.batch_size),
        run,
        settings,
        resume=resume,
        progress=progress,
        callbacks=measures,
    )
    state = run.best if isinstance(keep, KeepNearest) else run.last
    weights = load_weights(state, prefix="network." if training.average is None else "average.averaged.")
    metrics = dict(begun.meta.metrics) | {
        "epochs": float(status.now.epochs_done),
        "epoch_of_the_model": float(read_epoch(state) + 1),
    }
    if status.now.best_loss is not None:
        metrics[f"best_{monitor}"] = status.now.best_loss
    return Checkpoint(sample.describe(model, metrics), weights), status
