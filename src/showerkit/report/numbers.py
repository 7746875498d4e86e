"""Numbers as a reader wants them: as many digits as the error allows."""

from __future__ import annotations

import math
from typing import Final

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
TIMES: Final = "\N{MULTIPLICATION SIGN}"
SIGMA: Final = "\N{GREEK SMALL LETTER SIGMA}"
_MINUS: Final = "\N{MINUS SIGN}"


def value_with_error(value: float, error: float) -> str:
    """Write a value with its error to two digits of the error.

    Parameters
    ----------
    value, error
        The value and its standard error; either may be NaN.

    Returns
    -------
    str
        Such as ``0.0331 ± 0.0016``; small or large ones with a power of ten.

    Examples
    --------
    >>> value_with_error(0.03312, 0.0016)
    '0.0331 ± 0.0016'
    >>> value_with_error(0.000208, 0.000033).replace(TIMES, "x")
    '(2.08 ± 0.33) x 10⁻⁴'
    >>> value_with_error(float("nan"), 1.0)
    'n/a'
    """
    if not math.isfinite(value):
        return "n/a"
    if not math.isfinite(error) or error <= 0.0:
        return plain_number(value)
    size = max(abs(value), error)
    power = math.floor(math.log10(size))
    if power < -3 or power > 5:
        digits = max(0, power - math.floor(math.log10(error)) + 1)
        scale = 10.0**power
        exponent = str(power).translate(_SUPERSCRIPTS)
        text = f"({_rounded(value / scale, digits)} ± {error / scale:.{digits}f}) {TIMES} 10{exponent}"
        return text.replace("-", _MINUS)
    digits = max(0, 1 - math.floor(math.log10(error)))
    return f"{_rounded(value, digits)} ± {error:.{digits}f}".replace("-", _MINUS)


def _rounded(value: float, digits: int) -> str:
    """Write a value with so many digits; what rounds to zero has no sign."""
    return f"{value:z.{digits}f}"


def plain_number(value: float) -> str:
    """Write a number to three digits.

    Examples
    --------
    >>> plain_number(31.256), plain_number(1234567.0)
    ('31.3', '1,230,000')
    """
    if not math.isfinite(value):
        return "n/a"
    if value == 0.0:
        return "0"
    power = math.floor(math.log10(abs(value)))
    if -4 <= power < 9:
        digits = max(0, 2 - power)
        return f"{round(value, 2 - power):,.{digits}f}".replace("-", _MINUS)
    return f"{value / 10.0**power:.2f} {TIMES} 10{str(power).translate(_SUPERSCRIPTS)}".replace("-", _MINUS)
