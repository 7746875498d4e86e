"""Which run a recipe is derived from, what changed, and whether the change is seen."""

from __future__ import annotations

import pytest

from showerkit.report.choices import choices_grid, choices_on, difference, effect_text
from showerkit.report.findings_section import seeds_section
from showerkit.report.quantities import AUC_CELLS, CENTRE_SPREAD, MSE, Estimate
from showerkit.report.run_groups import grouped_by_seed
from showerkit.report.setting_changes import changes_text, setting_changes

CYCLIC = {"kind": "cyclic", "gamma": 0.9}


def parents(runs):
    return {choice.group.name: choice.parent.name for choice in choices_on(grouped_by_seed(runs))}


def test_a_recipe_stands_beside_its_nearest_base(make_run):
    runs = [
        make_run("regression", values={"w": 1}),
        make_run("test-2", ancestors=("test-1", "default", "regression"), values={"w": 1, "labels": 2}),
        make_run("default", ancestors=("regression",), values={"w": 1, "labels": 1}),
    ]
    assert parents(runs) == {"default": "regression", "test-2": "default"}


def test_a_changed_recipe_stands_beside_the_unchanged_one(make_run):
    runs = [
        make_run("base", values={"a": 1, "b": 1, "c": 1}),
        make_run("best", ancestors=("base",), values={"a": 2, "b": 2, "c": 2}),
        make_run("best-b", recipe="best", ancestors=("base",), values={"a": 2, "b": 1, "c": 2}),
        make_run("best-c", recipe="best", ancestors=("base",), values={"a": 2, "b": 2, "c": 1}),
    ]
    assert parents(runs) == {"best": "base", "best-b": "best", "best-c": "best"}


def test_without_a_base_the_fewest_other_settings_decide(make_run):
    runs = [
        make_run("one", values={"a": 1, "b": 1}),
        make_run("two", values={"a": 2, "b": 2}),
        make_run("three", values={"a": 2, "b": 3}),
    ]
    assert parents(runs) == {"two": "one", "three": "two"}


def test_nothing_stands_beside_what_builds_on_it(make_run):
    runs = [make_run("w1", ancestors=("base",), values={"w": 1}), make_run("base", values={"w": 200})]
    assert parents(runs) == {"w1": "base"}


def test_an_effect_has_its_sign_error_and_significance(make_run):
    """0.80 +- 0.03 against 0.70 +- 0.04 is a change of 0.10 +- 0.05, two standard errors."""
    base = make_run("base", {"classifier.low_level.auc": (0.70, 0.04)})
    worse = make_run("worse", {"classifier.low_level.auc": (0.8001, 0.03)}, values={"a": 1})
    one, two = grouped_by_seed([base, worse])
    change = difference(AUC_CELLS, two, one)
    assert (change.value, change.error) == pytest.approx((0.1001, 0.05))
    assert effect_text(AUC_CELLS, two, one).startswith("**worse** 0.100 ± 0.050 (2.0")
    assert effect_text(AUC_CELLS, one, two).startswith("better ")
    near = make_run("near", {"classifier.low_level.auc": (0.79, 0.03)}, values={"a": 2})
    assert effect_text(AUC_CELLS, grouped_by_seed([near])[0], one).startswith("no difference seen (1.8")
    assert effect_text(MSE, two, one) == "n/a"


def test_a_shift_is_better_nearer_to_zero_on_either_side(make_run):
    def run(name, spread):
        return make_run(name, {f"centre_{a}.spread": (spread, 0.1) for a in "xy"}, values={"a": name})

    below, above = grouped_by_seed([run("below", -1.0), run("above", 3.0)])
    assert difference(CENTRE_SPREAD, below, above).value == pytest.approx(-2.0)
    assert difference(CENTRE_SPREAD, below, above).error == pytest.approx(0.1)


def test_floors_of_their_own_add_their_errors(make_run):
    """Ratios 2 +- 0.1 and 1 +- 0.1; floors known to 10 % add 0.2 and 0.1 where they are not the same."""
    measures = {name: {"hit_probability.mse": (value, 1.0)} for name, value in (("a", 20.0), ("b", 10.0))}
    floor = {"hit_probability.mse": (10.0, 1.0)}
    same = [make_run(name, measures[name], values={"n": name}, floor=floor) for name in "ab"]
    one, two = grouped_by_seed(same)
    assert difference(MSE, one, two).error == pytest.approx(0.1 * 2.0**0.5)
    other = make_run(
        "b",
        {"hit_probability.mse": (10.1, 1.01)},
        values={"n": "b"},
        floor={"hit_probability.mse": (10.1, 1.01)},
    )
    assert difference(MSE, one, grouped_by_seed([other])[0]).error == pytest.approx(0.07**0.5)


def test_seeds_are_one_group_with_mean_and_scatter(make_run):
    runs = [
        make_run(
            f"best-{seed}",
            {"classifier.low_level.auc": (auc, 0.001)},
            recipe="best",
            values={"training": {"epochs": 3, "seed": seed}},
            diverged="epoch 2" if seed == 3 else None,
        )
        for seed, auc in ((1, 0.70), (2, 0.72), (3, 0.74))
    ]
    other = make_run("long", recipe="best", values={"training": {"epochs": 9, "seed": 1}})
    groups = grouped_by_seed([*runs, other])
    assert [group.name for group in groups] == ["best (3 trainings)", "long"]
    found = AUC_CELLS.of_group(groups[0])
    assert (found.value, found.error) == pytest.approx((0.72, 0.02 / 3.0**0.5))
    text = "\n".join(seeds_section(groups))
    assert "2 of 3" in text
    assert "0.720 ± 0.020" in text
    assert seeds_section(groups[1:]) == []


def test_changes_are_told_compactly():
    before = {
        "model": {"hidden": 32},
        "adversarial": {
            "labels": {"real": 0.8, "fake": 0.2},
            "generator_schedule": CYCLIC,
            "discriminator_schedule": CYCLIC,
            "mask": {"kind": "probability"},
        },
    }
    after = {
        "model": {"hidden": 64},
        "adversarial": {
            "labels": {"real": 0.7, "fake": 0.3},
            "generator_schedule": CYCLIC | {"gamma": 0.8},
            "discriminator_schedule": CYCLIC | {"gamma": 0.8},
            "mask": {"kind": "concrete", "temperature": 0.5},
        },
    }
    assert changes_text(setting_changes(before, after)) == (
        "`model.hidden` 32 → 64; labels real:fake 0.8:0.2 → 0.7:0.3; `both schedules.gamma` 0.9 → 0.8; "
        "`mask` probability → concrete, temperature 0.5"
    )
    assert setting_changes(before, before) == []
    without = before | {"adversarial": None}
    assert changes_text(setting_changes(without, before)) == "adversarial stage"
    assert changes_text(setting_changes(before, without)) == "no adversarial stage"


def test_schedules_that_change_apart_are_told_apart():
    before = {"adversarial": {"generator_schedule": CYCLIC, "discriminator_schedule": CYCLIC}}
    after = {"adversarial": {"generator_schedule": CYCLIC | {"gamma": 0.8}, "discriminator_schedule": CYCLIC}}
    assert changes_text(setting_changes(before, after)) == "`generator_schedule.gamma` 0.9 → 0.8"


def test_many_changes_are_cut():
    changes = setting_changes({f"s{n}": 0 for n in range(9)}, {f"s{n}": 1 for n in range(9)})
    assert changes_text(changes).endswith("; and 3 more")


def test_a_page_of_one_recipe_has_no_choices(make_run):
    assert len(choices_grid(grouped_by_seed([make_run("one")]))) == 1


def test_an_exact_difference_is_infinitely_significant():
    assert Estimate(0.0, 0.0).sigmas == 0.0
    assert Estimate(-1.0, 0.0).sigmas == float("-inf")
