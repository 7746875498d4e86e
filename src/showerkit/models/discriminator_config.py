"""What a discriminator is made of (read without loading any network library)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from showerkit.configuration import StrictConfig
from showerkit.models.mask_value_config import Activation


class DiscriminatorConfig(StrictConfig):
    """The ZDC reports' discriminator over images of showers, told the incident particle.

    Parameters
    ----------
    variant
        ``default``, or ``simplified``, which drops every second block of each pair.
    hidden
        Width h; the reports use 32.
    dropout
        Share of features dropped before each reduction of the image and before the dense part.
    activation
        Kind of activation.
    sees
        ``image``: VALUE x MASK; ``image-and-mask``: beside it the MASK as a channel of its own, without which
        a hit of a few MeV is all but invisible on a linear scale.
    spectral_norm
        Keep the largest singular value of every layer at this (Miyato et al., arXiv:1802.05957, with 1). In a
        stack this deep 1 lets hardly any signal through at the beginning, and 3 blows it up; the initial
        weights have 1.4 to 1.7 in convolutions and 2.8 in dense layers. None: no bound.
    """

    variant: Literal["default", "simplified"] = "default"
    hidden: int = Field(default=32, ge=1, le=1024)
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    activation: Activation = "relu"
    sees: Literal["image", "image-and-mask"] = "image"
    spectral_norm: float | None = Field(default=None, gt=0.0)

    @property
    def channels(self) -> int:
        """Number of channels of the image that it sees."""
        return 1 if self.sees == "image" else 2
