"""One pass over a sample of showers on voxels: what is kept grows by features, never by voxels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from showerkit.errors import FileFormatError
from showerkit.evaluate.feature_tables import affordable_showers
from showerkit.evaluate.low_level_features import log_cells
from showerkit.evaluate.voxels.histograms import BLOCKS, block_counts, blocks_of
from showerkit.evaluate.voxels.observables import ObservableMaker, VoxelObservables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from showerkit.data.voxel_showers import VoxelSample
    from showerkit.progress import Progress
    from showerkit.typing import FloatArray

#: What the challenge puts for an empty voxel before it takes the logarithm, in MeV.
_EMPTY_MEV: Final = 0.1


@dataclass(frozen=True, eq=False)
class VoxelSummary:
    """A sample after its pass.

    Parameters
    ----------
    observables
        Features of its N showers.
    incident_mev
        Incident energies in MeV, shape (N,).
    angles_rad
        Angles of the incident particles, shape (N, 2), if the file has them.
    largest
        The largest deposit in a voxel in MeV, in the precision of the file.
    empty
        Showers without any deposit.
    below
        Deposits that were above 0 and below the threshold.
    voxel_sums
        Summed deposits of each voxel in MeV by block, shape (BLOCKS, voxels).
    block_showers
        Number of showers of each block, shape (BLOCKS,).
    log_cells
        Logarithms of the first showers' voxels over the threshold, shape (n, voxels).
    """

    observables: VoxelObservables
    incident_mev: FloatArray
    angles_rad: FloatArray | None
    largest: np.floating[Any]
    empty: int
    below: int
    voxel_sums: FloatArray
    block_showers: FloatArray
    log_cells: FloatArray

    def __len__(self) -> int:
        return len(self.incident_mev)


def summarise(
    sample: VoxelSample, maker: ObservableMaker, threshold_mev: float, most_cells: int, progress: Progress
) -> VoxelSummary:
    """Read a sample once.

    Parameters
    ----------
    sample
        The opened sample.
    maker
        Computes features.
    threshold_mev
        Deposits below this, in MeV, count as 0.
    most_cells
        Keep the voxels of at most so many of the first showers.
    progress
        Told how many showers are read.

    Returns
    -------
    VoxelSummary
        What is kept.

    Raises
    ------
    FileFormatError
        If the sample is empty or damaged.
    """
    kept = affordable_showers(min(most_cells, len(sample)), sample.n_voxels) if most_cells else 0
    cells = np.empty((kept, sample.n_voxels))
    sums = np.zeros((BLOCKS, sample.n_voxels))
    incident: list[NDArray[Any]] = []
    angles: list[NDArray[Any]] = []
    seen: list[VoxelObservables] = []
    largest: np.floating[Any] | None = None
    below = start = empty = 0
    for energy, showers_incident, showers_angles, cut in _portions(sample, threshold_mev):
        below += cut
        seen.append(maker.of(energy, showers_incident))
        incident.append(showers_incident.astype(np.float64))
        if showers_angles is not None:
            angles.append(showers_angles)
        top = energy.max()
        largest = top if largest is None or top > largest else largest
        empty += int((seen[-1].total == 0.0).sum())
        _add_sums(sums, energy, start)
        stop = min(start + len(energy), kept)
        if stop > start:
            cells[start:stop] = log_cells(energy[: stop - start], threshold_mev)
        start += len(energy)
        progress.advance(len(energy))
    if largest is None:
        raise FileFormatError(f"{sample.path}", got="no showers", expected="at least one")
    groups = {name: np.concatenate([part.groups[name] for part in seen]) for name in seen[0].groups}
    observables = VoxelObservables(
        np.concatenate([part.total for part in seen]),
        np.concatenate([part.response for part in seen]),
        groups,
    )
    return VoxelSummary(
        observables=observables,
        incident_mev=np.concatenate(incident),
        angles_rad=np.concatenate(angles) if angles else None,
        largest=largest,
        empty=empty,
        below=below,
        voxel_sums=sums,
        block_showers=np.bincount(blocks_of(start), minlength=BLOCKS).astype(np.float64),
        log_cells=cells,
    )


def voxel_energy_counts(
    sample: VoxelSample, threshold_mev: float, edges: FloatArray, progress: Progress
) -> FloatArray:
    """Read a sample again and fill the histogram of the voxels' energies, shape (BLOCKS, bins)."""
    counts = np.zeros((BLOCKS, len(edges) - 1))
    start = 0
    for energy, _, _, _ in _portions(sample, threshold_mev):
        rows = max(1, 2_000_000 // energy.shape[1])
        for first in range(0, len(energy), rows):
            part = energy[first : first + rows]
            where, _ = hit = np.nonzero(part)
            blocks = (start + first + where) % BLOCKS
            counts += block_counts(part[hit].astype(np.float64), blocks, edges)
        start += len(energy)
        progress.advance(len(energy))
    return counts


def challenge_cells(cells: FloatArray, threshold_mev: float) -> FloatArray:
    """Logarithms of the voxels in MeV as the CaloChallenge has them, empty ones as 0.1 MeV.

    Parameters
    ----------
    cells
        Logarithms over the threshold, 0 for empty voxels, shape (n, voxels).
    threshold_mev
        The threshold in MeV.

    Returns
    -------
    numpy.ndarray
        The logarithms, shape (n, voxels).

    Examples
    --------
    >>> challenge_cells(np.array([[0.0, 2.0]]), 1.0).tolist()
    [[-1.0, 2.0]]
    """
    found: FloatArray = np.where(cells > 0.0, cells + np.log10(threshold_mev), np.log10(_EMPTY_MEV))
    return found


def _portions(
    sample: VoxelSample, threshold_mev: float
) -> Iterator[tuple[NDArray[Any], NDArray[Any], NDArray[Any] | None, int]]:
    """Deposits with those below the threshold set to 0, incident energies, angles, and how many were cut."""
    for showers in sample.iterate():
        energy = showers.energy_mev
        small = energy < threshold_mev
        cut = int(np.count_nonzero(energy[small]))
        energy[small] = 0.0
        yield energy, showers.incident_mev, showers.angles_rad, cut


def _add_sums(sums: FloatArray, energy: NDArray[Any], start: int) -> None:
    """Add showers to the sums of their blocks, which follow one another in turn."""
    first = 0
    while first < len(energy):
        block = (start + first) % BLOCKS
        rows = min(BLOCKS - block, len(energy) - first)
        sums[block : block + rows] += energy[first : first + rows]
        first += rows
