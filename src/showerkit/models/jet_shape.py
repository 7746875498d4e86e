"""A few numbers that say how a jet is shaped, and jets changed so that three of them come out exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch

if TYPE_CHECKING:
    from torch import Tensor

#: Logarithms are taken of nothing smaller: a jet of one particle has no width.
_LEAST: Final = 1.0e-8
#: Larger angles are those of an untrained network; their hyperbolic sine would be beyond all numbers.
_LARGEST_ANGLE: Final = 10.0
#: Mass and dispersion are nearly straight lines in what is changed, so that a few corrections leave nothing.
_CORRECTIONS: Final = 5
#: Angles and powers are changed by no more than this factor: a network that missed by more drew another jet.
_LARGEST_FACTOR: Final = 1.5
#: Momenta that are all alike have no slope.
_LEAST_SLOPE: Final = 1.0e-3


def jet_shape(particles: Tensor, mask: Tensor) -> Tensor:
    r"""Describe jets by transverse momentum, mass, girth, dispersion and two energy correlators.

    .. math:: \ln \Sigma p_i, \quad
              \ln m, \; m^2 = \sum_{ij} 2 p_i p_j \left(\sinh^2 \tfrac{\Delta\eta_{ij}}{2}
              + \sin^2 \tfrac{\Delta\phi_{ij}}{2}\right), \quad
              \ln \Sigma w_i R_i, \quad \ln \Sigma w_i^2, \quad
              \ln \Sigma w_i w_j R_{ij}, \quad \ln \Sigma w_i w_j w_k R_{ij} R_{jk} R_{ki}

    with p_i the transverse momenta, w_i their shares in the sum, R_i the distances to the axis and R_ij those
    of two particles. Source of the correlators: P. T. Komiske, E. M. Metodiev and J. Thaler,
    arXiv:1712.07124.

    Parameters
    ----------
    particles
        eta_rel, phi_rel and pT (relative to the jet's), shape (B, P, 3).
    mask
        True particles, shape (B, P).

    Returns
    -------
    torch.Tensor
        The numbers named `JET_SHAPE`, shape (B, 6).

    Examples
    --------
    >>> two = torch.tensor([[[0.1, 0.0, 0.5], [-0.1, 0.0, 0.5]]])
    >>> jet_shape(two, torch.ones(1, 2, dtype=torch.bool))[0, 1:5].exp()
    tensor([0.1002, 0.1000, 0.5000, 0.1000])
    """
    angles = particles[..., :2].clamp(-_LARGEST_ANGLE, _LARGEST_ANGLE)
    pt = particles[..., 2].masked_fill(~mask, 0.0)
    total = pt.sum(dim=1)
    share = pt / total.clamp_min(_LEAST)[:, None]
    apart = angles[:, :, None, :] - angles[:, None, :, :]
    distance = apart.square().sum(dim=3).sqrt()
    told = share[:, None, :] * distance
    pairs = torch.bmm(told, told)
    numbers = [
        total,
        _mass(pt, apart),
        (share * angles.square().sum(dim=2).sqrt()).sum(dim=1),
        share.square().sum(dim=1),
        told.sum(dim=2).mul(share).sum(dim=1),
        (pairs * told.transpose(1, 2)).sum(dim=(1, 2)),
    ]
    return torch.stack(numbers, dim=1).clamp_min(_LEAST).log()


def with_shape(particles: Tensor, mask: Tensor, shape: Tensor) -> Tensor:
    r"""Change jets a little, until sum and dispersion of the momenta and the mass are those of a shape.

    .. math:: p_i \to c\, p_i^\gamma, \qquad \eta_i \to s\, \eta_i, \quad \phi_i \to s\, \phi_i

    with c, gamma and s of each jet: gamma by Newton's method on the dispersion's logarithm, then c from the
    sum, then s from the mass.

    Parameters
    ----------
    particles, mask
        As for `jet_shape`.
    shape
        The wanted numbers of `jet_shape`, shape (B, 6); log_pt, log_mass and log_dispersion are used.

    Returns
    -------
    torch.Tensor
        Particles, 0 in masked places, shape (B, P, 3).

    Examples
    --------
    >>> jets, mask = torch.rand(1, 8, 3), torch.ones(1, 8, dtype=torch.bool)
    >>> wanted = jet_shape(jets, mask) + torch.tensor([0.1, 0.2, 0.0, 0.05, 0.0, 0.0])
    >>> difference = jet_shape(with_shape(jets, mask, wanted), mask) - wanted
    >>> bool((difference[:, [0, 1, 3]].abs() < 1e-3).all())
    True
    """
    pt = _with_dispersion(particles[..., 2], mask, shape[:, 3]) * shape[:, 0].exp()[:, None]
    angles = particles[..., :2].clamp(-_LARGEST_ANGLE, _LARGEST_ANGLE)
    factor = torch.ones_like(shape[:, 0])
    for _ in range(_CORRECTIONS):
        scaled = angles * factor[:, None, None]
        mass = _mass(pt, scaled[:, :, None, :] - scaled[:, None, :, :]).clamp_min(_LEAST)
        change = shape[:, 1].exp() / mass
        factor = (factor * change).clamp(1.0 / _LARGEST_FACTOR, _LARGEST_FACTOR)
    changed = torch.cat([angles * factor[:, None, None], pt[:, :, None]], dim=2)
    return changed.masked_fill(~mask[:, :, None], 0.0)


def _with_dispersion(pt: Tensor, mask: Tensor, log_dispersion: Tensor) -> Tensor:
    """Give shares of the sum with the wanted dispersion, 0 in masked places."""
    logarithm = pt.clamp_min(_LEAST).log()
    power = torch.ones_like(log_dispersion)
    for _ in range(_CORRECTIONS):
        share = _shares(logarithm, power, mask)
        squared = share.square()
        dispersion = squared.sum(dim=1)
        # d ln(sum w^2) / d gamma = 2 (<ln p> weighted by w^2 - <ln p> weighted by w)
        slope = 2.0 * ((squared * logarithm).sum(dim=1) / dispersion - (share * logarithm).sum(dim=1))
        step = (log_dispersion - dispersion.log()) / slope.clamp_min(_LEAST_SLOPE)
        power = (power + step).clamp(1.0 / _LARGEST_FACTOR, _LARGEST_FACTOR)
    return _shares(logarithm, power, mask)


def _shares(logarithm: Tensor, power: Tensor, mask: Tensor) -> Tensor:
    exponent = (power[:, None] * logarithm).masked_fill(~mask, -torch.inf)
    return exponent.softmax(dim=1).masked_fill(~mask, 0.0)


def _mass(pt: Tensor, apart: Tensor) -> Tensor:
    """Sum over pairs, which loses no digits to energies that are much larger than the mass."""
    half = 0.5 * apart
    pairs = half[..., 0].sinh().square() + half[..., 1].sin().square()
    squared = 2.0 * torch.bmm(pairs, pt[:, :, None])[:, :, 0].mul(pt).sum(dim=1)
    return squared.clamp_min(0.0).sqrt()
