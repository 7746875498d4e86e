"""The toy sampling calorimeter of S. Schnake's thesis: 8 x 8 x 17 scintillator cells."""

from __future__ import annotations

from showerkit.geometry.calorimeter import Calorimeter
from showerkit.geometry.detectors.shared_materials import AIR, BRASS, POLYSTYRENE, STEEL
from showerkit.geometry.layer import Layer, Slab


def toy_hcal(cell_mm: float = 30.0) -> Calorimeter:
    """The toy calorimeter; `cell_mm` is the width of its square cells."""

    def layer(scintillator_mm: float, absorber: str | None, absorber_mm: float) -> Layer:
        after = () if absorber is None else (Slab(material=absorber, thickness_mm=absorber_mm),)
        return Layer(active_material=POLYSTYRENE.name, thickness_mm=scintillator_mm, after=after)

    return Calorimeter(
        name="toy-hcal",
        title="toy sampling calorimeter, 8 x 8 x 17 scintillator cells between steel and brass",
        cells_x=8,
        cells_y=8,
        pitch_x_mm=cell_mm,
        pitch_y_mm=cell_mm,
        cell_x_mm=cell_mm,
        cell_y_mm=cell_mm,
        counts_charged_tracks=True,
        materials=(AIR, POLYSTYRENE, STEEL, BRASS),
        layers=(
            layer(9.0, STEEL.name, 40.0),
            *(layer(3.7, BRASS.name, 50.5) for _ in range(8)),
            *(layer(3.7, BRASS.name, 56.5) for _ in range(6)),
            layer(3.7, STEEL.name, 75.0),
            layer(9.0, None, 0.0),
        ),
    )
