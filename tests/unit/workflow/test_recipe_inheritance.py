"""Recipes that build on others."""

from __future__ import annotations

import pytest
import yaml

from showerkit.errors import ConfigurationError
from showerkit.train.entry_window_recipe import EntryWindowRecipe
from showerkit.train.recipe import TrainingRecipe
from showerkit.workflow.recipe import load_recipe

BASE = {
    "name": "base",
    "description": "of the base",
    "detector": "zdc-ecal",
    "simulate": {"train": 20, "test": 10, "seed": 4},
    "model": {"inputs": ["energy", "theta"], "hidden": 8},
    "training": {"epochs": 3, "schedule": {"kind": "one-cycle", "max_learning_rate": 0.1, "pct_start": 0.2}},
}


@pytest.fixture
def write(tmp_path):
    def writer(name, **values):
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump({"name": name, **values}))
        return path

    writer("base", **{key: value for key, value in BASE.items() if key != "name"})
    return writer


def test_a_child_says_only_in_what_it_differs(write):
    child = load_recipe(write("child", base="base.yaml", simulate={"test": 7}, model={"inputs": ["energy"]}))
    assert (child.simulate.train, child.simulate.test, child.simulate.seed) == (20, 7, 4)
    assert child.model.inputs == ("energy",)  # a list is replaced, not joined
    assert child.model.hidden == 8
    assert (child.name, child.description) == ("child", "")  # these are nobody else's


def test_grandchildren_and_settings_of_another_kind(write):
    write("child", base="base.yaml", training={"schedule": {"pct_start": 0.5}})
    grandchild = load_recipe(
        write("grandchild", base="child.yaml", training={"schedule": {"max_learning_rate": 0.3}})
    )
    schedule = grandchild.training.schedule
    assert (schedule.pct_start, schedule.max_learning_rate) == (0.5, 0.3)
    assert grandchild.training.epochs == 3
    other = load_recipe(write("other", base="grandchild.yaml", training={"schedule": {"kind": "constant"}}))
    assert other.training.schedule.kind == "constant"


def test_a_shipped_recipe_is_a_base_too(write):
    child = load_recipe(write("child", base="demo", training={"epochs": 2}))
    shipped = load_recipe("demo")
    assert child.training == shipped.training.model_copy(update={"epochs": 2})
    assert child.simulate == shipped.simulate


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"base": "selfish.yaml"}, r"builds on itself \(selfish.yaml -> selfish.yaml\)"),
        ({"base": "nowhere"}, "unknown recipe 'nowhere'"),
        ({"base": 3}, "'base': got 3; expected the name of a recipe"),
        (
            {"base": "base.yaml", "training": {"epoch": 1}},
            "unknown key 'training.epoch'.*did you mean 'epochs'",
        ),
    ],
)
def test_what_is_wrong_is_named(write, values, expected):
    with pytest.raises(ConfigurationError, match=expected):
        load_recipe(write("selfish", **values))


def test_a_circle_of_recipes_is_refused(write):
    write("one", base="two.yaml")
    with pytest.raises(ConfigurationError, match=r"one.yaml -> two.yaml -> one.yaml"):
        load_recipe(write("one", base=str(write("two", base="one.yaml"))))


def test_overrides_come_last(write):
    assert load_recipe(write("child", base="base.yaml"), {"training.epochs": 9}).training.epochs == 9


def test_a_child_of_another_family_inherits_the_samples_alone(write):
    child = load_recipe(
        write("child", base="base.yaml", model={"kind": "entry-window"}, training={"epochs": 2})
    )
    assert (child.model.kind, child.detector) == ("entry-window", "zdc-ecal")
    assert (child.simulate.train, child.simulate.seed) == (20, 4)
    assert child.training_recipe() == EntryWindowRecipe(name="child", training={"epochs": 2})
    grandchild = load_recipe(write("grandchild", base="child.yaml", training={"seed": 6}))
    assert (grandchild.model.kind, grandchild.training.epochs) == ("entry-window", 2)
    back = load_recipe(write("back", base="grandchild.yaml", model={"kind": "mask-value", "hidden": 3}))
    assert (back.model.hidden, back.training.epochs) == (3, TrainingRecipe(name="a").training.epochs)


def test_naming_the_family_of_the_base_changes_nothing(write):
    child = load_recipe(write("child", base="base.yaml", model={"kind": "mask-value"}))
    assert child.model.hidden == 8
    assert child.training.epochs == 3


@pytest.mark.parametrize("base", ["x" * 5000, "a/" * 3000, "\x00", "a\nb", "/dev/null"])
def test_a_base_that_no_file_can_be(write, base):
    with pytest.raises(ConfigurationError) as refused:
        load_recipe(write("child", base=base))
    assert "\n" not in str(refused.value)
