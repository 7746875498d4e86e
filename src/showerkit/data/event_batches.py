"""Batches of events from shower files, shuffled anew every epoch, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from showerkit.data.sample_blocks import block_rows, count_events
from showerkit.data.shower_file import ShowerFile
from showerkit.data.shuffled_batches import ShuffledBatches

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.records import Showers
    from showerkit.data.splits import Part, SplitConfig


class EventBatches(ShuffledBatches[ShowerFile]):
    """Base of the streams of whole batches of showers.

    Parameters
    ----------
    path
        A shower file or a folder of shards.
    event_bytes
        Tells the memory for the columns of one event, by the number of cells.
    batch_size, split, part, seed, shuffle, buffer_events, memory_mb, epoch_events
        See `ShuffledBatches`.

    Raises
    ------
    DataError
        If the part is empty or more than one loading process is used.
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
        with ShowerFile(path) as sample:
            self.detector = sample.detector
            blocks = block_rows(sample)
            counts = count_events(sample, split, part, blocks)
        super().__init__(
            path,
            blocks,
            counts,
            event_bytes=event_bytes(self.detector.n_cells),
            batch_size=batch_size,
            split=split,
            part=part,
            seed=seed,
            shuffle=shuffle,
            buffer_events=buffer_events,
            memory_mb=memory_mb,
            epoch_events=epoch_events,
        )

    def open(self) -> ShowerFile:
        """Open the sample."""
        return ShowerFile(self.path)

    def columns(self, showers: Showers) -> dict[str, NDArray[Any]]:
        """Turn showers as they are read into the columns that are shuffled, each (N, ...)."""
        raise NotImplementedError

    def read(self, sample: ShowerFile, start: int, stop: int) -> Showers:
        """Read rows of the sample, by default without the optional datasets."""
        return sample.read(start, stop, optional=False)

    def part_columns(self, sample: ShowerFile, start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Give the columns of the part's showers among the rows."""
        showers = self.read(sample, start, stop)
        if self.part != "all":
            showers = showers[self.split.selects(self.part, showers.event_id)]
        return self.columns(showers)
