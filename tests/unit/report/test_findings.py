"""Statements held against runs: confirmed, refuted, not decided, or no runs for them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from showerkit.report.energy_ranges import highest_mse, highest_range, worst_range
from showerkit.report.findings import ABSENT, Below, Better, MoreIsBetter, Rises
from showerkit.report.findings_section import findings_section
from showerkit.report.quantities import AUC_CELLS, MSE, Quantity, measured
from showerkit.report.run_groups import grouped_by_seed
from showerkit.report.zdc_findings import FOUND, TRIED, DivergesLater, RunApart, loss_imbalance
from showerkit.workflow.recipe import shipped_recipes

MSE_ITSELF = Quantity("MSE", "", measured("hit_probability.mse"))
HIGHEST = Quantity("highest", "", highest_mse)


def auc(make_run, name, value, error=0.01, **more):
    return make_run(name, {"classifier.low_level.auc": (value, error)}, **more)


def test_every_statement_is_about_shipped_recipes():
    named = set()
    for statement in FOUND:
        for value in vars(statement.check).values():
            named |= {value} if isinstance(value, str) else set(value if isinstance(value, tuple) else ())
    named |= {name for trial in TRIED for name in (trial.recipe, trial.other)}
    settings = {"model.variant", "default", "extended-2", "simulate.train", "adversarial.epochs"}
    assert named - settings <= set(shipped_recipes())
    texts = [statement.text for statement in FOUND] + [trial.text for trial in TRIED]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ((0.70, 0.80, 0.90), "confirmed"),
        ((0.70, 0.80, 0.71), "not decided"),
        ((0.70, 0.80, 0.60), "refuted"),
        ((0.70, 0.69, 0.71), "not decided"),
    ],
)
def test_better_than_each_other(make_run, values, verdict):
    """Two standard errors of a difference are 0.028."""
    runs = [auc(make_run, name, value, values={"n": name}) for name, value in zip("abc", values, strict=True)]
    outcome = Better("a", ("b", "c"), AUC_CELLS).judge(grouped_by_seed(runs))
    assert outcome.verdict == verdict
    assert "AUC on cells: a 0.700 ± 0.010; b " in outcome.evidence


def test_runs_that_are_not_there_decide_nothing(make_run):
    runs = grouped_by_seed([auc(make_run, "a", 0.7)])
    assert Better("a", ("b",), AUC_CELLS).judge(runs) == ABSENT
    assert Better("b", ("a",), AUC_CELLS).judge(runs) == ABSENT
    assert Below(("b",), AUC_CELLS, 1.0).judge(runs) == ABSENT
    assert Rises(("b",), AUC_CELLS, AUC_CELLS).judge(runs) == ABSENT
    assert MoreIsBetter("epochs", AUC_CELLS).judge(runs) == ABSENT
    assert findings_section(runs) == []


@pytest.mark.parametrize(
    ("second", "verdict"), [(0.0018, "confirmed"), (0.00195, "not decided"), (0.0025, "refuted")]
)
def test_below_a_limit(make_run, second, verdict):
    runs = [
        make_run(name, {"hit_probability.mse": (value, 1.0e-4)}, values={"n": name})
        for name, value in (("a", 0.001), ("b", second))
    ]
    outcome = Below(("a", "b", "c"), MSE_ITSELF, 0.002).judge(grouped_by_seed(runs))
    assert outcome.verdict == verdict
    assert "of 2 runs below 0.002; highest b" in outcome.evidence


@pytest.mark.parametrize(("factor", "verdict"), [(2.0, "confirmed"), (1.0, "not decided"), (0.5, "refuted")])
def test_rises_at_high_energy(make_run, factor, verdict):
    bins = np.full(20, 4.0e-4)
    bins[-1] *= factor
    run = make_run("a", {"hit_probability.mse": (4.0e-4, 1.0e-5)}, mse_per_bin=tuple(bins))
    outcome = Rises(("a",), MSE_ITSELF, HIGHEST).judge(grouped_by_seed([run]))
    assert outcome.verdict == verdict
    assert f"{factor:.1f}"[:3] in outcome.evidence


def test_ranges_of_energy_are_those_of_the_bins(make_run):
    bins = np.full(200, 4.0e-4)
    bins[30:40] *= 3.0
    bins[190:] *= 1.5
    run = make_run("a", mse_per_bin=tuple(bins), floor=None)
    # The floor of these runs has a tenth of the bins; both have twenty ranges.
    ratio, low, high = worst_range(run)
    assert (ratio.value, low, high) == pytest.approx((3.0, 3.0, 4.0))
    assert highest_range(run).value == pytest.approx(1.5)
    assert highest_mse(run).value == pytest.approx(6.0e-4)
    assert highest_mse(run).error == pytest.approx(1.0e-5 / math.sqrt(10.0))


@pytest.mark.parametrize(
    ("few", "many", "worse", "verdict"),
    [
        (0.9, 0.8, False, "confirmed"),
        (0.8, 0.9, False, "refuted"),
        (0.8, 0.9, True, "confirmed"),
        (0.80, 0.81, False, "not decided"),
    ],
)
def test_more_of_one_setting(make_run, few, many, worse, verdict):
    runs = [
        auc(make_run, "few", few, recipe="x", values={"simulate": {"train": 10}}),
        auc(make_run, "many", many, recipe="x", values={"simulate": {"train": 50}}),
        auc(make_run, "other", 0.5, recipe="y", values={"simulate": {"train": 90}, "w": 1}),
    ]
    outcome = MoreIsBetter("simulate.train", AUC_CELLS, worse=worse).judge(grouped_by_seed(runs))
    assert outcome.verdict == verdict
    assert "other" not in outcome.evidence


def test_more_by_name(make_run):
    runs = [
        auc(make_run, variant, value, recipe="x", values={"model": {"variant": variant}})
        for variant, value in (("extended-2", 0.7), ("default", 0.9))
    ]
    check = MoreIsBetter("model.variant", AUC_CELLS, names=("default", "extended-2"))
    assert check.judge(grouped_by_seed(runs)).verdict == "confirmed"


def gan(make_run, name, gap_late, **more):
    """GEN and DIS ln 2 at first; in the last quarter GEN above it by the gap, with a scatter of 0.01."""
    wiggle = 0.01 * (-1.0) ** np.arange(16)
    gen = math.log(2.0) + wiggle + np.where(np.arange(16) >= 12, gap_late, 0.0)
    losses = {"epoch": np.arange(1, 17), "train_gen": gen, "train_dis": math.log(2.0) - wiggle}
    return make_run(name, losses=losses, values={"n": name, "adversarial": {}}, **more)


def test_losses_that_run_apart(make_run):
    def verdict(*runs):
        return RunApart(("a", "b")).judge(grouped_by_seed(runs)).verdict

    assert verdict(gan(make_run, "a", 0.5), gan(make_run, "b", 0.5)) == "confirmed"
    assert verdict(gan(make_run, "a", 0.0), gan(make_run, "b", 0.0)) == "refuted"
    assert verdict(gan(make_run, "a", 0.0, diverged="epoch 17")) == "confirmed"
    assert verdict(make_run("a")) == "not on this page"


def test_balanced_losses_are_near_ln_2(make_run):
    assert loss_imbalance(gan(make_run, "a", 0.0)).value == pytest.approx(0.0, abs=1e-12)
    found = loss_imbalance(gan(make_run, "a", 0.5))
    assert found.value == pytest.approx(0.25)
    assert found.error == pytest.approx(0.5 * math.sqrt(2.0) * 0.01 * math.sqrt(4.0 / 3.0) / 2.0)
    assert loss_imbalance(make_run("a")) is None


def test_which_training_runs_away_first(make_run):
    def verdict(one, two):
        def run(name, epochs):
            losses = {"epoch": np.arange(1, (epochs or 9) + 1)}
            return make_run(name, losses=losses, values={"n": name}, diverged="x" if epochs else None)

        return DivergesLater("a", "b").judge(grouped_by_seed([run("a", one), run("b", two)])).verdict

    assert verdict(7, 5) == "confirmed"
    assert verdict(None, 5) == "confirmed"
    assert verdict(5, 7) == "refuted"
    assert verdict(None, None) == "not decided"


def test_the_section_tells_findings_trials_and_what_is_missing(make_run):
    both = {"hit_probability.mse": (4.0e-4, 1.0e-5), "classifier.low_level.auc": (0.9, 0.01)}
    better = {"hit_probability.mse": (8.0e-4, 1.0e-5), "classifier.low_level.auc": (0.8, 0.01)}
    runs = [
        make_run("default", both, values={"n": 1}),
        make_run("test-1", better, values={"n": 2}),
    ]
    text = "\n".join(findings_section(grouped_by_seed(runs)))
    assert "| Default gives the best images of all tests on energy alone | **refuted** |" in text
    assert "| Simplified discriminator (Test 1 beside Default) | **worse** 1.000 ± 0.035 (28" in text
    assert "- The MSE is below 0.002 in general" in text
    assert MSE.of_group(grouped_by_seed(runs)[1]).value == pytest.approx(2.0)
