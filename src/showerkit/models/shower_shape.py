"""The shape of a shower as a few numbers, and their law given incident particle and energies of layers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import torch
from torch import nn

from showerkit.models.latent_flow import LatentFlow
from showerkit.models.latent_flow_config import LatentFlowConfig
from showerkit.models.shape_match import wanted_sums

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.data.cell_layout import CellLayout
    from showerkit.models.shower_flow_config import ShowerShapeConfig

#: Shares of the hottest cell nearer to 1 than this, and widths in cells below this, count as smaller ones.
_NEAR_ALL, _NARROW = 1.0e-3, 1.0e-2
_LEAST_ROOT: Final = 1.0e-3
_TINY: Final = 1.0e-6
#: Numbers beyond any shape's.
_BEYOND: Final = 1.0e30


class ShowerShape(nn.Module):
    r"""Five numbers of a shower, drawn together by a flow of splines before any cell is.

    With the energies :math:`e_i` of the hits at places :math:`r_i`, in cells from the line of flight (in a
    window: from its centre),

    .. math:: \sqrt{n + u}, \quad \mathrm{logit} \frac{\max e_i}{E}, \quad \langle x \rangle_e, \quad
              \langle y \rangle_e, \quad w = \sqrt{\langle (r - \langle r \rangle_e)^2 \rangle_e},

    n being the number of hits and u uniform in (0, 1), so that a whole number has a density. All cells
    together know these, and each alone hardly anything: told to networks, the first as ln(n + u) and the last
    as ln w, what is left to learn is little.

    Where speed counts, a small network stands in for the splines, taught by them to turn the same normal
    numbers into the same shapes.

    Parameters
    ----------
    config
        Sizes of the flow.
    told
        Length of what is known before: incident particle and energies of layers.
    layout
        How the cells lie.

    Examples
    --------
    >>> from showerkit.models.shower_flow_config import ShowerShapeConfig
    >>> from showerkit.data.cell_layout import window_layout
    >>> shape = ShowerShape(ShowerShapeConfig(transforms=1, hidden=8), told=3, layout=window_layout(1, 3))
    >>> decades = torch.zeros(1, 1, 3, 3)
    >>> decades[0, 0, 1] = torch.tensor([1.0, 1.0, 1.0])
    >>> measured = shape.measure(decades, (decades > 0.0).float())
    >>> [round(value, 3) for value in measured[0].tolist()]
    [3.0, 0.333, 0.0, 0.0, 0.816]
    >>> numbers = shape.described(measured, torch.full((1, 3), 0.5))
    >>> shape.hits(numbers).tolist()
    [3.0]
    """

    position: Tensor
    told_mean: Tensor
    told_width: Tensor
    low: Tensor
    high: Tensor
    #: Numbers that describe a shape.
    numbers: Final = 5
    #: Uniform numbers that `described` takes.
    uniforms: Final = 3

    def __init__(self, config: ShowerShapeConfig, *, told: int, layout: CellLayout) -> None:
        super().__init__()
        self.register_buffer("position", torch.from_numpy(layout.position), persistent=False)
        self.flow = LatentFlow(LatentFlowConfig(**config.model_dump(exclude={"network"})), self.numbers, told)
        self.network: nn.Sequential | None = None
        if config.network is not None:
            self.network = nn.Sequential(
                nn.Linear(told + self.numbers, config.network),
                nn.SiLU(),
                nn.Linear(config.network, config.network),
                nn.SiLU(),
                nn.Linear(config.network, self.numbers),
            )
        self.register_buffer("told_mean", torch.zeros(self.numbers))
        self.register_buffer("told_width", torch.ones(self.numbers))
        self.register_buffer("low", torch.full((self.numbers,), -_BEYOND))
        self.register_buffer("high", torch.full((self.numbers,), _BEYOND))

    def measure(self, decades: Tensor, hit: Tensor, origin: Tensor | None = None) -> Tensor:
        """Measure showers (B, *shape): hits, hottest share, centre x and y, rms width, shape (B, 5).

        The centre is told from `origin` (B, 2), or from where all cells are told.
        """
        energy = (hit * (math.log(10.0) * decades).exp()).flatten(1)
        total = energy.sum(dim=1).clamp(min=_TINY)
        table = torch.cat([self.position, self.position.square().sum(dim=1, keepdim=True)], dim=1)
        x, y, square = ((energy @ table.to(energy)) / total[:, None]).unbind(dim=1)
        square = square - x.square() - y.square()
        hottest = energy.max(dim=1).values / total
        hits = hit.flatten(1).sum(dim=1)
        if origin is not None:
            x, y = x - origin[:, 0], y - origin[:, 1]
        return torch.stack([hits, hottest, x, y, square.clamp(min=0.0).sqrt()], dim=1)

    def described(self, measured: Tensor, uniform: Tensor) -> Tensor:
        """Turn what was measured (B, 5) into numbers with a density, by uniform numbers (B, 3)."""
        hits, hottest, x, y, width = measured.unbind(dim=1)
        decade = torch.pow(10.0, -uniform)
        rest = torch.where(1.0 - hottest > _NEAR_ALL, 1.0 - hottest, _NEAR_ALL * decade[:, 1])
        rest = rest.clamp(max=1.0 - _NEAR_ALL)  # an empty shower has no hottest cell
        narrow = torch.where(width > _NARROW, width, _NARROW * decade[:, 2])
        root = (hits + uniform[:, 0]).sqrt()
        return torch.stack([root, ((1.0 - rest) / rest).log(), x, y, narrow], dim=1)

    def standardise(self, numbers: Tensor) -> None:
        """Fix by a sample (N, 5) the ends of shapes, and shifts and widths of flow and of what is told."""
        self.flow.standardise(numbers)
        self.low.copy_(numbers.amin(dim=0))
        self.high.copy_(numbers.amax(dim=0))
        told = self._logarithms(numbers)
        self.told_mean.copy_(told.mean(dim=0))
        self.told_width.copy_(told.std(dim=0) + _TINY)

    def code(self, numbers: Tensor) -> Tensor:
        """Describe a shape to a network, shape (B, 5)."""
        return (self._logarithms(numbers) - self.told_mean) / self.told_width

    def _logarithms(self, numbers: Tensor) -> Tensor:
        hits = (2.0 * numbers[:, :1].clamp(min=_LEAST_ROOT).log(), numbers[:, 1:4])
        return torch.cat([*hits, numbers[:, 4:].clamp(min=0.1 * _NARROW).log()], dim=1)

    def draw(self, told: Tensor, normal: Tensor) -> Tensor:
        """Turn standard normal numbers (B, 5) into those of a shape, given what is known (B, told)."""
        if self.network is None:
            return self.bounded(self.flow.latent(normal, told))
        return self.bounded(self.by_network(told, normal) * self.flow.width + self.flow.mean)

    def bounded(self, numbers: Tensor) -> Tensor:
        """Move numbers (B, 5) beyond those of all training showers to their ends.

        Splines end somewhere, and beyond that a straight line draws showers that lie anywhere: one in 20,000.
        """
        return numbers.clamp(self.low, self.high)

    def by_network(self, told: Tensor, normal: Tensor) -> Tensor:
        """Let the network draw shapes, in units of the flow's widths from its means, shape (B, 5)."""
        if self.network is None:
            return normal
        moved: Tensor = normal + self.network(torch.cat([told, normal], dim=1))
        return moved

    def hits(self, numbers: Tensor) -> Tensor:
        """Number of hits that a shape has, whole numbers of shape (B,)."""
        return numbers[:, 0].clamp(min=0.0).square().floor()

    def wanted(self, numbers: Tensor, origin: Tensor | None) -> tuple[Tensor, Tensor, Tensor | None]:
        """Give what `matched_to_shape` is to reach.

        `origin` (B, 2) is from where shapes tell the centre; None: from where all cells are told, close by.

        Returns
        -------
        tuple
            Sums (B, 4), shares of the hottest hit (B,), and, with an origin, where the shower is, (B, 2).
        """
        share, centre = numbers[:, 1].sigmoid(), numbers[:, 2:4]
        if origin is not None:
            centre = centre + origin
        sums = wanted_sums(share, centre, numbers[:, 4].clamp(min=0.0))
        return sums, share, None if origin is None else centre
