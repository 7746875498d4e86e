"""A layer's own cells: their number, size and place, rows in a bond, and cells that are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import Field, ValidationInfo, field_validator, model_validator

from showerkit.configuration import StrictConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray


class LayerCells(StrictConfig):
    """Rows of equal cells in one layer.

    Parameters
    ----------
    cells_x, cells_y
        Number of columns and rows.
    pitch_x_mm, pitch_y_mm
        Distance between cell centres, in mm.
    cell_x_mm, cell_y_mm
        Active width of a cell, in mm, at most the pitch.
    offset_x_mm, offset_y_mm
        Where the middle of the cells is, from the centre of the face, in mm.
    row_shift_mm
        Shift of every second row (of odd iy) along x, in mm, as of bricks in a bond; less than a pitch.
    missing
        Cells (ix, iy) that are not there.

    Examples
    --------
    >>> bricks = LayerCells(
    ...     cells_x=2,
    ...     cells_y=2,
    ...     pitch_x_mm=10,
    ...     pitch_y_mm=10,
    ...     cell_x_mm=10,
    ...     cell_y_mm=10,
    ...     row_shift_mm=5,
    ... )
    >>> bricks.centres_mm[..., 0].tolist()
    [[-5.0, 5.0], [0.0, 10.0]]
    """

    cells_x: int = Field(ge=1, le=1000)
    cells_y: int = Field(ge=1, le=1000)
    pitch_x_mm: float = Field(gt=0.0)
    pitch_y_mm: float = Field(gt=0.0)
    cell_x_mm: float = Field(gt=0.0)
    cell_y_mm: float = Field(gt=0.0)
    offset_x_mm: float = 0.0
    offset_y_mm: float = 0.0
    row_shift_mm: float = 0.0
    missing: tuple[tuple[int, int], ...] = ()

    @field_validator("missing")
    @classmethod
    def _in_order(cls, missing: tuple[tuple[int, int], ...], info: ValidationInfo) -> Any:
        known = info.data
        for ix, iy in missing:
            if not (0 <= ix < known.get("cells_x", ix + 1) and 0 <= iy < known.get("cells_y", iy + 1)):
                raise ValueError(f"missing cells (ix, iy) within the layer, not ({ix}, {iy})")
        return tuple(sorted(set(missing)))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.cell_x_mm > self.pitch_x_mm or self.cell_y_mm > self.pitch_y_mm:
            raise ValueError("cells no wider than their pitch")
        if abs(self.row_shift_mm) >= self.pitch_x_mm:
            raise ValueError("a row_shift_mm of less than a pitch")
        if len(self.missing) == self.cells_x * self.cells_y:
            raise ValueError("at least one cell that is not missing")
        return self

    @property
    def centres_mm(self) -> NDArray[np.float64]:
        """Centres (x, y) of all cells, those missing too, in mm, shape (cells_y, cells_x, 2)."""
        x = (np.arange(self.cells_x) - 0.5 * (self.cells_x - 1)) * self.pitch_x_mm + self.offset_x_mm
        y = (np.arange(self.cells_y) - 0.5 * (self.cells_y - 1)) * self.pitch_y_mm + self.offset_y_mm
        rows = np.arange(self.cells_y) % 2 * self.row_shift_mm
        centres = np.empty((self.cells_y, self.cells_x, 2))
        centres[..., 0] = x + rows[:, None]
        centres[..., 1] = y[:, None]
        return centres

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which cells are there, shape (cells_y, cells_x)."""
        there = np.ones((self.cells_y, self.cells_x), dtype=bool)
        for ix, iy in self.missing:
            there[iy, ix] = False
        return there

    @property
    def width_x_mm(self) -> float:
        """Width, symmetrical about the centre of the face, that holds all pitches along x, in mm."""
        shifted = self.row_shift_mm if self.cells_y > 1 else 0.0
        right = 0.5 * self.cells_x * self.pitch_x_mm + max(shifted, 0.0) + self.offset_x_mm
        left = 0.5 * self.cells_x * self.pitch_x_mm + max(-shifted, 0.0) - self.offset_x_mm
        return 2.0 * max(right, left)

    @property
    def width_y_mm(self) -> float:
        """Width, symmetrical about the centre of the face, that holds all pitches along y, in mm."""
        return self.cells_y * self.pitch_y_mm + 2.0 * abs(self.offset_y_mm)

    @property
    def covered_mm2(self) -> float:
        """Area of the cells that are there, in mm2."""
        return float(self.present.sum()) * self.cell_x_mm * self.cell_y_mm
