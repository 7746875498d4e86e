"""Batches of point clouds, scaled as a network wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.data.cloud_sample import Clouds, CloudSample
from showerkit.data.shuffled_batches import ShuffledBatches

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from showerkit.data.point_scaling import PointScaling
    from showerkit.data.splits import Part, SplitConfig

#: Bytes of a point: three numbers and its mask.
_POINT_BYTES: Final = 13


class CloudBatches(ShuffledBatches[CloudSample]):
    """Whole batches of point clouds, shuffled anew every epoch.

    Parameters
    ----------
    reopen
        Opens the sample.
    n_events
        Clouds of the part.
    scaling
        Scaling of the points.
    condition
        From labels (N,) and numbers of points (N,) to conditions (N, C).
    batch_size, split, part, seed, shuffle, buffer_events, memory_mb, epoch_events
        See `ShuffledBatches`.

    Raises
    ------
    DataError
        If the part is empty or more than one loading process is used.

    Notes
    -----
    A batch is a dict of ``points`` (B, P, 3) float32, 0 where there is none, ``mask`` (B, P) and
    ``condition`` (B, C) float32, of no columns where nothing is told.
    """

    def __init__(
        self,
        reopen: Callable[[], CloudSample],
        n_events: int,
        scaling: PointScaling,
        condition: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]],
        *,
        batch_size: int,
        split: SplitConfig,
        part: Part = "train",
        seed: int = 1,
        shuffle: bool = True,
        buffer_events: int = 65536,
        memory_mb: float = 2048.0,
        epoch_events: int | None = None,
    ) -> None:
        self.reopen = reopen
        self.scaling = scaling
        self.condition = condition
        with reopen() as sample:
            path, blocks, places = sample.path, sample.blocks, sample.places
        super().__init__(
            path,
            blocks,
            n_events,
            event_bytes=_POINT_BYTES * places,
            batch_size=batch_size,
            split=split,
            part=part,
            seed=seed,
            shuffle=shuffle,
            buffer_events=buffer_events,
            memory_mb=memory_mb,
            epoch_events=epoch_events,
        )

    def open(self) -> CloudSample:
        """Open the sample."""
        return self.reopen()

    def part_columns(self, sample: CloudSample, start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Give the scaled clouds of the part among the rows."""
        clouds = part_of(sample.read(start, stop), self.split, self.part)
        return {
            "points": self.scaling(clouds.points, clouds.mask).astype(np.float32),
            "mask": clouds.mask,
            "condition": self.condition(clouds.label, clouds.mask.sum(axis=1)),
        }


def part_of(clouds: Clouds, split: SplitConfig, part: Part) -> Clouds:
    """Keep the clouds of a part."""
    return clouds[split.selects(part, clouds.event_id)]
