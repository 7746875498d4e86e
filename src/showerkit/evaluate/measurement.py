"""One measure of a sample against the reference, and how its noise falls with the number of events."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

#: "squared": a squared distance, whose noise falls as 1/N; "distance": as 1/sqrt(N); "shift": best 0, on
#: either side of it by chance; "level": best where the floor is, on either side of it by chance.
MeasureKind: TypeAlias = Literal["squared", "distance", "shift", "level"]


@dataclass(frozen=True)
class Measurement:
    """One measure of a candidate against the reference.

    Parameters
    ----------
    key, label, unit, group
        Its name in files, its name for readers, its unit, and the section it belongs to.
    kind
        Whether it is a squared distance, a distance, a shift or a level.
    value, error
        Value and standard error.
    expected
        What statistics alone would give, where a formula is known.
    """

    key: str
    label: str
    unit: str
    group: str
    kind: MeasureKind
    value: float
    error: float
    expected: float | None = None

    def scaled(self, events_ratio: float) -> Measurement:
        """Scale to what samples with `events_ratio` times the events would show, by statistics alone."""
        if self.kind == "level":
            return self
        factor = 1.0 / events_ratio if self.kind == "squared" else 1.0 / math.sqrt(events_ratio)
        expected = None if self.expected is None else self.expected * factor
        return dataclasses.replace(
            self, value=self.value * factor, error=self.error * factor, expected=expected
        )
