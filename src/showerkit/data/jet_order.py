"""Particles of jets in the order of their transverse momentum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def hardest_first(
    pt: NDArray[Any], mask: NDArray[np.bool_], places: int, *columns: NDArray[Any]
) -> tuple[NDArray[np.bool_], list[NDArray[Any]]]:
    """Order particles by falling pT, keep the hardest ones and set the rest to 0.

    Parameters
    ----------
    pt
        Transverse momenta, shape (N, P).
    mask
        Where there is a particle, shape (N, P).
    places
        Most particles to keep of a jet.
    columns
        Arrays by particle, shape (N, P, ...).

    Returns
    -------
    tuple
        The mask, shape (N, min(P, places)), and the columns in the new order.

    Examples
    --------
    >>> pt = np.array([[1.0, 3.0, 2.0]])
    >>> mask, (ordered,) = hardest_first(pt, pt > 1.5, 2, pt)
    >>> ordered.tolist(), mask.tolist()
    ([[3.0, 2.0]], [[True, True]])
    """
    order = np.argsort(np.where(mask, -pt, np.inf), axis=1, kind="stable")[:, :places]
    kept = np.take_along_axis(mask, order, axis=1)
    chosen = []
    for values in columns:
        extra = (1,) * (values.ndim - 2)
        taken = np.take_along_axis(values, order.reshape(*order.shape, *extra), axis=1)
        chosen.append(np.where(kept.reshape(*kept.shape, *extra), taken, 0))
    return kept, chosen
