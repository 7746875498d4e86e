"""A generator of the cells around the line of flight, with random inputs for the shower and for each cell."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from showerkit.models.correlated_noise import CorrelatedNoise
from showerkit.models.entry_window_config import EntryWindowConfig
from showerkit.models.mask_sampling import with_gradient_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = [
    "CellLaw",
    "EntryWindowConfig",
    "EntryWindowGenerator",
    "draw_cells",
    "energy_limit",
    "shower_energy",
    "within_incident_energy",
]

#: Energy, its logarithm, two slopes, two offsets: see `showerkit.data.entry_frame`.
N_INPUTS: Final = 6
#: Sharpness of the softplus that keeps a hit's logarithmic energy above 0.
_SHARPNESS: Final = 4.0
#: Spreads lie between 0.02 decades and one; the bound is smooth, or a spread beyond it would never return.
_LOG_SPREAD_CENTRE: Final = -2.0
_LOG_SPREAD_REACH: Final = 2.0
_LEAST_SHARE: Final = 1.0e-4
#: A cell's location exceeds its mean in the training sample by less than this, in decades. Cells that are
#: hardly ever hit hardly ever learn; without a bound one would get a large energy some day.
_ABOVE_MEAN: Final = 1.5
#: The logistic law of this width is nearest to the normal one.
_LOGIT_PER_PROBIT: Final = 1.702


class CellLaw(NamedTuple):
    r"""How every cell of a shower is drawn, once the shower's own random inputs are given.

    Parameters
    ----------
    mask_probit
        Probit a of the probability of a hit, :math:`p = \Phi(a)`, shape (B, layers, W, W).
    location
        Location of a hit's logarithmic energy, in decades above the threshold, same shape.
    log_spread
        Logarithm of its spread, same shape.
    """

    mask_probit: Tensor
    location: Tensor
    log_spread: Tensor


class EntryWindowGenerator(nn.Module):
    r"""Fully connected generator over the incident particle and random inputs z that all cells share.

    .. math:: p_i, \mu_i, \sigma_i = f_i(c, z), \qquad z \sim N(0, 1)

    Given z, the cells are drawn by numbers that only neighbours share (`CorrelatedNoise`, `draw_cells`); what
    all cells have in common, such as the depth at which the shower begins, is in z.

    Parameters
    ----------
    config
        What the network is made of.
    layers
        Layers of the calorimeter.

    Examples
    --------
    >>> config = EntryWindowConfig(cells_across=3, hidden=4, random_inputs=2)
    >>> law = EntryWindowGenerator(config)(torch.zeros(5, 6), torch.zeros(5, 2))
    >>> law.mask_probit.shape
    torch.Size([5, 1, 3, 3])
    """

    mean_decades: Tensor

    def __init__(self, config: EntryWindowConfig, layers: int = 1) -> None:
        super().__init__()
        self.config = config
        self.layers = layers
        widths = [N_INPUTS + config.random_inputs, *[config.hidden] * config.hidden_layers]
        blocks: list[nn.Module] = []
        for fan_in, fan_out in pairwise(widths):
            blocks += [nn.Linear(fan_in, fan_out), nn.SiLU()]
        self.body = nn.Sequential(*blocks)
        cells = layers * config.cells_across**2
        self.mask_head = nn.Linear(config.hidden, cells)
        self.location_head = nn.Linear(config.hidden, cells)
        self.log_spread_head = nn.Linear(config.hidden, cells)
        self.register_buffer("mean_decades", torch.zeros(layers, config.cells_across, config.cells_across))
        self.mask_noise = CorrelatedNoise(config.noise_reach)
        self.value_noise = CorrelatedNoise(config.noise_reach)
        nn.init.constant_(self.log_spread_head.bias, 0.25)

    def start_at(self, hit_share: ArrayLike, mean_decades: ArrayLike) -> None:
        """Let every cell begin with its share of hits and their mean energy in the training sample.

        Parameters
        ----------
        hit_share
            Share of showers that hit each cell, shape (layers, W, W).
        mean_decades
            Mean of log10(deposit / threshold) over the hits, same shape.
        """
        share = torch.as_tensor(hit_share).flatten().clamp(_LEAST_SHARE, 1.0 - _LEAST_SHARE)
        with torch.no_grad():
            self.mask_head.bias.copy_(torch.special.ndtri(share))
            self.mean_decades.copy_(torch.as_tensor(mean_decades))

    def forward(self, condition: Tensor, noise: Tensor) -> CellLaw:
        """Give the law of every cell.

        Parameters
        ----------
        condition
            Standardised inputs, shape (B, 6).
        noise
            Standard normal random inputs, shape (B, random_inputs).

        Returns
        -------
        CellLaw
            Three tensors of shape (B, layers, W, W).
        """
        features = self.body(torch.cat([condition, noise], dim=1))
        across = self.config.cells_across
        shape = (condition.shape[0], self.layers, across, across)
        above = self.location_head(features).view(shape)
        return CellLaw(
            self.mask_head(features).view(shape),
            self.mean_decades + _ABOVE_MEAN - functional.softplus(_ABOVE_MEAN - above),
            _LOG_SPREAD_CENTRE + _LOG_SPREAD_REACH * torch.tanh(self.log_spread_head(features).view(shape)),
        )


def draw_cells(
    law: CellLaw,
    mask_normal: Tensor,
    value_normal: Tensor,
    limit: Tensor,
    *,
    temperature: float,
) -> tuple[Tensor, Tensor]:
    r"""Draw hits and energies so that a gradient can pass.

    .. math::
        h_i = [g_i < a_i], \qquad
        \log_{10} \frac{E_i}{E_{thr}} = \frac{1}{4} \ln(1 + e^{4 (\mu_i + \sigma_i n_i)})

    A cell holds at most the incident energy. A shower may hold more, for where its sum is cut there is no
    gradient to come back by; `within_incident_energy` sees to that after the training. The hits' gradient is
    that of the binary concrete law (arXiv:1611.00712) in probits.

    Parameters
    ----------
    law
        The law of the cells.
    mask_normal, value_normal
        Standard normal numbers g and n, same shape.
    limit
        Incident energy in decades above the threshold, shape (B,).
    temperature
        Temperature of the concrete law.

    Returns
    -------
    tuple of torch.Tensor
        Hits (0 or 1), and the energy in decades above the threshold that each cell has if it is hit. They are
        not multiplied: where a hit's energy is wanted, its gradient has to be that of an energy.

    Examples
    --------
    >>> both = torch.tensor([99.0, -99.0]).view(1, 1, 1, 2)  # surely a hit, surely none
    >>> law = CellLaw(both, torch.full_like(both, 9.0), torch.zeros_like(both))
    >>> none = torch.zeros_like(both)
    >>> hit, decades = draw_cells(law, none, none, torch.tensor([4.0]), temperature=0.5)
    >>> hit.flatten().tolist(), decades.flatten().tolist()
    ([1.0, 0.0], [4.0, 4.0])
    """
    soft = torch.sigmoid(_LOGIT_PER_PROBIT * (law.mask_probit - mask_normal) / temperature)
    hit = with_gradient_of((soft > 0.5).to(soft.dtype), soft)
    above = functional.softplus(law.location + law.log_spread.exp() * value_normal, beta=_SHARPNESS)
    return hit, torch.minimum(above, limit[:, None, None, None])


def within_incident_energy(
    decades: Tensor, hit: Tensor, incident_mev: Tensor, *, threshold_mev: float
) -> Tensor:
    """Scale the hits of showers that hold more than the incident energy down together.

    Parameters
    ----------
    decades, hit
        Energies in decades above the threshold, and hits, shape (B, layers, W, W).
    incident_mev
        Energies of the incident particles in MeV, shape (B,).
    threshold_mev
        Threshold of a hit in MeV.

    Returns
    -------
    torch.Tensor
        Energies in decades, same shape.

    Examples
    --------
    >>> both = torch.ones(1, 1, 1, 2)  # 1 MeV each
    >>> within_incident_energy(both, both, torch.tensor([1.0]), threshold_mev=0.1).mul(100).round().tolist()
    [[[[70.0, 70.0]]]]
    """
    total_mev = shower_energy(decades, hit, threshold_mev=threshold_mev).sum(dim=(1, 2, 3))
    excess = (total_mev / incident_mev.clamp(min=threshold_mev)).clamp(min=1.0).log10()
    return hit * (decades - excess[:, None, None, None]).clamp(min=0.0)


def energy_limit(incident_mev: Tensor, *, threshold_mev: float) -> Tensor:
    """Incident energies in decades above the threshold, at least 0, shape (B,)."""
    return (incident_mev / threshold_mev).clamp(min=1.0).log10()


def shower_energy(decades: Tensor, hit: Tensor, *, threshold_mev: float) -> Tensor:
    """Energies of cells in MeV from decades above the threshold, 0 where there is no hit."""
    return hit * threshold_mev * torch.exp(decades * math.log(10.0))
