"""Cells of a GDML geometry: which sensitive volume is which place of an event's image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.errors import GeometryError
from showerkit.geometry.cell_map import CellMap
from showerkit.geometry.gdml_volumes import GdmlVolumes, PlacedVolume

if TYPE_CHECKING:
    from showerkit.geometry.gdml_geometry import GdmlGeometry
    from showerkit.typing import FloatArray, IntArray

#: Copy numbers of so many levels tell the cells of a volume apart in Geant4's scorers.
_LEVELS: Final = 3
_LARGEST_KEY: Final = 2**31 - 1
#: Centres nearer than this part of a cell are in one row or layer.
_SAME: Final = 0.5
#: An image with more than so many places for each cell is laid out in single rows.
_LOOSEST: Final = 4


@dataclass(frozen=True, eq=False)
class ScoredVolume:
    """One sensitive volume as Geant4 scores it: by the copy numbers at three depths.

    Parameters
    ----------
    name
        Name of the logical volume in the file.
    depths, counts
        Depths above the volume whose copy numbers count, and one more than the largest there.
    keys
        (i * counts[1] + j) * counts[2] + k of every cell, rising, shape (n,).
    places
        Each cell's place in the image, shape (n,).
    """

    name: str
    depths: tuple[int, int, int]
    counts: tuple[int, int, int]
    keys: IntArray
    places: IntArray


@dataclass(frozen=True, eq=False)
class GdmlCells:
    """The cells of a GDML geometry in the detector's own frame.

    Parameters
    ----------
    shape
        (layers, cells_y, cells_x) of the image.
    cell_map
        Position and size of every cell.
    layer_edges_mm
        Front and back of each layer's cells along z, in mm, shape (layers, 2).
    layer_materials
        Material of each layer's cells (of the first, where they differ).
    width_mm
        Widths along x and y, symmetrical about the origin, that hold all cells, in mm.
    pitch_mm
        Smallest distance of cells in a row, and of rows, in mm; of a single cell its size.
    world_half_mm
        Half lengths of the world, in mm.
    volumes
        How the sensitive volumes are scored.
    """

    shape: tuple[int, int, int]
    cell_map: CellMap
    layer_edges_mm: FloatArray
    layer_materials: tuple[str, ...]
    width_mm: tuple[float, float]
    pitch_mm: tuple[float, float]
    world_half_mm: tuple[float, float, float]
    volumes: tuple[ScoredVolume, ...]


@lru_cache(maxsize=8)
def gdml_cells(geometry: GdmlGeometry, source: str = "GDML") -> GdmlCells:
    """Find the cells of a GDML geometry and give each a place in an image.

    Cells of about the same z make a layer, of about the same y a row, in which they are ordered along x.

    Parameters
    ----------
    geometry
        The geometry.
    source
        The file's name, for messages.

    Returns
    -------
    GdmlCells
        The cells.

    Raises
    ------
    GeometryError
        If the text cannot be read, or copy numbers do not tell the cells apart.
    """
    volumes = GdmlVolumes(geometry.text, source)
    placed = volumes.places(volumes.names(geometry.sensitive))
    centre = np.concatenate([one.centre_mm for one in placed]) - np.array(geometry.face_mm)
    half = np.concatenate([one.half_mm for one in placed])
    layer = _groups(centre[:, 2], half[:, 2])
    row, column = _rows_and_columns(layer, centre, half)
    shape = (int(layer.max()) + 1, int(row.max()) + 1, int(column.max()) + 1)
    place = (layer * shape[1] + row) * shape[2] + column
    position, size = np.zeros((np.prod(shape), 3)), np.zeros((np.prod(shape), 3))
    present = np.zeros(np.prod(shape), dtype=bool)
    edges = np.array(
        [
            [(centre - half)[layer == n, 2].min(), (centre + half)[layer == n, 2].max()]
            for n in range(shape[0])
        ]
    )
    position[:, 2] = np.repeat(edges.mean(axis=1), shape[1] * shape[2])
    position[place], size[place], present[place] = centre, 2.0 * half, True
    materials = np.repeat([one.material for one in placed], [len(one.copies) for one in placed])
    starts = np.cumsum([0, *(len(one.copies) for one in placed)])
    reach = (np.abs(centre) + half).max(axis=0)
    return GdmlCells(
        shape,
        CellMap(position, size, present),
        edges,
        tuple(str(materials[layer == n][0]) for n in range(shape[0])),
        (2.0 * float(reach[0]), 2.0 * float(reach[1])),
        _pitch(layer, row, centre, half),
        volumes.world_half_mm,
        tuple(
            _scored(one, place[start : start + len(one.copies)], source)
            for one, start in zip(placed, starts[:-1], strict=True)
        ),
    )


def _scored(placed: PlacedVolume, place: IntArray, source: str) -> ScoredVolume:
    """Choose the levels of the tree whose copy numbers tell a volume's cells apart."""
    copies = placed.copies
    differing = [depth for depth in range(copies.shape[1]) if len(np.unique(copies[:, depth])) > 1]
    # From the outermost on, as scorers count; levels that do not differ fill up.
    depths = sorted(differing, reverse=True)
    if len(depths) > _LEVELS:
        raise GeometryError(
            f"{source}: volume '{placed.name}'",
            got=f"copy numbers that differ at {len(depths)} levels of the tree",
            expected=f"at most {_LEVELS}",
        )
    last = copies.shape[1] - 1
    depths = [last] * (_LEVELS - len(depths)) + depths
    counts = [int(copies[:, depth].max()) + 1 for depth in depths]
    if counts[0] * counts[1] * counts[2] > _LARGEST_KEY:
        raise GeometryError(f"{source}: volume '{placed.name}'", got="copy numbers too large together")
    keys = (copies[:, depths[0]] * counts[1] + copies[:, depths[1]]) * counts[2] + copies[:, depths[2]]
    order = np.argsort(keys, kind="stable")
    if (np.diff(keys[order]) == 0).any():
        raise GeometryError(
            f"{source}: volume '{placed.name}'",
            got="several places with the same copy numbers",
            expected="copy numbers that tell the cells apart",
            mend="give each physvol its own copynumber",
        )
    i, j, k = depths
    a, b, c = counts
    return ScoredVolume(placed.name, (i, j, k), (a, b, c), keys[order], place[order])


def _groups(middle: FloatArray, half: FloatArray) -> IntArray:
    """Number groups of intervals along an axis, rising: a gap of centres begins a new one."""
    order = np.argsort(middle, kind="stable")
    steps = np.diff(middle[order]) > _SAME * 2.0 * half.min()
    number = np.empty(len(middle), dtype=np.int64)
    number[order] = np.concatenate([[0], np.cumsum(steps)])
    return number


def _rows_and_columns(layer: IntArray, centre: FloatArray, half: FloatArray) -> tuple[IntArray, IntArray]:
    """Row and column of every cell in its layer."""
    row, column = np.zeros(len(layer), dtype=np.int64), np.zeros(len(layer), dtype=np.int64)
    for number in range(int(layer.max()) + 1):
        own = np.flatnonzero(layer == number)
        row[own] = _groups(centre[own, 1], half[own, 1])
        # Where columns go through all rows, gaps stay where they are; else each row counts its own cells.
        through = _groups(centre[own, 0], half[own, 0])
        counted = _counted(row[own], centre[own, 0])
        straight = int(through.max()) == int(counted.max()) and _differ(row[own], through)
        column[own] = through if straight else counted
    places = (int(layer.max()) + 1) * (int(row.max()) + 1) * (int(column.max()) + 1)
    if places > _LOOSEST * len(layer):
        order = np.lexsort((column, row))
        row = np.zeros_like(row)
        column[order] = _counted(layer[order], np.arange(len(order), dtype=np.float64))
    return row, column


def _pitch(layer: IntArray, row: IntArray, centre: FloatArray, half: FloatArray) -> tuple[float, float]:
    """Smallest distance of cells in a row, and of rows in a layer."""
    order = np.lexsort((centre[:, 0], row, layer))
    same_layer = np.diff(layer[order]) == 0
    same_row = same_layer & (np.diff(row[order]) == 0)
    along_x = np.diff(centre[order, 0])[same_row]
    along_y = np.diff(centre[order, 1])[same_layer & ~same_row]
    smallest = 2.0 * half.min(axis=0)
    return (
        float(along_x.min(initial=np.inf)) if len(along_x) else float(smallest[0]),
        float(along_y.min(initial=np.inf)) if len(along_y) else float(smallest[1]),
    )


def _counted(group: IntArray, position: FloatArray) -> IntArray:
    """Number the members of each group by their position."""
    order = np.lexsort((position, group))
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    sizes = np.diff(np.append(starts, len(order)))
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order)) - np.repeat(starts, sizes)
    return number


def _differ(row: IntArray, column: IntArray) -> bool:
    """Whether no two cells have the same row and column."""
    return len(np.unique(np.stack([row, column], axis=1), axis=0)) == len(row)
