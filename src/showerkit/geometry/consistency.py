"""What must agree within the description of a calorimeter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.errors import GeometryError

if TYPE_CHECKING:
    from showerkit.geometry.calorimeter import Calorimeter


def check_consistent(detector: Calorimeter) -> None:
    """Check that cells, plates and materials of a calorimeter fit together.

    Parameters
    ----------
    detector
        The calorimeter, whose values are valid one by one.

    Raises
    ------
    ValueError
        With what is expected: read where a configuration is parsed, which says the rest.
    """
    if detector.cell_x_mm > detector.pitch_x_mm or detector.cell_y_mm > detector.pitch_y_mm:
        raise ValueError("cells no wider than their pitch")
    if detector.gdml is not None:
        _check_gdml(detector)
        return
    _check_cells(detector)
    missing = sorted(detector.material_names - {material.name for material in detector.materials})
    if missing:
        raise ValueError(f"a description of the material {missing[0]!r} under 'materials'")
    _check_upstream(detector)


def _check_cells(detector: Calorimeter) -> None:
    """Check that gaps between cells are filled, and that the image is as large as the largest layer."""
    if detector.frame_material is None and any(detector.has_gaps(n) for n in range(len(detector.layers))):
        raise ValueError(
            "a frame_material, since the cells are narrower than their pitch"
            if detector.is_grid
            else "a frame_material, since the cells leave gaps"
        )
    if not detector.is_grid:
        columns = max(cells.cells_x for cells in detector.layer_cells)
        rows = max(cells.cells_y for cells in detector.layer_cells)
        if (detector.cells_x, detector.cells_y) != (columns, rows):
            raise ValueError(f"cells_x and cells_y of the largest layers: {columns} and {rows}")


def _check_upstream(detector: Calorimeter) -> None:
    """Check that the plates in front stand apart and in order."""
    free_mm = detector.gun_distance_mm
    for plate in detector.upstream:
        if plate.reach_mm >= free_mm:
            raise ValueError(
                "upstream plates in order along z, apart, between the gun and the face: less than "
                f"{free_mm:g} mm for distance_mm + thickness_mm (it is {plate.reach_mm:g})"
            )
        free_mm = plate.distance_mm


def _check_gdml(detector: Calorimeter) -> None:
    """Check that nothing contradicts the GDML text, which files bring along."""
    if detector.upstream or any(layer.cells or layer.before or layer.after for layer in detector.layers):
        raise ValueError("plates, cells and what stands upstream in the GDML text alone")
    try:
        shape = detector.gdml_cells.shape
    except GeometryError as wrong:
        raise ValueError(f"a GDML text that can be read ({wrong})") from None
    if shape != detector.shape:
        raise ValueError(f"layers, cells_y and cells_x as in the GDML text: {shape}")
