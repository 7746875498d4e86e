"""A flow that carries noise into particle clouds: a velocity network, an objective and a solver together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

import torch
from torch import nn

from showerkit.errors import ConfigurationError, DataError
from showerkit.models.epic_config import EpicConfig
from showerkit.models.ode_solvers import integrate

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.cloud_flow_config import CloudFlowConfig
    from showerkit.models.cloud_transformer import CloudTransformer
    from showerkit.models.cloud_transformer_config import CloudTransformerConfig
    from showerkit.models.epic import EpicNetwork
    from showerkit.models.ode_solver_config import AdaptiveStepConfig, FixedStepConfig
    from showerkit.models.ode_solvers import VelocityField

    SolverConfig: TypeAlias = FixedStepConfig | AdaptiveStepConfig


class VelocityObjective(Protocol):
    """What trains a velocity field, such as `showerkit.losses.flow_matching.FlowMatching`."""

    def __call__(
        self,
        field: VelocityField,
        target: Tensor,
        *,
        mask: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> dict[str, Tensor]:
        """Give the loss and its parts for scaled data."""
        ...


class CloudFlow(nn.Module):
    r"""Particle clouds from normal noise by dx/dt = v(t, x | n, condition), t from 0 to 1.

    With `gaussian_part`, of a network's output f,

    .. math:: v = \frac{2t - 1}{t^2 + (1 - t)^2}\, x + \frac{f}{\sqrt{t^2 + (1 - t)^2}}

    whose first part is E[x_1 - x_0 | x_t = x] on straight paths between independent standard normal x_0 and
    x_1, and the denominator of the second the inverse spread of what that leaves.

    Objectives stand right of models, so one is handed over and none is imported.

    Parameters
    ----------
    config
        Network and solver.
    objective
        What `loss` calls; None for a model that only samples.

    Examples
    --------
    >>> from showerkit.models.cloud_flow_config import CloudFlowConfig
    >>> flow = CloudFlow(CloudFlowConfig())
    >>> mask = torch.arange(30)[None, :] < torch.tensor([[30], [12]])
    >>> flow.sample(mask, None, torch.Generator().manual_seed(1)).shape
    torch.Size([2, 30, 3])
    """

    def __init__(self, config: CloudFlowConfig, objective: VelocityObjective | None = None) -> None:
        super().__init__()
        self.config = config
        self.objective = objective
        self.network = _velocity_network(config.network)

    def forward(
        self, time: Tensor, particles: Tensor, mask: Tensor, condition: Tensor | None = None
    ) -> Tensor:
        """Give the velocities of particles (see `EpicNetwork.forward`)."""
        output: Tensor = self.network(time, particles, mask, condition)
        if not self.config.gaussian_part:
            return output
        time = time[:, None, None]
        variance = time.square() + (1.0 - time).square()
        velocity = (2.0 * time - 1.0) / variance * particles + output / variance.sqrt()
        return velocity.masked_fill(~mask[:, :, None], 0.0)

    def loss(
        self,
        particles: Tensor,
        mask: Tensor,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> dict[str, Tensor]:
        """Estimate the objective on a batch of clouds.

        Parameters
        ----------
        particles
            Scaled features, shape (B, P, F).
        mask
            True particles, shape (B, P).
        condition
            Class number and further features, shape (B, condition_columns); None if there are no columns.
        generator
            Source of noise and times; None: the library's global one.

        Returns
        -------
        dict
            ``loss`` and its parts, scalars.

        Raises
        ------
        ConfigurationError
            If the model was built without an objective.
        DataError
            If shapes do not fit the network.
        """
        if self.objective is None:
            raise ConfigurationError("loss of a cloud flow", mend="build CloudFlow with an objective")
        self._check(particles, mask)

        def field(time: Tensor, point: Tensor) -> Tensor:
            velocity: Tensor = self(time, point, mask, condition)
            return velocity

        return self.objective(field, particles, mask=mask, generator=generator)

    def sample(
        self,
        mask: Tensor,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
        *,
        solver: SolverConfig | None = None,
    ) -> Tensor:
        """Draw clouds.

        Parameters
        ----------
        mask
            Places of particles, shape (B, P).
        condition
            Class number and further features, shape (B, condition_columns); None if there are no columns.
        generator
            Source of noise; None: the library's global one.
        solver
            Instead of the configuration's.

        Returns
        -------
        torch.Tensor
            Scaled features, 0 in masked places, shape (B, P, F).
        """
        shape = (*mask.shape, self.config.network.features)
        noise = torch.randn(shape, generator=generator, device=mask.device)
        return self.transport(noise, mask, condition, solver=solver)

    @torch.no_grad()
    def transport(
        self,
        noise: Tensor,
        mask: Tensor,
        condition: Tensor | None = None,
        *,
        solver: SolverConfig | None = None,
    ) -> Tensor:
        """Carry given noise into clouds; each cloud depends on its own noise alone.

        Parameters
        ----------
        noise
            Standard normal numbers, shape (B, P, F).
        mask, condition, solver
            As for `sample`.

        Returns
        -------
        torch.Tensor
            Scaled features, 0 in masked places, shape (B, P, F).

        Raises
        ------
        DataError
            If shapes do not fit the network.
        """
        self._check(noise, mask)

        def field(time: Tensor, point: Tensor) -> Tensor:
            velocity: Tensor = self(time, point, mask, condition)
            return velocity

        start = noise.masked_fill(~mask[:, :, None], 0.0)
        return integrate(field, start, solver or self.config.solver, mask=mask)

    def _check(self, particles: Tensor, mask: Tensor) -> None:
        features = self.config.network.features
        if particles.shape != (*mask.shape, features) or mask.ndim != 2 or mask.dtype != torch.bool:
            raise DataError(
                "particles and mask",
                got=f"shapes {tuple(particles.shape)} and {tuple(mask.shape)} ({mask.dtype})",
                expected=f"shapes (clouds, particles, {features}) and (clouds, particles), of bool",
            )


def _velocity_network(config: EpicConfig | CloudTransformerConfig) -> EpicNetwork | CloudTransformer:
    if isinstance(config, EpicConfig):
        from showerkit.models.epic import EpicNetwork

        return EpicNetwork(config)
    from showerkit.models.cloud_transformer import CloudTransformer

    return CloudTransformer(config)
