"""What the three ZDC reports found, and what they tried without telling what came of it, as data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from showerkit.report.choices import SEEN
from showerkit.report.energy_ranges import highest_mse, highest_range
from showerkit.report.findings import (
    ABSENT,
    Below,
    Better,
    MoreIsBetter,
    Outcome,
    Rises,
    Statement,
    Trial,
    run_of,
)
from showerkit.report.quantities import AUC_CELLS, CENTRE_SPREAD, MSE, Estimate, Quantity, measured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.report.run_groups import RunGroup
    from showerkit.report.run_record import RunRecord

_JUNE, _JULY, _AUGUST = "2025/06/05", "2025/07/09", "2025/08/07"
_ON_ENERGY: Final = ("default", *(f"test-{number}" for number in (1, 2, 3, 4, 5, 6, 18)))
_ONE_CYCLE: Final = ("test-26-lr4", "test-26-lr4-ns1", "test-26-lr6", "test-26-lr8", "test-26-lr9")
_NORMALISED: Final = ("test-25", *_ONE_CYCLE)


def loss_imbalance(record: RunRecord) -> Estimate | None:
    """Mean distance of GEN and DIS from ln 2, what they are where the discriminator knows nothing."""
    found = [_late(record, name) for name in ("train_gen", "train_dis")]
    gen, dis = found
    if gen is None or dis is None:
        return None
    value = 0.5 * (abs(gen.value - math.log(2.0)) + abs(dis.value - math.log(2.0)))
    return Estimate(value, 0.5 * math.hypot(gen.error, dis.error))


_MSE_ITSELF = Quantity("MSE", "", measured("hit_probability.mse"))
_MSE_HIGHEST = Quantity("MSE at the highest energies", "", highest_mse)
_RATIO_HIGHEST = Quantity("MSE / floor at the highest energies", "", highest_range)
_MASK_MSE = Quantity("MASK MSE", "", measured("mask_probability.mse"))
_HITS = Quantity("shift of the number of hits", "%", measured("hits.mean_shift"))
_IMBALANCE = Quantity("distance of GEN and DIS from ln 2", "", loss_imbalance)


@dataclass(frozen=True)
class RunApart:
    """GEN and DIS of some recipes run apart in the end.

    Parameters
    ----------
    recipes
        Names of the recipes.
    """

    recipes: tuple[str, ...]

    def judge(self, groups: Sequence[RunGroup]) -> Outcome:
        """Confirmed if GEN - DIS grew from the second to the last quarter in at least half of the runs."""
        apart, told = [], 0
        for name in self.recipes:
            group = run_of(name, groups)
            for record in () if group is None else group.records:
                grew = _gap_grew(record)
                told += grew is not None
                apart += [record.name] if grew else []
        if not told:
            return ABSENT
        names = f": {', '.join(apart)}" if apart else ""
        evidence = f"GEN and DIS ran apart in {len(apart)} of {told} trainings{names}"
        return Outcome("confirmed" if 2 * len(apart) >= told else "refuted", evidence)


@dataclass(frozen=True)
class DivergesLater:
    """One recipe's training runs away later than another's.

    Parameters
    ----------
    recipe, other
        Names of the recipes.
    """

    recipe: str
    other: str

    def judge(self, groups: Sequence[RunGroup]) -> Outcome:
        """Compare the epochs in which the two ran away, if any of them did."""
        one, two = run_of(self.recipe, groups), run_of(self.other, groups)
        if one is None or two is None:
            return ABSENT
        ends = [_runaway_epoch(group.first) for group in (one, two)]
        told = [
            f"{group.name} {'did not run away' if math.isinf(end) else f'ran away in epoch {end:.0f}'}"
            for group, end in zip((one, two), ends, strict=True)
        ]
        if ends[0] == ends[1]:
            return Outcome("not decided", "; ".join(told))
        return Outcome("confirmed" if ends[0] > ends[1] else "refuted", "; ".join(told))


def _late(record: RunRecord, name: str) -> Estimate | None:
    stage = record.stage("adversarial")
    found = None if stage is None else stage.last_quarter(name)
    return None if found is None else Estimate(*found)


def _gap_grew(record: RunRecord) -> bool | None:
    if record.diverged is not None:
        return True
    stage = record.stage("adversarial")
    if stage is None:
        return None
    names = ("train_gen", "train_dis")
    late = [Estimate(*found) for name in names if (found := stage.last_quarter(name)) is not None]
    early = [Estimate(*found) for name in names if (found := stage.second_quarter(name)) is not None]
    if len(late) < 2 or len(early) < 2:
        return None
    return late[0].minus(late[1]).minus(early[0].minus(early[1])).sigmas >= SEEN


def _runaway_epoch(record: RunRecord) -> float:
    stage = record.stage("adversarial")
    return math.inf if record.diverged is None or stage is None else stage.epochs + 1.0


#: What the reports found. Where they judged images by eye, the classifier on cells judges here.
FOUND: Final = (
    Statement(
        _JULY,
        "Weight 200 on VALUE gives better images than 500 and 1000",
        Better("regression", ("regression-w500", "regression-w1000"), AUC_CELLS),
    ),
    Statement(
        _JULY,
        "Weight 200 on VALUE gives better images than weight 1",
        Better("regression", ("regression-w1",), AUC_CELLS),
    ),
    Statement(
        _JULY,
        "A deeper generator (Extended 2) gives better images",
        MoreIsBetter("model.variant", AUC_CELLS, names=("default", "extended-2")),
    ),
    Statement(
        _JULY,
        "More showers to train on give better images, with the default network",
        MoreIsBetter("simulate.train", AUC_CELLS),
    ),
    Statement(
        _JULY,
        "The adversarial stage mends the shower centres that the regression misplaces",
        Better("default", ("regression-energy",), CENTRE_SPREAD),
    ),
    Statement(
        _JUNE,
        "Default gives the best images of all tests on energy alone",
        Better("default", _ON_ENERGY[1:], AUC_CELLS),
    ),
    Statement(
        _JUNE,
        "Tuning (Tests 1 to 6) leads to ideal losses of generator and discriminator",
        Better("test-6", ("default",), _IMBALANCE),
    ),
    Statement(
        _JUNE,
        "The tuned GAN (Test 6) makes noise-like images, worse than Default",
        Better("default", ("test-6",), AUC_CELLS),
    ),
    Statement(
        _JUNE,
        "A wider network with dropout (Test 18) brings back the image lost in Test 6",
        Better("test-18", ("test-6",), AUC_CELLS),
    ),
    Statement(
        _JUNE,
        "The wider network with dropout (Test 18) stays worse than Default",
        Better("default", ("test-18",), AUC_CELLS),
    ),
    Statement(_JUNE, "Test 18 has more hits than Default", Better("default", ("test-18",), _HITS)),
    Statement(_JUNE, "Test 18 has a better MASK than Test 6", Better("test-18", ("test-6",), _MASK_MSE)),
    Statement(
        _AUGUST,
        "Normalised inputs with FiLM (Test 25) lower the MSE of raw inputs (Test 24)",
        Better("test-25", ("test-24",), MSE),
    ),
    Statement(
        _AUGUST,
        "With raw inputs (Test 24) the MSE grows with energy",
        Rises(("test-24",), _MSE_ITSELF, _MSE_HIGHEST),
    ),
    Statement(
        _AUGUST,
        "The MSE is below 0.002 in general",
        Below(_NORMALISED, _MSE_ITSELF, 0.002),
    ),
    Statement(
        _AUGUST,
        "The MSE gets worse at high energy, always",
        Rises(_NORMALISED, _MSE_ITSELF, _MSE_HIGHEST),
    ),
    Statement(
        _AUGUST,
        "The MSE gets worse at high energy also beside its floor (our test, not theirs)",
        Rises(_NORMALISED, MSE, _RATIO_HIGHEST),
    ),
    Statement(
        _AUGUST,
        "More iterations make the MSE worse, most of all at high energy",
        MoreIsBetter("adversarial.epochs", _RATIO_HIGHEST, worse=True),
    ),
    Statement(
        _AUGUST,
        "A late peak of the learning rates (LR6) delays the divergence of LR4",
        DivergesLater("test-26-lr6", "test-26-lr4"),
    ),
    Statement(
        _AUGUST,
        "A late peak of the learning rates (LR6) makes the MSE worse overall than LR4",
        Better("test-26-lr4", ("test-26-lr6",), MSE),
    ),
    Statement(
        _AUGUST,
        "With one-cycle schedules GEN and DIS approach each other, then run apart",
        RunApart(("test-26-lr4", "test-26-lr6")),
    ),
)

#: What the reports tried, or meant to, without telling an outcome.
TRIED: Final = (
    Trial(_JUNE, "Simplified discriminator (Test 1 beside Default)", "test-1", "default"),
    Trial(_JUNE, "Labels 0.8:0.2, in the report also more epochs (Test 2 beside Test 1)", "test-2", "test-1"),
    Trial(_JUNE, "CyclicLR reduced (Test 3 beside Test 2)", "test-3", "test-2"),
    Trial(_JUNE, "CyclicLR asymmetry, labels 0.7:0.3 (Test 4 beside Test 2)", "test-4", "test-2"),
    Trial(_JUNE, "D:G = 1:3, labels 0.65:0.35 (Test 5 beside Test 4)", "test-5", "test-4"),
    Trial(_JUNE, "Labels 0.6:0.4 (Test 6 beside Test 5)", "test-6", "test-5"),
    Trial(_AUGUST, "1:1, one cycle and growing noise (LR4 beside Test 25)", "test-26-lr4", "test-25"),
    Trial(_AUGUST, "Noise from 0.7 to 1 (LR4) beside 1 throughout (NS1)", "test-26-lr4", "test-26-lr4-ns1"),
    Trial(_AUGUST, "Slower generator (LR8 beside LR4)", "test-26-lr8", "test-26-lr4"),
    Trial(_AUGUST, "Highest rates exchanged (LR9 beside LR4)", "test-26-lr9", "test-26-lr4"),
    Trial(_AUGUST, "Without the GAN part (regression beside LR4)", "regression-hit", "test-26-lr4"),
)
