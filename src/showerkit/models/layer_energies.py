"""The law of the energies of a shower's layers, given the incident particle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch
from torch import nn

from showerkit.models.latent_flow import LatentFlow
from showerkit.models.latent_flow_config import LatentFlowConfig
from showerkit.models.total_energy_flow import TotalEnergyFlow
from showerkit.models.total_energy_flow_config import TotalEnergyFlowConfig

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.shower_flow_config import LayerEnergiesConfig

_TINY: Final = 1.0e-6
#: Told to networks, a share that is nearer to 0 or 1 counts as that near.
_NEAR_ALL: Final = 1.0e-4
#: A flow of several numbers has at least so many.
_FEWEST_NUMBERS: Final = 2
#: Incident energies below this, in MeV, count as this: a logarithm is taken.
LEAST_INCIDENT_MEV: Final = 1.0e-3


class LayerEnergies(nn.Module):
    r"""Total energy by a flow in one dimension, then the shares of the layers by one in several.

    With the total E, and :math:`R_l = E_l + E_{l+1} + \dots` behind the front of layer l, the shares are
    described by

    .. math:: u_l = \ln \frac{E_l / R_l}{1 - E_l / R_l}, \quad l = 1 \dots L - 1

    as in CaloFlow (arXiv:2106.05285), so that layers sum to the total by construction. A layer without a hit
    is given a random energy in the decade below the threshold, and what is drawn there has no hit.

    Parameters
    ----------
    config
        Sizes of the flows.
    layers
        Layers of the calorimeter.
    inputs
        Numbers that describe the incident particle.
    threshold_mev
        Threshold of a hit in MeV.

    Examples
    --------
    >>> from showerkit.models.shower_flow_config import LayerEnergiesConfig
    >>> energies = LayerEnergies(LayerEnergiesConfig(), layers=3, inputs=6, threshold_mev=0.1)
    >>> drawn = energies.draw(torch.zeros(2, 6), torch.full((2,), 1e3), torch.randn(2, energies.normals))
    >>> drawn.shape, bool((drawn.sum(dim=1) < 1e3).all())
    (torch.Size([2, 3]), True)
    """

    log_mean: Tensor
    log_width: Tensor

    def __init__(
        self, config: LayerEnergiesConfig, *, layers: int, inputs: int, threshold_mev: float
    ) -> None:
        super().__init__()
        self.layers = layers
        self.threshold_mev = threshold_mev
        variable = "log" if config.variable == "log" else "logit"
        self.total = TotalEnergyFlow(TotalEnergyFlowConfig(n_inputs=inputs, variable=variable))
        self.shares: LatentFlow | None = None
        if layers > 1:
            form = LatentFlowConfig(**config.model_dump(exclude={"variable"}))
            self.shares = LatentFlow(form, max(layers - 1, _FEWEST_NUMBERS), inputs + 2)
        self.register_buffer("log_mean", torch.zeros(layers))
        self.register_buffer("log_width", torch.ones(layers))

    @property
    def normals(self) -> int:
        """Standard normal numbers that the energies of a shower are made of."""
        return 1 + (0 if self.shares is None else self.shares.features)

    @property
    def told(self) -> int:
        """Numbers that `code` gives."""
        return 2 + (self.layers if self.layers > 1 else 0)

    def spread_out(self, layer_mev: Tensor, uniform: Tensor) -> Tensor:
        """Give layers without a hit an energy in the decade below the threshold, all of shape (B, layers)."""
        below = self.threshold_mev * torch.pow(10.0, -uniform)
        return torch.where(layer_mev > self.threshold_mev, layer_mev, below)

    def standardise(self, layer_mev: Tensor) -> None:
        """Fix shifts and widths of what `code` gives by a sample without empty layers, shape (N, layers)."""
        logs = layer_mev.log10()
        self.log_mean.copy_(logs.mean(dim=0))
        self.log_width.copy_(logs.std(dim=0) + _TINY)

    def code(self, incident_mev: Tensor, layer_mev: Tensor) -> Tensor:
        """Describe energies of layers (B, layers) to a network, shape (B, told)."""
        total = layer_mev.sum(dim=1)
        ratio = self.ratio(incident_mev, total)
        logs = (layer_mev.clamp(min=_TINY).log10() - self.log_mean) / self.log_width
        if self.layers == 1:
            return torch.cat([ratio[:, None], logs], dim=1)
        return torch.cat([ratio[:, None], total.clamp(min=_TINY).log10()[:, None], logs], dim=1)

    def ratio(self, incident_mev: Tensor, total_mev: Tensor) -> Tensor:
        """Give the standardised logit or logarithm of total / incident energy, shape (B,)."""
        share = total_mev / incident_mev.clamp(min=LEAST_INCIDENT_MEV)
        logit = self.total.config.variable == "logit"
        u = share.logit(_NEAR_ALL) if logit else share.clamp_min(_TINY).log()
        return (u - self.total.mean) / self.total.log_width.exp()

    def share_logits(self, layer_mev: Tensor, normal: Tensor) -> Tensor:
        """Describe shares of layers (B, layers) by the numbers that the flow learns.

        `normal` (B, 1) stands in for the second of two numbers where there are two layers.
        """
        behind = layer_mev.flip(1).cumsum(dim=1).flip(1)
        u = (layer_mev / behind)[:, :-1].logit(_TINY)
        return torch.cat([u, normal], dim=1) if self.layers == _FEWEST_NUMBERS else u

    def draw(self, condition: Tensor, incident_mev: Tensor, normal: Tensor) -> Tensor:
        """Turn standard normal numbers into energies of layers.

        Parameters
        ----------
        condition
            Descriptions of the incident particles, shape (B, inputs).
        incident_mev
            Incident energies in MeV, shape (B,).
        normal
            Standard normal numbers, shape (B, `normals`).

        Returns
        -------
        torch.Tensor
            Energies in MeV, shape (B, layers); a layer below the threshold has no hit.
        """
        incident = incident_mev.clamp(min=LEAST_INCIDENT_MEV)
        total = self.total.total_mev(condition, incident, normal[:, 0])
        if self.shares is None:
            return total[:, None]
        u = self.shares.latent(normal[:, 1:], self.share_condition(condition, incident, total))
        share = u[:, : self.layers - 1].sigmoid()
        left = torch.cumprod(1.0 - share, dim=1)
        before = torch.cat([torch.ones_like(left[:, :1]), left[:, :-1]], dim=1)
        shares = torch.cat([share * before, left[:, -1:]], dim=1)
        return total[:, None] * shares

    def share_condition(self, condition: Tensor, incident_mev: Tensor, total_mev: Tensor) -> Tensor:
        """Tell the flow of the shares incident particle and total, shape (B, inputs + 2)."""
        told = [self.ratio(incident_mev, total_mev)[:, None], total_mev.clamp(min=_TINY).log10()[:, None]]
        return torch.cat([condition, *told], dim=1)
