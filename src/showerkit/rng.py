"""Randomness from one seed, through explicit generators.

Every random stream is named by the seed, a purpose and a sequence of integers, so that a value does not
depend on how the work was divided among workers.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def seed_sequence(seed: int, purpose: str, *indices: int) -> np.random.SeedSequence:
    """Make the seed sequence of one named stream.

    Parameters
    ----------
    seed
        The user's seed, at least 0.
    purpose
        A short name such as ``"primaries"``; different purposes never share random numbers.
    indices
        Further integers, such as a block number.

    Returns
    -------
    numpy.random.SeedSequence
        The seed sequence of that stream.

    Examples
    --------
    >>> a = seed_sequence(1, "primaries", 0).generate_state(1)
    >>> b = seed_sequence(1, "geant4", 0).generate_state(1)
    >>> bool(a[0] != b[0])
    True
    """
    # NumPy pads with zeros, so that the number of indices has to be told: () is not (0,).
    return np.random.SeedSequence([seed, zlib.crc32(purpose.encode()), len(indices), *indices])


def generator(seed: int, purpose: str, *indices: int) -> np.random.Generator:
    """Make the random generator of one named stream (see `seed_sequence`).

    Examples
    --------
    >>> bool(generator(1, "mask").random() == generator(1, "mask").random())
    True
    """
    return np.random.Generator(np.random.PCG64(seed_sequence(seed, purpose, *indices)))


def event_seeds(seed: int, purpose: str, event_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Derive two 31-bit seeds for every event, from the event's number alone.

    The bits come from the splitmix64 finaliser (Steele, Lea and Flood, 2014) over the stream's
    key and the event number, vectorised over events.

    Parameters
    ----------
    seed
        The user's seed.
    purpose
        Name of the stream.
    event_ids
        Event numbers, shape (N,).

    Returns
    -------
    numpy.ndarray
        Seeds in [1, 2**31 - 2], shape (N, 2).

    Examples
    --------
    >>> alone = event_seeds(7, "geant4", np.array([3]))
    >>> among = event_seeds(7, "geant4", np.array([1, 3]))
    >>> bool((alone[0] == among[1]).all())
    True
    """
    key = seed_sequence(seed, purpose).generate_state(1, np.uint64)[0]
    ids = np.asarray(event_ids, dtype=np.uint64)
    with np.errstate(over="ignore"):
        word = key + (ids + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        word = word ^ (word >> np.uint64(31))
    pair = np.stack([word & np.uint64(0x7FFFFFFF), word >> np.uint64(33)], axis=-1)
    return (pair % np.uint64(2**31 - 2) + np.uint64(1)).astype(np.int64)
