"""An exponential average of a network's weights over the steps of its training."""

from __future__ import annotations

import copy
from typing import Final, Generic, TypeVar

import torch
from torch import nn

NetworkT = TypeVar("NetworkT", bound=nn.Module)

#: While there are few steps the average is over about a tenth of them, whatever the decay.
_WARM_UP_STEPS: Final = 10


class WeightAverage(nn.Module, Generic[NetworkT]):
    r"""A copy of a network that follows it slowly.

    .. math:: \bar w \leftarrow d \bar w + (1 - d) w, \quad d = \min(d_{max}, (1 + n) / (10 + n))

    after step n. The average of a generator that circles about an equilibrium lies nearer to it than the
    generator does (Y. Yazici et al., arXiv:1806.04498).

    Parameters
    ----------
    network
        The network that is trained.
    decay
        The decay d_max, in [0, 1).

    Examples
    --------
    >>> line = nn.Linear(1, 1)
    >>> average = WeightAverage(line, 0.0)
    >>> _ = line.weight.data.fill_(3.0)
    >>> average.update(line)
    >>> average.network.weight.item()
    3.0
    """

    steps: torch.Tensor

    def __init__(self, network: NetworkT, decay: float) -> None:
        super().__init__()
        self.averaged = copy.deepcopy(network).requires_grad_(False)
        self.decay = decay
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    @property
    def network(self) -> NetworkT:
        """The averaged network."""
        return self.averaged

    @torch.no_grad()
    def update(self, network: NetworkT) -> None:
        """Take one step towards the network; its buffers are copied as they are."""
        self.steps += 1
        n = int(self.steps)
        share = 1.0 - min(self.decay, (1 + n) / (_WARM_UP_STEPS + n))
        ours: list[torch.Tensor] = list(self.averaged.parameters())
        theirs: list[torch.Tensor] = list(network.parameters())
        torch._foreach_lerp_(ours, theirs, share)
        for our, their in zip(self.averaged.buffers(), network.buffers(), strict=True):
            our.copy_(their)
