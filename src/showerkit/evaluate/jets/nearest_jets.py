"""Which jet of another set is nearest to each jet, by the energy mover's distance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.jets.energy_mover import solved
from showerkit.evaluate.jets.energy_mover_bounds import dual_bounds, function_bounds

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

    from showerkit.typing import BoolArray, FloatArray

_ROUNDING = 1e-12
_AT_ONCE = 8  # pairs bounded closely for one jet at a time
_ROUGH, _CLOSE, _EXACT = range(3)


def distances_to_nearest(one: FloatArray, two: FloatArray, ot: ModuleType) -> tuple[FloatArray, BoolArray]:
    """Find the least energy mover's distance of each row and column, and bound the others from below.

    The pair of the lowest bound in a row or column gets a closer bound, then its distance, until the lowest
    is a distance: no other can be nearer. So every minimum and its place are those of all distances; of equal
    distances the first in the order of the jets comes first.

    Parameters
    ----------
    one, two
        Checked jets, shapes (N, P, 3) and (M, P', 3).
    ot
        What `optimal_transport` returns.

    Returns
    -------
    tuple of numpy.ndarray
        Distances or bounds of them, and which are distances, shapes (N, M).
    """
    total = max(float(jets[:, :, 2].sum(axis=1).max()) for jets in (one, two))
    extent = 1.0 + max(float(np.abs(jets[:, :, :2]).max()) for jets in (one, two))
    margin = _ROUNDING * total * extent  # what rounding can add to a bound
    least = function_bounds(one, two) - margin
    known = np.full(least.shape, _ROUGH, dtype=np.int8)
    while True:
        lowest = np.zeros(least.shape, dtype=np.bool_)
        lowest[np.arange(len(one)), least.argmin(axis=1)] = True
        lowest[least.argmin(axis=0), np.arange(len(two))] = True
        solve = np.nonzero(lowest & (known == _CLOSE))
        bound = np.nonzero(_with_next(least, known, lowest & (known == _ROUGH)))
        if len(solve[0]) == len(bound[0]) == 0:
            return least, known == _EXACT
        least[solve] = solved(one[solve[0]], two[solve[1]], ot)
        known[solve] = _EXACT
        closer = dual_bounds(one[bound[0]], two[bound[1]], least[bound]) - margin
        least[bound] = np.maximum(least[bound], closer)
        known[bound] = _CLOSE


def _with_next(least: FloatArray, known: NDArray[np.int8], wanted: BoolArray) -> BoolArray:
    """Add to the wanted pairs the next lowest of the same row or column, which will be wanted soon."""
    rough = known == _ROUGH
    bounds = np.where(rough, least, np.inf)
    chosen = wanted.copy()
    # A transposed view of `chosen` is written through.
    for table, pairs, into in ((bounds, wanted, chosen), (bounds.T, wanted.T, chosen.T)):
        rows = np.flatnonzero(pairs.any(axis=1))
        count = min(_AT_ONCE, table.shape[1])
        places = np.argpartition(table[rows], count - 1, axis=1)[:, :count]
        into[rows[:, None], places] = True
    return np.asarray(chosen & rough, dtype=np.bool_)
