"""Cell ids as DD4hep packs them: fields of bits in a whole number of 64 bits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.errors import ConfigurationError, suggest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.typing import IntArray

_FIELD: Final = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*:\s*(?:(\d{1,2})\s*:\s*)?(-?\d{1,2})\s*")
_BITS: Final = 64


@dataclass(frozen=True)
class BitField:
    """Some bits of a cell id.

    Parameters
    ----------
    offset
        Number of bits below.
    width
        Number of bits.
    signed
        Whether the highest of them is a sign (two's complement).
    """

    offset: int
    width: int
    signed: bool


class CellIdEncoding:
    """What the bits of a cell id mean.

    Parameters
    ----------
    text
        DD4hep's description: fields separated by commas, each ``name:width`` or ``name:offset:width``;
        without an offset a field follows the one before, and a negative width is that of a signed number.

    Raises
    ------
    ConfigurationError
        If it is no such description, or fields overlap or do not fit into 64 bits.

    Examples
    --------
    >>> encoding = CellIdEncoding("system:8,layer:8,x:32:-16,y:-16")
    >>> cell_id = np.array([164 | 3 << 8 | (2**16 - 2) << 32 | 5 << 48], dtype=np.uint64)
    >>> [int(encoding.values(name, cell_id)[0]) for name in ("system", "layer", "x", "y")]
    [164, 3, -2, 5]
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.fields: dict[str, BitField] = {}
        used, offset = 0, 0
        for part in text.split(","):
            found = _FIELD.fullmatch(part)
            if found is None:
                raise ConfigurationError(
                    "cell id", got=repr(part), expected="fields such as 'layer:8' or 'x:32:-16'"
                )
            name, place, width = found.group(1), found.group(2), int(found.group(3))
            offset = offset if place is None else int(place)
            field = BitField(offset, abs(width), width < 0)
            mask = ((1 << field.width) - 1) << offset
            if name in self.fields or field.width == 0 or mask & used or offset + field.width > _BITS:
                raise ConfigurationError(
                    f"cell id: field '{name}'",
                    got=repr(part),
                    expected=f"each name once, bits of its own, all within {_BITS}",
                )
            self.fields[name] = field
            used |= mask
            offset += field.width

    def check_field(self, name: str) -> None:
        """Refuse a field that there is not.

        Raises
        ------
        ConfigurationError
            If there is no such field.
        """
        if name not in self.fields:
            raise ConfigurationError(
                f"cell id '{self.text}'", got=f"no field '{name}'", mend=suggest(name, self.fields)
            )

    def values(self, name: str, cell_id: NDArray[Any]) -> IntArray:
        """Read a field of many ids.

        Parameters
        ----------
        name
            The field.
        cell_id
            The ids, signed or unsigned numbers of 64 bits, shape (N,).

        Returns
        -------
        numpy.ndarray
            Its values, shape (N,).
        """
        field = self.fields[name]
        bits = np.asarray(cell_id).astype(np.uint64) >> np.uint64(field.offset)
        values = (bits & np.uint64((1 << field.width) - 1)).astype(np.int64)
        if field.signed and field.width < _BITS:
            values = np.where(values >> (field.width - 1), values - (1 << field.width), values)
        return values
