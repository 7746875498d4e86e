"""Writes a calorimeter as GDML, such that Geant4 builds from it the geometry that showerkit builds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from showerkit.errors import GeometryError
from showerkit.geometry.world import face_mm, world_half_lengths_mm

if TYPE_CHECKING:
    from showerkit.geometry.calorimeter import Calorimeter

#: Name that marks the sensitive volumes, as Geant4's own examples do.
SENSITIVE_MARK: Final = "SensDet"


def gdml_text(calorimeter: Calorimeter) -> str:
    """Write a calorimeter as GDML.

    The tree of volumes, the copy numbers and every digit of the sizes are those that showerkit gives Geant4
    itself. Elements are named by their symbols, which Geant4 takes from its own table, with natural isotopes.

    Parameters
    ----------
    calorimeter
        The calorimeter.

    Returns
    -------
    str
        The text of the file.

    Raises
    ------
    GeometryError
        If it is a GDML geometry itself.

    Examples
    --------
    >>> from showerkit.geometry import load_detector
    >>> gdml_text(load_detector("zdc-ecal")).splitlines()[1]
    '<gdml>'
    """
    if calorimeter.gdml is not None:
        raise GeometryError(f"detector '{calorimeter.name}'", got="a GDML file already")
    writer = _Writer(calorimeter)
    ET.indent(writer.root)
    return "<?xml version='1.0' encoding='UTF-8'?>\n" + ET.tostring(writer.root, encoding="unicode") + "\n"


def sensitive_volumes(calorimeter: Calorimeter) -> tuple[str, ...]:
    """Names of the volumes of `gdml_text` whose deposits are read out, layer by layer."""
    return tuple(
        f"active-{number}" if calorimeter.is_grid and calorimeter.has_gaps(number) else f"cell-{number}"
        for number in range(len(calorimeter.layers))
    )


class _Writer:
    """The sections of a GDML file, filled volume by volume, daughters before mothers."""

    def __init__(self, calorimeter: Calorimeter) -> None:
        self.root = ET.Element("gdml")
        ET.SubElement(self.root, "define")
        self._materials = ET.SubElement(self.root, "materials")
        self._solids = ET.SubElement(self.root, "solids")
        self._structure = ET.SubElement(self.root, "structure")
        self._sensitive = set(sensitive_volumes(calorimeter))
        for material in calorimeter.materials:
            made = ET.SubElement(self._materials, "material", name=material.name)
            ET.SubElement(made, "D", value=_digits(material.density_g_cm3), unit="g/cm3")
            for symbol, fraction in material.mass_fractions.items():
                ET.SubElement(made, "fraction", n=_digits(fraction), ref=symbol)
        world = self._world(calorimeter)
        self._structure.append(world)
        setup = ET.SubElement(self.root, "setup", name="Default", version="1.0")
        ET.SubElement(setup, "world", ref="world")

    def _world(self, calorimeter: Calorimeter) -> ET.Element:
        half = world_half_lengths_mm(calorimeter)
        size = (2 * half[0], 2 * half[1], 2 * half[2])
        world = self._volume("world", size, calorimeter.world_material, placed=False)
        width, height = calorimeter.width_x_mm, calorimeter.width_y_mm
        face_z = z = face_mm(calorimeter)[2]

        def place(name: str, thickness: float, copy: int = 0) -> None:
            nonlocal z
            self._place(world, name, (0.0, 0.0, z + 0.5 * thickness), copy)
            z += thickness

        def plate(name: str, material: str, thickness: float) -> None:
            self._volume(name, (width, height, thickness), material)
            place(name, thickness)

        for index, stands in enumerate(calorimeter.upstream):
            z = face_z - stands.reach_mm
            plate(f"upstream-{index}", stands.material, stands.thickness_mm)
        z = face_z
        for number, layer in enumerate(calorimeter.layers):
            for index, slab in enumerate(layer.before):
                plate(f"before-{number}-{index}", slab.material, slab.thickness_mm)
            if calorimeter.is_grid:
                self._grid_plane(calorimeter, number)
            else:
                self._own_plane(calorimeter, number)
            place(f"plane-{number}", layer.thickness_mm, number)
            for index, slab in enumerate(layer.after):
                plate(f"after-{number}-{index}", slab.material, slab.thickness_mm)
        return world

    def _grid_plane(self, calorimeter: Calorimeter, number: int) -> None:
        layer = calorimeter.layers[number]
        depth, pitch_x, pitch_y = layer.thickness_mm, calorimeter.pitch_x_mm, calorimeter.pitch_y_mm
        gaps = calorimeter.has_gaps(number)
        between = calorimeter.frame_material if gaps else None
        between = layer.active_material if between is None else between
        cell = self._volume(f"cell-{number}", (pitch_x, pitch_y, depth), between, placed=False)
        if gaps:
            size = (calorimeter.cell_x_mm, calorimeter.cell_y_mm, depth)
            self._volume(f"active-{number}", size, layer.active_material)
            self._place(cell, f"active-{number}", (0.0, 0.0, 0.0), 0)
        self._mark(cell)
        self._structure.append(cell)
        row = self._volume(f"row-{number}", (calorimeter.width_x_mm, pitch_y, depth), between, placed=False)
        self._replicate(row, f"cell-{number}", "x", calorimeter.cells_x, pitch_x)
        self._structure.append(row)
        size = (calorimeter.width_x_mm, calorimeter.width_y_mm, depth)
        plane = self._volume(f"plane-{number}", size, between, placed=False)
        self._replicate(plane, f"row-{number}", "y", calorimeter.cells_y, pitch_y)
        self._structure.append(plane)

    def _own_plane(self, calorimeter: Calorimeter, number: int) -> None:
        layer, cells = calorimeter.layers[number], calorimeter.layer_cells[number]
        depth = layer.thickness_mm
        self._volume(f"cell-{number}", (cells.cell_x_mm, cells.cell_y_mm, depth), layer.active_material)
        between = calorimeter.frame_material or layer.active_material
        size = (calorimeter.width_x_mm, calorimeter.width_y_mm, depth)
        plane = self._volume(f"plane-{number}", size, between, placed=False)
        per_layer = calorimeter.cells_y * calorimeter.cells_x
        own = slice(number * per_layer, (number + 1) * per_layer)
        present = calorimeter.cell_map.present[own]
        for index, (x, y, _) in enumerate(calorimeter.cell_positions_mm[own].tolist()):
            if present[index]:
                self._place(plane, f"cell-{number}", (x, y, 0.0), number * per_layer + index)
        self._structure.append(plane)

    def _volume(
        self, name: str, size: tuple[float, float, float], material: str, *, placed: bool = True
    ) -> ET.Element:
        """Make a box; without daughters it is written at once."""
        solid = ET.SubElement(self._solids, "box", name=f"{name}-box", lunit="mm")
        for axis, length in zip("xyz", size, strict=True):
            solid.set(axis, _digits(length))
        volume = ET.Element("volume", name=name)
        ET.SubElement(volume, "materialref", ref=material)
        ET.SubElement(volume, "solidref", ref=f"{name}-box")
        if placed:
            self._mark(volume)
            self._structure.append(volume)
        return volume

    def _mark(self, volume: ET.Element) -> None:
        if volume.get("name") in self._sensitive:
            ET.SubElement(volume, "auxiliary", auxtype=SENSITIVE_MARK, auxvalue="cells")

    @staticmethod
    def _place(mother: ET.Element, name: str, at_mm: tuple[float, float, float], copy: int) -> None:
        placed = ET.SubElement(mother, "physvol", copynumber=str(copy))
        ET.SubElement(placed, "volumeref", ref=name)
        position = ET.SubElement(placed, "position", name=f"{mother.get('name')}-{name}-{copy}", unit="mm")
        for axis, value in zip("xyz", at_mm, strict=True):
            position.set(axis, _digits(value))

    @staticmethod
    def _replicate(mother: ET.Element, name: str, axis: str, count: int, width: float) -> None:
        replicas = ET.SubElement(mother, "replicavol", number=str(count))
        ET.SubElement(replicas, "volumeref", ref=name)
        along = ET.SubElement(replicas, "replicate_along_axis")
        ET.SubElement(along, "direction", {axis: "1"})
        ET.SubElement(along, "width", value=_digits(width), unit="mm")
        ET.SubElement(along, "offset", value="0", unit="mm")


def _digits(value: float) -> str:
    """All digits of a number."""
    return repr(float(value))
