"""Which images of several samples are compared: as many of each label from every one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.rng import generator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from showerkit.data.sparse_images import SparseImages
    from showerkit.typing import IntArray


def shared_labels(samples: Sequence[SparseImages], most: int) -> dict[int, int]:
    """Count how many images of each label all samples have.

    Parameters
    ----------
    samples
        The samples.
    most
        At most so many images together; shares of the labels are kept.

    Returns
    -------
    dict
        Numbers by label, in rising order; labels that one sample lacks are left out.
    """
    counts = [_counted(sample) for sample in samples]
    labels = sorted(set.intersection(*(set(count) for count in counts)))
    least = {label: min(count[label] for count in counts) for label in labels}
    total = sum(least.values())
    if total <= most:
        return least
    return {label: max(1, number * most // total) for label, number in least.items()}


def chosen_images(sample: SparseImages, numbers: Mapping[int, int], seed: int) -> SparseImages:
    """Draw so many images of each label at random, in the order of the sample.

    Parameters
    ----------
    sample
        The images.
    numbers
        How many of each label, from `shared_labels`.
    seed
        Seed of the choice.
    """
    random = generator(seed, "chosen images")
    rows = [
        random.permutation(np.flatnonzero(sample.label == label))[:number]
        for label, number in numbers.items()
    ]
    return sample[np.sort(np.concatenate(rows))]


def halves(sample: SparseImages) -> tuple[SparseImages, SparseImages]:
    """Divide a sample into two of as many images of each label; an odd one is left out.

    Examples
    --------
    >>> from showerkit.data.sparse_images import SparseImages
    >>> images = SparseImages([[[0.0, 0.0, 1.0]]] * 5, [[True]] * 5, [1, 1, 2, 2, 2])
    >>> [half.label.tolist() for half in halves(images)]
    [[1, 2], [1, 2]]
    """
    first: list[IntArray] = []
    second: list[IntArray] = []
    for label in np.unique(sample.label):
        rows = np.flatnonzero(sample.label == label)
        pairs = len(rows) // 2 * 2
        first.append(rows[0:pairs:2])
        second.append(rows[1:pairs:2])
    one, two = (np.sort(np.concatenate(rows)) for rows in (first, second))
    return sample[one], sample[two]


def _counted(sample: SparseImages) -> dict[int, int]:
    labels, counts = np.unique(sample.label, return_counts=True)
    return dict(zip(labels.tolist(), counts.tolist(), strict=True))
