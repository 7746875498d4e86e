"""The kind of network tells which recipe is meant."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from showerkit import register_energy_network
from showerkit.errors import CheckpointError, ConfigurationError
from showerkit.models.energy_model import EnergyModel
from showerkit.models.entry_window_config import EntryWindowConfig
from showerkit.models.mask_value_config import MaskValueConfig
from showerkit.train.entry_window_recipe import EntryWindowRecipe
from showerkit.train.families import (
    FAMILIES,
    FAMILY_SECTIONS,
    AnyTrainingRecipe,
    family_of,
    parse_training_recipe,
    with_settings,
)
from showerkit.train.recipe import TrainingRecipe


@pytest.mark.parametrize(
    ("model", "cls", "network"),
    [
        (None, TrainingRecipe, MaskValueConfig),
        ({"hidden": 8}, TrainingRecipe, MaskValueConfig),
        ({"kind": "mask-value"}, TrainingRecipe, MaskValueConfig),
        ({"kind": "entry-window", "hidden": 8}, EntryWindowRecipe, EntryWindowConfig),
    ],
)
def test_the_kind_of_network_chooses_the_recipe(
    model: dict[str, Any] | None, cls: type, network: type
) -> None:
    values = {"name": "a"} if model is None else {"name": "a", "model": model}
    recipe = parse_training_recipe(values, source="a.yaml")
    assert type(recipe) is cls
    assert type(recipe.model) is network
    assert parse_training_recipe(recipe.model_dump(mode="json"), source="again") == recipe


def test_every_family_is_registered_under_its_own_kind() -> None:
    register_energy_network("of-a-test", EnergyModel)
    assert set(FAMILIES.values()) == set(get_args(AnyTrainingRecipe))
    for kind, cls in FAMILIES.items():
        named = {"network": "of-a-test"} if kind == "own-energy" else {}
        assert cls(name="a", model={"kind": kind, **named}).model.kind == kind
        assert set(cls.model_fields) - FAMILY_SECTIONS == {"name", "description"}


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("entry-windw", r"x\.yaml: 'model\.kind': got 'entry-windw'; to mend: did you mean 'entry-window'\?"),
        ("gan", r"'model\.kind': got 'gan'.*use one of: .*entry-window, .*mask-value"),
        (None, r"'model\.kind': got None"),
        (["mask-value"], r"'model\.kind': got \['mask-value'\]"),
    ],
)
def test_an_unknown_family_is_named(kind: object, says: str) -> None:
    for error in (ConfigurationError, CheckpointError):
        with pytest.raises(error, match=says):
            parse_training_recipe({"name": "a", "model": {"kind": kind}}, source="x.yaml", error=error)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"model": 3}, r"'model': got 3"),
        ({"model": {"kind": "entry-window", "hiden": 3}}, r"'model\.hiden'.*did you mean 'hidden'"),
        (
            {"model": {"kind": "entry-window"}, "loss": {"value_weight": 1}},
            r"unknown key 'loss\.value_weight'",
        ),
        ({"loss": {"each_hit": 1}}, r"unknown key 'loss\.each_hit'"),
        ({"model": {"kind": "entry-window"}, "adversarail": {}}, "did you mean 'adversarial'"),
    ],
)
def test_settings_of_another_family_and_misspelt_ones_are_named(values: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        parse_training_recipe({"name": "a", **values}, source="x.yaml")


def test_another_family_begins_with_its_own_settings() -> None:
    values = TrainingRecipe(name="a", training={"epochs": 3}).model_dump(mode="json")
    changed = with_settings(values, {"training.epochs": 5, "model.kind": "entry-window"})
    recipe = parse_training_recipe(changed, source="a")
    expected = EntryWindowRecipe(name="a", training={"epochs": 5})
    assert recipe == expected
    back = with_settings(recipe.model_dump(mode="json"), {"model.kind": "mask-value"})
    assert parse_training_recipe(back, source="a") == TrainingRecipe(name="a")


def test_the_same_family_keeps_its_settings() -> None:
    values = {"name": "a", "model": {"hidden": 8}, "loss": {"value_weight": 3.0}}
    changed = with_settings(values, {"model.kind": "mask-value", "training.epochs": 5})
    recipe = parse_training_recipe(changed, source="a")
    assert (recipe.model.hidden, recipe.training.epochs) == (8, 5)
    assert family_of(changed, source="a") == "mask-value"
    assert values == {"name": "a", "model": {"hidden": 8}, "loss": {"value_weight": 3.0}}
