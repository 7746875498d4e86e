"""Frechet physics distance: how far the means and covariances of observables lie apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from showerkit.errors import DataError
from showerkit.evaluate.jackknife import jackknife_error, random_blocks
from showerkit.evaluate.two_samples import scaled, two_samples
from showerkit.rng import generator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from showerkit.evaluate.two_samples import Scale
    from showerkit.typing import FloatArray

_BLOCKS = 20
_PARTS = (1, 2, 4, 5)  # numbers of parts that the blocks can be joined to


@dataclass(frozen=True)
class FrechetDistance:
    """A Frechet distance with its error.

    Parameters
    ----------
    value
        The distance, extrapolated to samples of infinite size.
    error
        Its statistical error; for two samples of the same law about 1.6 times too large.
    finite_sample
        The distance of the two samples as they are, which is biased upwards.
    reference_showers, candidate_showers
        Sizes of the samples.
    """

    value: float
    error: float
    finite_sample: float
    reference_showers: int
    candidate_showers: int


def gaussian_frechet_distance(
    mean_1: ArrayLike, covariance_1: ArrayLike, mean_2: ArrayLike, covariance_2: ArrayLike
) -> float:
    r"""Squared Frechet (2-Wasserstein) distance of two Gaussians.

    .. math:: d^2 = |\mu_1 - \mu_2|^2 + \mathrm{Tr}\,(C_1 + C_2 - 2 (C_1^{1/2} C_2 C_1^{1/2})^{1/2})

    Source: D. Dowson and B. Landau, J. Multivar. Anal. 12 (1982) 450.

    Parameters
    ----------
    mean_1, mean_2
        Means, shape (d,).
    covariance_1, covariance_2
        Covariances, shape (d, d); they may be singular.

    Returns
    -------
    float
        The squared distance.

    Examples
    --------
    >>> gaussian_frechet_distance([0.0], [[1.0]], [3.0], [[4.0]])
    10.0
    """
    shift = np.asarray(mean_1, dtype=np.float64) - np.asarray(mean_2, dtype=np.float64)
    first = np.asarray(covariance_1, dtype=np.float64)
    second = np.asarray(covariance_2, dtype=np.float64)
    # The symmetric form needs eigenvalues of symmetric matrices only, stable where a feature is constant.
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T
    cross = np.linalg.eigvalsh(root @ second @ root)
    trace_root = np.sqrt(np.clip(cross, 0.0, None)).sum()
    return float(shift @ shift + np.trace(first) + np.trace(second) - 2.0 * trace_root)


def least_showers(features: int) -> int:
    """Number of showers that `frechet_physics_distance` needs of each sample.

    Examples
    --------
    >>> least_showers(13)
    150
    """
    return max(_PARTS) * (features + 2) * 2


class _Moments:
    """Sums over blocks of one sample, from which mean and covariance of any union of blocks follow."""

    def __init__(self, table: FloatArray, origin: FloatArray, random: np.random.Generator) -> None:
        centred = table - origin  # near the data, so that sums of squares lose no digits
        blocks = [centred[rows] for rows in random_blocks(len(table), _BLOCKS, random)]
        self.count = np.array([len(block) for block in blocks], dtype=np.float64)
        self.sum = np.stack([block.sum(axis=0) for block in blocks])
        self.square = np.stack([block.T @ block for block in blocks])

    def of(self, blocks: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return the count, mean and covariance of the blocks with weight 1."""
        n = float(blocks @ self.count)
        mean = blocks @ self.sum / n
        square = np.tensordot(blocks, self.square, axes=1)
        return n, mean, (square - n * np.outer(mean, mean)) / (n - 1.0)


def frechet_physics_distance(
    reference: ArrayLike, candidate: ArrayLike, *, scale: Scale = "largest", seed: int = 1
) -> FrechetDistance:
    r"""Frechet distance of the observables of two samples, extrapolated to infinite sample size (FPD).

    A sample of N showers makes the distance too large by about c / N. Both samples are cut at random into
    1, 2, 4 and 5 disjoint parts, and the mean distance of the parts is extrapolated with a line in

    .. math:: 1/N \to 0

    Source: R. Kansal et al., arXiv:2211.10295, and JetNet. Two things differ from JetNet: it draws its
    batches with replacement, which leaves the bias of the whole sample in the result, and it quotes the
    fit's error; here parts are disjoint, and the error comes from leaving out each of 20 blocks.

    Parameters
    ----------
    reference, candidate
        Observables, shapes (N, features) and (M, features), such as those of `high_level_features`.
    scale
        Divide each feature by its "largest" magnitude in the reference, as JetNet does, or by its
        "spread", which sees more of features that vary little about a large mean, or by "none".
    seed
        Seed of the random division.

    Returns
    -------
    FrechetDistance
        Value, error and the distance without extrapolation.

    Raises
    ------
    DataError
        If a sample is no finite table, or its parts have too few showers for a covariance.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> a, b = random.normal(size=(4000, 2)), random.normal(size=(4000, 2)) + [1.0, 0.0]
    >>> fpd = frechet_physics_distance(a, b, scale="none")
    >>> bool(abs(fpd.value - 1.0) < 5 * fpd.error)
    True
    """
    first, second = two_samples(reference, candidate)
    need = least_showers(first.shape[1])
    for name, table in (("reference", first), ("candidate", second)):
        if len(table) < need:
            raise DataError(
                name,
                got=f"{len(table)} showers",
                expected=f"at least {need} for a Frechet distance of {first.shape[1]} features",
                mend="use a larger sample or fewer features",
            )
    first, second = scaled(first, second, scale)
    origin = first.mean(axis=0)
    # Samples of one size are divided alike: showers of one incident particle stay together, so that what
    # the incident particles contribute cancels in every part.
    moments = (
        _Moments(first, origin, generator(seed, "frechet")),
        _Moments(second, origin, generator(seed, "frechet")),
    )
    everything = np.ones(_BLOCKS)
    value, finite_sample = _extrapolated(moments, everything)
    left_out = [_extrapolated(moments, everything - one)[0] for one in np.eye(_BLOCKS)]
    return FrechetDistance(value, jackknife_error(left_out), finite_sample, len(first), len(second))


def _extrapolated(moments: tuple[_Moments, _Moments], kept: FloatArray) -> tuple[float, float]:
    """Extrapolate the distance of the kept blocks; also return it as it is."""
    inverse_size, distance = [], []
    for parts in _PARTS:
        inverse, d2 = [], []
        for part in range(parts):
            blocks = kept * (np.arange(_BLOCKS) % parts == part)
            n_1, mean_1, covariance_1 = moments[0].of(blocks)
            n_2, mean_2, covariance_2 = moments[1].of(blocks)
            inverse.append(0.5 / n_1 + 0.5 / n_2)
            d2.append(gaussian_frechet_distance(mean_1, covariance_1, mean_2, covariance_2))
        inverse_size.append(np.mean(inverse))
        distance.append(np.mean(d2))
    # The mean over g parts of size N / g fluctuates as sqrt(g) / N about the line: weights 1 / sqrt(g).
    slope, value = np.polyfit(inverse_size, distance, 1, w=1.0 / np.sqrt(_PARTS))
    del slope
    return float(value), float(distance[0])
