"""Reads the XML of a GDML file: no entities, nothing from elsewhere, bounded; and its arithmetic, by hand."""

from __future__ import annotations

import ast
import math
import operator
import re
from contextlib import suppress
from typing import Any, Final
from xml.etree import ElementTree as ET
from xml.parsers import expat

from showerkit.errors import GeometryError

_DEEPEST: Final = 64
_MOST_ELEMENTS: Final = 1_000_000
_LONGEST_EXPRESSION: Final = 500
_UNITS: Final = {
    "um": 1e-3,
    "mm": 1.0,
    "cm": 10.0,
    "m": 1000.0,
    "km": 1e6,
    "rad": 1.0,
    "mrad": 1e-3,
    "deg": math.pi / 180.0,
    "degree": math.pi / 180.0,
}
_CONSTANTS: Final = {"pi": math.pi, "PI": math.pi, "TWOPI": 2.0 * math.pi, "HALFPI": 0.5 * math.pi}
_OPERATORS: Final[dict[type[ast.AST], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_NUMBER: Final = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*")
_FUNCTIONS: Final = {
    name: getattr(math, name)
    for name in ("sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sqrt", "exp", "log", "log10", "pow")
} | {"abs": abs, "min": min, "max": max}


def parse_gdml(text: str, source: str) -> ET.Element:
    """Parse the XML of a GDML file.

    Parameters
    ----------
    text
        The text.
    source
        The file's name, for messages.

    Returns
    -------
    xml.etree.ElementTree.Element
        The root.

    Raises
    ------
    GeometryError
        If it is no XML, no GDML, declares a document type or entities, or is nested or long beyond measure.
    """
    builder = ET.TreeBuilder()
    parser = expat.ParserCreate()
    depth = elements = 0

    def refuse(*declared: object) -> None:
        raise GeometryError(
            f"{source}",
            got="a document type or entities, which could bring in other files",
            expected="one GDML file that stands for itself",
            mend="write it anew with Geant4's G4GDMLParser.Write",
        )

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if depth > _DEEPEST or elements > _MOST_ELEMENTS:
            raise GeometryError(
                f"{source}",
                got="too many elements, or elements nested too deep",
                expected=f"at most {_MOST_ELEMENTS}, and {_DEEPEST} within one another",
            )
        builder.start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as wrong:
        raise GeometryError(f"{source}", got=f"no XML: {wrong}") from None
    except UnicodeEncodeError:
        raise GeometryError(f"{source}", got="characters that are no text") from None
    except (LookupError, ValueError) as unknown:
        raise GeometryError(f"{source}", got=f"no XML: {unknown}") from None
    root = builder.close()
    if root.tag != "gdml":
        raise GeometryError(f"{source}", got=f"<{root.tag}>", expected="<gdml>")
    for foreign in ("loop", "file"):
        if root.find(f".//{foreign}") is not None:
            raise GeometryError(
                f"{source}",
                got=f"<{foreign}>",
                expected="one GDML file without loops and modules",
                mend="write it anew with Geant4's G4GDMLParser.Write",
            )
    return root


class GdmlArithmetic:
    """Names, units and expressions of a GDML file.

    Parameters
    ----------
    define
        Its section ``define``, if there is one.
    source
        The file's name, for messages.
    """

    def __init__(self, define: ET.Element | None, source: str) -> None:
        self._source = source
        self._values: dict[str, float] = {}
        self._vectors: dict[tuple[str, str], tuple[float, float, float]] = {}
        for element in [] if define is None else define:
            name = element.get("name", "")
            # What cannot be read may be for Geant4 alone; whoever uses it is told.
            with suppress(GeometryError):
                if element.tag in ("constant", "variable", "quantity"):
                    self._values[name] = self.number(element, "value")
                elif element.tag in ("position", "rotation", "scale"):
                    self._vectors[element.tag, name] = self.vector(element)

    def number(self, element: ET.Element, key: str, default: float | None = None) -> float:
        """A length in mm, an angle in rad or a plain number: an attribute, with the element's unit."""
        text = element.get(key)
        if text is None:
            if default is not None:
                return default
            raise self._wrong(element, f"no '{key}'")
        unit = next((element.get(name) for name in ("unit", "lunit") if element.get(name)), None)
        return self.expression(text, element) * self._unit(unit, element)

    def angle(self, element: ET.Element, key: str, default: float = 0.0) -> float:
        """An angle in rad: an attribute, with the element's ``aunit``."""
        text = element.get(key)
        return (
            default
            if text is None
            else self.expression(text, element) * self._unit(element.get("aunit"), element)
        )

    def vector(self, element: ET.Element) -> tuple[float, float, float]:
        """The x, y and z of a position (mm), rotation (rad) or scale."""
        default = 1.0 if element.tag == "scale" else 0.0
        unit = self._unit(element.get("unit"), element)
        x, y, z = (
            default if element.get(axis) is None else self.expression(element.get(axis, ""), element) * unit
            for axis in "xyz"
        )
        return (x, y, z)

    def placed(self, placement: ET.Element, kind: str) -> tuple[float, float, float] | None:
        """The position, rotation or scale of a placement, given or by reference; None if there is none."""
        given = placement.find(kind)
        if given is not None:
            return self.vector(given)
        reference = placement.find(f"{kind}ref")
        if reference is None:
            return None
        name = reference.get("ref", "")
        # Names that Geant4's own files use without a definition.
        if (kind, name) not in self._vectors and name in ("center", "identity"):
            return None
        if (kind, name) not in self._vectors:
            raise self._wrong(placement, f"an unknown {kind} '{name}'")
        return self._vectors[kind, name]

    def whole(self, text: str, element: ET.Element) -> int:
        """A whole number."""
        value = self.expression(text, element)
        if not value.is_integer() or not 0 <= value < 2**31:
            raise self._wrong(element, f"{text!r} where a whole number from 0 on is needed")
        return int(value)

    def expression(self, text: str, element: ET.Element) -> float:
        """Value of an expression such as ``2*width + 1.5*cm``."""
        if len(text) > _LONGEST_EXPRESSION:
            raise self._wrong(element, "an expression of more than 500 characters")
        try:
            value = (
                float(text)
                if _NUMBER.fullmatch(text)
                else self._value(ast.parse(text.strip().replace("^", "**"), mode="eval").body)
            )
        except (
            SyntaxError,
            ValueError,
            TypeError,
            ArithmeticError,
            RecursionError,
            MemoryError,
            LookupError,
        ):
            raise self._wrong(element, f"the expression {text!r}") from None
        if not math.isfinite(value):
            raise self._wrong(element, f"the expression {text!r}, which has no value")
        return value

    def _value(self, node: ast.AST) -> float:
        """Value of a part of an expression; only numbers, names and arithmetic are known."""
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return float(node.value)
        if isinstance(node, ast.Name):
            return {**_UNITS, **_CONSTANTS, **self._values}[node.id]
        if isinstance(node, ast.BinOp):
            return float(_OPERATORS[type(node.op)](self._value(node.left), self._value(node.right)))
        if isinstance(node, ast.UnaryOp):
            return float(_OPERATORS[type(node.op)](self._value(node.operand)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return float(_FUNCTIONS[node.func.id](*(self._value(part) for part in node.args)))
        raise ValueError

    def _unit(self, name: str | None, element: ET.Element) -> float:
        if name is None:
            return 1.0
        if name not in _UNITS:
            # Quantities of other kinds (densities, energies) matter to Geant4 alone.
            if element.tag == "quantity":
                return 1.0
            raise self._wrong(element, f"the unit '{name}'")
        return _UNITS[name]

    def _wrong(self, element: ET.Element, what: str) -> GeometryError:
        name = element.get("name")
        where = f"<{element.tag}>" if name is None else f"<{element.tag} name={name!r}>"
        return GeometryError(f"{self._source}: {where}", got=what)
