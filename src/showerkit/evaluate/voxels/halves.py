"""Two halves of a sample of showers on voxels: its showers at even and at odd places."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from showerkit.evaluate.voxels.sample_pass import VoxelSummary
    from showerkit.typing import FloatArray


def every_second(summary: VoxelSummary, start: int) -> VoxelSummary:
    """Take every second shower of a summary, from `start` (0 or 1) on."""
    rows = slice(start, None, 2)
    return replace(
        summary,
        observables=summary.observables[rows],
        incident_mev=summary.incident_mev[rows],
        angles_rad=None if summary.angles_rad is None else summary.angles_rad[rows],
        empty=int((summary.observables.total[rows] == 0.0).sum()),
        voxel_sums=blocks_of_half(summary.voxel_sums, start),
        block_showers=blocks_of_half(summary.block_showers, start),
        log_cells=summary.log_cells[rows],
    )


def blocks_of_half(blocks: FloatArray, start: int) -> FloatArray:
    """Take the blocks of every second shower; the remaining ones are empty.

    Showers go to an even number of blocks in turn, so that every block belongs to one half.

    Examples
    --------
    >>> blocks_of_half(np.array([1.0, 2.0, 3.0, 4.0]), 1).tolist()
    [2.0, 4.0, 0.0, 0.0]
    """
    half = np.zeros_like(blocks)
    half[: len(blocks) // 2] = blocks[start::2]
    return half
