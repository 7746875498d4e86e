"""What each cell does by itself, given the energies of the layers, and a normal number that stands for it."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import torch
from torch import nn

from showerkit.models.busiest_cells import BusiestCells, BusiestHead
from showerkit.models.energy_scales import QuantileScale, SoftplusScale
from showerkit.models.lit_cells import places_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from torch import Tensor

    from showerkit.data.cell_layout import CellLayout
    from showerkit.models.shower_flow_config import CellMarginalsConfig

_LEAST_SHARE: Final = 1.0e-4
#: Share of hits of a cell that the networks do not see and that had none in the training.
_NEVER_HIT: Final = 1.0e-7
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
    layout
        How the cells lie.
    told
        Length of the condition.
    busiest
        Cells for which it varies, see `BusiestCells`; None: all.

    Examples
    --------
    >>> from showerkit.models.shower_flow_config import CellMarginalsConfig
    >>> from showerkit.data.cell_layout import window_layout
    >>> marginals = CellMarginals(CellMarginalsConfig(hidden=4), layout=window_layout(1, 3), told=2)
    >>> law = marginals(torch.zeros(5, 2))
    >>> decades, hit = torch.full((5, 1, 3, 3), 2.0), torch.ones(5, 1, 3, 3)
    >>> x = marginals.normal(law, decades, hit, torch.rand(5, 1, 3, 3))
    >>> again, still = marginals.shower(law, x)
    >>> torch.allclose(again, decades, atol=1e-4), torch.equal(still, hit)
    (True, True)
    """

    mean_decades: Tensor

    def __init__(
        self,
        config: CellMarginalsConfig,
        *,
        layout: CellLayout,
        told: int,
        busiest: int | None = None,
    ) -> None:
        super().__init__()
        self._shape = layout.shape
        widths = [told, *[config.hidden] * config.layers]
        body: list[nn.Module] = []
        for before, after in pairwise(widths):
            body += [nn.Linear(before, after), nn.SiLU()]
        self.body = nn.Sequential(*body)
        cells = math.prod(self._shape)
        self.head: nn.Linear | BusiestHead
        if busiest is None:
            self.head = nn.Linear(config.hidden, 3 * cells)
            nn.init.zeros_(self.head.weight)
            nn.init.zeros_(self.head.bias)
        else:
            chosen = BusiestCells(busiest, cells, channels=3)
            layers = self._shape[0] if config.others == "by-layer" else None
            self.head = BusiestHead(config.hidden, chosen, layers=layers)
        self.scale: SoftplusScale | QuantileScale = (
            SoftplusScale() if config.scale == "softplus" else QuantileScale(layout.group)
        )
        self.register_buffer("mean_decades", torch.ones(self._shape))

    def start_at(self, hit_share: ArrayLike, mean_decades: ArrayLike) -> None:
        """Let every cell begin with its share of hits and their mean decades, both (layers, W, W)."""
        share = torch.as_tensor(hit_share).flatten()
        begin = self._raw_probit(share, _LEAST_SHARE)
        with torch.no_grad():
            if isinstance(self.head, BusiestHead):
                busiest = self.head.busiest
                busiest.choose(share)
                self.head.others[: len(share)].copy_(self._raw_probit(share, _NEVER_HIT))
                self.head.inner.bias[: busiest.number].copy_(begin[busiest.place])
            else:
                self.head.bias[: len(share)].copy_(begin)
            self.mean_decades.copy_(torch.as_tensor(mean_decades))

    @staticmethod
    def _raw_probit(share: Tensor, least: float) -> Tensor:
        """Give the outputs of the head that stand for shares of hits, within `least` of 0 and 1."""
        probit = torch.special.ndtri(share.clamp(least, 1.0 - least))
        return _WIDEST_PROBIT * torch.atanh(probit / _WIDEST_PROBIT)

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

    def output(self, condition: Tensor) -> Tensor:
        """Give what `probit` and `of_hits` read for conditions (B, told): (B, at least 3 cells seen)."""
        hidden = self.body(condition)
        output: Tensor = self.head.output(hidden) if isinstance(self.head, BusiestHead) else self.head(hidden)
        return output

    @property
    def _seen(self) -> int:
        """Cells whose laws the network gives one by one."""
        return self.head.busiest.number if isinstance(self.head, BusiestHead) else math.prod(self._shape)

    def probit(self, output: Tensor) -> Tensor:
        """Give the probits of hits alone, (B, layers, W, W), that an output stands for."""
        bounded = _bounded(output[:, : self._seen], _WIDEST_PROBIT)
        if isinstance(self.head, BusiestHead):
            others = _bounded(self.head.first_of_others(output), _WIDEST_PROBIT)
            bounded = self.head.busiest.put(bounded, others)
        return bounded.view(-1, *self._shape)

    def of_hits(self, output: Tensor, middle: Tensor, event: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
        """Give location and logarithm of the spread of hits (K,) by shower and cell, as `law` does."""
        seen, cell = self._seen, place
        if isinstance(self.head, BusiestHead):
            # Of cells that are not seen the place is made up, and what is read there left out.
            cell = self.head.busiest.rank().index_select(0, place)
        begin = event * output.shape[1] + cell
        flat = output.reshape(-1)
        raw = [flat.index_select(0, begin.add(channel * seen).clamp(min=0)) for channel in (1, 2)]
        if isinstance(self.head, BusiestHead):
            unseen = places_of(cell < 0)
            for channel, values in enumerate(raw, start=1):
                at = place.index_select(0, unseen) + channel * self.head.busiest.cells
                values.index_copy_(0, unseen, self.head.others.index_select(0, at))
        location, spread = raw
        return (
            middle.reshape(-1).index_select(0, place) + location,
            _SPREAD_CENTRE + _bounded(spread + 1.0, _SPREAD_REACH),
        )

    def negative_log_likelihood(self, law: Marginals, decades: Tensor, hit: Tensor) -> Tensor:
        """Give -ln of the likelihood of showers (B, layers, W, W), all cells by themselves, shape (B,)."""
        probit = law.probit
        none = _logarithm_below(-probit).flatten(1).sum(dim=1)
        # Few cells are hit: what only hits have is not computed for the others.
        flat, z, log_spread = self._of_true_hits(law, decades, hit)
        at_hits = probit.reshape(-1).index_select(0, flat)
        less = _logarithm_below(-at_hits) - _logarithm_below(at_hits) + 0.5 * z.square() + log_spread
        event = torch.div(flat, probit[0].numel(), rounding_mode="floor")
        return less.new_zeros(len(probit)).index_add(0, event, less) - none

    def _of_true_hits(self, law: Marginals, decades: Tensor, hit: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Give the places of hits among all cells, their normal numbers z and log spreads, each (K,)."""
        flat = (hit.reshape(-1) > 0.5).nonzero()[:, 0]
        place = flat % hit[0].numel()
        stretched = self.scale.at(decades.reshape(-1).index_select(0, flat), place)
        location = law.location.reshape(-1).index_select(0, flat)
        log_spread = law.log_spread.reshape(-1).index_select(0, flat)
        return flat, (stretched - location) * torch.exp(-log_spread), log_spread

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
        # The inverse of the error function takes a fifth of the time of that of the normal law.
        share = torch.special.erfc(law.probit * math.sqrt(0.5)) * uniform
        x = math.sqrt(2.0) * torch.erfinv(share - 1.0)
        flat, z, _ = self._of_true_hits(law, decades, hit)
        probit = law.probit.reshape(-1).index_select(0, flat)
        # Whichever tail has the digits.
        above = (ndtr(probit) * ndtr(-z)).clamp(min=_TINY)
        below = (ndtr(-probit) + ndtr(probit) * ndtr(z)).clamp(min=_TINY)
        of_hit = torch.where(above < below, -ndtri(above.clamp(max=0.5)), ndtri(below.clamp(max=0.5)))
        x = x.reshape(-1).index_copy(0, flat, of_hit.to(x.dtype)).view(x.shape)
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
        root = math.sqrt(0.5)
        share = torch.special.erfc(-root * law.probit).clamp(min=_TINY)  # which far from 0 is nothing
        above = torch.special.erfc(root * x) / share
        # The inverse of the error function takes a fifth of the time of that of the normal law.
        most = 1.0 - torch.finfo(x.dtype).eps / 2.0
        z = math.sqrt(2.0) * torch.erfinv((1.0 - 2.0 * above).clamp(-most, most))
        decades: Tensor = self.scale.decades_at(torch.addcmul(law.location, law.log_spread.exp(), z), place)
        return decades


def _logarithm_below(x: Tensor) -> Tensor:
    """Logarithm of the normal probability below x, for x above minus `_WIDEST_PROBIT`."""
    probability: Tensor = 0.5 * torch.special.erfc(-math.sqrt(0.5) * x)
    return probability.log()


def _bounded(x: Tensor, most: float) -> Tensor:
    """Give m tanh(x / m), in a third of the time that the tensor library's takes."""
    return (2.0 * most) * torch.sigmoid((2.0 / most) * x) - most
