from __future__ import annotations

import math

import pytest
import torch

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError
from showerkit.train.recipe import Training, TrainingRecipe, parse_overrides
from showerkit.train.schedule_config import ConstantSchedule, CyclicSchedule, OneCycleSchedule
from showerkit.train.schedules import build_scheduler, first_learning_rate


def learning_rates(schedule: ConstantSchedule | OneCycleSchedule | CyclicSchedule, steps: int) -> list[float]:
    """The learning rate with which each step is made."""
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=first_learning_rate(schedule))
    scheduler = build_scheduler(schedule, optimizer, steps)
    rates = []
    for _ in range(steps):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step()
    return rates


def test_constant_stays() -> None:
    assert learning_rates(ConstantSchedule(learning_rate=3e-4), 5) == [3e-4] * 5


def test_one_cycle_rises_to_its_peak_and_falls_as_half_cosines() -> None:
    schedule = OneCycleSchedule(max_learning_rate=9e-4, pct_start=0.35, div_factor=25.0, final_div_factor=1e4)
    steps = 200
    rates = learning_rates(schedule, steps)
    first, last = 9e-4 / 25.0, 9e-4 / 25.0 / 1e4
    peak = 0.35 * (steps + 1) - 1
    for step, rate in enumerate(rates):
        if step <= peak:
            share, start, end = step / peak, first, 9e-4
        else:
            share, start, end = (step - peak) / (steps - peak), 9e-4, last
        expected = end + 0.5 * (start - end) * (1 + math.cos(math.pi * share))
        assert rate == pytest.approx(expected, rel=1e-6)


def test_one_cycle_serves_a_training_of_one_step() -> None:
    assert len(learning_rates(OneCycleSchedule(), 1)) == 1


@pytest.mark.parametrize(
    ("base", "top", "up", "down", "gamma"),
    [(1e-6, 1e-4, 40, 160, 0.999925), (1e-6, 5e-5, 80, 80, 0.999), (1e-6, 7e-5, 100, 100, 0.995)],
)
def test_the_reports_cycles(base: float, top: float, up: int, down: int, gamma: float) -> None:
    """Default, reduced and asymmetric cycles of the report of 2025/06/05."""
    schedule = CyclicSchedule(
        base_learning_rate=base, max_learning_rate=top, step_size_up=up, step_size_down=down, gamma=gamma
    )
    for step, rate in enumerate(learning_rates(schedule, 2 * (up + down) + 7)):
        within = step % (up + down)
        height = within / up if within <= up else 1 - (within - up) / down
        assert rate == pytest.approx(base + (top - base) * height * gamma**step, rel=1e-6)


def test_schedules_are_chosen_by_kind_and_checked() -> None:
    settings = parse_config(Training, {"schedule": {"kind": "cyclic", "step_size_up": 80}}, source="test")
    assert settings.schedule == CyclicSchedule(step_size_up=80)
    with pytest.raises(ConfigurationError, match="at least base_learning_rate"):
        parse_config(Training, {"schedule": {"kind": "cyclic", "max_learning_rate": 1e-9}}, source="test")
    with pytest.raises(ConfigurationError, match="kind"):
        parse_config(Training, {"schedule": {"kind": "zigzag"}}, source="test")


def test_overrides_from_the_command_line() -> None:
    values = parse_overrides(["training.schedule.max_learning_rate=1e-3", "model.inputs=[energy, px]"])
    assert values["model.inputs"] == ["energy", "px"]
    recipe = TrainingRecipe.model_validate(
        {"name": "a", "training": {"schedule": {"kind": "one-cycle", "max_learning_rate": "1e-3"}}}
    )
    assert recipe.training.schedule == OneCycleSchedule(max_learning_rate=1e-3)
    with pytest.raises(ConfigurationError, match="expected key=value"):
        parse_overrides(["training.epochs"])


@pytest.mark.parametrize("steps", range(1, 25))
@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.9])
def test_one_cycle_serves_trainings_of_few_steps(steps: int, share: float) -> None:
    rates = learning_rates(OneCycleSchedule(pct_start=share), steps)
    assert len(rates) == steps
    assert all(0.0 < rate <= 1.0e-3 * (1 + 1e-9) for rate in rates)
