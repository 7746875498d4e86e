"""What a calibration of jets should reach, and whether it does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.evaluate.measurement import Measurement

#: "open": missed by less than two standard errors.
Reached: TypeAlias = Literal["met", "open", "missed"]

#: Largest ratio of the resolution to that of the baseline.
RESOLUTION_RATIO: Final = 0.85
#: Largest ratio of the difference of quarks and gluons to that of the baseline.
FLAVOUR_RATIO: Final = 0.5
#: Largest distance of the pulls' width from 1.
PULL_WIDTH: Final = 0.03
#: Largest distance of the coverage from what it should be, in per cent.
COVERAGE_PERCENT: Final = 1.0


@dataclass(frozen=True)
class Aim:
    """One aim of one calibration.

    Parameters
    ----------
    key, words
        Its name in files and for readers.
    wanted
        What is aimed for, in words.
    unit
        Unit of the figure.
    value, error
        The figure and its standard error.
    reached
        Whether it is ``met``, ``missed``, or ``open``: missed by less than two standard errors.
    """

    key: str
    words: str
    wanted: str
    unit: str
    value: float
    error: float
    reached: Reached


def jet_aims(
    measures: Mapping[str, Measurement], *, tolerated: float, nominal: float, is_baseline: bool
) -> tuple[Aim, ...]:
    """Hold a calibration against what it should reach.

    Parameters
    ----------
    measures
        Its figures, by key.
    tolerated
        Distance of a response from 1 that counts as none.
    nominal
        What its intervals should cover.
    is_baseline
        Whether it is the baseline, which is not held against itself.

    Returns
    -------
    tuple of Aim
        Those that there are figures for.
    """
    percent, share = 100.0 * tolerated, 100.0 * nominal
    better = f"at most {RESOLUTION_RATIO:g}"
    rows = [
        (
            "resolution.ratio",
            "Resolution, ratio to the baseline, mean over pT",
            better,
            0.0,
            RESOLUTION_RATIO,
        ),
        ("resolution.ratio_worst", "The same in the worst bin of pT", better, 0.0, RESOLUTION_RATIO),
        ("closure.pt", "Closure, worst bin of pT", f"within ±{percent:g} %", 0.0, percent),
        ("closure.eta", "Closure, worst bin of |eta|", f"within ±{percent:g} %", 0.0, percent),
        (
            "flavour.ratio",
            "Quark - gluon, ratio to the baseline",
            f"at most {FLAVOUR_RATIO:g}",
            0.0,
            FLAVOUR_RATIO,
        ),
        ("pull.width", "Width of the pulls", f"1 ± {PULL_WIDTH:g}", 1.0, PULL_WIDTH),
        (
            "coverage.overall",
            "Coverage of the intervals",
            f"{share:.1f} ± {COVERAGE_PERCENT:g} %",
            share,
            COVERAGE_PERCENT,
        ),
    ]
    aims = []
    for key, words, wanted, centre, most in rows:
        found = measures.get(key)
        if found is None or not math.isfinite(found.value):
            continue
        if is_baseline and key in ("resolution.ratio", "resolution.ratio_worst", "flavour.ratio"):
            continue
        aims.append(
            Aim(
                key,
                words,
                wanted,
                found.unit,
                found.value,
                found.error,
                reached(found.value - centre, found.error, most),
            )
        )
    return tuple(aims)


def reached(value: float, error: float, most: float) -> Reached:
    """Say whether a distance is at most what it may be.

    Examples
    --------
    >>> reached(-0.9, 0.1, 1.0), reached(1.1, 0.1, 1.0), reached(1.3, 0.1, 1.0)
    ('met', 'open', 'missed')
    """
    beyond = abs(value) - most
    if beyond <= 0.0:
        return "met"
    return "open" if beyond < 2.0 * error else "missed"
