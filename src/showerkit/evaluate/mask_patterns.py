"""Patterns of MASK images: groups of hit maps found without labels, and their shares in other samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from showerkit.configuration import StrictConfig
from showerkit.errors import DataError
from showerkit.evaluate.group_number import (
    GroupNumber,
    chosen_number,
    compare_group_numbers,
    k_means,
    nearest,
)
from showerkit.rng import generator

if TYPE_CHECKING:
    from showerkit.data.records import Showers
    from showerkit.geometry.calorimeter import Calorimeter
    from showerkit.typing import FloatArray, IntArray

_FEWEST_MAPS = 50
_VARIANCE_KEPT = 0.95


class PatternConfig(StrictConfig):
    """How patterns are found.

    Parameters
    ----------
    groups
        Number of patterns; None lets the gap statistic choose it, or, where that finds no separate groups,
        takes the division of highest silhouette.
    most_groups
        Largest number that is tried.
    image
        ``"deposit"``: cells with a deposit above the threshold; ``"mask"``: a model's mask probabilities.
    threshold_mev
        A cell is hit where its deposit is above this, in MeV.
    showers
        Number of showers of the reference among which patterns are sought.
    seed
        The seed.
    """

    groups: int | None = Field(default=None, ge=1, le=50)
    most_groups: int = Field(default=8, ge=2, le=50)
    image: Literal["deposit", "mask"] = "deposit"
    threshold_mev: float = Field(default=0.1, ge=0.0)
    showers: int = Field(default=5000, ge=_FEWEST_MAPS)
    seed: int = Field(default=1, ge=0)


@dataclass(frozen=True, eq=False)
class PatternModel:
    """Patterns found in a reference sample, numbered by their mean number of hits.

    Parameters
    ----------
    mean, scale
        Mean and spread of each feature in the reference, shape (10,).
    axes
        Principal axes that are kept, shape (dimensions, 10).
    centres
        Centre of each pattern along them, shape (groups, dimensions).
    numbers
        What spoke for each number of groups.
    separate_groups
        Number of groups by the gap statistic; 1 means that the maps form a continuum and patterns divide it.
    stability
        Mean agreement (adjusted Rand index, 1: the same) of groups found in random halves.
    """

    mean: FloatArray
    scale: FloatArray
    axes: FloatArray
    centres: FloatArray
    numbers: tuple[GroupNumber, ...]
    separate_groups: int
    stability: float

    @property
    def groups(self) -> int:
        """Number of patterns."""
        return len(self.centres)

    def coordinates(self, features: FloatArray) -> FloatArray:
        """Features in units of their spread along the axes, shape (N, dimensions)."""
        return np.asarray(((features - self.mean) / self.scale) @ self.axes.T)

    def assign(self, features: FloatArray) -> IntArray:
        """Pattern of each map from its features (N, 10), shape (N,)."""
        return nearest(self.coordinates(features), self.centres)

    def distance(self, features: FloatArray) -> FloatArray:
        """Distance of each map to the centre of its pattern, shape (N,)."""
        place = self.coordinates(features)
        return np.asarray(np.linalg.norm(place - self.centres[nearest(place, self.centres)], axis=1))


def hit_maps(showers: Showers, detector: Calorimeter, config: PatternConfig) -> FloatArray:
    """Hit maps of showers, all layers projected into one, shape (N, cells_y, cells_x).

    Raises
    ------
    DataError
        If mask probabilities are wanted and the showers have none.
    """
    if config.image == "mask":
        if showers.mask_probability is None:
            raise DataError(
                "mask_probability",
                got="none in this file",
                expected="mask probabilities",
                mend="generate with the mask, or use the deposits",
            )
        weight = np.clip(showers.mask_probability.astype(np.float64), 0.0, 1.0)
    else:
        weight = (showers.energy_mev > config.threshold_mev).astype(np.float64)
    detector.require_grid("patterns of hits")
    return np.asarray(1.0 - np.prod(1.0 - weight.reshape(-1, *detector.shape), axis=1))


def find_patterns(features: FloatArray, config: PatternConfig) -> PatternModel:
    """Find patterns among hit maps by k-means on their standardised features.

    Parameters
    ----------
    features
        From `hit_map_features`, shape (N, 10).
    config
        The settings.

    Returns
    -------
    PatternModel
        The patterns.

    Raises
    ------
    DataError
        If there are too few maps.
    """
    if len(features) < _FEWEST_MAPS:
        raise DataError("hit maps", got=len(features), expected=f"at least {_FEWEST_MAPS} with hits")
    mean, spread = features.mean(axis=0), features.std(axis=0)
    scale = np.where(spread > 1.0e-9, spread, 1.0)
    standard = (features - mean) / scale
    _, stretch, axes = np.linalg.svd(standard - standard.mean(axis=0), full_matrices=False)
    explained = np.cumsum(stretch**2) / max(float((stretch**2).sum()), 1.0e-300)
    kept = axes[: int(np.searchsorted(explained, _VARIANCE_KEPT)) + 1]
    points = standard @ kept.T
    random = generator(config.seed, "mask-patterns")
    numbers = compare_group_numbers(points, config.most_groups, random)
    separate = chosen_number(numbers)
    clearest = max(numbers[1:], key=lambda one: one.silhouette).groups
    groups = config.groups if config.groups is not None else separate if separate > 1 else clearest
    centres, group, _ = k_means(points, groups, random, restarts=20)
    hits = [features[group == k, 0].mean() if (group == k).any() else np.inf for k in range(groups)]
    ordered = centres[np.argsort(hits)]
    stability = _stability(points, groups, random)
    return PatternModel(mean, scale, kept, ordered, tuple(numbers), separate, stability)


def _stability(points: FloatArray, groups: int, random: np.random.Generator, repeats: int = 5) -> float:
    """Mean adjusted Rand index between groupings of all points by centres from two random halves."""
    if groups == 1:
        return 1.0
    scores = []
    for _ in range(repeats):
        halves = np.array_split(random.permutation(len(points)), 2)
        first, second = (nearest(points, k_means(points[half], groups, random)[0]) for half in halves)
        scores.append(adjusted_rand_index(first, second))
    return float(np.mean(scores))


def adjusted_rand_index(first: IntArray, second: IntArray) -> float:
    """Agreement of two groupings, 1 for the same and 0 for chance (L. Hubert and P. Arabie, 1985).

    Examples
    --------
    >>> adjusted_rand_index(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    1.0
    """
    table = np.zeros((int(first.max()) + 1, int(second.max()) + 1))
    np.add.at(table, (first, second), 1.0)

    def pairs(count: FloatArray) -> float:
        return float((count * (count - 1.0) / 2.0).sum())

    together, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    every = len(first) * (len(first) - 1.0) / 2.0
    chance = rows * columns / every
    most = 0.5 * (rows + columns)
    return 1.0 if most == chance else (together - chance) / (most - chance)
