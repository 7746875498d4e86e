"""Numbers parted by colons, as options of the command line give them."""

from __future__ import annotations

from showerkit.errors import ConfigurationError


def numbers_of(option: str, text: str, count: int | None = None) -> tuple[float, ...]:
    """Read numbers parted by colons.

    Parameters
    ----------
    option
        The option, for messages.
    text
        What it was given.
    count
        How many numbers there must be; None: any.

    Returns
    -------
    tuple of float
        The numbers.

    Raises
    ------
    ConfigurationError
        If it is something else.

    Examples
    --------
    >>> numbers_of("--pt-range", "30:150", 2)
    (30.0, 150.0)
    """
    expected = "LOW:HIGH, such as 30:150" if count == 2 else "numbers parted by colons, such as 0:1.3:2.5"
    try:
        found = tuple(float(word) for word in text.split(":"))
    except ValueError:
        raise ConfigurationError(option, got=f"'{text}'", expected=expected) from None
    if count is not None and len(found) != count:
        raise ConfigurationError(option, got=f"'{text}'", expected=expected)
    return found
