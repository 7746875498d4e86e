"""Showers on voxels as the tables that two-sample measures take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.feature_tables import FeatureTables
from showerkit.evaluate.voxels.observables import calochallenge_features
from showerkit.evaluate.voxels.sample_pass import challenge_cells

if TYPE_CHECKING:
    from showerkit.evaluate.voxels.sample_pass import VoxelSummary
    from showerkit.typing import FloatArray


@dataclass(frozen=True, eq=False)
class VoxelTables(FeatureTables):
    """Features of the first showers of a sample, with the voxels as the CaloChallenge has them.

    Parameters
    ----------
    threshold_mev
        Deposits below this, in MeV, are 0.
    """

    threshold_mev: float = 1.0

    def __getitem__(self, rows: slice) -> VoxelTables:
        return VoxelTables(
            self.energy_mev[rows],
            self.incident[rows],
            self.observables[rows],
            self.log_cells[rows],
            threshold_mev=self.threshold_mev,
        )

    @property
    def neighbour_cells(self) -> FloatArray:
        """Logarithms of the voxels in MeV, empty ones as 0.1 MeV."""
        return challenge_cells(self.log_cells, self.threshold_mev)


def voxel_tables(summary: VoxelSummary, threshold_mev: float) -> VoxelTables:
    """Make tables of the first showers of a sample, those whose voxels were kept."""
    rows = slice(0, len(summary.log_cells))
    incident = np.log10(summary.incident_mev[rows])[:, None]
    if summary.angles_rad is not None:
        incident = np.concatenate([incident, summary.angles_rad[rows]], axis=1)
    return VoxelTables(
        energy_mev=summary.incident_mev[rows],
        incident=incident,
        observables=high_level_table(summary)[rows],
        log_cells=summary.log_cells,
        threshold_mev=threshold_mev,
    )


def high_level_table(summary: VoxelSummary) -> FloatArray:
    """Features of all showers in the form of the CaloChallenge, with the angles if there are any."""
    table = calochallenge_features(summary.observables, summary.incident_mev)
    return table if summary.angles_rad is None else np.concatenate([table, summary.angles_rad], axis=1)
