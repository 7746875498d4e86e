"""Processes that read groups of events ahead, in a fixed order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.utils.data import DataLoader, Dataset

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from showerkit.data.shuffled_batches import ShuffledBatches

    #: Epoch, number and blocks of a group.
    Group = tuple[int, int, NDArray[np.int64]]


class GroupLoader:
    """Some processes that read for a stream, each a whole group at a time; they stay from epoch to epoch.

    Parameters
    ----------
    stream
        The stream, which tells how a group is read.
    workers
        Number of processes; each keeps up to two groups ready.
    """

    def __init__(self, stream: ShuffledBatches[Any], workers: int) -> None:
        self._groups = _Groups()
        self._loader: DataLoader[dict[str, torch.Tensor]] = DataLoader(
            _Reading(stream),
            batch_size=None,
            sampler=self._groups,
            num_workers=workers,
            # A process that was forked beside running threads may stand still.
            multiprocessing_context="spawn",
            persistent_workers=True,
            prefetch_factor=2,
        )

    def read(self, groups: list[Group]) -> Iterator[dict[str, NDArray[Any]]]:
        """Give the groups in their order, whichever process has read them."""
        self._groups.groups = groups
        for columns in self._loader:
            yield {name: values.numpy() for name, values in columns.items()}

    def close(self) -> None:
        """End the processes."""
        iterator = self._loader._iterator
        if iterator is not None:
            iterator._shutdown_workers()  # type: ignore[attr-defined]
            self._loader._iterator = None


class _Groups:
    """Which groups to read next: a sampler for the library's loader."""

    def __init__(self) -> None:
        self.groups: list[Group] = []

    def __iter__(self) -> Iterator[Group]:
        return iter(self.groups)

    def __len__(self) -> int:
        return len(self.groups)


class _Reading(Dataset[dict[str, torch.Tensor]]):
    """Reads any group of a stream; the sample is opened once in each process."""

    def __init__(self, stream: ShuffledBatches[Any]) -> None:
        self._stream = stream
        self._sample: Any = None

    def __getitem__(self, group: Group) -> dict[str, torch.Tensor]:
        if self._sample is None:
            self._sample = self._stream.open().__enter__()
        return {name: torch.from_numpy(v) for name, v in self._stream.group(self._sample, *group).items()}
