"""The small parts of the adversarial stage: ratios, strengths, averages, start, divergence."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError, TrainingDivergedError
from showerkit.losses.mask_value_config import MaskValueLossConfig
from showerkit.models.discriminator import build_discriminator
from showerkit.models.discriminator_config import DiscriminatorConfig
from showerkit.models.mask_value_config import MaskValueConfig
from showerkit.models.registry import build_model
from showerkit.train.adversarial import AdversarialTraining, with_noise_strength, with_random_inputs
from showerkit.train.adversarial_config import AdversarialStage, Updates
from showerkit.train.divergence import StopAtDivergence
from showerkit.train.noise_schedule import NoiseStrength
from showerkit.train.recipe import TrainingRecipe
from showerkit.train.weight_average import WeightAverage


@pytest.mark.parametrize(("d", "g"), [(1, 1), (1, 3), (3, 1), (1, 5), (2, 3), (5, 2)])
def test_ratio_of_updates_is_exact(d: int, g: int) -> None:
    ratio, period = Updates(discriminator=d, generator=g), max(d, g)
    for start in (0, 4 * period):
        batches = range(start, start + period)
        assert sum(map(ratio.discriminator_at, batches)) == d
        assert sum(map(ratio.generator_at, batches)) == g
    assert ratio.discriminator_at(0)
    assert ratio.generator_at(0)


def test_noise_strength_rises_on_a_straight_line() -> None:
    strength = NoiseStrength(start=0.7, end=1.0)
    assert [strength.at(e, 51) for e in (0, 25, 50)] == pytest.approx([0.7, 0.85, 1.0])
    assert strength.at(0, 1) == 1.0
    assert NoiseStrength().at(3, 10) == 1.0


def test_average_of_a_weight_that_jumped() -> None:
    """Of a weight that is 0 at first and 1 ever after, the average is 1 - prod d_n."""
    line = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(line.weight)
    average = WeightAverage(line, 0.9)
    nn.init.ones_(line.weight)
    left = 1.0
    for n in range(1, 200):
        average.update(line)
        left *= min(0.9, (1 + n) / (10 + n))
        assert average.network.weight.item() == pytest.approx(1.0 - left, abs=1e-5)
    assert not average.network.weight.requires_grad


SMALL = MaskValueConfig(hidden=4, inputs=("energy", "theta"))


def test_the_generator_starts_where_the_regression_ended() -> None:
    regression = build_model(SMALL, seed=5).eval()
    condition = torch.rand(8, 2)
    network = with_random_inputs(SMALL, regression.state_dict(), 3, seed=9).eval()
    for ours, theirs in zip(network(condition, 7 * torch.randn(8, 3)), regression(condition), strict=True):
        assert torch.equal(ours, theirs)
    # ... and can leave from there: the random inputs' weights have a gradient.
    sum(out.square().sum() for out in network(condition, torch.randn(8, 3))).backward()
    assert network.noise_in.weight.grad.abs().max() > 0


def test_another_network_is_no_start() -> None:
    other = build_model(SMALL.model_copy(update={"hidden": 5}), seed=1)
    with pytest.raises(ConfigurationError, match="starts from: got another network"):
        with_random_inputs(SMALL, other.state_dict(), 3, seed=1)


def test_noise_strength_is_taken_into_the_weights() -> None:
    network = build_model(SMALL.model_copy(update={"noise_inputs": 3}), seed=1).eval()
    nn.init.normal_(network.noise_in.weight)
    scaled = build_model(network.config, seed=2).eval()
    scaled.load_state_dict(with_noise_strength(network.state_dict(), 0.7))
    condition, noise = torch.rand(4, 2), torch.randn(4, 3)
    for one, two in zip(network(condition, 0.7 * noise), scaled(condition, noise), strict=True):
        assert torch.allclose(one, two, atol=1e-6)


def test_the_discriminator_sees_empty_cells_at_zero() -> None:
    stage = AdversarialStage(discriminator=DiscriminatorConfig(hidden=2, sees="image-and-mask"))
    module = AdversarialTraining(
        build_model(SMALL.model_copy(update={"noise_inputs": 32}), seed=1),
        build_discriminator(stage.discriminator, 2, seed=1),
        MaskValueLossConfig(value_cells="hit"),
        stage,
        empty_value=-1.5,
    )
    hit = torch.tensor([0.0, 1.0, 1.0]).reshape(1, 1, 1, 3)
    value = torch.tensor([7.0, -1.5, 0.5]).reshape(1, 1, 1, 3)
    image = module.image(hit, value)
    assert image[0, 0, 0].tolist() == [0.0, 0.0, 2.0]
    assert image[0, 1, 0].tolist() == [0.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("figure", "value", "says"),
    [
        ("train_gen", 21.0, "train gen 21; expected at most 20"),
        ("train_dis", 30.0, "train dis 30"),
        ("train_mask", 1.5, "train mask 1.5; expected at most 1.386"),
        ("validation_loss", float("nan"), "validation loss nan; expected a finite number"),
        ("train_value", float("inf"), "train value inf"),
    ],
)
def test_divergence_is_noticed(figure: str, value: float, says: str) -> None:
    trainer = SimpleNamespace(current_epoch=6, callback_metrics={"train_gen": 0.7, figure: value})
    with pytest.raises(TrainingDivergedError, match=f"epoch 7: got {says}"):
        StopAtDivergence("gan", 20.0).on_train_epoch_end(trainer, None)


def test_an_ordinary_epoch_is_no_divergence() -> None:
    figures = {"train_gen": 3.0, "train_dis": 0.2, "train_mask": 0.4, "train_value": 50.0}
    trainer = SimpleNamespace(current_epoch=0, callback_metrics=figures)
    StopAtDivergence("gan", 20.0).on_train_epoch_end(trainer, None)


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ({"adversarial": {}}, "value_cells 'hit' with an adversarial stage"),
        ({"model": {"noise_inputs": 4}}, "adversarial.noise_inputs"),
        ({"adversarial": {"lables": {}}, "loss": {"value_cells": "hit"}}, "did you mean 'labels'"),
        ({"adversarial": {"mask": {"kind": "soft"}}, "loss": {"value_cells": "hit"}}, "adversarial.mask"),
    ],
)
def test_settings_that_do_not_fit_are_named(section: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        parse_config(TrainingRecipe, {"name": "x", **section}, source="x.yaml")
