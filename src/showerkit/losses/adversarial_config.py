"""Settings of the adversarial losses (read without loading any network library)."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig


class SoftLabels(StrictConfig):
    """What the discriminator is asked to say of real and of made showers.

    Parameters
    ----------
    real, fake
        The label pair real:fake of the ZDC reports; 1 and 0 without smoothing.
    """

    real: float = Field(default=1.0, ge=0.0, le=1.0)
    fake: float = Field(default=0.0, ge=0.0, le=1.0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.real <= self.fake:
            raise ValueError("the label of real showers above that of made ones")
        return self


class GradientPenalty(StrictConfig):
    """The R1 penalty on the discriminator (Mescheder et al., arXiv:1801.04406).

    Parameters
    ----------
    weight
        Its gamma.
    every
        Apply it at each so-many-th step of the discriminator, that much more strongly (Karras et al.,
        arXiv:1912.04958, section 3.1).
    """

    weight: float = Field(default=1.0, gt=0.0)
    every: int = Field(default=1, ge=1)
