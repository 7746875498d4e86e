"""Streams of training batches from shower files, in bounded memory."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from showerkit.data.running_moments import RunningMoments
from showerkit.data.sample_blocks import block_events, block_rows, count_events, rows_at_once
from showerkit.data.shower_file import ShowerFile
from showerkit.data.transforms import (
    INPUT_NAMES,
    CellEnergyTransform,
    ConditionTransform,
    InputName,
    condition_values,
)
from showerkit.data.window_condition import WindowCondition
from showerkit.errors import DataError
from showerkit.rng import generator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.entry_frame import EntryFrame
    from showerkit.data.records import Showers
    from showerkit.data.splits import Part, SplitConfig

#: The shuffle buffer holds at most this many bytes of showers.
_BUFFER_BYTES = 2**28


@dataclass(frozen=True)
class FittedTransforms:
    """What one pass over the training part gives.

    Parameters
    ----------
    condition
        Transform of the incident particles.
    cell_energy
        Transform of the cell energies.
    ranges
        Lowest and highest value of every input (MeV, rad, mm), by name: where a model is valid.
    particles
        Particle Data Group codes met, in rising order.
    n_events
        Number of events of the training part.
    """

    condition: ConditionTransform
    cell_energy: CellEnergyTransform
    ranges: dict[str, tuple[float, float]]
    particles: tuple[int, ...]
    n_events: int


def fit_transforms(
    path: Path | str,
    split: SplitConfig,
    *,
    inputs: tuple[InputName, ...],
    normalisation: Literal["s2", "none"] = "s2",
    cell_energy: Literal["linear", "fraction", "log"] = "linear",
    threshold_mev: float = 0.1,
) -> FittedTransforms:
    """Fit the transforms to the training part of a sample, in one pass and bounded memory.

    Parameters
    ----------
    path
        A shower file or a folder of shards.
    split
        How the sample is divided.
    inputs, normalisation
        See `ConditionTransform`.
    cell_energy, threshold_mev
        Kind and hit threshold in MeV, see `CellEnergyTransform`.

    Returns
    -------
    FittedTransforms
        The transforms and the ranges of the training part.

    Raises
    ------
    DataError
        If the training part is empty or has no hit.
    """
    moments, log_moments, highest = RunningMoments(len(INPUT_NAMES)), RunningMoments(1), 0.0
    particles: set[int] = set()
    with ShowerFile(path) as sample:
        rows = rows_at_once(sample.cells)
        for start in range(0, len(sample), rows):
            showers = sample.read(start, min(start + rows, len(sample)), optional=False)
            showers = showers[split.selects("train", showers.event_id)]
            if len(showers) == 0:
                continue
            moments.update(condition_values(showers.incident, INPUT_NAMES))
            particles.update(np.unique(showers.incident.pdg).tolist())
            highest = max(highest, float(showers.energy_mev.max()))
            hits = showers.energy_mev[showers.energy_mev > threshold_mev].astype(np.float64)
            log_moments.update(np.log(hits / threshold_mev)[:, None])
    return FittedTransforms(
        ConditionTransform.fit(moments, inputs, normalisation),
        CellEnergyTransform.fit(
            cell_energy, threshold_mev=threshold_mev, highest_mev=highest, log_moments=log_moments
        ),
        {
            name: (float(low), float(high))
            for name, low, high in zip(INPUT_NAMES, moments.low, moments.high, strict=True)
        },
        tuple(sorted(particles)),
        moments.count,
    )


class ShowerBatches(IterableDataset[dict[str, torch.Tensor]]):
    """Whole batches of showers for a network, shuffled anew every epoch.

    A sample that fits `memory_mb` is kept in memory and permuted as a whole. A larger one is read
    in blocks of whole chunks in a random order; `buffer_events` of their events are gathered, permuted
    and cut into batches, so that a batch mixes events from all over the sample. Either way the batches
    depend on (seed, epoch) alone and hold each event of the part once.

    Parameters
    ----------
    path
        A shower file or a folder of shards.
    condition
        Transform of the incident particles: a `ConditionTransform`, or with `frame` a `WindowCondition`.
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
    frame
        Cut windows in this frame as the showers are read; None: give whole images.

    Raises
    ------
    DataError
        If the part is empty, more than one loading process is used, `condition` is of the wrong kind or
        `frame` of another detector.

    Notes
    -----
    Give it to ``DataLoader(batches, batch_size=None)`` with at most one worker, and call `set_epoch`
    before each epoch. A batch is a dict of ``condition`` (B, inputs), ``energy`` (B, layers, cells_y,
    cells_x) in MeV, or (B, layers, W, W) with `frame`, and ``incident_energy`` (B,) in MeV, all float32.
    """

    def __init__(
        self,
        path: Path | str,
        condition: ConditionTransform | WindowCondition,
        *,
        batch_size: int,
        split: SplitConfig,
        part: Part = "train",
        seed: int = 1,
        shuffle: bool = True,
        buffer_events: int = 16384,
        memory_mb: float = 1024.0,
        epoch_events: int | None = None,
        frame: EntryFrame | None = None,
    ) -> None:
        super().__init__()
        if batch_size < 1:
            raise DataError("batch_size", got=batch_size, expected="at least 1")
        self.path = path
        self.condition = condition
        self.frame = frame
        self.batch_size = batch_size
        self.split = split
        self.part: Part = part
        self.seed = seed
        self.shuffle = shuffle
        self.epoch = 0
        with ShowerFile(path) as sample:
            self.detector = sample.detector
            if frame is not None:
                frame.check_detector(sample.detector, path)
            self._blocks = block_rows(sample)
            self.n_events = count_events(sample, split, part)
        if self.n_events == 0:
            raise DataError(f"{path}: {part} part", got="no events", expected="at least one")
        self.epoch_events = self.n_events if epoch_events is None else min(epoch_events, self.n_events)
        shape = self.detector.shape if frame is None else frame.shape
        # Picklable, for a loading process.
        self._inputs: Callable[[Showers], tuple[NDArray[np.float32], NDArray[np.float32]]]
        if frame is None and isinstance(condition, ConditionTransform):
            self._inputs = partial(_image_inputs, condition, shape=shape)
        elif frame is not None and isinstance(condition, WindowCondition):
            self._inputs = partial(_window_inputs, condition, frame=frame)
        else:
            wanted = ConditionTransform if frame is None else WindowCondition
            raise DataError("condition", got=type(condition).__name__, expected=wanted.__name__)
        event_bytes = 4 * math.prod(shape)
        buffer_events = max(min(buffer_events, _BUFFER_BYTES // event_bytes), batch_size)
        self._blocks_at_once = max(1, buffer_events // block_events(self.detector.n_cells))
        self._keep = self.n_events * event_bytes <= memory_mb * 2**20
        self._kept: dict[str, NDArray[np.float32]] | None = None

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
        left: dict[str, NDArray[np.float32]] | None = None
        wanted = self.epoch_events
        with ShowerFile(self.path) as sample:
            for first in range(0, len(order), per_group):
                group = np.sort(order[first : first + per_group])
                buffer = self._gather(sample, self._blocks[group])
                if left is not None:
                    buffer = {name: np.concatenate([left[name], buffer[name]]) for name in buffer}
                n = len(buffer["incident_energy"])
                last = first + per_group >= len(order) or n >= wanted
                whole = min(n, wanted) if last else n - n % self.batch_size
                index = random.permutation(n) if self.shuffle else np.arange(n)
                left = None if last else {name: values[index[whole:]] for name, values in buffer.items()}
                yield from self._batches(buffer, index[:whole])
                if last:
                    return
                wanted -= whole

    def _cut(
        self, kept: dict[str, NDArray[np.float32]], random: np.random.Generator
    ) -> Iterator[dict[str, torch.Tensor]]:
        index = random.permutation(self.n_events) if self.shuffle else np.arange(self.n_events)
        yield from self._batches(kept, index[: self.epoch_events])

    def _batches(
        self, columns: dict[str, NDArray[np.float32]], index: NDArray[np.int64]
    ) -> Iterator[dict[str, torch.Tensor]]:
        for start in range(0, len(index), self.batch_size):
            rows = index[start : start + self.batch_size]
            yield {name: torch.from_numpy(values[rows]) for name, values in columns.items()}

    def _gather(self, sample: ShowerFile, blocks: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
        """Read the part's events of some blocks."""
        parts: dict[str, list[NDArray[np.float32]]] = {"condition": [], "energy": [], "incident_energy": []}
        for start, stop in blocks.tolist():
            showers = sample.read(start, stop, optional=False)
            if self.part != "all":
                showers = showers[self.split.selects(self.part, showers.event_id)]
            condition, energy = self._inputs(showers)
            parts["condition"].append(condition)
            parts["energy"].append(energy)
            parts["incident_energy"].append(showers.incident.energy_mev)
        return {name: np.concatenate(values) for name, values in parts.items()}


def _image_inputs(
    condition: ConditionTransform, showers: Showers, *, shape: tuple[int, int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Give what a network is told of the particles, and the images that it is to make."""
    return condition(showers.incident), showers.energy_mev.reshape(-1, *shape)


def _window_inputs(
    condition: WindowCondition, showers: Showers, *, frame: EntryFrame
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Give what a network is told of the particles, and the windows that it is to make."""
    placement = frame.place(showers.incident)
    told = condition(frame.condition(showers.incident, placement))
    return told, frame.windows(showers.energy_mev, placement)
