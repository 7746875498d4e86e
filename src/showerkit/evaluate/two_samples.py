"""What every two-sample measure asks of its input: two finite tables with the same columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from showerkit.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from showerkit.typing import FloatArray

#: How features are scaled before a distance: see `scaled`.
Scale: TypeAlias = Literal["largest", "spread", "none"]


def feature_table(name: str, values: ArrayLike, *, rows: int = 2) -> FloatArray:
    """Check that an array is a finite table of at least `rows` showers.

    Parameters
    ----------
    name
        What the table holds, for the message.
    values
        Features, shape (N, features); shape (N,) counts as one feature.
    rows
        Least number of showers.

    Returns
    -------
    numpy.ndarray
        The table in double precision, shape (N, features).

    Raises
    ------
    DataError
        If the shape is wrong, there are too few showers, or a value is NaN or infinite.

    Examples
    --------
    >>> feature_table("candidate", [1.0, 2.0]).shape
    (2, 1)
    """
    table = np.ascontiguousarray(values, dtype=np.float64)
    if table.ndim == 1:
        table = table[:, None]
    if table.ndim != 2 or table.shape[1] == 0:
        raise DataError(name, got=f"shape {table.shape}", expected="shape (showers, features)")
    if len(table) < rows:
        raise DataError(
            name, got=f"{len(table)} showers", expected=f"at least {rows}", mend="use a larger sample"
        )
    if not np.isfinite(table).all():
        bad = np.argwhere(~np.isfinite(table))[0].tolist()
        raise DataError(f"{name}{bad}", got="NaN or infinity", expected="finite values")
    return table


def two_samples(
    reference: ArrayLike, candidate: ArrayLike, *, rows: int = 2
) -> tuple[FloatArray, FloatArray]:
    """Check two tables that a measure compares.

    Parameters
    ----------
    reference, candidate
        Features, shapes (N, features) and (M, features).
    rows
        Least number of showers in each.

    Returns
    -------
    tuple of numpy.ndarray
        Both tables in double precision.

    Raises
    ------
    DataError
        If one is no finite table of `rows` showers, or their numbers of features differ.

    Examples
    --------
    >>> a, b = two_samples([[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [1.0, 1.0]])
    >>> a.shape == b.shape
    True
    """
    first = feature_table("reference", reference, rows=rows)
    second = feature_table("candidate", candidate, rows=rows)
    if first.shape[1] != second.shape[1]:
        raise DataError(
            "candidate",
            got=f"{second.shape[1]} features",
            expected=f"{first.shape[1]} as in the reference",
            mend="compute both tables with the same detector and settings",
        )
    return first, second


def scaled(reference: FloatArray, candidate: FloatArray, scale: Scale) -> tuple[FloatArray, FloatArray]:
    r"""Bring features of different units to a common scale, taken from the reference.

    .. math:: x_j \to x_j / \max_i |x^\mathrm{ref}_{ij}| \quad\text{or}\quad
        x_j \to x_j / \sigma_j^\mathrm{ref}

    The first is that of JetNet's FPD and KPD (R. Kansal et al., arXiv:2211.10295); it hides features that
    vary little about a large mean, such as the logarithm of an energy. The second shows all alike.

    Parameters
    ----------
    reference, candidate
        Features, shapes (N, features) and (M, features).
    scale
        "largest" for the largest magnitude, "spread" for the standard deviation, "none" for neither. A
        feature of scale 0 stays as it is.

    Returns
    -------
    tuple of numpy.ndarray
        Both tables, scaled.

    Examples
    --------
    >>> a, b = scaled(np.array([[2.0], [-4.0]]), np.array([[1.0], [8.0]]), "largest")
    >>> a.ravel().tolist(), b.ravel().tolist()
    ([0.5, -1.0], [0.25, 2.0])
    """
    if scale == "none":
        return reference, candidate
    divisor = np.abs(reference).max(axis=0) if scale == "largest" else reference.std(axis=0)
    # The spread of a constant comes out as a rounding error.
    divisor[divisor <= 1e-12 * np.abs(reference).max(axis=0)] = 1.0
    return reference / divisor, candidate / divisor
