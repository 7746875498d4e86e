"""What a convolutional variational autoencoder of points is made of."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig
from showerkit.models.latent_flow_config import LatentFlowConfig


class ConVAEConfig(StrictConfig):
    """Settings of a `showerkit.models.convae.ConVAE`.

    The defaults are the document's; the authors' papers (arXiv:2109.15197, 2310.13138) have filters
    (50, 100, 200), no padding and a sigmoid output for features scaled to [0, 1].

    Parameters
    ----------
    kind
        Name of the network.
    n_points, n_features
        Points of an example and features of a point.
    n_conditions
        Numbers that describe what is wanted (class, number of particles), told to encoder and decoder.
    filters
        Channels of the convolutions, outermost first.
    kernel, padding
        Length of the kernels along the points, and places added at either end.
    dense
        Width of the dense layers about the latent vector.
    latent
        Length of the latent vector.
    output
        ``linear``, or ``sigmoid`` for features scaled to [0, 1].
    ghosts
        What places without a point are: ``masked``, left out of the loss; or ``points``, which the network
        reproduces like any others, at `ghost_position`.
    ghost_position
        Scaled features of a ghost that counts as a point: far from the real ones, or what the scaling makes
        of no momentum. None: all 0.
    flow
        A normalising flow for the latent vectors; None: they are drawn from the standard normal law.
    """

    kind: Literal["convae"] = "convae"
    n_points: int = Field(default=30, ge=1, le=4096)
    n_features: int = Field(default=3, ge=1, le=64)
    n_conditions: int = Field(default=0, ge=0, le=64)
    filters: tuple[int, ...] = Field(default=(32, 64, 128), min_length=1, max_length=16)
    kernel: int = Field(default=5, ge=1, le=63)
    padding: int = Field(default=1, ge=0, le=31)
    dense: int = Field(default=1500, ge=1, le=65536)
    latent: int = Field(default=30, ge=1, le=4096)
    output: Literal["linear", "sigmoid"] = "linear"
    ghosts: Literal["masked", "points"] = "masked"
    ghost_position: tuple[float, ...] | None = None
    flow: LatentFlowConfig | None = None

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if any(not 1 <= width <= 4096 for width in self.filters):
            raise ValueError("filters between 1 and 4096")
        if 2 * self.padding >= self.kernel:
            raise ValueError("2 padding below kernel")
        if self.inner_points < 1:
            raise ValueError(f"n_points above {self.n_points - self.inner_points}, or fewer filters")
        if self.ghost_position is not None:
            if self.ghosts != "points":
                raise ValueError("no ghost_position where ghosts are masked")
            if len(self.ghost_position) != self.n_features:
                raise ValueError("one number of ghost_position for each of n_features")
        if self.flow is not None and self.latent < 2:
            raise ValueError("latent of at least 2 for a flow")
        return self

    @property
    def inner_points(self) -> int:
        """Places along the points that are left after the convolutions."""
        return self.n_points - len(self.filters) * (self.kernel - 1 - 2 * self.padding)
