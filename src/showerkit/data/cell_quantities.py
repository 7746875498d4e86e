"""What a cell tells of a shower: the energy deposited in it, or the charged tracks that crossed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from showerkit.errors import DataError

if TYPE_CHECKING:
    from showerkit.data.records import Showers
    from showerkit.typing import Float32Array

CellQuantity: TypeAlias = Literal["charged-tracks", "deposits"]


def cell_images(showers: Showers, shape: tuple[int, int, int], quantity: CellQuantity) -> Float32Array:
    """Give one quantity of all cells as images.

    Parameters
    ----------
    showers
        N showers.
    shape
        (layers, cells_y, cells_x) of their calorimeter.
    quantity
        ``charged-tracks`` (a number of tracks) or ``deposits`` (MeV).

    Returns
    -------
    numpy.ndarray
        Images, shape (N, layers, cells_y, cells_x).

    Raises
    ------
    DataError
        If the showers do not have that quantity, or another number of cells.

    Examples
    --------
    >>> from showerkit.data.records import IncidentParticles, Showers
    >>> one = IncidentParticles([11], [1000.0], [[0.0, 0.0, 1000.5]], [[0.0, 0.0, -202.0]])
    >>> showers = Showers(one, np.arange(12.0)[None], [0], charged_tracks=np.ones((1, 12)))
    >>> cell_images(showers, (3, 2, 2), "deposits")[0, 1].tolist()
    [[4.0, 5.0], [6.0, 7.0]]
    >>> float(cell_images(showers, (3, 2, 2), "charged-tracks").sum())
    12.0
    """
    values = showers.energy_mev if quantity == "deposits" else showers.charged_tracks
    if values is None:
        raise DataError(
            "charged_tracks",
            got="showers without them",
            expected="the number of charged tracks in each cell",
            mend="simulate a detector that counts them (toy-hcal), or choose the deposits",
        )
    if values.shape[1] != np.prod(shape):
        layers, cells_y, cells_x = shape
        raise DataError(
            "showers", got=f"{values.shape[1]} cells", expected=f"{layers} x {cells_y} x {cells_x} cells"
        )
    return values.reshape(-1, *shape)
