"""Settings of the flow that makes particle clouds (no network library is loaded)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from showerkit.configuration import StrictConfig
from showerkit.models.cloud_transformer_config import CloudTransformerConfig
from showerkit.models.epic_config import EpicConfig
from showerkit.models.ode_solver_config import AnySolverConfig, FixedStepConfig
from showerkit.models.shape_flow_config import ShapeFlowConfig

#: A network that gives velocities of particles, chosen by its ``kind``.
AnyVelocityNetworkConfig: TypeAlias = Annotated[
    EpicConfig | CloudTransformerConfig, Field(discriminator="kind")
]


class CloudFlowConfig(StrictConfig):
    """A velocity field for particle clouds, and how samples follow it.

    Parameters
    ----------
    kind
        Name of this model.
    network
        What gives the velocities.
    solver
        How samples follow them; may be chosen anew when sampling.
    gaussian_part
        Add to the network's output, in closed form, the velocity that standard normal data would have, and
        let the network learn the rest in units of what is left of it.
    shape
        Draw the shape of a jet first, tell the network, and give the particles exactly its transverse
        momentum, dispersion and mass; None: particles alone. Only for jets in relative coordinates.
    """

    kind: Literal["cloud-flow"] = "cloud-flow"
    network: AnyVelocityNetworkConfig = Field(default=EpicConfig())
    solver: AnySolverConfig = Field(default=FixedStepConfig())
    gaussian_part: bool = True
    shape: ShapeFlowConfig | None = None
