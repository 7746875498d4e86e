"""Streams of whole batches from a sample on disk, shuffled anew every epoch, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from showerkit.data.group_loading import GroupLoader
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
    in groups of blocks of whole chunks, drawn from all over the sample: the `buffer_events` events of a group
    are permuted, and batches are cut from the groups one after the other. Either way the batches
    depend on (seed, epoch) alone, not on `loader_workers`, and hold each event of the part once.

    Parameters
    ----------
    path
        Where the sample is.
    blocks
        First and last-plus-one row of each block that is read at once, shape (blocks, 2).
    n_events
        Events of the part; or those of each block, shape (blocks,), with which an epoch that is begun in
        its middle reads nothing of what was before.
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

    Attributes
    ----------
    loader_workers
        Processes that read what is not kept in memory; 0: this one.

    Raises
    ------
    DataError
        If the part is empty or a loader that is put around it has more than one process.

    Notes
    -----
    It reads with processes of its own, so that ``DataLoader(batches, batch_size=None)`` around it may have
    one worker at most. Call `set_epoch` before each epoch.
    """

    def __init__(
        self,
        path: Path | str,
        blocks: NDArray[np.int64],
        n_events: int | NDArray[np.int64],
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
        self._counts = None if isinstance(n_events, int) else n_events
        total = n_events if isinstance(n_events, int) else int(n_events.sum())
        if total == 0:
            raise DataError(f"{path}: {part} part", got="no events", expected="at least one")
        self.path = path
        self.batch_size = batch_size
        self.split = split
        self.part: Part = part
        self.seed = seed
        self.shuffle = shuffle
        self.epoch = 0
        self.first_batch = 0
        self.loader_workers = 0
        self.n_events = total
        self.epoch_events = total if epoch_events is None else min(epoch_events, total)
        self._rank, self._ranks = 0, 1
        self._blocks = blocks
        buffer_events = max(min(buffer_events, _BUFFER_BYTES // event_bytes), batch_size)
        largest = int((blocks[:, 1] - blocks[:, 0]).max())
        self._blocks_at_once = max(1, buffer_events // largest)
        self._keep = total * event_bytes <= memory_mb * 2**20
        self._kept: dict[str, NDArray[Any]] = {}
        self._loader: GroupLoader | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what other processes cannot share."""
        return {**self.__dict__, "_loader": None}

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

    def set_epoch(self, epoch: int, first_batch: int = 0) -> None:
        """Choose the epoch, on which the order of the events depends, and the batch to begin with."""
        self.epoch = epoch
        self.first_batch = first_batch

    def share(self, rank: int, ranks: int, *, even: bool) -> None:
        """Give this one's share of each batch only, if several processes train together.

        Parameters
        ----------
        rank, ranks
            This process, from 0, and how many there are.
        even
            All get as many events of every batch: an epoch then ends before the few events that cannot be
            shared out.

        Raises
        ------
        DataError
            If batches cannot be shared evenly.
        """
        if even and self.batch_size % ranks:
            raise DataError(
                "batch_size", got=self.batch_size, expected=f"a multiple of {ranks}, the number of devices"
            )
        if even and self.epoch_events < ranks:
            raise DataError("events of an epoch", got=self.epoch_events, expected=f"at least {ranks}")
        self._rank, self._ranks = rank, ranks
        if even:
            self.epoch_events -= self.epoch_events % self.batch_size % ranks

    def close(self) -> None:
        """End the processes that read, if there are any."""
        if self._loader is not None:
            self._loader.close()
            self._loader = None

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        """Give the batches of one epoch, from the first one wanted."""
        worker = get_worker_info()
        if worker is not None and worker.num_workers > 1:
            raise DataError(
                "num_workers", got=worker.num_workers, expected="0 or 1", mend="use loader_workers"
            )
        number = self.first_batch
        rows = self._kept_rows() if self._keep else self._streamed_rows()
        for columns in rows:
            n = len(next(iter(columns.values())))
            first, last = n * self._rank // self._ranks, n * (self._rank + 1) // self._ranks
            if last > first:
                mine = columns if n == last - first else {k: v[first:last] for k, v in columns.items()}
                # Drawn for each batch anew: a training that goes on in mid-epoch draws what it would have.
                random = generator(self.seed, "batch", self.epoch, number, *([self._rank] * (self._rank > 0)))
                yield self.batch(mine, random)
            number += 1

    def _kept_rows(self) -> Iterator[dict[str, NDArray[Any]]]:
        """Cut batches from the events in memory."""
        if not self._kept:
            with self.open() as sample:
                self._kept.update(self._gather(sample, self._blocks))
        random = generator(self.seed, "shuffle", self.epoch)
        index = random.permutation(self.n_events) if self.shuffle else np.arange(self.n_events)
        for start in range(self.first_batch * self.batch_size, self.epoch_events, self.batch_size):
            rows = index[start : min(start + self.batch_size, self.epoch_events)]
            yield {name: values[rows] for name, values in self._kept.items()}

    def _streamed_rows(self) -> Iterator[dict[str, NDArray[Any]]]:
        """Cut batches from the groups as they are read; one may be of several groups."""
        wanted = self.epoch_events - self.first_batch * self.batch_size
        left: dict[str, NDArray[Any]] | None = None
        for group in self._groups_from(self.first_batch * self.batch_size):
            columns, place, n = group, 0, len(next(iter(group.values())))
            if left is not None:
                short = self.batch_size - len(next(iter(left.values())))
                place = min(short, n)
                left = {name: np.concatenate([left[name], columns[name][:place]]) for name in columns}
                if n < short:
                    continue
                yield {name: values[:wanted] for name, values in left.items()}
                left, wanted = None, wanted - self.batch_size
            while wanted > 0 and n - place >= min(self.batch_size, wanted):
                size = min(self.batch_size, wanted)
                yield {name: values[place : place + size] for name, values in columns.items()}
                place, wanted = place + size, wanted - size
            if wanted <= 0:
                return
            # A copy, which lets the group go.
            left = {name: values[place:].copy() for name, values in columns.items()} if place < n else None
        if left is not None:
            yield {name: values[:wanted] for name, values in left.items()}

    def _groups_from(self, event: int) -> Iterator[dict[str, NDArray[Any]]]:
        """Read groups of random blocks in order, without what comes before an event of the epoch."""
        random = generator(self.seed, "shuffle", self.epoch)
        order = random.permutation(len(self._blocks)) if self.shuffle else np.arange(len(self._blocks))
        starts = range(0, len(order), self._blocks_at_once)
        groups = [(self.epoch, n, order[a : a + self._blocks_at_once]) for n, a in enumerate(starts)]
        if self._counts is not None:
            sizes = np.add.reduceat(self._counts[order], list(starts))
            ends = np.cumsum(sizes)
            first = int(np.searchsorted(ends, event, side="right"))
            last = int(np.searchsorted(ends, self.epoch_events, side="left"))
            event -= int(ends[first] - sizes[first]) if first < len(ends) else event
            groups = groups[first : last + 1]
        for columns in self._read_groups(groups):
            n = len(next(iter(columns.values())))
            if event < n:
                yield {name: values[event:] for name, values in columns.items()} if event else columns
            event = max(0, event - n)

    def _read_groups(
        self, groups: list[tuple[int, int, NDArray[np.int64]]]
    ) -> Iterator[dict[str, NDArray[Any]]]:
        if self.loader_workers == 0 or get_worker_info() is not None:
            with self.open() as sample:
                for group in groups:
                    yield self.group(sample, *group)
            return
        if self._loader is None:
            self._loader = GroupLoader(self, self.loader_workers)
        yield from self._loader.read(groups)

    def group(
        self, sample: SampleT, epoch: int, number: int, blocks: NDArray[np.int64]
    ) -> dict[str, NDArray[Any]]:
        """Read one group of blocks and permute its events.

        Parameters
        ----------
        sample
            The opened sample.
        epoch, number
            The epoch and the group's number in it, on which the permutation depends.
        blocks
            The numbers of the blocks.

        Returns
        -------
        dict
            The columns, each (N, ...).
        """
        columns = self._gather(sample, self._blocks[np.sort(blocks)])
        if not self.shuffle:
            return columns
        index = generator(self.seed, "shuffle", epoch, number).permutation(len(next(iter(columns.values()))))
        return {name: columns.pop(name)[index] for name in tuple(columns)}

    def _gather(self, sample: SampleT, blocks: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """Read the part's events of some blocks."""
        parts: dict[str, list[NDArray[Any]]] = {}
        for start, stop in blocks.tolist():
            for name, values in self.part_columns(sample, start, stop).items():
                parts.setdefault(name, []).append(values)
        return {name: joined(parts.pop(name)) for name in tuple(parts)}


def joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """Join arrays (N_i, ...) one after the other; each is let go as soon as it is copied.

    Examples
    --------
    >>> joined([np.zeros(1), np.ones(2)]).tolist()
    [0.0, 1.0, 1.0]
    """
    whole = np.empty((sum(map(len, parts)), *parts[0].shape[1:]), dtype=np.result_type(*parts))
    end = len(whole)
    while parts:
        part = parts.pop()
        whole[end - len(part) : end] = part
        end -= len(part)
    return whole
