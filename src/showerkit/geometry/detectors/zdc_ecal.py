"""The crystal electromagnetic calorimeter of the EIC's Zero Degree Calorimeter."""

from __future__ import annotations

from showerkit.geometry.calorimeter import Calorimeter
from showerkit.geometry.detectors.shared_materials import AIR, CARBON_FIBRE, LYSO, PBWO4, POLYETHYLENE
from showerkit.geometry.layer import Layer, Slab
from showerkit.geometry.material import Material


def _crystals(name: str, title: str, crystal: Material, slices: int = 1) -> Calorimeter:
    """Crystals of 70 mm, read out in a number of equal slices along z; the sockets behind the last."""
    thickness_mm = 70.0 / slices
    socket = Slab(material=POLYETHYLENE.name, thickness_mm=2.5)
    return Calorimeter(
        name=name,
        title=title,
        cells_x=20,
        cells_y=20,
        pitch_x_mm=30.3,
        pitch_y_mm=30.3,
        cell_x_mm=30.0,
        cell_y_mm=30.0,
        frame_material=CARBON_FIBRE.name,
        gun_distance_mm=202.0,
        materials=(AIR, crystal, CARBON_FIBRE, POLYETHYLENE),
        layers=(
            *(Layer(active_material=crystal.name, thickness_mm=thickness_mm) for _ in range(slices - 1)),
            Layer(active_material=crystal.name, thickness_mm=thickness_mm, after=(socket,)),
        ),
    )


def zdc_ecal() -> Calorimeter:
    """The ZDC ECAL: 20 x 20 LYSO crystals of 30 x 30 x 70 mm in a carbon-fibre frame."""
    return _crystals("zdc-ecal", "EIC ZDC crystal ECAL, 20 x 20 LYSO crystals, 30 x 30 x 70 mm", LYSO)


def zdc_ecal_pbwo4() -> Calorimeter:
    """The ZDC ECAL with lead tungstate instead of LYSO."""
    return _crystals("zdc-ecal-pbwo4", "EIC ZDC crystal ECAL, 20 x 20 PbWO4 crystals, 30 x 30 x 70 mm", PBWO4)


def zdc_ecal_segmented() -> Calorimeter:
    """The ZDC ECAL scored in 14 slices of 5 mm along z, to see how a shower develops in the crystals."""
    return _crystals(
        "zdc-ecal-segmented", "EIC ZDC crystal ECAL scored in 14 slices of 5 mm", LYSO, slices=14
    )
