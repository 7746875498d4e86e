"""The law of the shapes of jets, given their class and number of particles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn.functional import one_hot

from showerkit.models.jet_shape import jet_shape
from showerkit.models.latent_flow import LatentFlow
from showerkit.models.latent_flow_config import LatentFlowConfig
from showerkit.models.shape_flow_config import JET_SHAPE

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.shape_flow_config import ShapeFlowConfig


class ShapeFlow(nn.Module):
    """A normalising flow of the numbers of `jet_shape`.

    Parameters
    ----------
    config
        What it is made of.
    classes
        Number of classes, the first column of the condition; 0: there is no such column.
    typical_particles
        Unit of the number of particles.

    Examples
    --------
    >>> from showerkit.models.shape_flow_config import ShapeFlowConfig
    >>> flow = ShapeFlow(ShapeFlowConfig(transforms=1, hidden=8), classes=0, typical_particles=30)
    >>> flow.draw(torch.randn(2, 6), torch.ones(2, 30, dtype=torch.bool), None).shape
    torch.Size([2, 6])
    """

    low: Tensor
    high: Tensor

    def __init__(self, config: ShapeFlowConfig, *, classes: int, typical_particles: int) -> None:
        super().__init__()
        self.config, self.classes, self._typical = config, classes, typical_particles
        form = LatentFlowConfig(**config.model_dump())
        self.flow = LatentFlow(form, len(JET_SHAPE), 2 + classes)
        for name in ("low", "high"):
            self.register_buffer(name, torch.zeros(len(JET_SHAPE)))

    def standardise(self, particles: Tensor, mask: Tensor) -> None:
        """Fix the units of the numbers and their ends by a sample of jets, not scaled."""
        shape = jet_shape(particles, mask)
        self.flow.standardise(shape)
        self.low.copy_(shape.amin(dim=0))
        self.high.copy_(shape.amax(dim=0))

    def negative_log_density(self, shape: Tensor, mask: Tensor, condition: Tensor | None) -> Tensor:
        """Give the mean of -ln p of shapes, in units of their widths.

        Parameters
        ----------
        shape
            Shapes, shape (B, 6).
        mask
            True particles, shape (B, P).
        condition
            Class number as the first column, if there are several, shape (B, columns) or None.

        Returns
        -------
        torch.Tensor
            A scalar.
        """
        in_widths = self.flow.log_density(shape, self._told(mask, condition)) + self.flow.width.log().sum()
        return -in_widths.mean()

    def draw(self, normal: Tensor, mask: Tensor, condition: Tensor | None) -> Tensor:
        """Turn standard normal numbers (B, 6) into shapes (B, 6); arguments as above.

        Beyond the ends of the sample that `standardise` saw nobody knows what the network does: what is drawn
        there is moved to the end.
        """
        drawn = self.flow.latent(normal, self._told(mask, condition))
        return drawn.clamp(self.low, self.high) if self.flow.ready else drawn

    def code(self, shape: Tensor) -> Tensor:
        """Give shapes in units of their widths, as a network is told them."""
        return (shape - self.flow.mean) / self.flow.width

    def _told(self, mask: Tensor, condition: Tensor | None) -> Tensor:
        n = mask.sum(dim=1, keepdim=True).to(self.flow.mean.dtype)
        told = [n / self._typical, n.log1p() / math.log1p(self._typical)]
        if self.classes and condition is not None:
            told.append(one_hot(condition[:, 0].long(), self.classes).to(n.dtype))
        return torch.cat(told, dim=1)
