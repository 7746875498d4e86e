"""Chemical elements: symbols, atomic numbers and atomic weights."""

from __future__ import annotations

from functools import cache

from showerkit.errors import GeometryError, suggest

#: Symbols of hydrogen to uranium, the elements that materials may hold.
# fmt: off
ELEMENT_SYMBOLS = (
    "H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si", "P", "S", "Cl", "Ar",
    "K", "Ca", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br",
    "Kr", "Rb", "Sr", "Y", "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te",
    "I", "Xe", "Cs", "Ba", "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm",
    "Yb", "Lu", "Hf", "Ta", "W", "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po", "At", "Rn",
    "Fr", "Ra", "Ac", "Th", "Pa", "U",
)
# fmt: on


def atomic_number(symbol: str) -> int:
    """Atomic number Z of an element.

    Raises
    ------
    GeometryError
        If there is no element of that symbol from hydrogen to uranium.

    Examples
    --------
    >>> atomic_number("Pb")
    82
    """
    if symbol not in ELEMENT_SYMBOLS:
        raise GeometryError(f"unknown element '{symbol}'", mend=nearest_symbol(symbol))
    return ELEMENT_SYMBOLS.index(symbol) + 1


@cache
def atomic_weight(symbol: str) -> float:
    """Standard atomic weight A of an element in g/mol (from xraylib).

    Raises
    ------
    GeometryError
        If there is no element of that symbol from hydrogen to uranium.

    Examples
    --------
    >>> round(atomic_weight("Fe"), 2)
    55.85
    """
    import xraylib

    return float(xraylib.AtomicWeight(atomic_number(symbol)))


def nearest_symbol(symbol: str) -> str:
    """Say which element may have been meant.

    Examples
    --------
    >>> nearest_symbol("pb")
    "did you mean 'Pb'?"
    """
    if symbol.capitalize() in ELEMENT_SYMBOLS:
        return f"did you mean '{symbol.capitalize()}'?"
    # A longer word is a name, and the symbol most like it is often another element's.
    near = suggest(symbol.capitalize(), ELEMENT_SYMBOLS) if len(symbol) <= 3 else ""
    return near if near.startswith("did") else "use a chemical symbol from H to U"
