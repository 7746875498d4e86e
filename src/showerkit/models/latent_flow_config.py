"""What the flow on a latent space is made of."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from showerkit.configuration import StrictConfig


class LatentFlowConfig(StrictConfig):
    """Settings of a `showerkit.models.latent_flow.LatentFlow`.

    Parameters
    ----------
    kind
        Name of the flow: rational-quadratic splines (arXiv:1906.04032).
    order
        ``coupling``: half of the numbers at a time, equally fast both ways; ``autoregressive``: one by one,
        which fits better and draws more slowly.
    transforms
        Number of transforms, one after another.
    hidden, layers
        Width and number of the hidden layers of each.
    bins
        Bins of the splines.
    latent
        What the flow learns the law of: the ``means`` of the encoded inputs or ``samples`` about them.
    """

    kind: Literal["spline"] = "spline"
    order: Literal["coupling", "autoregressive"] = "coupling"
    transforms: int = Field(default=6, ge=1, le=64)
    hidden: int = Field(default=128, ge=1, le=4096)
    layers: int = Field(default=2, ge=1, le=8)
    bins: int = Field(default=8, ge=2, le=128)
    latent: Literal["means", "samples"] = "samples"
