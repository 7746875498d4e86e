"""A sampling calorimeter whose cells are no regular grid: bricks in a bond, and two layers of finer tiles."""

from __future__ import annotations

from showerkit.geometry.calorimeter import Calorimeter
from showerkit.geometry.detectors.shared_materials import AIR, POLYSTYRENE, TUNGSTEN
from showerkit.geometry.layer import Layer, Slab
from showerkit.geometry.layer_cells import LayerCells

_TILE_MM = 20.0
_FINE_MM = 13.0


def staggered_ecal() -> Calorimeter:
    """Eight layers of 7 mm of tungsten and 5 mm of scintillator, 16 X0 deep.

    Six layers have 8 x 8 tiles of 20 mm, of which every second row is shifted by half a tile, to the right in
    one layer and to the left in the next; the third and the fourth, where showers of some GeV have most
    particles, 12 x 12 tiles of 13 mm. The tiles in the four corners are missing.
    """

    def layer(cells: LayerCells) -> Layer:
        before = (Slab(material=TUNGSTEN.name, thickness_mm=7.0),)
        return Layer(active_material=POLYSTYRENE.name, thickness_mm=5.0, before=before, cells=cells)

    right, left = (_tiles(8, _TILE_MM, shift) for shift in (0.5 * _TILE_MM, -0.5 * _TILE_MM))
    fine = _tiles(12, _FINE_MM, 0.0)
    return Calorimeter(
        name="staggered-ecal",
        title="tungsten and scintillator 16 X0 deep, 8 layers: staggered tiles of 20 mm, two layers of 13 mm",
        cells_x=12,
        cells_y=12,
        pitch_x_mm=_FINE_MM,
        pitch_y_mm=_FINE_MM,
        cell_x_mm=_FINE_MM,
        cell_y_mm=_FINE_MM,
        frame_material=AIR.name,
        materials=(AIR, POLYSTYRENE, TUNGSTEN),
        layers=tuple(layer(cells) for cells in (right, left, fine, fine, right, left, right, left)),
    )


def _tiles(across: int, tile_mm: float, shift_mm: float) -> LayerCells:
    """Tiles side by side but for the corners, their middle at the centre of the face."""
    last = across - 1
    return LayerCells(
        cells_x=across,
        cells_y=across,
        pitch_x_mm=tile_mm,
        pitch_y_mm=tile_mm,
        cell_x_mm=tile_mm,
        cell_y_mm=tile_mm,
        offset_x_mm=-0.5 * shift_mm,
        row_shift_mm=shift_mm,
        missing=((0, 0), (0, last), (last, 0), (last, last)),
    )
