"""What a mask-and-value generator is made of (read without loading any network library)."""

from __future__ import annotations

from typing import Literal, Self, TypeAlias

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig

Activation: TypeAlias = Literal["relu", "leaky-relu", "silu"]
Normalisation: TypeAlias = Literal["none", "batch", "group"]
InputName: TypeAlias = Literal["energy", "px", "py", "pz", "theta", "phi", "x", "y"]

#: The image that the network's strides lead to: 3 -> 5 -> 10 -> 20 cells across.
IMAGE_CELLS = 20


class MaskValueConfig(StrictConfig):
    """A generator with a MASK and a VALUE head.

    Parameters
    ----------
    kind
        Name of this family of networks.
    variant
        ``default``, or ``extended-2`` with more linear and convolution blocks.
    inputs
        What the network is told of the incident particle, in order.
    hidden
        Width h; the reports use 32.
    dropout
        Share of features dropped behind the linear part and before each enlargement, while training; None:
        what the reports give the variant (0 for ``default``, 0.1 for ``extended-2``).
    head_in
        ``linear``: one linear layer takes the inputs; ``film``: `param_encoder`, and modulation of the last
        features; None: ``linear`` for one input, ``film`` for more, as in the reports.
    noise_inputs
        Number of standard normal random inputs (0: none, for regression).
    activation, normalisation
        Kinds of them inside the blocks.
    """

    kind: Literal["mask-value"] = "mask-value"
    variant: Literal["default", "extended-2"] = "default"
    inputs: tuple[InputName, ...] = Field(default=("energy",), min_length=1)
    hidden: int = Field(default=32, ge=1, le=1024)
    dropout: float | None = Field(default=None, ge=0.0, lt=1.0)
    head_in: Literal["linear", "film"] | None = None
    noise_inputs: int = Field(default=0, ge=0, le=4096)
    activation: Activation = "relu"
    normalisation: Normalisation = "none"

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len(set(self.inputs)) < len(self.inputs):
            raise ValueError("each input once")
        return self

    @property
    def n_inputs(self) -> int:
        """Number of inputs."""
        return len(self.inputs)

    @property
    def dropout_share(self) -> float:
        """Share of features that is dropped, the variant's own where none is given."""
        if self.dropout is not None:
            return self.dropout
        return 0.1 if self.variant == "extended-2" else 0.0

    @property
    def modulates(self) -> bool:
        """Whether the inputs pass `param_encoder` and modulate the features."""
        if self.head_in is not None:
            return self.head_in == "film"
        return self.n_inputs > 1
