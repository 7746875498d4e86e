"""Recipes: found by name or path, checked, and what is shipped is in order."""

from __future__ import annotations

import pytest
import yaml

from showerkit import register_energy_network
from showerkit.errors import ConfigurationError
from showerkit.geometry import load_detector
from showerkit.models.energy_model import EnergyModel
from showerkit.train.cloud_recipe import CloudRecipe
from showerkit.train.entry_window_recipe import EntryWindowRecipe
from showerkit.train.families import FAMILIES
from showerkit.train.jet_baseline_recipe import JetBaselineRecipe
from showerkit.train.jet_energy_recipe import JetEnergyRecipe
from showerkit.train.recipe import TrainingRecipe
from showerkit.workflow.chain_sections import (
    CHAIN_SECTIONS,
    ChainSections,
    GeneratorSections,
    ImageSections,
    JetEnergySections,
    JetSections,
    ShowerSections,
)
from showerkit.workflow.recipe import (
    EntryWindowChain,
    Recipe,
    find_recipe,
    load_recipe,
    parse_recipe,
    shipped_recipes,
)

SHIPPED = sorted(shipped_recipes())
OF_JETS = (CloudRecipe, JetEnergyRecipe, JetBaselineRecipe)
SMALL = {"name": "small", "detector": "zdc-ecal", "simulate": {"train": 20, "test": 10}}


@pytest.fixture
def small_yaml(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(SMALL))
    return path


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_recipe_is_in_order(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.description
    if isinstance(recipe, ShowerSections):
        load_detector(recipe.detector)
    assert shipped_recipes()[name].read_text().startswith("# "), "a recipe says first what it is for"


def test_demo_has_at_least_3000_showers():
    simulate = load_recipe("demo").simulate
    assert simulate.train + 2 * simulate.test >= 3000


def test_the_comparison_of_loss_weights_differs_in_the_weight_alone():
    base = load_recipe("regression").model_dump(exclude={"name", "description"})
    assert base["loss"].pop("value_weight") == 200
    for weight in (1, 500, 1000):
        other = load_recipe(f"regression-w{weight}").model_dump(exclude={"name", "description"})
        assert other["loss"].pop("value_weight") == weight
        assert other == base


@pytest.mark.parametrize("word", ["demo", "demo.yaml", "zdc/demo", "zdc/demo.yaml", "recipes/zdc/demo.yaml"])
def test_names_of_a_shipped_recipe(word, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_recipe(word) == shipped_recipes()["demo"]


def test_own_file(small_yaml):
    assert find_recipe(small_yaml) == small_yaml
    assert load_recipe(small_yaml).simulate.train == 20


@pytest.mark.parametrize(
    ("word", "expected"),
    [("dmeo", "did you mean 'demo'"), ("nowhere/dmeo.yaml", "did you mean 'demo'"), ("", "unknown recipe")],
)
def test_unknown_recipe(word, expected):
    with pytest.raises(ConfigurationError, match=expected):
        find_recipe(word)


def test_overrides(small_yaml):
    recipe = load_recipe(small_yaml, {"simulate.test": 7, "simulate.primaries.energy_gev": 5})
    assert (recipe.simulate.test, recipe.simulate.primaries.energy_gev) == (7, 5.0)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"simulate.trian": 5}, "unknown key 'simulate.trian'.*did you mean 'train'"),
        ({"simulate.train": 1}, "'simulate.train'.*got 1.*greater than or equal to 2"),
        ({"simulate.primaries.energy_gev": [-1, 5]}, "energies above 0"),
        ({"detector.name": 3}, "'detector'"),
        ({"nonsense": 3}, "unknown key 'nonsense'"),
    ],
)
def test_wrong_settings_are_named(small_yaml, overrides, expected):
    with pytest.raises(ConfigurationError, match=expected):
        load_recipe(small_yaml, overrides)


def test_a_detector_beside_the_recipe_is_found(small_yaml):
    layers = [{"material": "pbwo4", "thickness_mm": 70.0}]
    detector = {"name": "mine", "cells": 20, "cell_mm": 30.0, "layers": layers}
    (small_yaml.parent / "mine.yaml").write_text(yaml.safe_dump(detector))
    small_yaml.write_text(yaml.safe_dump({**SMALL, "detector": "mine.yaml"}))
    assert load_detector(load_recipe(small_yaml).detector).name == "mine"


def test_a_resolved_recipe_is_a_recipe_again():
    recipe = load_recipe("regression")
    written = yaml.safe_load(yaml.safe_dump(recipe.model_dump(mode="json")))
    assert Recipe.model_validate(written) == recipe


@pytest.mark.parametrize(
    ("kind", "chain", "training"),
    [("mask-value", Recipe, TrainingRecipe), ("entry-window", EntryWindowChain, EntryWindowRecipe)],
)
def test_the_kind_of_network_chooses_the_chain(small_yaml, kind, chain, training):
    small_yaml.write_text(yaml.safe_dump({**SMALL, "model": {"kind": kind, "hidden": 5}}))
    recipe = load_recipe(small_yaml, {"training.epochs": 3})
    assert type(recipe) is chain
    assert isinstance(recipe, ChainSections)
    assert type(recipe.training_recipe()) is training
    assert recipe.training_recipe() == training(
        name="small", model={"kind": kind, "hidden": 5}, training={"epochs": 3}
    )
    written = yaml.safe_load(yaml.safe_dump(recipe.model_dump(mode="json")))
    assert parse_recipe(written, source="again") == recipe


@pytest.mark.parametrize("kind", [kind for kind, cls in FAMILIES.items() if cls not in OF_JETS])
def test_a_chain_is_a_training_and_the_sections_of_a_chain(kind):
    named = {"network": "of-a-test"} if kind == "own-energy" else {}
    register_energy_network("of-a-test", EnergyModel)
    recipe = parse_recipe({**SMALL, "model": {"kind": kind, **named}}, source="small")
    assert recipe.model.kind == kind
    generates = {"generate"} if isinstance(recipe, GeneratorSections) else set()
    sections = {*ShowerSections.model_fields, "evaluate", *generates}
    assert set(type(recipe).model_fields) == set(FAMILIES[kind].model_fields) | sections
    assert sections - {"name", "description"} <= CHAIN_SECTIONS


@pytest.mark.parametrize("kind", [kind for kind, cls in FAMILIES.items() if cls is CloudRecipe])
def test_a_chain_of_clouds_is_one_of_jets_or_of_images(kind):
    values = {"name": "small", "model": {"kind": kind}}
    jets = parse_recipe({**values, "simulate": {"process": "g", "train": 20, "test": 10}}, source="jets")
    images = parse_recipe({**values, "images": {"digits": [8]}, "data": {"features": "pixels"}}, source="8")
    for recipe, sections in ((jets, JetSections), (images, ImageSections)):
        assert isinstance(recipe, sections)
        assert set(type(recipe).model_fields) == set(CloudRecipe.model_fields) | set(sections.model_fields)
        assert set(sections.model_fields) - {"name", "description"} <= CHAIN_SECTIONS
        assert recipe.training_recipe().model.kind == kind
        written = yaml.safe_load(yaml.safe_dump(recipe.model_dump(mode="json")))
        assert parse_recipe(written, source="again") == recipe


@pytest.mark.parametrize(
    "kind", [kind for kind, cls in FAMILIES.items() if cls in (JetEnergyRecipe, JetBaselineRecipe)]
)
def test_a_chain_that_calibrates_jets_has_their_sections(kind):
    values = {"name": "small", "model": {"kind": kind}, "simulate": {"train": 20, "test": 10}}
    recipe = parse_recipe(values, source="small")
    assert isinstance(recipe, JetEnergySections)
    assert set(type(recipe).model_fields) == (
        set(FAMILIES[kind].model_fields) | set(JetEnergySections.model_fields)
    )
    assert set(JetEnergySections.model_fields) - {"name", "description"} <= CHAIN_SECTIONS
    assert recipe.training_recipe().model.kind == kind
    written = yaml.safe_load(yaml.safe_dump(recipe.model_dump(mode="json")))
    assert parse_recipe(written, source="again") == recipe


def test_a_preset_of_jets_gives_way_to_what_is_written_beside_it():
    values = {"name": "small", "model": {"kind": "particle-flow"}}
    section = {"preset": "wide", "bias_power": 4.0, "train": 20, "test": 10}
    recipe = parse_recipe({**values, "simulate": section}, source="small")
    assert recipe.simulate.true_pt_gev == (30.0, 2000.0)
    assert recipe.simulate.bias_power == 4.0
    with pytest.raises(ConfigurationError, match="'simulate': expected preset narrow or wide"):
        parse_recipe({**values, "simulate": {**section, "preset": "huge"}}, source="small")


def test_another_family_on_the_command_line_keeps_the_samples(small_yaml):
    small_yaml.write_text(yaml.safe_dump({**SMALL, "model": {"hidden": 5}, "loss": {"value_weight": 3}}))
    recipe = load_recipe(small_yaml, {"model.kind": "entry-window", "model.cells_across": 5})
    expected = {**SMALL, "model": {"kind": "entry-window", "cells_across": 5}}
    assert recipe == parse_recipe(expected, source="small")
    same = load_recipe(small_yaml, {"model.kind": "mask-value"})
    assert (same.model.hidden, same.loss.value_weight) == (5, 3.0)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"model.kind": "entry-windw"}, "'model.kind': got 'entry-windw'.*did you mean 'entry-window'"),
        ({"model.kind": "entry-window", "simulate.trian": 5}, "'simulate.trian'.*did you mean 'train'"),
        ({"model.kind": "entry-window", "generat.seed": 5}, "'generat'.*did you mean 'generate'"),
        ({"model.kind": "entry-window", "data.normalisation": "s2"}, "unknown key 'data.normalisation'"),
        ({"model": "entry-window"}, "'model': got 'entry-window'"),
    ],
)
def test_wrong_settings_of_a_family_are_named(small_yaml, overrides, expected):
    with pytest.raises(ConfigurationError, match=expected):
        load_recipe(small_yaml, overrides)
