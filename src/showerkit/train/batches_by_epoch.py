"""Batches that are gone through once an epoch, as the training wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from showerkit.data.shuffled_batches import ShuffledBatches

BatchT = TypeVar("BatchT")


class BatchesByEpoch(Generic[BatchT]):
    """Base of the batches that trainings go through: which epoch it is, and how many there are.

    Parameters
    ----------
    events
        Batches of events.
    epoch
        Tells which epoch it is, on which the order of the events depends.

    Attributes
    ----------
    first_batch
        Tells with which batch of the epoch to begin.
    """

    def __init__(self, events: ShuffledBatches[Any], epoch: Callable[[], int] = lambda: 0) -> None:
        self.events = events
        self.epoch = epoch
        self.first_batch: Callable[[], int] = _from_the_beginning

    def learned_from(self, batch: dict[str, Tensor]) -> BatchT:
        """Turn a batch of events into what the training learns from."""
        raise NotImplementedError

    @property
    def n_events(self) -> int:
        """Events per epoch."""
        return self.events.epoch_events

    def __len__(self) -> int:
        """Return the number of batches per epoch."""
        return len(self.events)

    def __iter__(self) -> Iterator[BatchT]:
        """Go through one epoch, or what is left of it."""
        self.events.set_epoch(self.epoch(), self.first_batch())
        for batch in self.events:
            yield self.learned_from(batch)


def _from_the_beginning() -> int:
    return 0
