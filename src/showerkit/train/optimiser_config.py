"""Settings of optimisers (read without loading any network library)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from showerkit.configuration import StrictConfig


class RMSpropOptimiser(StrictConfig):
    """Steps divided by the root of the mean square gradient (G. Hinton, 2012).

    Parameters
    ----------
    kind
        Name of this optimiser.
    decay
        Factor per step on the mean square.
    """

    kind: Literal["rmsprop"] = "rmsprop"
    decay: float = Field(default=0.9, ge=0.0, lt=1.0)


class AdamOptimiser(StrictConfig):
    """RMSprop with a mean gradient (D. Kingma and J. Ba, arXiv:1412.6980).

    Parameters
    ----------
    kind
        Name of this optimiser.
    """

    kind: Literal["adam"] = "adam"


class AdamWOptimiser(StrictConfig):
    """Adam with decoupled weight decay (I. Loshchilov and F. Hutter, arXiv:1711.05101).

    Parameters
    ----------
    kind
        Name of this optimiser.
    weight_decay
        Share, times the learning rate, by which all weights shrink at each step.
    """

    kind: Literal["adamw"] = "adamw"
    weight_decay: float = Field(default=1.0e-4, ge=0.0)


#: Any optimiser, chosen by its ``kind``.
Optimiser: TypeAlias = Annotated[
    RMSpropOptimiser | AdamOptimiser | AdamWOptimiser, Field(discriminator="kind")
]
