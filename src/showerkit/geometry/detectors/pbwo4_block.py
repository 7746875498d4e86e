"""A block of lead tungstate, finely segmented: to compare shower shapes with their textbook forms."""

from __future__ import annotations

from showerkit.geometry.calorimeter import Calorimeter
from showerkit.geometry.detectors.shared_materials import AIR, PBWO4
from showerkit.geometry.layer import Layer


def pbwo4_block() -> Calorimeter:
    """A block 25 X0 deep: 50 layers of half a radiation length (4.45 mm), 21 x 21 cells of 10 mm."""
    return Calorimeter(
        name="pbwo4-block",
        title="block of PbWO4 25 X0 deep, 50 layers of 0.5 X0, 21 x 21 cells of 10 mm",
        cells_x=21,
        cells_y=21,
        pitch_x_mm=10.0,
        pitch_y_mm=10.0,
        cell_x_mm=10.0,
        cell_y_mm=10.0,
        materials=(AIR, PBWO4),
        layers=tuple(Layer(active_material=PBWO4.name, thickness_mm=4.45) for _ in range(50)),
    )
