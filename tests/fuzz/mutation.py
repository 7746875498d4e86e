"""One change of a valid input, made from a seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

#: Changes a file in place.
Change = Callable[[Path, np.random.Generator], None]


@dataclass(frozen=True)
class Mutation:
    """A named change of a file; some must be refused, whatever else a reader makes of the file."""

    name: str
    change: Change
    must_fail: bool = False


def pick(random: np.random.Generator, choices: list):
    """One of several things, of whatever types."""
    return choices[int(random.integers(len(choices)))]
