"""What one pass over the training part tells a network of windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.data.condition_transform import INPUT_NAMES, condition_values
from showerkit.data.running_moments import RunningMoments
from showerkit.data.sample_blocks import rows_at_once
from showerkit.data.shower_file import ShowerFile
from showerkit.data.window_condition import WindowCondition
from showerkit.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.shower_frame import ShowerFrame
    from showerkit.data.splits import SplitConfig


@dataclass(frozen=True, eq=False)
class FittedWindow:
    """What one pass over the training part gives.

    Parameters
    ----------
    condition
        Transform of `ShowerFrame.condition`.
    ranges
        Lowest and highest value of every input (MeV, rad, mm), by name: where a model is valid.
    particles
        Particle Data Group codes met, in rising order.
    n_events
        Number of events of the training part.
    lost_energy_share, lost_hit_share
        Share of the deposited energy, and of the hits, that is not seen.
    hit_share
        Share of the events in which each cell is hit, shape (layers, rows, columns).
    mean_log_hit
        Mean of log10(E / threshold) over the hits of each cell, of the same shape; 0 without hits.
    """

    condition: WindowCondition
    ranges: dict[str, tuple[float, float]]
    particles: tuple[int, ...]
    n_events: int
    lost_energy_share: float
    lost_hit_share: float
    hit_share: NDArray[np.float64]
    mean_log_hit: NDArray[np.float64]


def fit_window_transforms(
    path: Path | str, split: SplitConfig, frame: ShowerFrame[Any], threshold_mev: float
) -> FittedWindow:
    """Fit to the training part of a sample, in one pass and bounded memory.

    Parameters
    ----------
    path
        A shower file or a folder of shards.
    split
        How the sample is divided.
    frame
        Frame in which the showers are seen.
    threshold_mev
        A cell is hit if its deposit exceeds this, in MeV.

    Returns
    -------
    FittedWindow
        The transform, the ranges of the training part, and what is seen and lost.

    Raises
    ------
    DataError
        If the training part is empty or has no hit in a window, or the sample is of another detector.
    """
    inputs, told = RunningMoments(len(INPUT_NAMES)), RunningMoments(len(frame.inputs))
    particles: set[int] = set()
    energy, hits = np.zeros(2), np.zeros(2, dtype=np.int64)
    hit_count, log_sum = np.zeros(frame.shape, dtype=np.int64), np.zeros(frame.shape)
    with ShowerFile(path) as sample:
        frame.check_detector(sample.detector, path)
        rows = rows_at_once(sample.cells)
        for start in range(0, len(sample), rows):
            showers = sample.read(start, min(start + rows, len(sample)), optional=False)
            showers = showers[split.selects("train", showers.event_id)]
            if len(showers) == 0:
                continue
            placement = frame.place(showers.incident)
            windows = frame.windows(showers.energy_mev, placement)
            inputs.update(condition_values(showers.incident, INPUT_NAMES))
            told.update(frame.condition(showers.incident, placement))
            particles.update(np.unique(showers.incident.pdg).tolist())
            hit = windows > threshold_mev
            hit_count += hit.sum(axis=0)
            logs = np.log10(windows / threshold_mev, where=hit, out=np.zeros_like(windows))
            log_sum += logs.sum(axis=0, dtype=np.float64)
            energy += (showers.total_mev.sum(), windows.sum(dtype=np.float64))
            hits += (np.count_nonzero(showers.energy_mev > threshold_mev), np.count_nonzero(hit))
    condition = WindowCondition.fit(told)
    if hits[1] == 0:
        raise DataError(
            "training part",
            got=f"no cell above {threshold_mev} MeV in any window",
            expected="hits",
            mend="train on other showers, widen the window or lower the threshold",
        )
    return FittedWindow(
        condition,
        {
            name: (float(low), float(high))
            for name, low, high in zip(INPUT_NAMES, inputs.low, inputs.high, strict=True)
        },
        tuple(sorted(particles)),
        told.count,
        # Sums in another order may differ in the last digit.
        max(0.0, float(1.0 - energy[1] / energy[0])),
        float(1.0 - hits[1] / hits[0]),
        hit_count / told.count,
        log_sum / np.maximum(hit_count, 1),
    )
