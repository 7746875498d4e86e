"""Streams of training batches from shower files, in bounded memory."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from showerkit.data.cell_energy_transform import CellEnergyTransform
from showerkit.data.condition_transform import INPUT_NAMES, ConditionTransform, InputName, condition_values
from showerkit.data.event_batches import EventBatches
from showerkit.data.running_moments import RunningMoments
from showerkit.data.sample_blocks import rows_at_once
from showerkit.data.shower_file import ShowerFile
from showerkit.data.window_condition import WindowCondition
from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.records import Showers
    from showerkit.data.shower_frame import ShowerFrame
    from showerkit.data.splits import Part, SplitConfig


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


class ShowerBatches(EventBatches):
    """Whole batches of showers for a network that makes showers, shuffled anew every epoch.

    Parameters
    ----------
    path
        A shower file or a folder of shards.
    condition
        Transform of the incident particles: a `ConditionTransform`, or with `frame` a `WindowCondition`.
    frame
        See the showers in this frame as they are read; None: give whole images.
    particles
        Particle Data Group codes to tell apart, if there are several.
    batch_size, split, part, seed, shuffle, buffer_events, memory_mb, epoch_events
        See `EventBatches`.

    Raises
    ------
    DataError
        If the part is empty, more than one loading process is used, `condition` is of the wrong kind or
        `frame` of another detector.

    Notes
    -----
    A batch is a dict of ``condition`` (B, inputs), ``energy`` (B, layers, cells_y, cells_x) in MeV, or
    of the shape that `frame` has, and ``incident_energy`` (B,) in MeV, all float32. With several `particles`
    there is ``particle`` (B, particles), 1 for the particle that it is.
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
        frame: ShowerFrame[Any] | None = None,
        particles: tuple[int, ...] = (),
    ) -> None:
        self.condition = condition
        self.particles = particles
        self.frame = frame
        super().__init__(
            path,
            event_bytes=lambda cells: 4 * (cells if frame is None else math.prod(frame.shape)),
            batch_size=batch_size,
            split=split,
            part=part,
            seed=seed,
            shuffle=shuffle,
            buffer_events=buffer_events,
            memory_mb=memory_mb,
            epoch_events=epoch_events,
        )
        if frame is not None:
            frame.check_detector(self.detector, path)
        # Picklable, for a loading process.
        self._inputs: Callable[[Showers], tuple[NDArray[np.float32], NDArray[np.float32]]]
        if frame is None and isinstance(condition, ConditionTransform):
            self._inputs = partial(_image_inputs, condition, shape=self.detector.shape)
        elif frame is not None and isinstance(condition, WindowCondition):
            self._inputs = partial(_window_inputs, condition, frame=frame)
        else:
            wanted = ConditionTransform if frame is None else WindowCondition
            raise DataError("condition", got=type(condition).__name__, expected=wanted.__name__)

    def columns(self, showers: Showers) -> dict[str, NDArray[np.float32]]:
        """Give inputs, deposits and incident energies."""
        condition, energy = self._inputs(showers)
        told = {"condition": condition, "energy": energy, "incident_energy": showers.incident.energy_mev}
        if len(self.particles) > 1:
            told["particle"] = one_of(showers.incident.pdg, self.particles)
        return told


def one_of(pdg: NDArray[np.integer], particles: tuple[int, ...]) -> NDArray[np.float32]:
    """Tell which of several particles each one is.

    Parameters
    ----------
    pdg
        Particle Data Group codes, shape (N,).
    particles
        The codes that there may be.

    Returns
    -------
    numpy.ndarray
        1 in the column of the particle, else 0, shape (N, particles); all 0 for another one.

    Examples
    --------
    >>> one_of(np.array([22, 11]), (11, 22)).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    return np.asarray(pdg[:, None] == np.array(particles)[None, :], dtype=np.float32)


def _image_inputs(
    condition: ConditionTransform, showers: Showers, *, shape: tuple[int, int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Give what a network is told of the particles, and the images that it is to make."""
    return condition(showers.incident), showers.energy_mev.reshape(-1, *shape)


def _window_inputs(
    condition: WindowCondition, showers: Showers, *, frame: ShowerFrame[Any]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Give what a network is told of the particles, and the windows that it is to make."""
    placement = frame.place(showers.incident)
    told = condition(frame.condition(showers.incident, placement))
    return told, frame.windows(showers.energy_mev, placement)
