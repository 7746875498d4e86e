"""Memorisation: whether generated showers lie nearer to training showers than fresh Geant4 showers do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from showerkit.errors import ConfigurationError
from showerkit.evaluate.pairwise_distance import nearest_distance
from showerkit.evaluate.two_samples import feature_table, two_samples
from showerkit.rng import generator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from showerkit.typing import FloatArray

_RESAMPLES = 200


@dataclass(frozen=True)
class NearestNeighbour:
    """How near generated showers lie to training showers, against held-out showers of the simulation.

    Parameters
    ----------
    value
        Median distance of generated showers to their nearest training shower over the same median for
        held-out showers: below 1 where generated showers lie nearer to what was learnt.
    error
        Its statistical error, by resampling.
    median_generated, median_held_out
        Both medians.
    near_share
        Share of generated showers nearer than `near_distance`.
    near_share_error
        Its binomial error, that of the quantile included.
    expected_near_share
        The share expected of showers that are as far away as held-out ones.
    near_distance
        The quantile of the held-out showers' distances that counts as near.
    near_p_value
        Probability of at least such a share by chance (beta-binomial, exact).
    training_share
        Of the generated showers nearer than `near_distance` to a training or held-out shower, the share
        that is nearest to a training shower; NaN if there are none.
    training_share_error
        Its binomial error.
    expected_training_share
        The share expected of a generator that has not memorised, good or bad.
    training_p_value
        Probability of at least such a share by chance (binomial).
    training_showers, generated_showers, held_out_showers
        Numbers of showers used.
    """

    value: float
    error: float
    median_generated: float
    median_held_out: float
    near_share: float
    near_share_error: float
    expected_near_share: float
    near_distance: float
    near_p_value: float
    training_share: float
    training_share_error: float
    expected_training_share: float
    training_p_value: float
    training_showers: int
    generated_showers: int
    held_out_showers: int

    def memorised(self, level: float = 1e-3) -> bool:
        """Whether showers of the training sample were copied, at a level of significance.

        Both tests must speak: more generated showers than expected lie very near a training shower, and
        those lie nearer to training showers than to others of the same law. (A generator of too regular
        showers, which lie near to many, fails the first test alone.)
        """
        return self.near_p_value < level and self.training_p_value < level


def nearest_neighbour_test(
    training: ArrayLike,
    generated: ArrayLike,
    held_out: ArrayLike,
    *,
    quantile: float = 0.01,
    max_showers: int = 50_000,
    seed: int = 1,
) -> NearestNeighbour:
    r"""Compare the distances generated -> training with those held-out -> training.

    If generated showers have the law of held-out ones, the number that lie nearer than the r-th of m
    held-out distances follows the beta-binomial law

    .. math:: K \sim \mathrm{BetaBin}(n,\ r,\ m + 1 - r), \qquad r = \lceil q (m + 1) \rceil

    exactly, whatever the law of the showers. All three samples should have the same distribution of
    incident particles; held-out showers must not share any with the training sample.

    Parameters
    ----------
    training, generated, held_out
        Features, shapes (N, features), (n, features) and (m, features), such as those of `log_cells`.
    quantile
        q, the quantile of held-out distances that counts as near, in (0, 1).
    max_showers
        Use at most the first so many generated and held-out showers. Training showers are all used, for a
        copy of any one must be found; time grows with the product of the numbers, memory does not.
    seed
        Seed of the resampling for the error of the ratio.

    Returns
    -------
    NearestNeighbour
        The ratio of medians, the share of near showers, and the share nearest to the training sample.

    Raises
    ------
    ConfigurationError
        If `quantile` or `max_showers` is out of range.
    DataError
        If a sample is no finite table.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> training, held_out, fresh = random.normal(size=(3, 1000, 3))
    >>> nearest_neighbour_test(training, fresh, held_out).memorised()
    False
    >>> copies = np.concatenate([training[:100], fresh[:900]])
    >>> nearest_neighbour_test(training, copies, held_out).memorised()
    True
    """
    from scipy.stats import betabinom, binom

    if not 0.0 < quantile < 1.0:
        raise ConfigurationError("quantile", got=quantile, expected="a value between 0 and 1")
    if max_showers < 2:
        raise ConfigurationError("max_showers", got=max_showers, expected="at least 2")
    learnt, fresh = two_samples(training, held_out)
    learnt, made = two_samples(learnt, feature_table("generated", generated))
    made, fresh = made[:max_showers], fresh[:max_showers]
    n, m = len(made), len(fresh)

    made_distance = nearest_distance(made, learnt)
    fresh_distance = np.sort(nearest_distance(fresh, learnt))
    rank = min(m, int(np.ceil(quantile * (m + 1))))
    near_distance = fresh_distance[rank - 1]
    # Ties (several showers without a hit) would make the test one of rounding: strictly nearer counts.
    near = int((made_distance < near_distance).sum())
    law = betabinom(n, rank, m + 1 - rank)

    to_fresh = nearest_distance(made, fresh)
    expected = len(learnt) / (len(learnt) + m)
    # A shower equally near to both says nothing.
    voting = (np.minimum(made_distance, to_fresh) < near_distance) & (made_distance != to_fresh)
    votes = int(voting.sum())
    nearest_to_training = int((made_distance < to_fresh)[voting].sum())

    median_made, median_fresh = float(np.median(made_distance)), float(np.median(fresh_distance))
    ratio = median_made / median_fresh if median_fresh > 0.0 else float("nan")
    return NearestNeighbour(
        value=ratio,
        error=_ratio_error(made_distance, fresh_distance, generator(seed, "nearest neighbour")),
        median_generated=median_made,
        median_held_out=median_fresh,
        near_share=near / n,
        near_share_error=float(law.std() / n),
        expected_near_share=rank / (m + 1),
        near_distance=float(near_distance),
        near_p_value=float(law.sf(near - 1)),
        training_share=nearest_to_training / votes if votes else float("nan"),
        training_share_error=float(np.sqrt(expected * (1.0 - expected) / votes)) if votes else float("nan"),
        expected_training_share=expected,
        training_p_value=float(binom.sf(nearest_to_training - 1, votes, expected)),
        training_showers=len(learnt),
        generated_showers=n,
        held_out_showers=m,
    )


def _ratio_error(made: FloatArray, fresh: FloatArray, random: np.random.Generator) -> float:
    """Spread of the ratio of medians over resampled distances."""
    ratios = np.empty(_RESAMPLES)
    for i in range(_RESAMPLES):
        below = np.median(fresh[random.integers(len(fresh), size=len(fresh))])
        above = np.median(made[random.integers(len(made), size=len(made))])
        ratios[i] = above / below if below > 0.0 else np.nan
    return float(ratios.std(ddof=1))
