r"""Likelihood ratios by the Gaussian Ansatz: estimates of pT that do not depend on the spectrum.

A function T(x, z) of a jet x and a true value z that raises a lower bound of their mutual information as far
as it goes is :math:`\ln p(x|z)/p(x)`. Its highest point in z is that of the likelihood p(x|z) in which the
spectrum p(z) does not appear, while least squares find the mean of p(z|x), in which it does.
Sources: R. Gambhir, B. Nachman and J. Thaler, Phys. Rev. Lett. 129 (2022) 082001, arXiv:2205.03413, and
Phys. Rev. D 106 (2022) 036011, arXiv:2205.05084.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import torch
from torch import nn

from showerkit.losses.energy_objectives import EnergyEstimate
from showerkit.losses.jet_objective import JetObjective, positive_pt, weighted_mean

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.losses.jet_objective_config import GaussianAnsatzConfig

#: The factor by which C(x, z) differs from C(x, B) stays within exp(-2) and exp(2).
_LARGEST_EXPONENT: Final = 2.0
_HIDDEN: Final = 16
#: Outputs for correction, sigma, A and D.
_FIXED: Final = 4
_LARGEST_CORRECTION: Final = 5.0


class GaussianAnsatz(JetObjective):
    r"""A likelihood ratio that knows its highest point and its curvature there.

    .. math:: T(x, z) = A(x) + (z - B(x)) D(x) + \tfrac12 C(x, z) (z - B(x))^2, \quad z = \ln p_T

    With D driven to 0 and C < 0 the highest point is B, and :math:`\sigma^2 = -1/C(x, B)`. The curvature is
    :math:`C = -\sigma^{-2} \exp u(x) \cdot (h(t) - h(0))` with :math:`t = (z - B)/\sigma` and functions h
    that are learnt with the network. See `GaussianAnsatzConfig`.

    Parameters
    ----------
    config
        Its settings.

    Examples
    --------
    >>> from showerkit.losses.jet_objective_config import GaussianAnsatzConfig
    >>> objective = GaussianAnsatz(GaussianAnsatzConfig(start_relative_sigma=0.1))
    >>> estimate = objective.estimate(torch.zeros(1, objective.outputs), torch.tensor([50.0]))
    >>> [round(float(value), 3) for value in estimate]
    [50.0, 5.0]
    """

    def __init__(self, config: GaussianAnsatzConfig) -> None:
        super().__init__(outputs=_FIXED + config.shape_terms)
        self.config = config
        terms = config.shape_terms
        self.shape = (
            nn.Sequential(nn.Linear(1, _HIDDEN), nn.Tanh(), nn.Linear(_HIDDEN, terms)) if terms else None
        )

    def _centre(self, output: Tensor, pt_gev: Tensor) -> tuple[Tensor, Tensor]:
        """B and sigma of each jet, shape (B,)."""
        # ln(1 + o), continued linearly where 1 + o is small: a step too far must not give NaN.
        factor = (1.0 + output[:, 0]).clamp(max=_LARGEST_CORRECTION)
        least = 0.1
        log_factor = torch.where(
            factor > least, factor.clamp(min=least).log(), math.log(least) + (factor - least) / least
        )
        sigma = self.config.start_relative_sigma * torch.exp(output[:, 1].clamp(-4.0, 4.0))
        return positive_pt(pt_gev).log() + log_factor, sigma

    def ratio(self, output: Tensor, pt_gev: Tensor, z: Tensor) -> Tensor:
        """Compute T for each jet and some values z = ln(pT / GeV).

        Parameters
        ----------
        output, pt_gev
            Outputs, shape (B, outputs), and uncalibrated pT in GeV, shape (B,).
        z
            Values, shape (B, K).

        Returns
        -------
        torch.Tensor
            T, shape (B, K).
        """
        centre, sigma = self._centre(output, pt_gev)
        t = (z - centre[:, None]) / sigma[:, None]
        curvature = torch.ones_like(t)
        if self.shape is not None:
            # Far away nothing more is to be learnt of the shape.
            there = self.shape(torch.tanh(0.25 * t)[:, :, None]) - self.shape(t.new_zeros(1))
            exponent = torch.einsum("bkr,br->bk", there, output[:, _FIXED:])
            curvature = torch.exp(_LARGEST_EXPONENT * torch.tanh(exponent / _LARGEST_EXPONENT))
        return output[:, 2, None] + output[:, 3, None] * t - 0.5 * curvature * t.square()

    def forward(
        self, output: Tensor, pt_gev: Tensor, true_gev: Tensor, weight: Tensor | None = None
    ) -> Tensor:
        """Mean loss; see `JetObjective.forward`. Each jet is paired with the next ones of the batch."""
        z = positive_pt(true_gev).log()
        n = len(z)
        contrasts = min(self.config.contrasts, n - 1)
        step = torch.arange(contrasts + 1, device=z.device)
        partner = (torch.arange(n, device=z.device)[:, None] + step) % n
        found = self.ratio(output, pt_gev, z[partner])
        log_weight = torch.zeros_like(found)
        if weight is not None:
            log_weight = weight.to(z.dtype).clamp(min=torch.finfo(z.dtype).tiny).log()[partner]
        if self.config.bound == "contrastive":
            each = torch.logsumexp(found + log_weight, dim=1) - torch.logsumexp(log_weight, dim=1)
            information = weighted_mean(found[:, 0] - each, weight)
        else:
            # Pairs of different jets alone; a pair weighs as both of its jets.
            pair = log_weight[:, 1:] + log_weight[:, :1]
            product = torch.logsumexp((found[:, 1:] + pair).flatten(), dim=0) - torch.logsumexp(
                pair.flatten(), dim=0
            )
            information = weighted_mean(found[:, 0], weight) - product
        return self.config.slope_penalty * output[:, 3].square().mean() - information

    def estimate(self, output: Tensor, pt_gev: Tensor) -> EnergyEstimate:
        """Highest point of the likelihood and its width; see `JetObjective.estimate`."""
        centre, sigma = self._centre(output, pt_gev)
        energy = centre.exp()
        return EnergyEstimate(energy, energy * sigma)
