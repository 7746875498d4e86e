"""Interpolation: whether a generator is worse at incident energies that it has not learnt from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.classifier import LEAST_SHOWERS, classifier_auc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.evaluate.classifier_network import ClassifierConfig
    from showerkit.progress import Progress
    from showerkit.typing import FloatArray, IntArray


@dataclass(frozen=True)
class Interpolation:
    """Areas under the curve of two classifiers, one for each kind of energies.

    Parameters
    ----------
    held_out, held_out_error
        AUC on showers of energies that were held out of the training, and its standard error.
    learnt, learnt_error
        The same for as many showers of the nearest energies that were learnt from.
    reference_showers, candidate_showers
        Showers of each kind that each classifier saw.
    """

    held_out: float
    held_out_error: float
    learnt: float
    learnt_error: float
    reference_showers: int
    candidate_showers: int

    @property
    def rise(self) -> float:
        """By how much the AUC rises on held-out energies."""
        return self.held_out - self.learnt

    @property
    def rise_error(self) -> float:
        """Its standard error."""
        return math.hypot(self.held_out_error, self.learnt_error)


def interpolation_test(
    reference: tuple[FloatArray, FloatArray],
    candidate: tuple[FloatArray, FloatArray],
    ranges: Sequence[tuple[float, float]],
    *,
    config: ClassifierConfig | None = None,
    seed: int = 1,
    progress: Progress | None = None,
) -> Interpolation | None:
    """Train one classifier on held-out values and one on the values around them, with equal numbers.

    Parameters
    ----------
    reference, candidate
        Features, shape (N, features), and what was held out by, shape (N,): such as incident energies in
        MeV, or angles.
    ranges
        Lower and upper ends of the values that the generator has not learnt from.
    config
        The network and its training.
    seed
        Seed of networks and divisions.
    progress
        Told about the classifiers' epochs.

    Returns
    -------
    Interpolation or None
        The comparison; None if there are too few showers on either side.

    Examples
    --------
    >>> import numpy as np
    >>> from showerkit.evaluate.classifier_network import ClassifierConfig
    >>> random = np.random.default_rng(1)
    >>> energy = random.uniform(0.0, 3.0, 1200)
    >>> true, made = random.normal(size=(2, 1200, 2))
    >>> made[(energy > 1.0) & (energy < 2.0)] += 5.0
    >>> quick = ClassifierConfig(hidden_width=16, epochs=5, learning_rate=0.01, batch_size=100, repeats=1)
    >>> found = interpolation_test((true, energy), (made, energy), [(1.0, 2.0)], config=quick)
    >>> found.rise > 0.3
    True
    """
    chosen = [_sides(values, ranges) for _, values in (reference, candidate)]
    inside, outside = (min(len(sides[i]) for sides in chosen) for i in (0, 1))
    if min(inside, outside) < LEAST_SHOWERS:
        return None
    areas = []
    for side in (0, 1):
        tables = []
        for (features, _), sides in zip((reference, candidate), chosen, strict=True):
            # Nearest first, and then in the order of the file, so that pairs stay pairs.
            rows = np.sort(sides[side][: len(sides[0])])
            tables.append(features[rows])
        areas.append(classifier_auc(*tables, config=config, seed=seed, progress=progress))
    held_out, learnt = areas
    return Interpolation(
        held_out=held_out.value,
        held_out_error=held_out.total_error,
        learnt=learnt.value,
        learnt_error=learnt.total_error,
        reference_showers=held_out.reference_showers,
        candidate_showers=held_out.candidate_showers,
    )


def _sides(values: FloatArray, ranges: Sequence[tuple[float, float]]) -> tuple[IntArray, IntArray]:
    """Rows inside any range, and rows outside all in the order of their distance to the nearest."""
    distance = np.full(len(values), np.inf)
    for low, high in ranges:
        distance = np.minimum(distance, np.maximum(np.maximum(low - values, values - high), 0.0))
    outside = np.flatnonzero(distance > 0.0)
    return np.flatnonzero(distance == 0.0), outside[np.argsort(distance[outside], kind="stable")]
