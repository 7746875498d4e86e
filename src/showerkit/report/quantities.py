"""The few figures by which runs are compared, each with its error, its unit and what is better."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from showerkit.report.run_groups import RunGroup
    from showerkit.report.run_record import RunRecord


@dataclass(frozen=True)
class Estimate:
    """A value with its standard error.

    Parameters
    ----------
    value, error
        The two.
    """

    value: float
    error: float

    def minus(self, other: Estimate) -> Estimate:
        """The difference of two independent values."""
        return Estimate(self.value - other.value, math.hypot(self.error, other.error))

    @property
    def sigmas(self) -> float:
        """How many standard errors it is away from zero, with its sign."""
        if self.error > 0.0:
            return self.value / self.error
        return math.copysign(math.inf, self.value) if self.value else 0.0


@dataclass(frozen=True)
class Quantity:
    """One figure of a run.

    Parameters
    ----------
    name
        Its name for readers.
    unit
        Its unit.
    of
        Takes it from a run; None: that run has it not.
    nearest_zero
        Whether it is best at zero; otherwise the lower, the better.
    """

    name: str
    unit: str
    of: Callable[[RunRecord], Estimate | None]
    nearest_zero: bool = False

    @property
    def heading(self) -> str:
        """Name with unit."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name

    def badness(self, estimate: Estimate) -> Estimate:
        """The same so that lower is better."""
        return Estimate(abs(estimate.value), estimate.error) if self.nearest_zero else estimate

    def of_group(self, group: RunGroup) -> Estimate | None:
        """Its mean over a group's runs; their scatter, if it is larger, makes the error."""
        found = [value for record in group.records if (value := self.of(record)) is not None]
        if len(found) < len(group.records):
            return None
        values = np.array([estimate.value for estimate in found])
        error = math.sqrt(sum(estimate.error**2 for estimate in found)) / len(found)
        if len(found) > 1:
            error = max(error, float(values.std(ddof=1)) / math.sqrt(len(found)))
        return Estimate(float(values.mean()), error)


def measured(key: str) -> Callable[[RunRecord], Estimate | None]:
    """Take a measure of an evaluation."""

    def take(record: RunRecord) -> Estimate | None:
        measure = record.measures.get(key)
        if measure is None or not math.isfinite(measure.value):
            return None
        return Estimate(measure.value, measure.error if math.isfinite(measure.error) else 0.0)

    return take


def mse_over_floor(record: RunRecord) -> Estimate | None:
    """MSE of the hit probability over its floor; the error is the run's part alone."""
    mse = record.measures.get("hit_probability.mse")
    floor = record.floor_measures.get("hit_probability.mse")
    if mse is None or floor is None or not math.isfinite(mse.value) or not floor.value > 0.0:
        return None
    return Estimate(mse.value / floor.value, mse.error / floor.value)


def centre_spread(record: RunRecord) -> Estimate | None:
    """Mean over x and y of the centre's spread beyond that of the full simulation."""
    found = [measured(f"centre_{axis}.spread")(record) for axis in "xy"]
    x, y = found
    if x is None or y is None:
        return None
    return Estimate(0.5 * (x.value + y.value), 0.5 * math.hypot(x.error, y.error))


MSE: Final = Quantity("MSE / floor", "", mse_over_floor)
AUC_OBSERVABLES: Final = Quantity("AUC on observables", "", measured("classifier.high_level.auc"))
AUC_CELLS: Final = Quantity("AUC on cells", "", measured("classifier.low_level.auc"))
FPD: Final = Quantity("FPD", "", measured("fpd.largest"))
CENTRE_SPREAD: Final = Quantity("centre spread, excess", "mm", centre_spread, nearest_zero=True)
#: By these a choice is judged.
JUDGED: Final = (MSE, AUC_OBSERVABLES, AUC_CELLS, FPD, CENTRE_SPREAD)
