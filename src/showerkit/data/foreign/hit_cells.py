"""The cells of the hits of a readout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.data.foreign.bit_field import CellIdEncoding
from showerkit.data.foreign.readout import FieldCells, FieldIndex, NumberedCells, Readout
from showerkit.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.geometry.calorimeter import Calorimeter
    from showerkit.typing import BoolArray, IntArray


class HitCells:
    """Find the cells of hits.

    Parameters
    ----------
    readout
        The readout.
    detector
        Its detector.

    Examples
    --------
    >>> from showerkit.data.foreign.readout import load_readout
    >>> from showerkit.geometry import load_detector
    >>> cells = HitCells(load_readout("epic-zdc-ecal"), load_detector("zdc-ecal"))
    >>> crystal = np.array([1, 2, 21])
    >>> cells.find(164 | crystal << 10, None).tolist()
    [0, 20, 1]
    """

    def __init__(self, readout: Readout, detector: Calorimeter) -> None:
        self._readout, self._detector = readout, detector
        self._encoding = CellIdEncoding(readout.id) if readout.fields else None

    @property
    def needs_positions(self) -> bool:
        """Whether positions are needed."""
        return not isinstance(self._readout.cells, NumberedCells | FieldCells)

    def find(self, cell_id: NDArray[Any], position_mm: NDArray[Any] | None) -> IntArray:
        """Index of the cell of each hit.

        Parameters
        ----------
        cell_id
            Cell ids, shape (N,).
        position_mm
            Positions in the experiment's frame in mm, shape (N, 3), if they are needed.

        Returns
        -------
        numpy.ndarray
            The indices, shape (N,).

        Raises
        ------
        DataError
            If a hit is in none of the detector's cells.
        """
        detector, cells = self._detector, self._readout.cells
        if isinstance(cells, NumberedCells):
            number = self._values(cells.field, cell_id) - cells.first
            per_layer = detector.cells_x * detector.cells_y
            good = (number >= 0) & (number < per_layer)
            slow, fast = np.divmod(
                np.where(good, number, 0), detector.cells_y if cells.fastest == "y" else detector.cells_x
            )
            ix, iy = (slow, fast) if cells.fastest == "y" else (fast, slow)
        elif isinstance(cells, FieldCells):
            ix, iy = self._index(cells.x, cell_id), self._index(cells.y, cell_id)
            good = np.ones(len(cell_id), dtype=bool)
        else:
            if position_mm is None:
                raise DataError("positions of hits", got="none", expected="one for each hit")
            return self._by_position(cell_id, self._readout.frame.positions(position_mm), cells.layer)
        layer = self._layer(cells.layer, cell_id)
        return self._checked(layer, iy, ix, good, cell_id)

    def _values(self, field: str, cell_id: NDArray[Any]) -> IntArray:
        if self._encoding is None:
            raise DataError("cell id", got="no description", expected="the fields of its bits")
        return self._encoding.values(field, cell_id)

    def _index(self, index: FieldIndex, cell_id: NDArray[Any]) -> IntArray:
        return index.of(self._values(index.field, cell_id))

    def _layer(self, index: FieldIndex | None, cell_id: NDArray[Any]) -> IntArray:
        return np.zeros(len(cell_id), np.int64) if index is None else self._index(index, cell_id)

    def _by_position(
        self, cell_id: NDArray[Any], local_mm: NDArray[Any], layer: FieldIndex | None
    ) -> IntArray:
        detector = self._detector
        if layer is not None:
            # The id knows the layer better than the position does.
            number = self._index(layer, cell_id)
            known = np.clip(number, 0, len(detector.layers) - 1)
            local_mm = np.column_stack([local_mm[:, :2], detector.layer_z_mm[known]])
            good = number == known
        else:
            good = np.ones(len(cell_id), dtype=bool)
        found = np.where(good, detector.index_at(local_mm), -1)
        if (found < 0).any():
            bad = int(np.argmin(found))
            place = ", ".join(f"{value:.6g}" for value in local_mm[bad])
            raise DataError(
                "position of a hit",
                got=f"({place}) mm in the detector's frame, cell id {int(cell_id[bad]):#x}",
                expected=f"a place in a cell of detector '{detector.name}'",
                mend="check 'frame' and the 'layer' of the readout",
            )
        return found

    def _checked(
        self, layer: IntArray, iy: IntArray, ix: IntArray, good: BoolArray, cell_id: NDArray[Any]
    ) -> IntArray:
        for number, most in zip((layer, iy, ix), self._detector.shape, strict=True):
            good = good & (number >= 0) & (number < most)
        if not good.all():
            bad = int(np.argmin(good))
            raise DataError(
                "cell id of a hit",
                got=f"{int(cell_id[bad]):#x}",
                expected=f"one of the {self._detector.n_cells} cells of detector '{self._detector.name}'",
                mend="check 'id' and 'cells' of the readout",
            )
        return self._detector.index(layer, iy, ix)
