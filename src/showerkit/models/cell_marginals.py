"""What each cell does by itself, given the energies of the layers, and a normal number that stands for it."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import torch
from torch import nn

from showerkit.models.energy_scales import QuantileScale, SoftplusScale

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from torch import Tensor

    from showerkit.models.shower_flow_config import CellMarginalsConfig

_LEAST_SHARE: Final = 1.0e-4
#: Probits stay within these, smoothly: a cell that was never hit in the training must not surely stay empty.
_WIDEST_PROBIT: Final = 6.0
#: Logarithms of spreads lie within this of a fifth of a decade.
_SPREAD_CENTRE, _SPREAD_REACH = -1.5, 2.5
#: Normal numbers stay within these.
_WIDEST: Final = 5.5
_TINY: Final = 1.0e-30


class Marginals(NamedTuple):
    r"""The law of every cell by itself.

    Parameters
    ----------
    probit
        Probit a of the probability of a hit, :math:`p = \Phi(a)`, shape (B, layers, W, W).
    location, log_spread
        Location and logarithm of the spread of a hit's energy on the marginals' scale, same shape.
    """

    probit: Tensor
    location: Tensor
    log_spread: Tensor


class CellMarginals(nn.Module):
    r"""The law of each cell given the incident particle and the energies of the layers.

    A cell i is hit with probability :math:`p_i = \Phi(a_i)`; a hit of y decades above the threshold has

    .. math:: z = \frac{s(y) - \mu_i}{\sigma_i} \sim N(0, 1)

    on a scale s, `SoftplusScale` or `QuantileScale`.

    `normal` turns a shower into numbers x, one for each cell, by the cell's distribution function: cells
    without a hit are spread over the part below the threshold, hits over the part above it,

    .. math:: x_{empty} = \Phi^{-1}(\Phi(-a) u), \qquad x_{hit} = -\Phi^{-1}(\Phi(a) \Phi(-z))

    with u uniform in (0, 1). Each x is standard normal as far as the laws are right; what is left for a
    flow to learn is how cells depend on each other. `shower` is the inverse.

    Parameters
    ----------
    config
        Sizes of the network that gives a, mu and sigma.
    layers, across
        Shape (layers, across, across) of a window.
    told
        Length of the condition.

    Examples
    --------
    >>> from showerkit.models.shower_flow_config import CellMarginalsConfig
    >>> marginals = CellMarginals(CellMarginalsConfig(hidden=4), layers=1, across=3, told=2)
    >>> law = marginals(torch.zeros(5, 2))
    >>> decades, hit = torch.full((5, 1, 3, 3), 2.0), torch.ones(5, 1, 3, 3)
    >>> x = marginals.normal(law, decades, hit, torch.rand(5, 1, 3, 3))
    >>> again, still = marginals.shower(law, x)
    >>> torch.allclose(again, decades, atol=1e-4), torch.equal(still, hit)
    (True, True)
    """

    mean_decades: Tensor

    def __init__(self, config: CellMarginalsConfig, *, layers: int, across: int, told: int) -> None:
        super().__init__()
        self._shape = (layers, across, across)
        widths = [told, *[config.hidden] * config.layers]
        body: list[nn.Module] = []
        for before, after in pairwise(widths):
            body += [nn.Linear(before, after), nn.SiLU()]
        self.body = nn.Sequential(*body)
        self.head = nn.Linear(config.hidden, 3 * math.prod(self._shape))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.scale: SoftplusScale | QuantileScale = (
            SoftplusScale() if config.scale == "softplus" else QuantileScale(layers=layers, across=across)
        )
        self.register_buffer("mean_decades", torch.ones(self._shape))

    def start_at(self, hit_share: ArrayLike, mean_decades: ArrayLike) -> None:
        """Let every cell begin with its share of hits and their mean decades, both (layers, W, W)."""
        share = torch.as_tensor(hit_share).flatten().clamp(_LEAST_SHARE, 1.0 - _LEAST_SHARE)
        probit = torch.special.ndtri(share)
        with torch.no_grad():
            raw = _WIDEST_PROBIT * torch.atanh(probit / _WIDEST_PROBIT)
            self.head.bias[: len(share)].copy_(raw)
            self.mean_decades.copy_(torch.as_tensor(mean_decades))

    def forward(self, condition: Tensor) -> Marginals:
        """Give the law of every cell for conditions (B, told), three tensors (B, layers, W, W)."""
        return self.law(self.head(self.body(condition)), self.scale(self.mean_decades[None]))

    def law(self, output: Tensor, middle: Tensor) -> Marginals:
        """Give the laws that an output of the head (B, 3 cells) stands for.

        `middle` (1, layers, W, W) is where the hits of the training lie on the scale.
        """
        raw = output.view(-1, 3, *self._shape)
        return Marginals(
            _WIDEST_PROBIT * torch.tanh(raw[:, 0] / _WIDEST_PROBIT),
            middle + raw[:, 1],
            _SPREAD_CENTRE + _SPREAD_REACH * torch.tanh((raw[:, 2] + 1.0) / _SPREAD_REACH),
        )

    def probit(self, output: Tensor) -> Tensor:
        """Give the probits of hits alone, (B, layers, W, W), that an output of the head stands for."""
        cells = math.prod(self._shape)
        bounded = _WIDEST_PROBIT * torch.tanh(output[:, :cells] / _WIDEST_PROBIT)
        return bounded.view(-1, *self._shape)

    def of_hits(self, output: Tensor, middle: Tensor, event: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
        """Give location and logarithm of the spread of hits (K,) by shower and cell, as `law` does."""
        cells = math.prod(self._shape)
        flat, begin = output.reshape(-1), event * (3 * cells) + place
        spread = flat.index_select(0, begin + 2 * cells)
        return (
            middle.reshape(-1).index_select(0, place) + flat.index_select(0, begin + cells),
            _SPREAD_CENTRE + _SPREAD_REACH * torch.tanh((spread + 1.0) / _SPREAD_REACH),
        )

    def negative_log_likelihood(self, law: Marginals, decades: Tensor, hit: Tensor) -> Tensor:
        """Give -ln of the likelihood of showers (B, layers, W, W), all cells by themselves, shape (B,)."""
        z = (self.scale(decades) - law.location) * torch.exp(-law.log_spread)
        sign = 2.0 * hit - 1.0
        of_hit = -torch.special.log_ndtr(sign * law.probit)
        of_energy = hit * (0.5 * z.square() + law.log_spread)
        of_cells: Tensor = of_hit + of_energy
        return of_cells.flatten(1).sum(dim=1)

    def normal(self, law: Marginals, decades: Tensor, hit: Tensor, uniform: Tensor) -> Tensor:
        """Turn showers into normal numbers.

        Parameters
        ----------
        law
            The law of the cells.
        decades, hit
            Decades above the threshold where there is a hit, and hits (0 or 1), shape (B, layers, W, W).
        uniform
            Numbers in (0, 1) that say where below the threshold cells without a hit are, same shape.

        Returns
        -------
        torch.Tensor
            Numbers x, same shape.
        """
        ndtr, ndtri = torch.special.ndtr, torch.special.ndtri
        z = (self.scale(decades) - law.location) * torch.exp(-law.log_spread)
        empty = ndtri((ndtr(-law.probit) * uniform).clamp(min=_TINY))
        # Whichever tail has the digits.
        above = (ndtr(law.probit) * ndtr(-z)).clamp(min=_TINY)
        below = (ndtr(-law.probit) + ndtr(law.probit) * ndtr(z)).clamp(min=_TINY)
        of_hit = torch.where(above < below, -ndtri(above.clamp(max=0.5)), ndtri(below.clamp(max=0.5)))
        x: Tensor = torch.where(hit > 0.5, of_hit, empty)
        return x.clamp(-_WIDEST, _WIDEST)

    def shower(self, law: Marginals, x: Tensor) -> tuple[Tensor, Tensor]:
        """Turn normal numbers (B, layers, W, W) into decades, 0 without a hit, and hits."""
        hit = x > -law.probit
        place = torch.arange(x[0].numel(), device=x.device).expand(len(x), -1).reshape(-1)
        cells = Marginals(*(part.reshape(-1) for part in law))
        decades = self.decades(cells, x.reshape(-1), place).view(x.shape)
        return torch.where(hit, decades, 0.0), hit.to(x.dtype)

    def decades(self, law: Marginals, x: Tensor, place: Tensor) -> Tensor:
        """Give the decades of hits of normal numbers x, laws and cells of the window, all of shape (K,)."""
        below_x, above_x = _tails(x)
        empty, share = _tails(-law.probit)
        above = (above_x / share).clamp(min=_TINY, max=1.0)
        # Whichever tail has the digits.
        below = torch.where(x < 0.0, (below_x - empty) / share, 1.0 - above).clamp(min=_TINY, max=1.0)
        upper = above < 0.5
        lower = torch.special.ndtri(torch.where(upper, above, below.clamp(max=0.5)))
        z = torch.where(upper, -lower, lower)
        return self.scale.decades_at(law.location + law.log_spread.exp() * z, place)


def _tails(x: Tensor) -> tuple[Tensor, Tensor]:
    """Give the normal probabilities below and above x."""
    smaller = torch.special.ndtr(-x.abs())
    negative = x < 0.0
    return torch.where(negative, smaller, 1.0 - smaller), torch.where(negative, 1.0 - smaller, smaller)
