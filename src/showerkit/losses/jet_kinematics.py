"""Transverse momentum and mass of jets from their particles, with gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import torch

if TYPE_CHECKING:
    from torch import Tensor

#: (eta_rel, phi_rel, pT), pT in whatever unit, or (px, py, pz).
ParticleCoordinates: TypeAlias = Literal["relative", "cartesian"]
#: Pseudorapidities of an untrained network's particles are held to this, for their hyperbolic cosine.
_LARGEST_ETA: Final = 10.0
#: Smallest mass as a share of the energy: below it rounding decides, and the root has no usable slope.
_LEAST_MASS: Final = 1.0e-7


def jet_pt_and_mass(
    particles: Tensor, mask: Tensor, coordinates: ParticleCoordinates
) -> tuple[Tensor, Tensor]:
    r"""Give transverse momentum and invariant mass of the sum of massless particles.

    .. math:: p_T^2 = (\textstyle\sum p_x)^2 + (\sum p_y)^2, \qquad m^2 = (\sum E)^2 - |\sum \vec p|^2

    Relative coordinates serve as well as absolute ones: both quantities stay the same when the jet is
    turned about the beam or boosted along it.

    Parameters
    ----------
    particles
        Particles, shape (B, P, 3): (eta_rel, phi_rel, pT) or (px, py, pz).
    mask
        True where there is a particle, shape (B, P).
    coordinates
        ``relative`` or ``cartesian``.

    Returns
    -------
    tuple of torch.Tensor
        pT and mass in the unit of the momenta, each of shape (B,), in double precision, since the mass is
        a small difference of large numbers.

    Examples
    --------
    >>> back_to_back = torch.tensor([[[3.0, 4.0, 0.0], [-3.0, -4.0, 0.0]]])
    >>> pt, mass = jet_pt_and_mass(back_to_back, torch.ones(1, 2, dtype=torch.bool), "cartesian")
    >>> round(pt.item(), 3), round(mass.item(), 3)
    (0.0, 10.0)
    """
    exact = particles.double().masked_fill(~mask[:, :, None], 0.0)
    if coordinates == "relative":
        eta, phi, pt = exact.unbind(dim=2)
        eta = eta.clamp(-_LARGEST_ETA, _LARGEST_ETA)
        px, py, pz, energy = pt * phi.cos(), pt * phi.sin(), pt * eta.sinh(), pt * eta.cosh()
    else:
        px, py, pz = exact.unbind(dim=2)
        energy = _root(exact.square().sum(dim=2), floor=0.0)
    px, py, pz, energy = (value.sum(dim=1) for value in (px, py, pz, energy))
    pt_squared = px.square() + py.square()
    floor = (_LEAST_MASS * energy.detach()).square()
    return _root(pt_squared, floor), _root(energy.square() - pt_squared - pz.square(), floor)


def _root(squared: Tensor, floor: Tensor | float) -> Tensor:
    """Take the root, 0 with slope 0 where there is nothing but rounding."""
    positive = squared > floor
    return torch.where(positive, torch.where(positive, squared, 1.0).sqrt(), 0.0)
