"""Arrays as text inside a page, exact to the bit."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from showerkit.errors import DataError

#: Element types by the names that the page's script knows; bytes are little-endian.
_TYPES: Final = {"f4": "<f4", "u1": "|u1", "u2": "<u2", "u4": "<u4"}


def encoded(values: NDArray[Any], kind: str) -> dict[str, str]:
    """Encode a numeric array as base64.

    Parameters
    ----------
    values
        The numbers, of any shape; they are stored flat.
    kind
        "f4" for numbers, "u1", "u2" or "u4" for whole ones from 0 on.

    Returns
    -------
    dict
        The type's name and the bytes in base64.

    Raises
    ------
    DataError
        If whole numbers do not fit.

    Examples
    --------
    >>> encoded(np.array([1, 2]), "u2")
    {'type': 'u2', 'base64': 'AQACAA=='}
    >>> decoded(encoded(np.array([0.5, np.nan]), "f4")).tolist()
    [0.5, nan]
    """
    flat = np.asarray(values).reshape(-1)
    if kind != "f4" and flat.size and not 0 <= flat.min() <= flat.max() <= np.iinfo(_TYPES[kind]).max:
        raise DataError("whole numbers", got=f"{flat.min()} to {flat.max()}", expected=f"within {kind}")
    text = base64.b64encode(flat.astype(_TYPES[kind]).tobytes()).decode("ascii")
    return {"type": kind, "base64": text}


def encoded_index(values: NDArray[Any]) -> dict[str, str]:
    """Encode whole numbers from 0 on with the smallest type that holds them."""
    largest = int(np.max(values, initial=0))
    return encoded(values, next(kind for kind in ("u1", "u2", "u4") if largest <= np.iinfo(_TYPES[kind]).max))


def decoded(code: dict[str, str]) -> NDArray[Any]:
    """Decode an array; the inverse of `encoded`, flat.

    Raises
    ------
    DataError
        If it is no such code.
    """
    try:
        return np.frombuffer(base64.b64decode(code["base64"], validate=True), dtype=_TYPES[code["type"]])
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise DataError("an array in a page", got="another text", expected="a type and base64") from None


def script_json(values: object) -> str:
    r"""Write JSON that can stand in an HTML script element: nothing in it ends the element.

    Examples
    --------
    >>> script_json({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(values, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
