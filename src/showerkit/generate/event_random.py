"""Random numbers that depend on the seed and the event's number alone, for many events at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.rng import event_seeds

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WEYL: Final = np.uint64(0x9E3779B97F4A7C15)
_IN_CACHE: Final = 8192


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
    key = (pair[:, 0] << np.uint64(32)) ^ pair[:, 1]
    steps = np.arange(1, count + 1, dtype=np.uint64) * _WEYL
    uniform = np.empty((len(key), count), dtype=np.float64)
    # As many at a time as the processor's cache holds.
    at_once = max(1, _IN_CACHE // max(count, 1))
    for start in range(0, len(key), at_once):
        _fill_uniform(uniform[start : start + at_once], key[start : start + at_once], steps)
    return uniform


def _fill_uniform(uniform: NDArray[np.float64], key: NDArray[np.uint64], steps: NDArray[np.uint64]) -> None:
    """Fill an array (n, count) with the numbers of n sequences."""
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
