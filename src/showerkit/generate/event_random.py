"""Random numbers that depend on the seed and the event's number alone, for many events at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.rng import event_seeds

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WEYL: Final = np.uint64(0x9E3779B97F4A7C15)


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
    with np.errstate(over="ignore"):
        word = key[:, None] + (np.arange(1, count + 1, dtype=np.uint64) * _WEYL)[None, :]
        word ^= word >> np.uint64(30)
        word *= np.uint64(0xBF58476D1CE4E5B9)
        word ^= word >> np.uint64(27)
        word *= np.uint64(0x94D049BB133111EB)
        word ^= word >> np.uint64(31)
    # 53 bits, moved by half a step away from 0 and 1.
    uniform: NDArray[np.float64] = ((word >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
    return uniform


def event_normals(seed: int, purpose: str, event_ids: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Draw `count` standard normal numbers for every event (see `event_uniforms`)."""
    from scipy.special import ndtri

    return np.asarray(ndtri(event_uniforms(seed, purpose, event_ids, count)), dtype=np.float64)
