"""Streams of whole batches from a sample on disk, shuffled anew every epoch, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from showerkit.errors import DataError
from showerkit.rng import generator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.splits import Part, SplitConfig

#: The shuffle buffer holds at most this many bytes of events.
_BUFFER_BYTES = 2**28

SampleT = TypeVar("SampleT")


class ShuffledBatches(IterableDataset[dict[str, torch.Tensor]], Generic[SampleT]):
    """Base of the streams of whole batches: which events come when, whatever they are.

    A part that fits `memory_mb` is kept in memory and permuted as a whole. A larger one is read
    in blocks of whole chunks in a random order; `buffer_events` of their events are gathered, permuted
    and cut into batches, so that a batch mixes events from all over the sample. Either way the batches
    depend on (seed, epoch) alone and hold each event of the part once.

    Parameters
    ----------
    path
        Where the sample is.
    blocks
        First and last-plus-one row of each block that is read at once, shape (blocks, 2).
    n_events
        Events of the part.
    event_bytes
        Memory for the columns of one event.
    batch_size
        Events a batch; the last one of an epoch may have fewer.
    split, part
        How the sample is divided, and which part to give.
    seed
        Seed of the shuffling.
    shuffle
        Whether to shuffle (False: the order of the file).
    buffer_events
        Events in the shuffle buffer, as far as they fit 256 MB.
    memory_mb
        Largest part in MB that is kept in memory.
    epoch_events
        An epoch ends after this many events, which differ from epoch to epoch; None: after all of them.

    Raises
    ------
    DataError
        If the part is empty or more than one loading process is used.

    Notes
    -----
    Give it to ``DataLoader(batches, batch_size=None)`` with at most one worker, and call `set_epoch`
    before each epoch.
    """

    def __init__(
        self,
        path: Path | str,
        blocks: NDArray[np.int64],
        n_events: int,
        *,
        event_bytes: int,
        batch_size: int,
        split: SplitConfig,
        part: Part,
        seed: int,
        shuffle: bool,
        buffer_events: int,
        memory_mb: float,
        epoch_events: int | None,
    ) -> None:
        super().__init__()
        if batch_size < 1:
            raise DataError("batch_size", got=batch_size, expected="at least 1")
        if n_events == 0:
            raise DataError(f"{path}: {part} part", got="no events", expected="at least one")
        self.path = path
        self.batch_size = batch_size
        self.split = split
        self.part: Part = part
        self.seed = seed
        self.shuffle = shuffle
        self.epoch = 0
        self.n_events = n_events
        self.epoch_events = n_events if epoch_events is None else min(epoch_events, n_events)
        self._blocks = blocks
        buffer_events = max(min(buffer_events, _BUFFER_BYTES // event_bytes), batch_size)
        largest = int((blocks[:, 1] - blocks[:, 0]).max())
        self._blocks_at_once = max(1, buffer_events // largest)
        self._keep = n_events * event_bytes <= memory_mb * 2**20
        self._kept: dict[str, NDArray[Any]] | None = None

    def open(self) -> AbstractContextManager[SampleT]:
        """Open the sample."""
        raise NotImplementedError

    def part_columns(self, sample: SampleT, start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Give the columns, each (N, ...), of those events among the rows that belong to the part."""
        raise NotImplementedError

    def batch(self, columns: dict[str, NDArray[Any]], random: np.random.Generator) -> dict[str, torch.Tensor]:
        """Turn the columns of one batch into tensors; `random` is for what is drawn anew each time."""
        return {name: torch.from_numpy(values) for name, values in columns.items()}

    def __len__(self) -> int:
        """Return the number of batches an epoch."""
        return -(-self.epoch_events // self.batch_size)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch, on which the order of the events depends."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        """Give the batches of one epoch."""
        worker = get_worker_info()
        if worker is not None and worker.num_workers > 1:
            raise DataError(
                "num_workers", got=worker.num_workers, expected="0 or 1", mend="reading is fast enough"
            )
        random = generator(self.seed, "shuffle", self.epoch)
        if not self._keep:
            yield from self._stream(random)
            return
        if self._kept is None:
            with self.open() as sample:
                self._kept = self._gather(sample, self._blocks)
        yield from self._cut(self._kept, random)

    def _stream(self, random: np.random.Generator) -> Iterator[dict[str, torch.Tensor]]:
        """Read groups of random blocks, and hand what is left of one group's batches to the next."""
        order = random.permutation(len(self._blocks)) if self.shuffle else np.arange(len(self._blocks))
        per_group = self._blocks_at_once
        left: dict[str, NDArray[Any]] | None = None
        wanted = self.epoch_events
        with self.open() as sample:
            for first in range(0, len(order), per_group):
                group = np.sort(order[first : first + per_group])
                buffer = self._gather(sample, self._blocks[group])
                if left is not None:
                    buffer = {name: np.concatenate([left[name], buffer[name]]) for name in buffer}
                n = len(next(iter(buffer.values())))
                last = first + per_group >= len(order) or n >= wanted
                whole = min(n, wanted) if last else n - n % self.batch_size
                index = random.permutation(n) if self.shuffle else np.arange(n)
                left = None if last else {name: values[index[whole:]] for name, values in buffer.items()}
                yield from self._batches(buffer, index[:whole], random)
                if last:
                    return
                wanted -= whole

    def _cut(
        self, kept: dict[str, NDArray[Any]], random: np.random.Generator
    ) -> Iterator[dict[str, torch.Tensor]]:
        index = random.permutation(self.n_events) if self.shuffle else np.arange(self.n_events)
        yield from self._batches(kept, index[: self.epoch_events], random)

    def _batches(
        self, columns: dict[str, NDArray[Any]], index: NDArray[np.int64], random: np.random.Generator
    ) -> Iterator[dict[str, torch.Tensor]]:
        for start in range(0, len(index), self.batch_size):
            rows = index[start : start + self.batch_size]
            yield self.batch({name: values[rows] for name, values in columns.items()}, random)

    def _gather(self, sample: SampleT, blocks: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """Read the part's events of some blocks."""
        parts = [self.part_columns(sample, start, stop) for start, stop in blocks.tolist()]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
