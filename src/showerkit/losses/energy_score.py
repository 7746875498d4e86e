"""Energy score: a proper scoring rule for samples, which needs no adversary and no likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.losses.energy_score_config import EnergyScoreConfig

#: Keeps the gradient of a distance finite where two vectors are equal.
_TINY: float = 1.0e-8


class ShowerTable(NamedTuple):
    """Showers as the objective sees them.

    Parameters
    ----------
    decades
        Logarithmic energies of the cells, shape (B, cells).
    hit
        Hits, 0 or 1, same shape.
    observables
        Observables in units of their spread, shape (B, observables).
    """

    decades: Tensor
    hit: Tensor
    observables: Tensor


def energy_score(real: Tensor, first: Tensor, second: Tensor) -> Tensor:
    r"""Estimate the energy score of a generator from two of its samples for each condition.

    .. math:: S = E|X - y| - \tfrac{1}{2} E|X - X'|

    with independent samples X, X' and the true y: lowest, in expectation over y, if and only if X has the law
    of y. Source: T. Gneiting and A. Raftery, J. Am. Stat. Assoc. 102 (2007) 359, equation 22; as an objective
    of generators, arXiv:1606.00704 (D. Bouchacourt et al.).

    Parameters
    ----------
    real, first, second
        The true values y and two samples X, X', shape (B, features).

    Returns
    -------
    torch.Tensor
        Mean score, a scalar.

    Examples
    --------
    >>> import torch
    >>> always = torch.tensor([[3.0, 4.0]])
    >>> round(float(energy_score(torch.zeros(1, 2), always, always)), 3)
    5.0
    """
    attraction = 0.5 * (_distance(real, first) + _distance(real, second))
    return (attraction - 0.5 * _distance(first, second)).mean()


def ranked_probability_score(real: Tensor, first: Tensor, second: Tensor) -> Tensor:
    r"""Estimate the sum over features of the continuous ranked probability score.

    .. math:: S = \sum_j E|X_j - y_j| - \tfrac{1}{2} E|X_j - X'_j|

    The energy score of each feature by itself, which sees marginal laws more sharply than the joint score.
    Source: as `energy_score`, equation 21.

    Parameters
    ----------
    real, first, second
        The true values y and two samples X, X', shape (B, features).

    Returns
    -------
    torch.Tensor
        Mean over B of the sum over features, a scalar.

    Examples
    --------
    >>> import torch
    >>> float(ranked_probability_score(torch.zeros(1, 2), torch.ones(1, 2), -torch.ones(1, 2)))
    0.0
    """
    attraction = 0.5 * ((real - first).abs() + (real - second).abs())
    return (attraction - 0.5 * (first - second).abs()).sum(dim=1).mean()


def shower_score(
    real: ShowerTable, first: ShowerTable, second: ShowerTable, config: EnergyScoreConfig
) -> Tensor:
    """Add up the scores of cells, hits and observables with the weights of the recipe.

    Parameters
    ----------
    real, first, second
        True showers, and two samples for each of the same incident particles.
    config
        The weights.

    Returns
    -------
    torch.Tensor
        A scalar.
    """
    decades = (real.decades, first.decades, second.decades)
    observables = (real.observables, first.observables, second.observables)
    return (
        config.cells * energy_score(*decades)
        + config.each_cell * ranked_probability_score(*decades)
        + config.each_hit * ranked_probability_score(real.hit, first.hit, second.hit)
        + config.observables * energy_score(*observables)
        + config.each_observable * ranked_probability_score(*observables)
    )


def _distance(one: Tensor, other: Tensor) -> Tensor:
    return ((one - other).square().sum(dim=1) + _TINY).sqrt()
