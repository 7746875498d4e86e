"""Batches of jets drawn with replacement, as JetNet draws them for its measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.typing import IntArray


def drawn_pair(
    reference_jets: int, candidate_jets: int, batch_jets: int, random: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Draw one batch of either sample with replacement: the reference's first, then the candidate's.

    Parameters
    ----------
    reference_jets, candidate_jets
        Sizes of the samples.
    batch_jets
        Size of the batch of each.
    random
        Where the numbers come from.

    Returns
    -------
    tuple of numpy.ndarray
        Places of the jets drawn, shapes (batch_jets,).

    Examples
    --------
    >>> one, two = drawn_pair(10, 5, 100, np.random.default_rng(1))
    >>> len(one), int(two.max())
    (100, 4)
    """
    return random.choice(reference_jets, size=batch_jets), random.choice(candidate_jets, size=batch_jets)


def multiplicities(
    reference_jets: int, candidate_jets: int, sizes: list[int], random: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Count how often each jet is drawn, for batches of the given sizes one after the other.

    A statistic of the batch is that of the whole sample with these weights, without a copy of its jets.

    Parameters
    ----------
    reference_jets, candidate_jets
        Sizes of the samples.
    sizes
        Number of jets in each batch.
    random
        Where the numbers come from.

    Returns
    -------
    tuple of numpy.ndarray
        Counts, shapes (batches, jets).

    Examples
    --------
    >>> one, two = multiplicities(4, 6, [100, 200], np.random.default_rng(1))
    >>> one.shape, two.sum(axis=1).tolist()
    ((2, 4), [100, 200])
    """
    counts = tuple(np.empty((len(sizes), jets), dtype=np.int32) for jets in (reference_jets, candidate_jets))
    for batch, size in enumerate(sizes):
        for count, drawn in zip(
            counts, drawn_pair(reference_jets, candidate_jets, size, random), strict=True
        ):
            count[batch] = np.bincount(drawn, minlength=count.shape[1])
    return counts[0], counts[1]
