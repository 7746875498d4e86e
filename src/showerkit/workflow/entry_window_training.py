"""Train a generator of windows about the point of entry: by the energy score, then against discriminators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from showerkit.errors import ConfigurationError, TrainingDivergedError
from showerkit.generate.entry_window_showers import EntryWindowShowerGenerator
from showerkit.models.registry import build_model
from showerkit.models.window_discriminator import WindowDiscriminator
from showerkit.rng import seed_sequence
from showerkit.train.adversarial_config import KeepLast, KeepNearest
from showerkit.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from showerkit.train.divergence import StopAtDivergence
from showerkit.train.energy_score_training import EnergyScoreTraining
from showerkit.train.entry_window_recipe import EntryWindowRecipe
from showerkit.train.fitting import Fit, fit
from showerkit.train.model_distance import DISTANCE
from showerkit.train.model_store import resolve_model
from showerkit.train.status_file import StatusFile
from showerkit.train.training_state import load_network, read_epoch
from showerkit.train.window_adversarial import WINDOW_LOSSES, WindowAdversarialTraining
from showerkit.train.window_sampling import WindowSampling, observable_spread
from showerkit.workflow.validation_distance import distance_of_epochs
from showerkit.workflow.window_sample import WindowSample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from showerkit.data.shower_file import ShowerFile
    from showerkit.models.entry_window import EntryWindowGenerator
    from showerkit.progress import Progress
    from showerkit.train.entry_window_recipe import WindowAdversarialStage
    from showerkit.train.model_distance import MeasureDistance
    from showerkit.train.run_directory import RunDirectory
    from showerkit.train.window_batches import WindowBatches


def train_entry_window(
    recipe: EntryWindowRecipe,
    file: ShowerFile,
    environment: Mapping[str, Any],
    run: RunDirectory,
    *,
    resume: bool,
    progress: Progress,
) -> tuple[Checkpoint, StatusFile]:
    """Train the stages that a recipe has.

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
        If the model that the second stage is to start from is of another kind.
    """
    sample = EntryWindowSample(recipe, file, environment)
    progress.note(sample.outside)
    stage = recipe.adversarial
    if stage is None:
        return _train_by_score(recipe, sample, run, resume=resume, progress=progress)
    if stage.start is not None:
        begun = _model_to_start_from(stage.start, recipe, sample)
    elif run.regression.is_file():
        begun = load_checkpoint(run.regression)
    else:
        begun, _ = _train_by_score(recipe, sample, run, resume=resume, progress=progress)
        save_checkpoint(run.regression, begun)
    return _train_adversarially(recipe, stage, begun, sample, run, resume=resume, progress=progress)


class EntryWindowSample(WindowSample[EntryWindowRecipe]):
    """A sample as the training of a generator of windows sees it."""

    def sampling(self, batches: WindowBatches) -> WindowSampling:
        """Give what draws showers, with the observables' spread in a part."""
        threshold_mev = self.recipe.data.threshold_mev
        spread = observable_spread(batches, threshold_mev)
        return WindowSampling(threshold_mev, self.recipe.model.temperature, spread)

    def model(self, metrics: dict[str, float], weights: dict[str, Tensor]) -> Checkpoint:
        """Give the model that was trained on this sample."""
        return Checkpoint(self.describe(self.recipe.model, metrics), weights)

    def measure(self, keep: object) -> list[MeasureDistance]:
        """Give what measures the distance of every epoch's showers, if that decides."""
        meta = self.describe(self.recipe.model, {})
        return distance_of_epochs(
            keep,
            self.file,
            self.split,
            meta,
            lambda network: EntryWindowShowerGenerator(network, meta),
            seed=self.recipe.training.seed,
        )


def _train_by_score(
    recipe: EntryWindowRecipe,
    sample: EntryWindowSample,
    run: RunDirectory,
    *,
    resume: bool,
    progress: Progress,
) -> tuple[Checkpoint, StatusFile]:
    """Stage 1."""
    training = recipe.training
    network: EntryWindowGenerator = build_model(
        recipe.model, seed=training.seed, layers=len(sample.file.detector.layers)
    )
    network.start_at(sample.fitted.hit_share, sample.fitted.mean_log_hit)
    validation = sample.batches("validation", training.batch_size)
    module = EnergyScoreTraining(network, sample.sampling(validation), recipe.loss, training)
    by_distance = isinstance(training.keep, KeepNearest)
    monitor = DISTANCE if by_distance else "validation_loss"
    settings = Fit(
        recipe.name,
        training.epochs,
        training.seed,
        training,
        training.gradient_clip,
        monitor=monitor,
        told=("train_loss", *dict.fromkeys(("validation_loss", monitor))),
        kept=("train_loss", *dict.fromkeys(("validation_loss", monitor))),
    )
    train = sample.batches(
        "train", training.batch_size, lambda: module.current_epoch, epoch_showers=training.epoch_showers
    )
    status = fit(
        module,
        train,
        validation,
        run,
        settings,
        resume=resume,
        progress=progress,
        callbacks=sample.measure(training.keep),
    )
    state = run.best if by_distance else run.last
    weights = load_network(state, average=training.average)
    return sample.model(_metrics(status, read_epoch(state) + 1), weights), status


def _train_adversarially(
    recipe: EntryWindowRecipe,
    stage: WindowAdversarialStage,
    begun: Checkpoint,
    sample: EntryWindowSample,
    run: RunDirectory,
    *,
    resume: bool,
    progress: Progress,
) -> tuple[Checkpoint, StatusFile]:
    """Stage 2; if it runs away, the last good state becomes the model."""
    folder = run.adversarial_stage()
    folder.checkpoints.mkdir(parents=True, exist_ok=True)
    layers, seed = len(sample.file.detector.layers), recipe.training.seed
    network: EntryWindowGenerator = build_model(recipe.model, seed=seed, layers=layers)
    network.load_state_dict(begun.weights)
    validation = sample.batches("validation", stage.batch_size)
    sampling = sample.sampling(validation)
    cells = layers * recipe.model.cells_across**2
    discriminator = _seeded_discriminator(stage, cells, len(sampling.spread), seed)
    module = WindowAdversarialTraining(network, discriminator, sampling, recipe.loss, stage)
    by_distance = isinstance(stage.keep, KeepNearest)
    monitor = DISTANCE if by_distance else "validation_loss"
    figures = [f"{part}_{name}" for part in ("train", "validation") for name in WINDOW_LOSSES]
    settings = Fit(
        recipe.name,
        stage.epochs,
        seed,
        recipe.training,
        stage="adversarial",
        monitor=monitor,
        networks=("generator", "discriminator"),
        told=(*(f"train_{name}" for name in WINDOW_LOSSES), monitor),
        kept=(*figures, *dict.fromkeys(("validation_loss", monitor))),
    )
    train = sample.batches(
        "train", stage.batch_size, lambda: module.current_epoch, epoch_showers=stage.epoch_showers
    )
    try:
        status = fit(
            module,
            train,
            validation,
            folder,
            settings,
            resume=resume,
            progress=progress,
            callbacks=[StopAtDivergence(recipe.name, stage.runaway_loss), *sample.measure(stage.keep)],
        )
    except TrainingDivergedError as diverged:
        status = StatusFile(folder, settings.epochs, settings.monitor, settings.stage)
        progress.note(f"{diverged}; the last good state becomes the model")
    state = folder.last if isinstance(stage.keep, KeepLast) else folder.best
    if not state.is_file():  # the first epoch ran away
        return sample.model(_metrics(status, 0), begun.weights), status
    weights = load_network(state, average=stage.average)
    return sample.model(_metrics(status, read_epoch(state) + 1), weights), status


def _seeded_discriminator(
    stage: WindowAdversarialStage, cells: int, observables: int, seed: int
) -> WindowDiscriminator:
    """Build the discriminators with weights of their own seed, the global random state left as it was."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(int(seed_sequence(seed, "discriminator").generate_state(1)[0]))
        return WindowDiscriminator(stage.discriminator, cells, observables)


def _metrics(status: StatusFile, epoch: int) -> dict[str, float]:
    """Figures of a training that may have run away."""
    diverged = {} if status.now.diverged is None else {"diverged": 1.0}
    return status.figures(epoch) | diverged


def _model_to_start_from(name: str, recipe: EntryWindowRecipe, sample: EntryWindowSample) -> Checkpoint:
    """Load the model that the second stage starts from, and take over how it sees incident particles."""
    from showerkit.data.window_condition import WindowCondition

    begun = load_checkpoint(resolve_model(name))
    for what, got, expected in (
        ("detector", begun.meta.detector.name, sample.file.detector.name),
        ("section 'model'", begun.meta.model, recipe.model),
        ("data.threshold_mev", begun.meta.threshold_mev, recipe.data.threshold_mev),
    ):
        if got != expected:
            raise ConfigurationError(
                f"model '{name}' to start from: {what}",
                got=got,
                expected=f"{expected}, as in recipe '{recipe.name}'",
                mend="start from another model, or train the first stage with this recipe",
            )
    sample.condition = WindowCondition.from_dict(begun.meta.condition_transform)
    return begun
