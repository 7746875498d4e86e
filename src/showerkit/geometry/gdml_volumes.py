"""The tree of volumes in a GDML file, and every place where its sensitive volumes are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.errors import GeometryError, suggest
from showerkit.geometry.gdml_solids import bounding_box
from showerkit.geometry.gdml_xml import GdmlArithmetic, parse_gdml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from numpy.typing import NDArray

    from showerkit.typing import FloatArray, IntArray

#: Most cells of a geometry.
MOST_CELLS: Final = 1_000_000
_AUXILIARY: Final = "SensDet"


@dataclass(frozen=True, eq=False)
class PlacedVolume:
    """All places of one sensitive volume at one depth of the tree.

    Parameters
    ----------
    name
        Name of the logical volume in the file.
    material
        Name of its material.
    copies
        Copy numbers of each place, shape (n, depth): its own first, the world's last.
    centre_mm, half_mm
        Centre and half lengths of the box around each, along the world's axes, in mm, shape (n, 3).
    """

    name: str
    material: str
    copies: IntArray
    centre_mm: FloatArray
    half_mm: FloatArray


@dataclass(frozen=True, eq=False)
class _Places:
    """Places within one volume, with their rotations and positions."""

    copies: IntArray
    rotation: FloatArray
    position_mm: FloatArray

    def placed(self, copy: int, rotation: FloatArray, position_mm: FloatArray) -> _Places:
        own = np.full((len(self.copies), 1), copy)
        return _Places(
            np.concatenate([self.copies, own], axis=1),
            rotation @ self.rotation,
            self.position_mm @ rotation.T + position_mm,
        )


class GdmlVolumes:
    """The volumes of a GDML file.

    Parameters
    ----------
    text
        The file's text.
    source
        Its name, for messages.
    """

    def __init__(self, text: str, source: str) -> None:
        self._source = source
        root = parse_gdml(text, source)
        self._arithmetic = GdmlArithmetic(root.find("define"), source)
        self._solids = {solid.get("name", ""): solid for solid in _children(root, "solids")}
        self._volumes = {
            volume.get("name", ""): volume
            for volume in _children(root, "structure")
            if volume.tag in ("volume", "assembly")
        }
        world = root.find("setup/world")
        self._world = "" if world is None else world.get("ref", "")
        if self._world not in self._volumes:
            raise GeometryError(
                f"{source}: setup", got=f"the world '{self._world}'", expected="a volume of the file"
            )

    @property
    def marked(self) -> tuple[str, ...]:
        """Names of the volumes that the file itself marks as sensitive."""
        return tuple(
            name
            for name, volume in self._volumes.items()
            if any(mark.get("auxtype") == _AUXILIARY for mark in volume.findall("auxiliary"))
        )

    @property
    def world_half_mm(self) -> tuple[float, float, float]:
        """Half lengths of the world, which has to be a box, in mm."""
        solid = self._solid(self._world)
        if solid.tag != "box":
            raise GeometryError(f"{self._source}: the world", got=f"a <{solid.tag}>", expected="a box")
        _, half = bounding_box(solid, self._arithmetic)
        return (float(half[0]), float(half[1]), float(half[2]))

    def names(self, wanted: tuple[str, ...]) -> tuple[str, ...]:
        """Full names of volumes, where Geant4 has added addresses to names (``crystal0x55d1c0``).

        Raises
        ------
        GeometryError
            If there is no volume of a name.
        """
        short = {name: name.partition("0x")[0] or name for name in self._volumes}
        found: list[str] = []
        for asked in wanted:
            same = [name for name in self._volumes if asked in (name, short[name])]
            if not same:
                raise GeometryError(
                    f"{self._source}: unknown volume '{asked}'",
                    mend=suggest(asked, sorted(set(short.values()))),
                )
            found += same
        return tuple(dict.fromkeys(found))

    def places(self, sensitive: tuple[str, ...]) -> list[PlacedVolume]:
        """Find every place of the sensitive volumes.

        Parameters
        ----------
        sensitive
            Their full names.

        Returns
        -------
        list of PlacedVolume
            One for each volume and depth at which it is placed.

        Raises
        ------
        GeometryError
            If they are placed in a way that is not supported, or nowhere, or too often.
        """
        within = self._within(self._world, frozenset(sensitive), {}, ())
        placed = []
        for (name, _), places in within.items():
            centre, half = bounding_box(self._solid(name), self._arithmetic)
            material = self._volumes[name].find("materialref")
            placed.append(
                PlacedVolume(
                    name,
                    "" if material is None else material.get("ref", ""),
                    np.concatenate([places.copies, np.zeros((len(places.copies), 1), np.int64)], axis=1),
                    places.position_mm + places.rotation @ centre,
                    np.abs(places.rotation) @ half,
                )
            )
        missing = sorted(set(sensitive) - {one.name for one in placed})
        if missing:
            raise GeometryError(f"{self._source}: volume '{missing[0]}'", got="no place in the world")
        return placed

    def _within(
        self,
        volume: str,
        sensitive: frozenset[str],
        known: dict[str, dict[tuple[str, int], _Places]],
        above: tuple[str, ...],
    ) -> dict[tuple[str, int], _Places]:
        """Places of the sensitive volumes in a volume, by name and depth below it."""
        if volume in known:
            return known[volume]
        if volume in above:
            raise GeometryError(f"{self._source}: volume '{volume}'", got="a place within itself")
        if volume not in self._volumes:
            raise GeometryError(f"{self._source}", got=f"a reference to the unknown volume '{volume}'")
        found: dict[tuple[str, int], list[_Places]] = {}
        if volume in sensitive:
            itself = _Places(np.zeros((1, 0), np.int64), np.eye(3)[None], np.zeros((1, 3)))
            found[volume, 0] = [itself]
        total = 0
        for child in self._volumes[volume]:
            reference = child.find("volumeref")
            if reference is None:
                continue
            inner = self._within(reference.get("ref", ""), sensitive, known, (*above, volume))
            if not inner:
                continue
            if self._volumes[volume].tag == "assembly":
                raise self._unsupported(child, "an assembly")
            placements = self._placements(child)
            total += len(placements) * sum(len(places.copies) for places in inner.values())
            if total > MOST_CELLS:
                raise GeometryError(f"{self._source}", got=f"more than {MOST_CELLS} sensitive volumes")
            for (name, depth), places in inner.items():
                moved = [places.placed(*placement) for placement in placements]
                found.setdefault((name, depth + 1), []).extend(moved)
        known[volume] = {
            key: _Places(
                np.concatenate([places.copies for places in parts]),
                np.concatenate([places.rotation for places in parts]),
                np.concatenate([places.position_mm for places in parts]),
            )
            for key, parts in found.items()
        }
        return known[volume]

    def _placements(self, child: Element) -> list[tuple[int, FloatArray, FloatArray]]:
        """Copy number, rotation and position of each copy of a daughter volume."""
        if child.tag == "physvol":
            scale = self._arithmetic.placed(child, "scale")
            if scale is not None and scale != (1.0, 1.0, 1.0):
                raise self._unsupported(child, "a reflection")
            number = self._arithmetic.whole(child.get("copynumber", "0"), child)
            angles = self._arithmetic.placed(child, "rotation") or (0.0, 0.0, 0.0)
            position = self._arithmetic.placed(child, "position") or (0.0, 0.0, 0.0)
            return [(number, _rotation(angles), np.array(position))]
        along = child.find("replicate_along_axis")
        direction = None if along is None else along.find("direction")
        width = None if along is None else along.find("width")
        if child.tag != "replicavol" or direction is None or width is None:
            raise self._unsupported(child, f"<{child.tag}>")
        axes = [axis for axis in "xyz" if direction.get(axis) is not None]
        if len(axes) != 1 or len(direction.attrib) != 1:
            raise self._unsupported(child, "replicas that are not along x, y or z")
        count = self._arithmetic.whole(child.get("number", ""), child)
        if count > MOST_CELLS:
            raise GeometryError(f"{self._source}", got=f"more than {MOST_CELLS} sensitive volumes")
        step = self._arithmetic.number(width, "value")
        axis = np.eye(3)["xyz".index(axes[0])]
        return [(n, np.eye(3), axis * (n * step - 0.5 * step * (count - 1))) for n in range(count)]

    def _solid(self, volume: str) -> Element:
        reference = self._volumes[volume].find("solidref")
        name = "" if reference is None else reference.get("ref", "")
        if name not in self._solids:
            raise GeometryError(f"{self._source}: volume '{volume}'", got=f"the unknown solid '{name}'")
        return self._solids[name]

    def _unsupported(self, child: Element, what: str) -> GeometryError:
        reference = child.find("volumeref")
        inside = "" if reference is None else reference.get("ref", "")
        return GeometryError(
            f"{self._source}: the place of volume '{inside}', which holds sensitive volumes",
            got=what,
            expected="physvol, or replicavol along x, y or z",
        )


def _rotation(angles: tuple[float, float, float]) -> NDArray[np.float64]:
    """Rotation of a placed volume: GDML gives that of its frame, about x, then y, then z."""
    (cx, cy, cz), (sx, sy, sz) = ([math.cos(a) for a in angles], [math.sin(a) for a in angles])
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cx, -sx], [0.0, sx, cx]])
    about_y = np.array([[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]])
    about_z = np.array([[cz, -sz, 0.0], [sz, cz, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray((about_z @ about_y @ about_x).T)


def _children(root: Element, section: str) -> list[Element]:
    found = root.find(section)
    return [] if found is None else list(found)
