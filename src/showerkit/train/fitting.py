"""Run one training by Lightning's Trainer: quiet, resumable, without side effects on random states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import torch
from lightning.pytorch import Trainer
from lightning.pytorch.loggers import TensorBoardLogger

from showerkit.errors import ConfigurationError
from showerkit.train.batch_count import batches_done
from showerkit.train.batches_by_epoch import BatchesByEpoch
from showerkit.train.epoch_listener import EpochListener
from showerkit.train.hardware import check_devices, compiled, log_together, trainer_settings
from showerkit.train.kept_states import best_and_last, ended_early
from showerkit.train.loss_table import LossTable
from showerkit.train.progress_report import ProgressReport
from showerkit.train.quiet_trainer import quiet, signals_restored
from showerkit.train.ranks import RankFinishedError, Ranks, present_ranks
from showerkit.train.seed_each_batch import SeedEachBatch
from showerkit.train.status_file import StatusFile
from showerkit.train.tell_epochs import TellEpochs
from showerkit.train.training_state import load_weights
from showerkit.train.unfinished_epoch import BeginEpochAgain, KeepUnfinishedEpoch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lightning.pytorch import Callback, LightningModule

    from showerkit.progress import Progress
    from showerkit.train.hardware_config import Hardware
    from showerkit.train.recipe import EarlyStopping, TrainingRecipe
    from showerkit.train.run_directory import RunDirectory, Stage


class EpochBatches(Protocol):
    """Batches that can be gone through once an epoch; each is a mapping of tensors (B, ...)."""

    @property
    def n_events(self) -> int:
        """Events per epoch."""

    def __len__(self) -> int:
        """Return the number of batches per epoch."""

    def __iter__(self) -> Iterator[Any]:
        """Go through one epoch."""


@dataclass(frozen=True)
class Fit:
    """What `fit` has to know of a training.

    Parameters
    ----------
    name
        What is trained.
    epochs, seed, hardware
        See `showerkit.train.recipe.Training`, and `Hardware`, which every such section is.
    gradient_clip
        Largest norm of the gradient; None: no limit, or the module sees to it.
    early_stopping
        When to end early; None: never.
    stage
        The stage that is trained.
    monitor
        The logged figure that tells the best epoch: the lower, the better.
    networks
        Names of the networks that have an optimiser each, in the optimisers' order; one needs no name.
    told, kept
        The logged figures told at each epoch, and those kept in the table.
    unit
        What is trained on, as progress tells it.
    """

    name: str
    epochs: int
    seed: int
    hardware: Hardware
    gradient_clip: float | None = None
    early_stopping: EarlyStopping | None = None
    stage: Stage = "regression"
    monitor: str = "validation_loss"
    networks: tuple[str, ...] = ("",)
    told: tuple[str, ...] = ("train_loss", "train_mask", "train_value", "validation_loss")
    kept: tuple[str, ...] = (
        "train_loss",
        "train_mask",
        "train_value",
        "validation_loss",
        "validation_mask",
        "validation_value",
    )
    unit: str = "showers"

    @classmethod
    def regression(cls, recipe: TrainingRecipe) -> Fit:
        """Take what the section ``training`` of a recipe says."""
        settings = recipe.training
        return cls(
            recipe.name,
            settings.epochs,
            settings.seed,
            settings,
            settings.gradient_clip,
            settings.early_stopping,
        )


def fit(
    module: LightningModule,
    train: EpochBatches,
    validation: EpochBatches,
    run: RunDirectory,
    settings: Fit,
    *,
    resume: bool,
    progress: Progress,
    callbacks: Sequence[Callback] = (),
) -> StatusFile:
    """Train a module, keeping the last and the best state in the run directory.

    Parameters
    ----------
    module
        What is trained; it logs the figures that `settings` names.
    train, validation
        Batches of one epoch.
    run
        The run directory.
    settings
        How long, on what, and which figures count.
    resume
        Go on from the last state, if there is one.
    progress
        Where to report; an `EpochListener` is told the figures of each epoch as well.
    callbacks
        What else is done; at the end of an epoch it comes first.

    Returns
    -------
    StatusFile
        The run's status, to be told when the model is written.

    Raises
    ------
    CheckpointError
        If the last state cannot be read.
    TrainingDivergedError
        If the losses run away; the states of the epochs before are kept.
    TrainingPrunedError
        If the listener ended it.
    RankFinishedError
        At the end, in a process that is not the first of those that train together.
    KeyboardInterrupt
        If the user stopped the training; the state before the next batch is kept.
    """
    ranks = present_ranks()
    check_devices(settings.hardware)
    _share(module, train, validation, settings, ranks)
    report = ProgressReport(progress, settings.name, train.n_events, settings.told, unit=settings.unit)
    status = StatusFile(run, settings.epochs, settings.monitor, settings.stage)
    table = LossTable(run.metrics, report, networks=settings.networks, figures=settings.kept)
    unfinished = KeepUnfinishedEpoch(run.last if isinstance(train, BatchesByEpoch) else None)
    ours: list[Callback] = [unfinished, *callbacks, SeedEachBatch(settings.seed), report]
    if ranks.rank == 0:
        ours += [table, status]
    if isinstance(progress, EpochListener):
        ours.append(TellEpochs(progress, settings.stage, settings.monitor))
    with quiet(), torch.random.fork_rng(), signals_restored(), unfinished.listening():
        trainer = Trainer(
            **trainer_settings(settings.hardware, ranks),
            max_epochs=settings.epochs,
            logger=TensorBoardLogger(run.path, name="tensorboard", version="", default_hp_metric=False),
            log_every_n_steps=max(1, min(10, len(train))),
            callbacks=[
                *ours,
                BeginEpochAgain(),
                *ended_early(settings.early_stopping, settings.monitor),
                *best_and_last(run, settings.monitor),
            ],
            gradient_clip_val=settings.gradient_clip,
            num_sanity_val_steps=0,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
        )
        if isinstance(train, BatchesByEpoch):
            train.first_batch = lambda: batches_done(trainer)
        last = None
        if resume and run.last.is_file():
            load_weights(run.last)  # a damaged state is named before anything starts
            last = str(run.last)
        try:
            with compiled(module, settings.hardware.compile):
                trainer.fit(module, train, validation, ckpt_path=last, weights_only=True)
        except SystemExit:
            # Lightning ends the process on Ctrl-C; the caller decides that.
            raise KeyboardInterrupt from None
        finally:
            for batches in (train, validation):
                if isinstance(batches, BatchesByEpoch):
                    batches.events.close()
        if trainer.interrupted:
            raise KeyboardInterrupt
    if ranks.rank > 0:
        raise RankFinishedError
    return status


def _share(
    module: LightningModule, train: EpochBatches, validation: EpochBatches, settings: Fit, ranks: Ranks
) -> None:
    """Let this process read with its helpers, and learn from its share of each batch only."""
    for batches in (train, validation):
        if isinstance(batches, BatchesByEpoch):
            batches.events.loader_workers = settings.hardware.loader_workers
    if ranks.number == 1:
        return
    if not (
        module.automatic_optimization
        and isinstance(train, BatchesByEpoch)
        and isinstance(validation, BatchesByEpoch)
    ):
        raise ConfigurationError(
            "training.devices", got=ranks.number, expected=f"1 in the stage '{settings.stage}'"
        )
    train.events.share(ranks.rank, ranks.number, even=True)
    validation.events.share(ranks.rank, ranks.number, even=False)
    log_together(module)
