"""How the cells that a network sees lie: which are there, where, and which are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class CellLayout:
    """The cells of a frame, in the order (layer, row, column).

    Parameters
    ----------
    shape
        (layers, rows, columns).
    position
        x and y of every place in cells, from the frame's origin, shape (places, 2).
    present
        Whether there is a cell, shape (places,).
    group
        Cells of the same number have tables of energies in common, from 0 on, shape (places,).
    follows_flight
        Whether the frame's origin follows the line of flight; if not, networks are told where it crosses.

    Examples
    --------
    >>> window = window_layout(2, 3)
    >>> window.shape, window.position[5].tolist(), window.n_present, window.group[[4, 5, 13]].tolist()
    ((2, 3, 3), [1.0, 0.0], 18, [0, 1, 2])
    """

    shape: tuple[int, int, int]
    position: NDArray[np.float64]
    present: NDArray[np.bool_]
    group: NDArray[np.int64]
    follows_flight: bool

    @property
    def n_present(self) -> int:
        """Number of cells."""
        return int(self.present.sum())

    @property
    def is_full(self) -> bool:
        """Whether there is a cell in every place."""
        return bool(self.present.all())


def window_layout(layers: int, across: int) -> CellLayout:
    """Lay out windows of `across` x `across` cells about their central one; rings about it are alike."""
    row, column = (part - across // 2 for part in np.divmod(np.arange(across**2), across))
    ring = np.maximum(np.abs(row), np.abs(column))
    rings = across // 2 + 1
    return CellLayout(
        shape=(layers, across, across),
        position=np.tile(np.stack([column, row], axis=1).astype(np.float64), (layers, 1)),
        present=np.ones(layers * across**2, dtype=np.bool_),
        group=(np.arange(layers)[:, None] * rings + ring).reshape(-1),
        follows_flight=True,
    )
