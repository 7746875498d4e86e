"""Run one training by Lightning's Trainer: quiet, resumable, without side effects on random states."""

from __future__ import annotations

import logging
import signal
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from lightning.pytorch import Trainer
from lightning.pytorch import callbacks as lightning_callbacks
from lightning.pytorch.loggers import TensorBoardLogger

from showerkit.train.callbacks import LossTable, ProgressReport, SeedEachEpoch, StatusFile
from showerkit.train.training_state import load_weights

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lightning.pytorch import Callback, LightningModule

    from showerkit.progress import Progress
    from showerkit.train.recipe import TrainingRecipe
    from showerkit.train.run_directory import RunDirectory
    from showerkit.train.target_batches import TargetBatches

#: What Lightning says of every training here, though all is as it should be.
_EXPECTED_WARNINGS = (
    r"Checkpoint directory .* exists and is not empty",
    r"Experiment logs directory .* exists and is not empty",
    r".*treespec.*",
    r"GPU available but not used",
)


def fit(
    module: LightningModule,
    train: TargetBatches,
    validation: TargetBatches,
    run: RunDirectory,
    recipe: TrainingRecipe,
    *,
    resume: bool,
    progress: Progress,
) -> StatusFile:
    """Train a module, keeping the last and the best state in the run directory.

    Parameters
    ----------
    module
        What is trained; it logs ``train_loss`` and ``validation_loss``.
    train, validation
        Batches of one epoch.
    run
        The run directory.
    recipe
        The recipe, of which the section ``training`` is used here.
    resume
        Go on from the last state, if there is one.
    progress
        Where to report.

    Returns
    -------
    StatusFile
        The run's status, to be told when the model is written.

    Raises
    ------
    CheckpointError
        If the last state cannot be read.
    KeyboardInterrupt
        If the user stopped the training; the last finished epoch is kept.
    """
    settings = recipe.training
    report = ProgressReport(progress, recipe.name, train.n_events)
    status = StatusFile(run, settings.epochs)
    ours: list[Callback] = [SeedEachEpoch(settings.seed), report, LossTable(run.metrics, report), status]
    with _quiet(), torch.random.fork_rng(), _signals_restored():
        trainer = Trainer(
            accelerator=settings.device,
            devices=1,
            max_epochs=settings.epochs,
            logger=TensorBoardLogger(run.path, name="tensorboard", version="", default_hp_metric=False),
            log_every_n_steps=max(1, min(10, len(train))),
            callbacks=[*ours, *_lightnings_own(run, recipe)],
            gradient_clip_val=settings.gradient_clip,
            num_sanity_val_steps=0,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
        )
        last = None
        if resume and run.last.is_file():
            load_weights(run.last)  # a damaged state is named before anything starts
            last = str(run.last)
        try:
            trainer.fit(module, train, validation, ckpt_path=last, weights_only=True)
        except SystemExit:
            # Lightning ends the process on Ctrl-C; the caller decides that.
            raise KeyboardInterrupt from None
        if trainer.interrupted:
            raise KeyboardInterrupt
    return status


def _lightnings_own(run: RunDirectory, recipe: TrainingRecipe) -> list[Callback]:
    """Early stopping, and the two states that are kept."""
    own: list[Callback] = []
    stopping = recipe.training.early_stopping
    if stopping is not None:
        own.append(
            lightning_callbacks.EarlyStopping(
                "validation_loss",
                patience=stopping.patience,
                min_delta=stopping.min_delta,
                check_on_train_epoch_end=True,
            )
        )
    # The best before the last, so that the last state knows which was best.
    own.append(
        lightning_callbacks.ModelCheckpoint(
            run.checkpoints,
            filename=run.best.stem,
            monitor="validation_loss",
            save_on_train_epoch_end=True,
            enable_version_counter=False,
        )
    )
    own.append(
        lightning_callbacks.ModelCheckpoint(
            run.checkpoints,
            filename=run.last.stem,
            save_on_train_epoch_end=True,
            enable_version_counter=False,
        )
    )
    return own


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's notes on devices and its tips off the terminal, warnings and errors on it."""
    loggers = [
        logging.getLogger(f"{name}.utilities.rank_zero") for name in ("lightning.pytorch", "lightning.fabric")
    ]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            for message in _EXPECTED_WARNINGS:
                warnings.filterwarnings("ignore", message)
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


@contextmanager
def _signals_restored() -> Iterator[None]:
    """Put the handler of Ctrl-C back, which Lightning takes away when it is used."""
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if handler is not None and signal.getsignal(signal.SIGINT) is not handler:
            signal.signal(signal.SIGINT, handler)
