"""Boxes around the solids of a GDML file, for cells are drawn and measured as boxes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.errors import GeometryError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from numpy.typing import NDArray

    from showerkit.geometry.gdml_xml import GdmlArithmetic

_KNOWN: Final = "box, tube, cone, trd, xtru, polycone, polyhedra"


def bounding_box(
    solid: Element, arithmetic: GdmlArithmetic
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centre and half lengths of the box around a solid, in the solid's own frame, in mm.

    Parameters
    ----------
    solid
        The element of the solid.
    arithmetic
        Its file's names and units.

    Returns
    -------
    tuple of numpy.ndarray
        Centre and half lengths (x, y, z), each of shape (3,). Of round solids that are not a full turn, the
        box of the full turn.

    Raises
    ------
    GeometryError
        If it is of another kind than a box, tube, cone, trd, xtru, polycone or polyhedra.

    Examples
    --------
    >>> from xml.etree.ElementTree import fromstring
    >>> from showerkit.geometry.gdml_xml import GdmlArithmetic
    >>> tube = fromstring('<tube name="fibre" rmax="0.5" z="1" lunit="cm"/>')
    >>> bounding_box(tube, GdmlArithmetic(None, "example"))[1].tolist()
    [5.0, 5.0, 5.0]
    """

    def length(key: str) -> float:
        return arithmetic.number(solid, key)

    unit = solid.get("lunit")
    kind = solid.tag
    low_z: float | None = None
    if kind == "box":
        half = (0.5 * length("x"), 0.5 * length("y"), 0.5 * length("z"))
    elif kind == "tube":
        half = (length("rmax"), length("rmax"), 0.5 * length("z"))
    elif kind == "cone":
        radius = max(length("rmax1"), length("rmax2"))
        half = (radius, radius, 0.5 * length("z"))
    elif kind == "trd":
        half = (
            0.5 * max(length("x1"), length("x2")),
            0.5 * max(length("y1"), length("y2")),
            0.5 * length("z"),
        )
    elif kind in ("polycone", "polyhedra"):
        planes = _with_unit(solid, "zplane", unit)
        radius = max(arithmetic.number(plane, "rmax") for plane in planes)
        if kind == "polyhedra":
            # Radii are those of the inscribed circle.
            radius /= math.cos(math.pi / arithmetic.whole(solid.get("numsides", "3"), solid))
        z = [arithmetic.number(plane, "z") for plane in planes]
        low_z = min(z)
        half = (radius, radius, 0.5 * (max(z) - low_z))
    elif kind == "xtru":
        return _extruded(solid, arithmetic, unit)
    else:
        raise GeometryError(
            f"sensitive volume of the solid <{kind} name={solid.get('name')!r}>", expected=f"one of {_KNOWN}"
        )
    if min(half) <= 0.0:
        raise GeometryError(f"solid {solid.get('name')!r}", got="a size of 0 or less")
    middle = 0.0 if low_z is None else low_z + half[2]
    return np.array([0.0, 0.0, middle]), np.array(half)


def _extruded(
    solid: Element, arithmetic: GdmlArithmetic, unit: str | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    corners = np.array(
        [
            [arithmetic.number(point, axis) for axis in "xy"]
            for point in _with_unit(solid, "twoDimVertex", unit)
        ]
    )
    sections = _with_unit(solid, "section", unit)
    outline = []
    for section in sections:
        scale = arithmetic.expression(section.get("scalingFactor", "1"), section)
        shift = [arithmetic.number(section, key, 0.0) for key in ("xOffset", "yOffset")]
        z = arithmetic.number(section, "zPosition")
        outline.append(np.column_stack([corners * scale + shift, np.full(len(corners), z)]))
    points = np.concatenate(outline)
    low, high = points.min(axis=0), points.max(axis=0)
    return 0.5 * (low + high), 0.5 * (high - low)


def _with_unit(solid: Element, tag: str, unit: str | None) -> list[Element]:
    """Parts of a solid, which are given in its own unit."""
    parts = []
    for part in solid.findall(tag):
        measured = part.makeelement(part.tag, {**part.attrib, **({} if unit is None else {"lunit": unit})})
        parts.append(measured)
    if not parts:
        raise GeometryError(f"solid {solid.get('name')!r}", got=f"no <{tag}>")
    return parts
