"""Augmentation of showers by reflections, rotations and shifts of the transverse plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from showerkit.data.augmentation_config import AugmentationConfig
    from showerkit.typing import BoolArray, IntArray


@dataclass(frozen=True, eq=False)
class TransverseSymmetries:
    """One symmetry of the transverse plane for each of N showers.

    It reflects, rotates by quarter turns, and then shifts. Cells that a shift moves over an edge come back
    at the other: `draw_symmetries` chooses shifts that move empty cells only in this way. So all cells
    keep their values, and a symmetry is no more than another order of the cells of a layer.

    Parameters
    ----------
    flip_x, flip_y
        Whether to reflect, shape (N,).
    quarter_turns
        Rotations by 90 degrees, from x to y, shape (N,).
    shift_x, shift_y
        Shifts in cells, shape (N,).

    Examples
    --------
    >>> image = np.arange(4.0).reshape(1, 1, 2, 2)  # [[0, 1], [2, 3]], rows along x
    >>> turn = TransverseSymmetries(*np.zeros((2, 1), bool), np.array([1]), *np.zeros((2, 1), int))
    >>> turn.apply(image)[0, 0].tolist()
    [[2.0, 0.0], [3.0, 1.0]]
    """

    flip_x: BoolArray
    flip_y: BoolArray
    quarter_turns: IntArray
    shift_x: IntArray
    shift_y: IntArray

    def __len__(self) -> int:
        return len(self.flip_x)

    def apply(self, images: NDArray[Any]) -> NDArray[Any]:
        """Apply each shower's symmetry to all its layers.

        Parameters
        ----------
        images
            Values of the cells, shape (N, layers, cells_y, cells_x).

        Returns
        -------
        numpy.ndarray
            New images of the same shape and type.

        Raises
        ------
        DataError
            If the number of showers is another, or a grid that is not square is to be rotated by 90 degrees.
        """
        n, layers, cells_y, cells_x = images.shape
        if n != len(self):
            raise DataError("images", got=f"{n} showers", expected=f"{len(self)} as there are symmetries")
        if cells_y != cells_x and (self.quarter_turns % 2 != 0).any():
            raise DataError("images", got=f"a grid of {cells_x} x {cells_y} cells", expected="a square grid")
        source = self._sources(cells_y, cells_x)
        # Flat indices: several times as quick as indices along one axis.
        first = np.arange(n * layers).reshape(n, layers, 1) * (cells_y * cells_x)
        moved: NDArray[Any] = np.take(images, first + source[:, None, :]).reshape(images.shape)
        return moved

    def _sources(self, cells_y: int, cells_x: int) -> IntArray:
        """Flat index, in its layer, of the cell that each cell's value comes from, shape (N, cells)."""
        # From a cell of the new image back to the old one: undo the shift, the rotation, the reflections.
        y, x = np.divmod(np.arange(cells_y * cells_x), cells_x)
        y = (y[None, :] - self.shift_y[:, None]) % cells_y
        x = (x[None, :] - self.shift_x[:, None]) % cells_x
        turns = (self.quarter_turns % 4)[:, None]
        last_y, last_x = cells_y - 1, cells_x - 1
        old_y = np.choose(turns, [y, last_y - x, last_y - y, x])
        old_x = np.choose(turns, [x, y, last_x - x, last_x - y])
        old_y = np.where(self.flip_y[:, None], last_y - old_y, old_y)
        old_x = np.where(self.flip_x[:, None], last_x - old_x, old_x)
        return np.asarray(old_y * cells_x + old_x, dtype=np.int64)


def draw_symmetries(
    config: AugmentationConfig, images: Sequence[NDArray[Any]], random: np.random.Generator
) -> TransverseSymmetries:
    """Draw a symmetry for each shower.

    Reflections and rotations come with equal chances. A shift is uniform among those that move no hit over
    an edge, at most `max_shift_cells`: the number of hits, the energy and the values of all cells stay as
    they are. The incident particle's direction and place turn with the shower and are not touched here:
    augmented showers are for networks that see cells alone.

    Parameters
    ----------
    config
        Which symmetries.
    images
        The quantities of the same N showers that are to be moved together (charged tracks, deposits), each
        of shape (N, layers, cells_y, cells_x).
    random
        Where random numbers come from; how many are drawn depends on N alone.

    Returns
    -------
    TransverseSymmetries
        The symmetries; apply them to each of the images.

    Examples
    --------
    >>> from showerkit.data.augmentation_config import AugmentationConfig
    >>> image = np.zeros((1000, 3, 8, 8))
    >>> image[:, :, 4, 6] = 5.0
    >>> config = AugmentationConfig(max_shift_cells=2)
    >>> drawn = draw_symmetries(config, [image], np.random.default_rng(1))
    >>> sorted(set(drawn.shift_x.tolist())), float(drawn.apply(image).sum())
    ([-2, -1, 0, 1, 2], 15000.0)
    """
    n, _, cells_y, cells_x = images[0].shape
    flips = random.random((2, n)) < 0.5
    turns = random.integers(0, 4, (n,))
    places = random.random((2, n))
    none = np.zeros(n, dtype=np.int64)
    unshifted = TransverseSymmetries(
        flips[0] & config.flip, flips[1] & config.flip, turns if config.rotate else none, none, none
    )
    if config.max_shift_cells == 0:
        return unshifted
    hit = np.zeros((n, 1, cells_y, cells_x), dtype=bool)
    for image in images:
        hit |= (image != 0).any(axis=1, keepdims=True)
    hit = unshifted.apply(hit)[:, 0]
    return TransverseSymmetries(
        unshifted.flip_x,
        unshifted.flip_y,
        unshifted.quarter_turns,
        _shifts(hit, 1, config.max_shift_cells, places[0]),
        _shifts(hit, 2, config.max_shift_cells, places[1]),
    )


def _shifts(hit: BoolArray, across: int, largest: int, place: NDArray[np.float64]) -> IntArray:
    """Choose shifts that keep all hits (N, cells_y, cells_x) inside, `place` in [0, 1) saying which.

    They are along the axis that `across` is not.
    """
    occupied = np.asarray(hit.any(axis=across))
    cells = occupied.shape[1]
    free_below = np.argmax(occupied, axis=1)
    free_above = np.argmax(occupied[:, ::-1], axis=1)
    # Without a hit argmax says 0, and an empty shower stays as it is.
    low, high = np.minimum(free_below, min(largest, cells)), np.minimum(free_above, min(largest, cells))
    return np.asarray(np.floor(place * (low + high + 1)) - low, dtype=np.int64)
