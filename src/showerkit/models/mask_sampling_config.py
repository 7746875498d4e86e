"""How a MASK of probabilities becomes the hits that a discriminator sees (no network library is loaded)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from showerkit.configuration import StrictConfig


class ProbabilityMask(StrictConfig):
    """The probabilities themselves, as in the ZDC reports: no cell is ever quite empty.

    Parameters
    ----------
    kind
        Name of this way.
    """

    kind: Literal["probability"] = "probability"


class StraightThroughMask(StrictConfig):
    """Drawn hits, with the gradient of the probability (Bengio et al., arXiv:1308.3432).

    Parameters
    ----------
    kind
        Name of this way.
    """

    kind: Literal["straight-through"] = "straight-through"


class ConcreteMask(StrictConfig):
    """Drawn hits with the gradient of the binary concrete law (Maddison et al., arXiv:1611.00712).

    Parameters
    ----------
    kind
        Name of this way.
    temperature
        The nearer to 0, the nearer to 0 or 1 are the numbers, and the larger the gradient's variance.
    hard
        Give 0 or 1 and only differentiate the soft numbers; otherwise give the soft numbers.
    """

    kind: Literal["concrete"] = "concrete"
    temperature: float = Field(default=0.5, gt=0.0)
    hard: bool = True


MaskSampling: TypeAlias = Annotated[
    ProbabilityMask | StraightThroughMask | ConcreteMask, Field(discriminator="kind")
]
