"""The first showers of a sample as the tables that two-sample measures take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.evaluate.high_level_features import high_level_features
from showerkit.evaluate.hits_only import hits_of
from showerkit.evaluate.incident_features import incident_features
from showerkit.evaluate.low_level_features import log_cells

if TYPE_CHECKING:
    from showerkit.data.shower_file import ShowerFile
    from showerkit.typing import FloatArray

#: Numbers in the largest table: 320 MB in double precision, whatever the detector.
_MOST_NUMBERS: Final = 40_000_000
_CELLS_PER_BATCH: Final = 800_000


@dataclass(frozen=True, eq=False)
class FeatureTables:
    """Features of showers, one row a shower.

    Parameters
    ----------
    energy_mev
        Incident energies in MeV, shape (N,).
    incident
        Features of the incident particles, shape (N, features).
    observables
        High-level features, those of the incident particle included, shape (N, features).
    log_cells
        Logarithms of the cells' energies, shape (N, cells); above 0 where a cell is hit.
    theta_rad
        Polar angles of the incident particles in rad, shape (N,); None where they are not known.
    """

    energy_mev: FloatArray
    incident: FloatArray
    observables: FloatArray
    log_cells: FloatArray
    theta_rad: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.energy_mev)

    def __getitem__(self, rows: slice) -> FeatureTables:
        return FeatureTables(
            self.energy_mev[rows],
            self.incident[rows],
            self.observables[rows],
            self.log_cells[rows],
            None if self.theta_rad is None else self.theta_rad[rows],
        )

    @property
    def neighbour_cells(self) -> FloatArray:
        """What precision and recall see of the cells."""
        return self.log_cells

    @property
    def cells(self) -> FloatArray:
        """Low-level features: those of the incident particle and every cell."""
        return np.concatenate([self.incident, self.log_cells], axis=1)


def affordable_showers(wanted: int, cells: int) -> int:
    """Largest number of showers, up to the one wanted, whose tables fit the memory set aside for them.

    Examples
    --------
    >>> affordable_showers(5000, 400), affordable_showers(5000, 40_000)
    (5000, 1000)
    """
    return min(wanted, _MOST_NUMBERS // cells)


def feature_tables(
    file: ShowerFile, most: int, threshold_mev: float, *, hits_only: bool = False
) -> FeatureTables:
    """Read the first showers of a file as tables of features.

    Parameters
    ----------
    file
        The open file.
    most
        Number of showers, at most.
    threshold_mev
        A cell is hit where its deposit is above this, in MeV; above 0.
    hits_only
        Take deposits that are no hits for none.

    Returns
    -------
    FeatureTables
        The tables.
    """
    number = min(len(file), affordable_showers(most, file.cells))
    step = max(1, _CELLS_PER_BATCH // file.cells)
    pieces = []
    for start in range(0, number, step):
        showers = file.read(start, min(start + step, number), optional=False)
        if hits_only:
            showers = hits_of(showers, threshold_mev)
        pieces.append(
            (
                showers.incident.energy_mev.astype(np.float64),
                incident_features(showers.incident),
                high_level_features(showers, file.detector, threshold_mev),
                log_cells(showers.energy_mev, threshold_mev),
                showers.incident.theta_rad,
            )
        )
    return FeatureTables(*(np.concatenate(column) for column in zip(*pieces, strict=True)))


def training_cells(file: ShowerFile, threshold_mev: float) -> FloatArray:
    """Logarithms of the cells' energies of the showers that a generator has learnt from, shape (N, cells)."""
    number = affordable_showers(len(file), file.cells)
    step = max(1, _CELLS_PER_BATCH // file.cells)
    pieces = [
        log_cells(file.read(start, min(start + step, number), optional=False).energy_mev, threshold_mev)
        for start in range(0, number, step)
    ]
    return np.concatenate(pieces)
