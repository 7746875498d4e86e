"""Batches of events from shower files, shuffled anew every epoch, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from showerkit.data.sample_blocks import block_events, block_rows, count_events
from showerkit.data.shower_file import ShowerFile
from showerkit.errors import DataError
from showerkit.rng import generator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.records import Showers
    from showerkit.data.splits import Part, SplitConfig

#: The shuffle buffer holds at most this many bytes of showers.
_BUFFER_BYTES = 2**28


class EventBatches(IterableDataset[dict[str, torch.Tensor]]):
    """Base of the streams of whole batches: which events come when.

    A sample that fits `memory_mb` is kept in memory and permuted as a whole. A larger one is read
    in blocks of whole chunks in a random order; `buffer_events` of their events are gathered, permuted
    and cut into batches, so that a batch mixes events from all over the sample. Either way the batches
    depend on (seed, epoch) alone and hold each event of the part once.

    Parameters
    ----------
    path
        A shower file or a folder of shards.
    event_bytes
        Tells the memory for the columns of one event, by the number of cells.
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
        *,
        event_bytes: Callable[[int], int],
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
        self.path = path
        self.batch_size = batch_size
        self.split = split
        self.part: Part = part
        self.seed = seed
        self.shuffle = shuffle
        self.epoch = 0
        with ShowerFile(path) as sample:
            self.detector = sample.detector
            self._blocks = block_rows(sample)
            self.n_events = count_events(sample, split, part)
        if self.n_events == 0:
            raise DataError(f"{path}: {part} part", got="no events", expected="at least one")
        self.epoch_events = self.n_events if epoch_events is None else min(epoch_events, self.n_events)
        bytes_each = event_bytes(self.detector.n_cells)
        buffer_events = max(min(buffer_events, _BUFFER_BYTES // bytes_each), batch_size)
        self._blocks_at_once = max(1, buffer_events // block_events(self.detector.n_cells))
        self._keep = self.n_events * bytes_each <= memory_mb * 2**20
        self._kept: dict[str, NDArray[Any]] | None = None

    def columns(self, showers: Showers) -> dict[str, NDArray[Any]]:
        """Turn showers as they are read into the columns that are shuffled, each (N, ...)."""
        raise NotImplementedError

    def read(self, sample: ShowerFile, start: int, stop: int) -> Showers:
        """Read rows of the sample, by default without the optional datasets."""
        return sample.read(start, stop, optional=False)

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
            with ShowerFile(self.path) as sample:
                self._kept = self._gather(sample, self._blocks)
        yield from self._cut(self._kept, random)

    def _stream(self, random: np.random.Generator) -> Iterator[dict[str, torch.Tensor]]:
        """Read groups of random blocks, and hand what is left of one group's batches to the next."""
        order = random.permutation(len(self._blocks)) if self.shuffle else np.arange(len(self._blocks))
        per_group = self._blocks_at_once
        left: dict[str, NDArray[Any]] | None = None
        wanted = self.epoch_events
        with ShowerFile(self.path) as sample:
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

    def _gather(self, sample: ShowerFile, blocks: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """Read the part's events of some blocks."""
        parts: list[dict[str, NDArray[Any]]] = []
        for start, stop in blocks.tolist():
            showers = self.read(sample, start, stop)
            if self.part != "all":
                showers = showers[self.split.selects(self.part, showers.event_id)]
            parts.append(self.columns(showers))
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
