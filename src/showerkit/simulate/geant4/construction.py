"""Geant4's geometry of a calorimeter; the building runs in a worker process only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.errors import SimulationError
from showerkit.geometry.world import face_mm, face_z_mm, world_half_lengths_mm

if TYPE_CHECKING:
    from showerkit.data.records import IncidentParticles
    from showerkit.geometry import Calorimeter


def check_inside_world(incident: IncidentParticles, calorimeter: Calorimeter) -> None:
    """Refuse particles that start outside the world's box.

    Raises
    ------
    SimulationError
        For the first such particle.
    """
    half = np.array(world_half_lengths_mm(calorimeter))
    centre = -np.array(face_mm(calorimeter))
    position = incident.position_mm.astype(np.float64)
    outside = (np.abs(position - centre) >= half).any(axis=1)
    if outside.any():
        limits = [f"{c - h:g} < {axis} < {c + h:g}" for axis, c, h in zip("xyz", centre, half, strict=True)]
        raise SimulationError(
            "start of an incident particle in mm",
            got=tuple(round(float(value), 3) for value in position[np.argmax(outside)]),
            expected=", ".join(limits),
            mend="move the gun nearer to the calorimeter",
        )


def build_materials(g4: Any, calorimeter: Calorimeter) -> dict[str, Any]:
    """Build the calorimeter's materials, elements with natural isotopes."""
    nist = g4.G4NistManager.Instance()
    built = {}
    for material in calorimeter.materials:
        made = g4.G4Material(
            material.name, material.density_g_cm3 * g4.g / g4.cm3, len(material.mass_fractions)
        )
        for symbol, fraction in material.mass_fractions.items():
            made.AddElement(nist.FindOrBuildElement(symbol), float(fraction))
        built[material.name] = made
    return built


def build_world(g4: Any, calorimeter: Calorimeter) -> tuple[Any, list[Any]]:
    """Build the world with the calorimeter in it.

    Each layer's plane of cells is a box, divided into rows along y and those into cells along x by
    replicas; where cells are narrower than their pitch, the replica is of the frame's material and
    holds the active block. The plane's copy number is the layer's. Cells that are no regular grid are placed
    one by one, with their indices as copy numbers. A GDML geometry is built by Geant4's own parser.

    Returns
    -------
    tuple
        The world's physical volume and the active logical volumes.
    """
    if calorimeter.gdml is not None:
        from showerkit.simulate.geant4.gdml_world import gdml_world

        return gdml_world(g4, calorimeter)
    materials = build_materials(g4, calorimeter)
    half = world_half_lengths_mm(calorimeter)

    def box(name: str, x: float, y: float, z: float, material: str) -> Any:
        return g4.G4LogicalVolume(g4.G4Box(name, 0.5 * x, 0.5 * y, 0.5 * z), materials[material], name)

    world = box("world", 2 * half[0], 2 * half[1], 2 * half[2], calorimeter.world_material)
    placed = g4.G4PVPlacement(None, g4.G4ThreeVector(0, 0, 0), world, "world", None, False, 0, False)
    active = []
    z = face_z_mm(calorimeter)

    def place(volume: Any, thickness: float, copy: int) -> None:
        nonlocal z
        centre = g4.G4ThreeVector(0.0, 0.0, z + 0.5 * thickness)
        g4.G4PVPlacement(None, centre, volume, volume.GetName(), world, False, copy, False)
        z += thickness

    width, height = calorimeter.width_x_mm, calorimeter.width_y_mm
    for index, plate in enumerate(calorimeter.upstream):
        z = face_z_mm(calorimeter) - plate.reach_mm
        name = f"upstream-{index}"
        place(box(name, width, height, plate.thickness_mm, plate.material), plate.thickness_mm, 0)
    z = face_z_mm(calorimeter)
    for number, layer in enumerate(calorimeter.layers):
        for index, slab in enumerate(layer.before):
            name = f"before-{number}-{index}"
            place(box(name, width, height, slab.thickness_mm, slab.material), slab.thickness_mm, 0)
        build_plane = _cell_plane if calorimeter.is_grid else _own_cell_plane
        plane, cell = build_plane(g4, box, calorimeter, number)
        place(plane, layer.thickness_mm, number)
        active.append(cell)
        for index, slab in enumerate(layer.after):
            name = f"after-{number}-{index}"
            place(box(name, width, height, slab.thickness_mm, slab.material), slab.thickness_mm, 0)
    return placed, active


def _cell_plane(g4: Any, box: Any, calorimeter: Calorimeter, number: int) -> tuple[Any, Any]:
    """Build a layer's plane of cells; return its logical volume and the active one in it."""
    layer = calorimeter.layers[number]
    thickness, pitch_x, pitch_y = layer.thickness_mm, calorimeter.pitch_x_mm, calorimeter.pitch_y_mm
    between = layer.active_material
    if calorimeter.has_gaps(number) and calorimeter.frame_material is not None:
        between = calorimeter.frame_material
    plane = box(f"plane-{number}", calorimeter.width_x_mm, calorimeter.width_y_mm, thickness, between)
    row = box(f"row-{number}", calorimeter.width_x_mm, pitch_y, thickness, between)
    cell = box(f"cell-{number}", pitch_x, pitch_y, thickness, between)
    g4.G4PVReplica(f"row-{number}", row, plane, g4.kYAxis, calorimeter.cells_y, pitch_y)
    g4.G4PVReplica(f"cell-{number}", cell, row, g4.kXAxis, calorimeter.cells_x, pitch_x)
    if not calorimeter.has_gaps(number):
        return plane, cell
    name = f"active-{number}"
    block = box(name, calorimeter.cell_x_mm, calorimeter.cell_y_mm, thickness, layer.active_material)
    g4.G4PVPlacement(None, g4.G4ThreeVector(0, 0, 0), block, name, cell, False, 0, False)
    return plane, block


def _own_cell_plane(g4: Any, box: Any, calorimeter: Calorimeter, number: int) -> tuple[Any, Any]:
    """Build the plane of a layer with cells of its own; return its logical volume and the active one."""
    layer, cells = calorimeter.layers[number], calorimeter.layer_cells[number]
    between = calorimeter.frame_material or layer.active_material
    width, height, thickness = calorimeter.width_x_mm, calorimeter.width_y_mm, layer.thickness_mm
    plane = box(f"plane-{number}", width, height, thickness, between)
    name = f"cell-{number}"
    cell = box(name, cells.cell_x_mm, cells.cell_y_mm, thickness, layer.active_material)
    per_layer = calorimeter.cells_y * calorimeter.cells_x
    own = slice(number * per_layer, (number + 1) * per_layer)
    present = calorimeter.cell_map.present[own]
    for index, (x, y, _) in enumerate(calorimeter.cell_positions_mm[own].tolist()):
        if present[index]:
            at = g4.G4ThreeVector(x, y, 0.0)
            g4.G4PVPlacement(None, at, cell, name, plane, False, number * per_layer + index, False)
    return plane, cell
