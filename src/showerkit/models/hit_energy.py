"""From the network's VALUE to the normalised energy of a cell that is hit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.data.cell_energy_transform import CellEnergyTransform

#: Less likely hits are treated as if they were this likely: VALUE / p would only amplify noise.
LEAST_PROBABILITY: Final = 1.0e-3
TINY_MEV: Final = 1.0e-6


def value_if_hit(
    value: NDArray[np.float32],
    probability: NDArray[np.float32],
    empty_value: NDArray[np.floating] | float,
    value_cells: Literal["all", "hit"],
) -> NDArray[np.float32]:
    r"""Give the expected normalised energy of each cell under the condition that it is hit.

    A network whose squared error was taken over hit cells gives just that. One whose error was taken over all
    cells gives the mean over hit and empty ones, :math:`v = p\, v_{hit} + (1 - p)\, v_0`, whence
    :math:`v_{hit} = v_0 + (v - v_0) / p`.

    Parameters
    ----------
    value
        The network's VALUE, any shape.
    probability
        Probability p of a hit, same shape.
    empty_value
        Normalised energy v0 of a cell without energy, to be broadcast.
    value_cells
        Over which cells the loss was taken.

    Returns
    -------
    numpy.ndarray
        Normalised energies, same shape.

    Examples
    --------
    >>> value_if_hit(np.float32([0.2]), np.float32([0.5]), 0.0, "all").tolist()
    [0.4000000059604645]
    """
    if value_cells == "hit":
        return value
    at_least = np.maximum(probability, np.float32(LEAST_PROBABILITY))
    return np.asarray(empty_value + (value - empty_value) / at_least, dtype=np.float32)


def expected_total_mev(
    probability: NDArray[np.float32],
    expected: NDArray[np.float32],
    cell_energy: CellEnergyTransform,
    incident_mev: NDArray[np.floating],
) -> NDArray[np.float64]:
    r"""Give the sum over cells of probability times energy if hit, in MeV.

    .. math:: m = \sum_i p_i \min(E_i, E_{incident})

    Parameters
    ----------
    probability
        Probability p of a hit, shape (N, cells).
    expected
        Normalised energy of a cell if it is hit (`value_if_hit`), shape (N, cells).
    cell_energy
        The transform that gives E.
    incident_mev
        Incident energies in MeV, shape (N,).

    Returns
    -------
    numpy.ndarray
        Totals in MeV, above 0, shape (N,).

    Examples
    --------
    >>> from showerkit.data.cell_energy_transform import CellEnergyTransform
    >>> half = np.float32([[0.5, 0.5]])
    >>> linear = CellEnergyTransform(kind="linear", threshold_mev=0.1, scale_mev=200.0)
    >>> expected_total_mev(half, half, linear, np.array([1000.0])).tolist()  # 2 * 0.5 * 100
    [100.0]
    """
    incident = np.asarray(incident_mev, dtype=np.float64)
    with np.errstate(over="ignore"):
        energy_mev = cell_energy.inverse(np.asarray(expected, dtype=np.float64), incident)
    energy_mev = np.clip(energy_mev, 0.0, incident[:, None])
    return np.asarray(np.maximum((probability * energy_mev).sum(axis=1), TINY_MEV), dtype=np.float64)
