"""Random numbers that depend on the seed and the event's number alone, for many events at once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.rng import event_seeds

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WEYL: Final = np.uint64(0x9E3779B97F4A7C15)
_IN_CACHE: Final = 8192
#: Where a number takes more steps, the second cache will do, and there are fewer calls.
_IN_LARGER_CACHE: Final = 32768
#: Normal numbers of single precision from 64 bits, and how many values they have.
_IN_A_WORD, _VALUES = 4, 65_536


def event_uniforms(seed: int, purpose: str, event_ids: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Draw `count` uniform numbers for every event.

    Each event has its own splitmix64 sequence (Steele, Lea and Flood, 2014), so that a number does not depend
    on which other events are drawn with it.

    Parameters
    ----------
    seed
        The user's seed.
    purpose
        Name of the stream.
    event_ids
        Event numbers, shape (N,).
    count
        Numbers per event.

    Returns
    -------
    numpy.ndarray
        Numbers inside (0, 1), shape (N, count).

    Examples
    --------
    >>> among = event_uniforms(7, "mask", np.array([1, 3]), 4)
    >>> bool((event_uniforms(7, "mask", np.array([3]), 4)[0] == among[1]).all())
    True
    """
    pair = event_seeds(seed, purpose, event_ids).astype(np.uint64)
    key, steps = (pair[:, 0] << np.uint64(32)) ^ pair[:, 1], _steps(count)
    uniform = np.empty((len(key), count), dtype=np.float64)
    # As many at a time as the processor's cache holds.
    at_once = max(1, _IN_CACHE // max(count, 1))
    for start in range(0, len(key), at_once):
        _fill_uniform(uniform[start : start + at_once], key[start : start + at_once], steps)
    return uniform


def _steps(count: int) -> NDArray[np.uint64]:
    return np.arange(1, count + 1, dtype=np.uint64) * _WEYL


def _words(key: NDArray[np.uint64], steps: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Give the 64 bits of n sequences at each step, shape (n, count)."""
    with np.errstate(over="ignore"):
        word = key[:, None] + steps[None, :]
        shifted = word >> np.uint64(30)
        word ^= shifted
        word *= np.uint64(0xBF58476D1CE4E5B9)
        np.right_shift(word, np.uint64(27), out=shifted)
        word ^= shifted
        word *= np.uint64(0x94D049BB133111EB)
        np.right_shift(word, np.uint64(31), out=shifted)
        word ^= shifted
    return word


def _fill_uniform(uniform: NDArray[np.float64], key: NDArray[np.uint64], steps: NDArray[np.uint64]) -> None:
    """Fill an array (n, count) with the numbers of n sequences."""
    word = _words(key, steps)
    # 53 bits, moved by half a step away from 0 and 1.
    word >>= np.uint64(12)
    uniform[:] = word
    uniform += 0.5
    uniform *= 2.0**-52


def event_normals(seed: int, purpose: str, event_ids: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Draw `count` standard normal numbers for every event (see `event_uniforms`)."""
    from scipy.special import ndtri

    uniform = event_uniforms(seed, purpose, event_ids, count)
    return np.asarray(ndtri(uniform, out=uniform))


def event_normals_32(
    seed: int, purpose: str, event_ids: NDArray[np.int64], count: int
) -> NDArray[np.float32]:
    r"""Draw `count` standard normal numbers for every event in single precision, four from each 64 bits.

    Each has one of 65,536 values, all as probable: the means of a normal number between the quantiles of
    k / 65,536 and (k + 1) / 65,536. Their variance is 1 - 1.5e-6, and they lie within 4.39 of 0.

    Examples
    --------
    >>> among = event_normals_32(7, "cells", np.array([1, 3]), 5)
    >>> bool((event_normals_32(7, "cells", np.array([3]), 5)[0] == among[1]).all())
    True
    """
    pair = event_seeds(seed, purpose, event_ids).astype(np.uint64)
    words = -(-count // _IN_A_WORD)
    key, steps = (pair[:, 0] << np.uint64(32)) ^ pair[:, 1], _steps(words)
    normal = np.empty((len(key), _IN_A_WORD * words), dtype=np.float32)
    law = _normal_values()
    at_once = max(1, _IN_LARGER_CACHE // max(count, 1))
    for start in range(0, len(key), at_once):
        parts = _words(key[start : start + at_once], steps).view(np.uint16)
        law.take(parts, out=normal[start : start + at_once], mode="clip")  # without a check: none is outside
    return normal[:, :count]


@cache
def _normal_values() -> NDArray[np.float32]:
    """Means of a normal number in 65,536 ranges, each as probable as the others."""
    from scipy.special import ndtri

    edges = ndtri(np.linspace(0.0, 1.0, _VALUES + 1))
    density = np.exp(-0.5 * edges**2) / np.sqrt(2.0 * np.pi)
    return np.asarray(_VALUES * (density[:-1] - density[1:]), dtype=np.float32)
