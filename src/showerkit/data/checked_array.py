"""Arrays of the records, converted and checked when a record is made."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from showerkit.errors import DataError


def checked_array(
    name: str, values: object, shape: tuple[int | None, ...], dtype: type[np.generic]
) -> NDArray[Any]:
    """Convert to an array and check its shape and that it is finite.

    Parameters
    ----------
    name
        What the values are called, for messages.
    values
        Anything that NumPy makes an array of.
    shape
        The shape to have; None for any length.
    dtype
        The type to have.

    Returns
    -------
    numpy.ndarray
        A contiguous array of that type.

    Raises
    ------
    DataError
        If the shape is another one, or a value is NaN or infinite.
    """
    try:
        array = np.ascontiguousarray(values, dtype=dtype)
    except (ValueError, TypeError, OverflowError):
        kind = getattr(values, "dtype", type(values).__name__)
        raise DataError(name, got=f"values of type {kind}", expected="an array of numbers") from None
    fits = array.ndim == len(shape) and all(
        want is None or have == want for have, want in zip(array.shape, shape, strict=True)
    )
    if not fits:
        expected = "(" + ", ".join("any" if want is None else str(want) for want in shape) + ")"
        raise DataError(name, got=f"shape {array.shape}", expected=f"shape {expected}")
    if np.issubdtype(dtype, np.floating) and not np.isfinite(array).all():
        bad = np.argwhere(~np.isfinite(array))[0].tolist()
        raise DataError(f"{name}{bad}", got="NaN or infinity", expected="finite values")
    return array
