"""EPiC: equivariant layers for particle clouds whose cost grows linearly with the number of particles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn.functional import leaky_relu

from showerkit.models.cloud_code import CloudCode
from showerkit.models.epic_step import LEAK, EpicStep

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.epic_config import EpicConfig


class EpicNetwork(nn.Module):
    """A velocity for each particle of a cloud, which depends on the others through a few global numbers.

    Any permutation of the particles permutes the velocities alike; particles that are masked change nothing.
    Sources: E. Buhmann, G. Kasieczka and J. Thaler, arXiv:2301.08128; with time and conditions,
    E. Buhmann et al., arXiv:2310.00049.

    Parameters
    ----------
    config
        Its inputs and sizes.

    Examples
    --------
    >>> from showerkit.models.epic_config import EpicConfig
    >>> network = EpicNetwork(EpicConfig(hidden=16, layers=2))
    >>> particles, mask = torch.randn(4, 30, 3), torch.ones(4, 30, dtype=torch.bool)
    >>> network(torch.rand(4), particles, mask).shape
    torch.Size([4, 30, 3])
    """

    def __init__(self, config: EpicConfig) -> None:
        super().__init__()
        self.config = config
        self.code = CloudCode(config)
        self.particle_in = _linear(config, config.features, config.hidden)
        self.code_in = _linear(config, config.code, config.hidden)
        self.global_in = _linear(config, 2 * config.hidden + config.code, config.hidden)
        self.global_out = _linear(config, config.hidden, config.global_features)
        self.layers = nn.ModuleList(EpicLayer(config) for _ in range(config.layers))
        self.velocity = nn.Linear(config.hidden, config.features)
        # Nothing at first.
        nn.init.zeros_(self.velocity.weight)
        nn.init.zeros_(self.velocity.bias)

    def forward(
        self, time: Tensor, particles: Tensor, mask: Tensor, condition: Tensor | None = None
    ) -> Tensor:
        """Give the velocities of particles.

        Parameters
        ----------
        time
            Time on the path from noise (0) to data (1), shape (B,).
        particles
            Scaled features, shape (B, P, F); what stands in masked places does not matter.
        mask
            True particles, shape (B, P).
        condition
            Class number and further features, shape (B, condition_columns); None if there are no columns.

        Returns
        -------
        torch.Tensor
            Velocities, 0 in masked places, shape (B, P, F).

        Raises
        ------
        DataError
            If the condition does not fit the network.
        """
        padded = ~mask[:, :, None]
        weight = mask[:, None, :].to(particles.dtype)
        code = self.code(time, mask, condition)
        local = self.particle_in(particles.masked_fill(padded, 0.0)) + self.code_in(code)[:, None, :]
        local = leaky_relu(local, LEAK, inplace=True)
        pooled = pool(torch.bmm(weight, local).squeeze(1), weight, self.config.typical_particles)
        whole = leaky_relu(self.global_in(torch.cat([pooled, code], dim=1)), LEAK)
        whole = leaky_relu(self.global_out(whole), LEAK)
        # Particles of all clouds in one row of rows: a product's result is then no view, and may be changed.
        local = local.flatten(0, 1)
        for layer in self.layers:
            local, pooled, whole = layer(local, pooled, whole, code, weight)
        velocity: Tensor = self.velocity(local).view_as(particles)
        return velocity.masked_fill(padded, 0.0)


class EpicLayer(nn.Module):
    r"""One exchange between the cloud and its particles, each a residual step.

    .. math:: g' = \phi(g + W_2\,\phi(W_1 [\bar x, \Sigma x, g, c])), \quad
              x_i' = \phi(x_i + V_2\,\phi(V_1 [x_i, g', c]))

    with mean and sum over the true particles, code c and leaky ReLU phi.

    Parameters
    ----------
    config
        Its sizes.
    """

    def __init__(self, config: EpicConfig) -> None:
        super().__init__()
        self._typical = config.typical_particles
        hidden, wide = config.hidden, config.global_features + config.code
        self.global_first = _linear(config, 2 * hidden + wide, hidden)
        self.global_second = _linear(config, hidden, config.global_features)
        # One matrix in two: what all particles are told is multiplied once for each cloud.
        self.local_first = _linear(config, hidden, hidden)
        self.local_told = _linear(config, wide, hidden)
        self.local_second = _linear(config, hidden, hidden)

    def forward(
        self, local: Tensor, pooled: Tensor, whole: Tensor, code: Tensor, weight: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Update particles and cloud.

        Parameters
        ----------
        local, pooled, whole
            Features of particles (B P, hidden), pooled (B, 2 hidden), and of the cloud (B, global_features).
        code
            Time and condition, shape (B, code).
        weight
            1 for true particles and 0 elsewhere, shape (B, 1, P).

        Returns
        -------
        tuple of torch.Tensor
            New features of particles, pooled, and of the cloud.
        """
        inner = leaky_relu(self.global_first(torch.cat([pooled, whole, code], dim=1)), LEAK)
        whole = leaky_relu(self.global_second(inner) + whole, LEAK)
        told = self.local_told(torch.cat([whole, code], dim=1)) + self.local_first.bias
        matrices = (self.local_first.weight, self.local_second.weight, self.local_second.bias)
        local, total = EpicStep.apply(local, told, weight, *matrices)  # type: ignore[no-untyped-call]
        return local, pool(total, weight, self._typical), whole


def pool(total: Tensor, weight: Tensor, typical_particles: int) -> Tensor:
    """Pool features over true particles: their mean, and their sum in units of a typical cloud.

    Parameters
    ----------
    total
        Sums of features over true particles, shape (B, h).
    weight
        1 for true particles and 0 elsewhere, shape (B, 1, P).
    typical_particles
        Unit of the sum.

    Returns
    -------
    torch.Tensor
        Shape (B, 2 h); 0 for a cloud without particles.

    Examples
    --------
    >>> pool(torch.tensor([[3.0]]), torch.tensor([[[1.0, 1.0, 1.0, 0.0]]]), 30).tolist()
    [[1.0, 0.10000000149011612]]
    """
    return torch.cat([total / weight.sum(dim=2).clamp_min(1.0), total / typical_particles], dim=1)


def _linear(config: EpicConfig, inputs: int, outputs: int) -> nn.Module:
    layer = nn.Linear(inputs, outputs)
    return nn.utils.parametrizations.weight_norm(layer) if config.weight_norm else layer
