"""The tests that the ZDC reports name, setting by setting."""

from __future__ import annotations

import pytest

from showerkit.workflow.recipe import load_recipe

# name: discriminator, label pair, D:G, largest learning rates, epochs (reports of 2025/06/05 and 2025/08/07)
TABLE = {
    "default": ("default", (0.73, 0.27), (1, 1), (1e-4, 1e-4), 100),
    "test-1": ("simplified", (0.73, 0.27), (1, 1), (1e-4, 1e-4), 100),
    "test-2": ("simplified", (0.8, 0.2), (1, 1), (1e-4, 1e-4), 150),
    "test-3": ("simplified", (0.8, 0.2), (1, 1), (5e-5, 5e-5), 150),
    "test-4": ("simplified", (0.7, 0.3), (1, 1), (1e-4, 7e-5), 150),
    "test-5": ("simplified", (0.65, 0.35), (1, 3), (1e-4, 7e-5), 150),
    "test-6": ("simplified", (0.6, 0.4), (1, 3), (1e-4, 7e-5), 150),
    "test-18": ("default", (0.8, 0.2), (1, 1), (1e-4, 1e-4), 100),
    "test-24": ("default", (1.0, 0.0), (1, 1), (1e-4, 1e-4), 50),
    "test-25": ("default", (0.8, 0.2), (1, 5), (1e-4, 1e-4), 50),
    "test-26-lr4": ("default", (0.8, 0.2), (1, 1), (9e-4, 1e-3), 50),
    "test-26-lr4-ns1": ("default", (0.8, 0.2), (1, 1), (9e-4, 1e-3), 50),
    "test-26-lr6": ("default", (0.8, 0.2), (1, 1), (1e-3, 1e-3), 50),
    "test-26-lr8": ("default", (0.8, 0.2), (1, 1), (7e-4, 1e-3), 50),
    "test-26-lr9": ("default", (0.8, 0.2), (1, 1), (1e-3, 9e-4), 50),
}
CYCLES = {  # steps up, steps down, gamma
    "default": (40, 160, 0.999925), "test-3": (80, 80, 0.999), "test-6": (100, 100, 0.995),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_settings_of_a_named_test(name):
    stage = load_recipe(name).adversarial
    variant, labels, updates, rates, epochs = TABLE[name]
    assert stage.discriminator.variant == variant
    assert (stage.labels.real, stage.labels.fake) == labels
    assert (stage.updates.discriminator, stage.updates.generator) == updates
    schedules = (stage.generator_schedule, stage.discriminator_schedule)
    assert tuple(schedule.max_learning_rate for schedule in schedules) == rates
    assert stage.epochs == epochs


@pytest.mark.parametrize("name", CYCLES)
def test_learning_rate_cycles(name):
    stage = load_recipe(name).adversarial
    for cycle in (stage.generator_schedule, stage.discriminator_schedule):
        assert cycle.kind == "cyclic"
        assert cycle.base_learning_rate == 1e-6
        assert (cycle.step_size_up, cycle.step_size_down, cycle.gamma) == CYCLES[name]


def test_what_sets_the_later_tests_apart():
    six = {name: load_recipe(name) for name in TABLE if name.startswith("test-2") and len(name) > 6}
    assert all(len(recipe.model.inputs) == 6 for recipe in six.values())
    assert six["test-24"].data.normalisation == "none"
    assert not six["test-24"].model.modulates
    assert six["test-25"].data.normalisation == "s2"
    assert six["test-25"].model.modulates
    noise = {name: (r.adversarial.noise.start, r.adversarial.noise.end) for name, r in six.items()}
    assert noise["test-26-lr4"] == noise["test-26-lr9"] == (0.7, 1.0)
    assert noise["test-26-lr4-ns1"] == (1.0, 1.0)
    start = {name: r.adversarial.generator_schedule.pct_start for name, r in six.items() if "26" in name}
    assert start.pop("test-26-lr6") == 0.8
    assert set(start.values()) == {0.35}
    wide = load_recipe("test-18")
    assert (wide.model.hidden, wide.model.dropout) == (64, 0.1)
    assert (wide.adversarial.discriminator.hidden, wide.adversarial.discriminator.dropout) == (64, 0.1)


def test_all_share_one_sample():
    others = ["regression-hit", "gan-remedies", "energy-score", "gan-best"]
    simulated = {load_recipe(name).simulate.model_dump_json() for name in [*TABLE, *others]}
    assert len(simulated) == 1
    assert load_recipe("default").simulate.train >= 100_000


@pytest.mark.parametrize(
    ("stage_1", "names"),
    [
        ("regression-energy", [n for n in TABLE if n == "default" or (len(n) == 6)]),
        ("regression-hit", [n for n in TABLE if n == "test-25" or "26" in n]),
    ],
)
def test_stage_1_is_the_same_and_can_be_shared(stage_1, names):
    start = load_recipe(stage_1)
    assert len(names) > 5
    for name in names:
        recipe = load_recipe(name)
        for section in ("model", "loss", "data", "training"):
            assert getattr(recipe, section) == getattr(start, section), (name, section)
