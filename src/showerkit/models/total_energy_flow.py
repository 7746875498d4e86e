"""A one-dimensional normalising flow: the density of a shower's total energy, given its incident particle."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import torch
from torch import nn

from showerkit.models.spline_inverse import inverse_spline

if TYPE_CHECKING:
    from torch import Tensor
    from torch.distributions import Transform

    from showerkit.models.total_energy_flow_config import TotalEnergyFlowConfig

#: Ratios are kept this far from 0 and, for the logit, from 1, where rounding decides.
_TINY: Final = 1.0e-6
#: An input whose relative width is smaller counts as constant.
_LEAST_VARIATION: Final = 1.0e-4
#: Of the least slope of the affine map: zuko's.
_LOG_LEAST_SLOPE: Final = math.log(1.0e-3)


class TotalEnergyFlow(nn.Module):
    r"""Conditional density of u, the logit or logarithm of total energy / incident energy.

    .. math:: z = S_c\left(\frac{u - \mu}{\sigma} e^{a_c} + b_c\right), \qquad
              \ln p(u | c) = \ln \mathcal{N}(z; 0, 1) + \ln \frac{dz}{du}

    with a monotonic rational-quadratic spline S (Durkan et al., 2019, arXiv:1906.04032), the identity outside
    [-5, 5]. Its knots, a and b come from a small network on c, the incident particle's description and the
    logarithm of its energy; mu and sigma are fixed. The spline can be inverted in closed form, so that a
    standard normal number becomes a total energy.

    Parameters
    ----------
    config
        What it is made of.

    Examples
    --------
    >>> from showerkit.models.total_energy_flow_config import TotalEnergyFlowConfig
    >>> flow = TotalEnergyFlow(TotalEnergyFlowConfig(n_inputs=1))
    >>> condition, incident_mev = torch.tensor([[0.1]]), torch.tensor([1000.0])
    >>> round(flow.total_mev(condition, incident_mev, torch.tensor([0.0])).item(), 2)  # untrained: logit 0
    500.0
    """

    inputs_mean: Tensor
    inputs_log_width: Tensor
    mean: Tensor
    log_width: Tensor

    def __init__(self, config: TotalEnergyFlowConfig) -> None:
        super().__init__()
        self.config = config
        n_inputs = config.n_inputs + 1
        widths = [n_inputs, *[config.hidden] * config.layers]
        hidden: list[nn.Module] = []
        for before, after in pairwise(widths):
            hidden += [nn.Linear(before, after), nn.SiLU()]
        self.hidden = nn.Sequential(*hidden)
        self.knots = nn.Linear(config.hidden, 2 + 3 * config.bins - 1)
        # Nothing but the fixed shift and width at first.
        nn.init.zeros_(self.knots.weight)
        nn.init.zeros_(self.knots.bias)
        self.register_buffer("inputs_mean", torch.zeros(n_inputs))
        self.register_buffer("inputs_log_width", torch.zeros(n_inputs))
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("log_width", torch.zeros(()))

    def standardise(self, condition: Tensor, incident_mev: Tensor, total_mev: Tensor) -> None:
        """Fix the shifts and widths of inputs and u by a sample.

        Parameters
        ----------
        condition
            Descriptions of the incident particles, shape (N, inputs), N at least 2.
        incident_mev, total_mev
            Incident and total energies in MeV, above 0, shape (N,).
        """
        inputs = _inputs(condition, incident_mev)
        u = self._u(incident_mev, total_mev)
        mean, width = inputs.mean(dim=0), inputs.std(dim=0)
        # An input that never varies must not make rounding errors large.
        varies = width > _LEAST_VARIATION * (1.0 + mean.abs())
        self.inputs_mean.copy_(mean)
        self.inputs_log_width.copy_(torch.where(varies, width, 1.0).log())
        self.mean.copy_(u.mean())
        self.log_width.copy_((u.std() + _TINY).log())

    def forward(self, condition: Tensor, incident_mev: Tensor, total_mev: Tensor) -> tuple[Tensor, Tensor]:
        """Give the standard normal numbers that belong to total energies, and ln p(u | c).

        Parameters
        ----------
        condition
            Descriptions of the incident particles, shape (N, inputs).
        incident_mev, total_mev
            Incident and total energies in MeV, above 0, shape (N,).

        Returns
        -------
        tuple of Tensor
            z and ln p(u | c), each of shape (N,).
        """
        from zuko.transforms import ComposedTransform

        transform = ComposedTransform(*self._transforms(condition, incident_mev))
        standardised = (self._u(incident_mev, total_mev) - self.mean) / self.log_width.exp()
        z, log_slope = transform.call_and_ladj(standardised)
        log_normal = -0.5 * (z.square() + math.log(2.0 * math.pi))
        return z, log_normal + log_slope - self.log_width

    def total_mev(self, condition: Tensor, incident_mev: Tensor, z: Tensor) -> Tensor:
        """Give the total energies that belong to standard normal numbers, the inverse of `forward`.

        Parameters
        ----------
        condition
            Descriptions of the incident particles, shape (N, inputs).
        incident_mev
            Incident energies in MeV, above 0, shape (N,).
        z
            Standard normal numbers, shape (N,).

        Returns
        -------
        Tensor
            Total energies in MeV, shape (N,).
        """
        parameters = self._spline_of(condition, incident_mev).T.contiguous()
        shift, scale = parameters[0], parameters[1]
        log_scale = scale / (1.0 + (scale / _LOG_LEAST_SLOPE).abs())
        inner = (inverse_spline(z, parameters[2:]) - shift) * (-log_scale).exp()
        u: Tensor = inner * self.log_width.exp() + self.mean
        ratio = u.sigmoid() if self.config.variable == "logit" else u.exp()
        return incident_mev * ratio

    def _u(self, incident_mev: Tensor, total_mev: Tensor) -> Tensor:
        ratio = total_mev / incident_mev
        return ratio.logit(_TINY) if self.config.variable == "logit" else ratio.clamp_min(_TINY).log()

    def _transforms(self, condition: Tensor, incident_mev: Tensor) -> tuple[Transform, Transform]:
        # Here, because only who uses a flow has to wait for the library.
        from zuko.transforms import MonotonicAffineTransform, MonotonicRQSTransform

        bins = self.config.bins
        shift, scale, widths, heights, slopes = torch.split(
            self._spline_of(condition, incident_mev), [1, 1, bins, bins, bins - 1], dim=-1
        )
        affine = MonotonicAffineTransform(shift.squeeze(-1), scale.squeeze(-1))
        return affine, MonotonicRQSTransform(widths, heights, slopes)

    def _spline_of(self, condition: Tensor, incident_mev: Tensor) -> Tensor:
        """Give what the affine map and the spline are made of, shape (N, 2 + 3 bins - 1)."""
        inputs = (_inputs(condition, incident_mev) - self.inputs_mean) / self.inputs_log_width.exp()
        parameters: Tensor = self.knots(self.hidden(inputs))
        return parameters


def build_flow(config: TotalEnergyFlowConfig, *, seed: int) -> TotalEnergyFlow:
    """Build a flow with initial weights drawn from a seed, the global random state being left as it was."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return TotalEnergyFlow(config)


def _inputs(condition: Tensor, incident_mev: Tensor) -> Tensor:
    return torch.cat([condition, incident_mev.log()[:, None].to(condition.dtype)], dim=1)
