"""A flow that carries noise into particle clouds: a velocity network, an objective and a solver together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

import torch
from torch import nn

from showerkit.errors import ConfigurationError, DataError
from showerkit.models.epic_config import EpicConfig
from showerkit.models.gaussian_velocity import with_gaussian_part
from showerkit.models.jet_shape import jet_shape, with_shape
from showerkit.models.ode_solvers import integrate
from showerkit.models.shape_flow_config import JET_SHAPE

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.cloud_flow_config import CloudFlowConfig
    from showerkit.models.cloud_transformer import CloudTransformer
    from showerkit.models.cloud_transformer_config import CloudTransformerConfig
    from showerkit.models.epic import EpicNetwork
    from showerkit.models.ode_solver_config import AdaptiveStepConfig, FixedStepConfig
    from showerkit.models.ode_solvers import VelocityField
    from showerkit.models.shape_flow import ShapeFlow

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


class ScalesPoints(Protocol):
    """How points are scaled, such as `showerkit.data.point_scaling.PointScaling`."""

    def __call__(self, points: Tensor, mask: Tensor) -> Tensor:
        """Scale points (B, P, F)."""
        ...

    def inverse(self, points: Tensor, mask: Tensor) -> Tensor:
        """Give scaled points back."""
        ...


class CloudFlow(nn.Module):
    r"""Particle clouds from normal noise by dx/dt = v(t, x | n, condition), t from 0 to 1.

    With `gaussian_part`, the velocity that normal data would have is added to the network's output (see
    `with_gaussian_part`).

    With `shape`, a flow of a few numbers draws first how a jet is shaped (see `jet_shape`): what all
    particles together do is hard to learn from each one's velocity, and easy for a flow in six dimensions.
    The network is told the shape, and what it makes is changed a little to the momentum, dispersion and mass
    that were drawn.

    Objectives stand right of models, so one is handed over and none is imported.

    Parameters
    ----------
    config
        Network and solver.
    objective
        What `loss` calls; None for a model that only samples.
    scaling
        How points are scaled; needed where shapes are drawn.

    Examples
    --------
    >>> from showerkit.models.cloud_flow_config import CloudFlowConfig
    >>> flow = CloudFlow(CloudFlowConfig())
    >>> mask = torch.arange(30)[None, :] < torch.tensor([[30], [12]])
    >>> flow.sample(mask, None, torch.Generator().manual_seed(1)).shape
    torch.Size([2, 30, 3])
    """

    def __init__(
        self,
        config: CloudFlowConfig,
        objective: VelocityObjective | None = None,
        scaling: ScalesPoints | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.objective = objective
        self.scaling = scaling
        self.network = _velocity_network(config.network)
        self.shape: ShapeFlow | None = None
        if config.shape is not None:
            # Here, because only who uses a flow of shapes has to wait for its library.
            from showerkit.models.shape_flow import ShapeFlow

            form = config.network
            self.shape = ShapeFlow(
                config.shape, classes=form.classes, typical_particles=form.typical_particles
            )

    def forward(
        self, time: Tensor, particles: Tensor, mask: Tensor, condition: Tensor | None = None
    ) -> Tensor:
        """Give the velocities of particles (see `EpicNetwork.forward`)."""
        output: Tensor = self.network(time, particles, mask, condition)
        if not self.config.gaussian_part:
            return output
        return with_gaussian_part(time, particles, output).masked_fill(~mask[:, :, None], 0.0)

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

        told, of_shape = condition, None
        if self.shape is not None:
            with torch.no_grad():
                shape = jet_shape(self._scaling().inverse(particles, mask), mask)
            of_shape = self.shape.negative_log_density(shape, mask, condition)
            told = self._with_shape(condition, shape)

        def field(time: Tensor, point: Tensor) -> Tensor:
            velocity: Tensor = self(time, point, mask, told)
            return velocity

        losses = self.objective(field, particles, mask=mask, generator=generator)
        if of_shape is None:
            return losses
        return {**losses, "loss": losses["loss"] + of_shape, "shape": of_shape}

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
        noise = torch.randn(len(mask), self.normals(mask.shape[1]), generator=generator, device=mask.device)
        return self.transport(noise, mask, condition, solver=solver)

    def normals(self, places: int) -> int:
        """Give how many standard normal numbers a cloud of so many places is made of."""
        return places * self.config.network.features + (0 if self.shape is None else len(JET_SHAPE))

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
            Standard normal numbers, first those of the particles, shape (B, `normals`); without a
            flow of shapes (B, P, F) serves as well.
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
        features = self.config.network.features
        noise = noise.flatten(start_dim=1)
        if noise.shape != (len(mask), self.normals(mask.shape[1])):
            raise DataError(
                "noise",
                got=f"shape {tuple(noise.shape)}",
                expected=f"shape ({len(mask)}, {self.normals(mask.shape[1])})",
            )
        particles = noise[:, : mask.shape[1] * features].view(*mask.shape, features)
        self._check(particles, mask)
        told, shape = condition, None
        if self.shape is not None:
            shape = self.shape.draw(noise[:, -len(JET_SHAPE) :], mask, condition)
            told = self._with_shape(condition, shape)

        def field(time: Tensor, point: Tensor) -> Tensor:
            velocity: Tensor = self(time, point, mask, told)
            return velocity

        start = particles.masked_fill(~mask[:, :, None], 0.0)
        made = integrate(field, start, solver or self.config.solver, mask=mask)
        if shape is None:
            return made
        scaling = self._scaling()
        return scaling(with_shape(scaling.inverse(made, mask), mask, shape), mask)

    def _with_shape(self, condition: Tensor | None, shape: Tensor) -> Tensor:
        if self.shape is None:
            raise ConfigurationError("cloud flow", got="no flow of shapes", expected="model.shape")
        code = self.shape.code(shape)
        return code if condition is None else torch.cat([condition, code], dim=1)

    def _scaling(self) -> ScalesPoints:
        if self.scaling is None:
            raise ConfigurationError("cloud flow with model.shape", mend="build CloudFlow with the scaling")
        return self.scaling

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
