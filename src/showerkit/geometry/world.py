"""The box of world around a calorimeter in a simulation, and where the calorimeter's face is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from showerkit.geometry.calorimeter import Calorimeter

#: Depth of world before the gun and behind the last layer, in mm.
_END_MARGIN_MM = 10.0
#: Width of world beside the calorimeter, in mm.
_SIDE_MARGIN_MM = 100.0


def world_half_lengths_mm(calorimeter: Calorimeter) -> tuple[float, float, float]:
    """Half lengths of the world's box in mm.

    The world is narrow on purpose: what leaves the calorimeter is lost, and following it through
    air costs time. A GDML geometry has its own.
    """
    if calorimeter.gdml is not None:
        return calorimeter.gdml_cells.world_half_mm
    length = calorimeter.gun_distance_mm + calorimeter.depth_mm + 2.0 * _END_MARGIN_MM
    return (
        0.5 * calorimeter.width_x_mm + _SIDE_MARGIN_MM,
        0.5 * calorimeter.width_y_mm + _SIDE_MARGIN_MM,
        0.5 * length,
    )


def face_mm(calorimeter: Calorimeter) -> tuple[float, float, float]:
    """Where the centre of the front face lies in the world's own frame, in mm."""
    if calorimeter.gdml is not None:
        return calorimeter.gdml.face_mm
    return (0.0, 0.0, calorimeter.gun_distance_mm + _END_MARGIN_MM - world_half_lengths_mm(calorimeter)[2])


def face_z_mm(calorimeter: Calorimeter) -> float:
    """Where the front face lies along z in the world's own frame, in mm."""
    return face_mm(calorimeter)[2]
