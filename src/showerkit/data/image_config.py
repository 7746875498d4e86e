"""Which digits become sparse images, and how."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from showerkit.configuration import StrictConfig


class ImageConfig(StrictConfig):
    """Settings of a sample of sparse images.

    Parameters
    ----------
    form
        ``brightest``: the brightest pixels of each image; ``superpixels``: patches of similar brightness.
    points
        Points of an image.
    digits
        Which digits; None: all.
    test_fraction
        Share of the images that a whole chain keeps to judge by.

    Examples
    --------
    >>> ImageConfig(digits=[8]).points
    100
    """

    form: Literal["brightest", "superpixels"] = "brightest"
    points: int = Field(default=100, ge=1, le=4096)
    digits: tuple[Annotated[int, Field(ge=0, le=9)], ...] | None = Field(default=None, min_length=1)
    test_fraction: float = Field(default=0.2, gt=0.0, lt=1.0)
