"""Keep the state of a training inside an epoch, and stop where nothing is half done."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import torch
from lightning.pytorch.callbacks import Callback

from showerkit.train.batch_count import batches_done

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lightning.pytorch import LightningModule, Trainer

#: Seconds between two states that are kept inside an epoch.
KEEP_EVERY_S: Final = 600.0


class KeepUnfinishedEpoch(Callback):
    """Keep a state inside an epoch now and then and when the user stops the training.

    Between two batches weights, optimisers, averages and schedules agree, and the batches to come follow from
    the numbers of epoch and batch: a training that goes on there gives what it would have given in one go.
    Signals are therefore answered at the next batch only; a second one is answered at once.

    Parameters
    ----------
    path
        The file of the state; None: batches cannot be gone through from the middle of an epoch, so that none
        is kept there.
    every_s
        Seconds after which another state is kept.
    """

    def __init__(self, path: Path | None, every_s: float = KEEP_EVERY_S) -> None:
        self.path = path
        self.every_s = every_s
        self._asked = False
        self._listens = False
        self._kept_at = time.monotonic()
        self._totals: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}
        self._sums: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the signals that end a training: Ctrl-C, and what batch systems send before the time is up."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        for each in before:
            signal.signal(each, self._ask)
        self._listens = True
        try:
            yield
        finally:
            self._listens = False
            for each, handler in before.items():
                signal.signal(each, signal.SIG_DFL if handler is None else handler)

    def _ask(self, _signal: int, _frame: object) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take back the signal that the library takes for itself."""
        if self._listens:
            signal.signal(signal.SIGTERM, self._ask)

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Keep the state before this batch if it is time to, and end a training that is to stop."""
        asked, due = self._agreed(trainer)
        if (asked or due) and batch_idx > 0 and self.path is not None:
            self._totals = {name: _over_devices(trainer, metric) for name, metric in _means(trainer)}
            try:
                trainer.save_checkpoint(self.path, weights_only=False)
            finally:
                self._totals = {}
            self._kept_at = time.monotonic()
        if asked:
            raise KeyboardInterrupt

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Go on with the sums of an epoch that was begun before."""
        if not self._sums:
            return
        for name, metric in _means(trainer):
            if name in self._sums:
                value, weight = self._sums[name]
                device, devices = metric.value.device, trainer.world_size
                metric.value = metric.value + value.to(device) / devices
                metric.cumulated_batch_size = metric.cumulated_batch_size + weight.to(device) / devices
        self._sums = {}

    def state_dict(self) -> dict[str, Any]:
        """Give the sums over the batches of this epoch, of which its figures are made."""
        return {"sums": self._totals} if self._totals else {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the sums over the batches that are not gone through again."""
        self._sums = dict(state_dict.get("sums", {}))

    def _agreed(self, trainer: Trainer) -> tuple[bool, bool]:
        """Whether to stop and whether to keep a state: the same answers on all devices."""
        asked, due = self._asked, time.monotonic() - self._kept_at > self.every_s
        if trainer.world_size == 1:
            return asked, due
        flags = torch.tensor([float(asked), float(due)], device=trainer.strategy.root_device)
        torch.distributed.all_reduce(flags, torch.distributed.ReduceOp.MAX)
        asked, due = (flags > 0).tolist()
        return asked, due


def _over_devices(trainer: Trainer, metric: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Sum of a figure over the events of all devices so far, and their number."""
    sums = torch.stack([metric.value, torch.as_tensor(metric.cumulated_batch_size).to(metric.value)])
    if trainer.world_size > 1:
        torch.distributed.all_reduce(sums)
    return sums[0].clone(), sums[1].clone()


class BeginEpochAgain(Callback):
    """Begin an epoch that is gone on with as every other one; comes after all other callbacks.

    The library does not say that an epoch starts where a training goes on in the middle of it.
    """

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Tell all that an epoch starts, if it did before."""
        if batches_done(trainer) == 0:
            return
        for callback in trainer.callbacks:  # type: ignore[attr-defined]
            callback.on_train_epoch_start(trainer, pl_module)
        pl_module.on_train_epoch_start()


def _means(trainer: Trainer) -> list[tuple[str, Any]]:
    """What is summed up over the batches of a training epoch."""
    results = trainer.fit_loop.epoch_loop._results
    return [
        (str(name), metric)
        for name, metric in results.items()
        if metric.is_tensor and metric.meta.on_epoch and metric.meta.is_mean_reduction
    ]
