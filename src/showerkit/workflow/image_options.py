"""Settings of sparse images as words on the command line."""

from __future__ import annotations

from typing import Literal

from showerkit.configuration import parse_config
from showerkit.data.image_config import ImageConfig
from showerkit.errors import ConfigurationError, suggest


def image_config_from_options(*, points: int, superpixels: bool, digits: str | None) -> ImageConfig:
    """Read the options of ``showerkit images`` that decide the images.

    Parameters
    ----------
    points
        Points of an image.
    superpixels
        Whether they are superpixels.
    digits
        Digits with commas between them; None: all.

    Returns
    -------
    ImageConfig
        The settings.

    Raises
    ------
    ConfigurationError
        If an option cannot be read or is out of range.

    Examples
    --------
    >>> image_config_from_options(points=25, superpixels=False, digits="3,8").digits
    (3, 8)
    """
    chosen: list[int] | None = None
    if digits is not None:
        try:
            chosen = [int(digit) for digit in digits.split(",")]
        except ValueError:
            raise ConfigurationError("--digits", got=repr(digits), expected="digits such as 0,1,2") from None
    form = "superpixels" if superpixels else "brightest"
    return parse_config(ImageConfig, {"points": points, "form": form, "digits": chosen}, source="images")


def image_part(word: str) -> Literal["train", "test", "all"]:
    """Read the option ``--part``.

    Raises
    ------
    ConfigurationError
        If there is no such part.
    """
    parts: tuple[Literal["train", "test", "all"], ...] = ("train", "test", "all")
    for part in parts:
        if word == part:
            return part
    raise ConfigurationError("--part", got=repr(word), mend=suggest(word, parts))
