"""Vectors from a chain of autoregressive splines, inside a graph."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from showerkit.export.spline_total import inverse_spline

if TYPE_CHECKING:
    from showerkit.models.latent_flow import LatentFlow


class SplineChain(nn.Module):
    """`LatentFlow.latent` with operations that a graph can hold.

    Parameters
    ----------
    flow
        The flow.

    Examples
    --------
    >>> from showerkit.models.latent_flow import LatentFlow
    >>> from showerkit.models.latent_flow_config import LatentFlowConfig
    >>> flow = LatentFlow(LatentFlowConfig(transforms=2, hidden=8), features=3, n_conditions=1).double()
    >>> normal, told = torch.linspace(-6.0, 3.0, 6).double().view(2, 3), torch.ones(2, 1).double()
    >>> with torch.no_grad():
    ...     torch.allclose(SplineChain(flow)(normal, told), flow.latent(normal, told))
    True
    """

    def __init__(self, flow: LatentFlow) -> None:
        super().__init__()
        self.flow = copy.deepcopy(flow).double().eval()
        # Orders and numbers of passes are no part of a graph.
        self._transforms: list[Any] = list(self.flow.chain.transform.transforms)

    def forward(self, normal: Tensor, condition: Tensor | None = None) -> Tensor:
        """Give vectors for standard normal ones.

        Parameters
        ----------
        normal
            Standard normal vectors, shape (N, features).
        condition
            Conditions, shape (N, n_conditions), or None.

        Returns
        -------
        torch.Tensor
            Vectors z, shape (N, features), in double precision.
        """
        bins = self.flow.config.bins
        y = normal.double()
        told = [] if condition is None else [condition.double()]
        for transform in reversed(self._transforms):
            x = torch.zeros_like(y)
            for _ in range(transform.passes):
                parameters = transform.hyper(torch.cat([x, *told], dim=1)).unflatten(1, (-1, 3 * bins - 1))
                x = inverse_spline(y, *parameters.split([bins, bins, bins - 1], dim=2))
            y = x
        return y * self.flow.width + self.flow.mean
