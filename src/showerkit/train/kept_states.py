"""The states that a training keeps, and when it ends early."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint

if TYPE_CHECKING:
    from lightning.pytorch import Callback

    from showerkit.train import recipe
    from showerkit.train.run_directory import RunDirectory


def best_and_last(run: RunDirectory, monitor: str) -> list[Callback]:
    """Keep the best and the last state.

    Parameters
    ----------
    run
        The run directory.
    monitor
        The logged figure that tells the best epoch: the lower, the better.
    """
    # The best before the last, so that the last state knows which was best.
    return [
        ModelCheckpoint(
            run.checkpoints,
            filename=path.stem,
            monitor=figure,
            save_on_train_epoch_end=True,
            enable_version_counter=False,
        )
        for path, figure in ((run.best, monitor), (run.last, None))
    ]


def ended_early(stopping: recipe.EarlyStopping | None, monitor: str) -> list[Callback]:
    """End the training when it no longer gets better, if a recipe asks for it.

    Parameters
    ----------
    stopping
        When; None: never.
    monitor
        The logged figure that is to fall.
    """
    if stopping is None:
        return []
    return [
        EarlyStopping(
            monitor,
            patience=stopping.patience,
            min_delta=stopping.min_delta,
            check_on_train_epoch_end=True,
        )
    ]
