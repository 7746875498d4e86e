"""The law of the energies of a shower's layers, given the incident particle."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import torch
from torch import nn

from showerkit.models.energy_scales import QuantileScale
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
#: Where the numbers of hit layers have their middle, and with the other sign those of layers without a hit.
HIT_OR_NOT: Final = 4.0
_LEAST_HIT: Final = 1.0e-3
#: More than this share of its total that a shower lacks goes to all hit layers alike.
_MUCH: Final = 0.3
#: The splines end at 5 widths; numbers of the training stay within these.
_WITHIN: Final = 4.75
_LEAST_SUM: Final = 1.0e-30
_LEAST_QUANTILE: Final = 1.0e-6
_LN_10: Final = math.log(10.0)
#: Relative error of the total that the flow of the layers is told.
TOLD_ERROR: Final = 0.05
#: Incident energies below this, in MeV, count as this: a logarithm is taken.
LEAST_INCIDENT_MEV: Final = 1.0e-3


class LayerEnergies(nn.Module):
    r"""Total energy by a flow in one dimension, then the energies of the layers by one in several.

    A layer without a hit is given a random energy in the decade below the threshold t, and what is drawn
    there has no hit. The flow of the layers learns

    .. math:: u_l = 4 + \Phi^{-1}(F_l(E_l)) \;\text{ of hit layers}, \qquad
              u_l = -4 + \Phi^{-1}\Big(1 - \log_{10} \frac{t}{E_l}\Big) \;\text{ of the others},

    with the distribution function F of a layer's energies in the training, which has the peaks of single
    particles that splines would smear out. Where a layer is never hit there is nothing to learn, and a hit is
    drawn in 3 of 10^5 showers. The flow is told the total with an error of 5 %, for its density would have no
    width else; what is missing of the total then goes to the hit layers as the squares of their energies, so
    that those of little energy stay as they are.

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
        self.several: LatentFlow | None = None
        if layers > 1:
            form = LatentFlowConfig(**config.model_dump(exclude={"variable"}))
            self.several = LatentFlow(form, layers, inputs + 2)
            self.scale = QuantileScale(range(layers))
        self.register_buffer("log_mean", torch.zeros(layers))
        self.register_buffer("log_width", torch.ones(layers))

    @property
    def normals(self) -> int:
        """Standard normal numbers that the energies of a shower are made of."""
        return 1 + (0 if self.several is None else self.several.features)

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

    def numbers(self, layer_mev: Tensor) -> Tensor:
        """Describe energies of layers without empty ones by the numbers that the flow learns, (B, layers)."""
        decades = (layer_mev / self.threshold_mev).log10()
        quantile = (1.0 + decades).clamp(_LEAST_QUANTILE, 1.0 - _LEAST_QUANTILE)
        stretched = self.scale(decades.clamp(min=0.0)[:, :, None, None])[:, :, 0, 0]
        with_hit = HIT_OR_NOT + stretched.clamp(min=_LEAST_HIT - HIT_OR_NOT)
        return torch.where(decades > 0.0, with_hit, torch.special.ndtri(quantile) - HIT_OR_NOT)

    def standardise_several(self, layer_mev: Tensor) -> None:
        """Fix scales, shifts and widths of these numbers by a sample (N, layers), in reach of all splines."""
        if self.several is None:
            return
        decades = (layer_mev / self.threshold_mev).log10()[:, :, None, None]
        self.scale.fit([(decades.clamp(min=0.0), (decades > 0.0).to(decades.dtype))])
        u = self.numbers(layer_mev)
        self.several.standardise(u)
        farthest = (u - self.several.mean).abs().amax(dim=0)
        self.several.width.copy_(torch.maximum(self.several.width, farthest / _WITHIN))

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
        if self.several is None:
            return total[:, None]
        u = self.several.latent(normal[:, 1:], self.told_of_total(condition, incident, total))
        below = torch.special.ndtr(u + HIT_OR_NOT)
        return layers_of_total(u, self.above_threshold(u), below, total, self.threshold_mev)

    def above_threshold(self, u: Tensor) -> Tensor:
        """Give the energies over the threshold, above 0, that numbers of hit layers (B, layers) stand for."""
        decades = self.scale.decades((u - HIT_OR_NOT)[:, :, None, None])[:, :, 0, 0]
        return torch.expm1(_LN_10 * decades)

    def told_of_total(self, condition: Tensor, incident_mev: Tensor, total_mev: Tensor) -> Tensor:
        """Tell the flow of the layers incident particle and total, shape (B, inputs + 2)."""
        told = [self.ratio(incident_mev, total_mev)[:, None], total_mev.clamp(min=_TINY).log10()[:, None]]
        return torch.cat([condition, *told], dim=1)


def layers_of_total(
    u: Tensor, over: Tensor, quantiles: Tensor, total_mev: Tensor, threshold_mev: float
) -> Tensor:
    """Give energies of layers (B, layers) that sum to totals (B,), in operations that graphs can hold.

    There are at most as many hit layers as the total has thresholds, and one at least if it has one.

    Parameters
    ----------
    u
        Layers above 0 have a hit, the largest first if there is no room for all, shape (B, layers).
    over
        Energies above the threshold in units of it, above 0, same shape.
    quantiles
        Where in the decade below the threshold layers without a hit are, from 0 to 1, same shape.
    total_mev, threshold_mev
        Totals (B,) and threshold in MeV.

    Examples
    --------
    >>> u, over = torch.tensor([[-1.0, 1.0, 2.0]]), torch.tensor([[1.0, 10.0, 20.0]])
    >>> layers_of_total(u, over, torch.zeros(1, 3), torch.tensor([3.71]), 0.1)
    tensor([[0.0100, 1.2000, 2.5000]])
    """
    least = threshold_mev * (1.0 + _TINY)
    below = threshold_mev * (-_LN_10 * (1.0 - quantiles)).exp()
    # How many are larger, or as large and before.
    index = torch.arange(u.shape[1], device=u.device)
    larger = u[:, None, :] > u[:, :, None]
    same = (u[:, None, :] == u[:, :, None]) & (index < index[:, None])
    rank = (larger | same).to(u.dtype).sum(dim=2)
    wanted = (u > 0.0) | (rank < 1.0)
    left = total_mev - torch.where(wanted, 0.0, below).sum(dim=1)
    hit = wanted & (rank < (left / least).floor()[:, None])
    above = torch.where(hit, threshold_mev * over.clamp(min=_TINY), 0.0)
    sums = above.sum(dim=1, keepdim=True).clamp(min=_LEAST_SUM)
    squares = above.square().sum(dim=1, keepdim=True).clamp(min=_LEAST_SUM)
    # Relative to what there is: much is shared out evenly.
    missing = (left[:, None] - least * hit.to(u.dtype).sum(dim=1, keepdim=True)) / sums - 1.0
    by_squares = 1.0 + missing * sums * above / squares
    factor = torch.where(missing.abs() < _MUCH, by_squares, 1.0 + missing)
    return torch.where(hit, least + above * factor, below)
