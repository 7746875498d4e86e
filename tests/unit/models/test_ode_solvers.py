"""Solvers on equations with known answers, with their order of convergence."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from pydantic import ValidationError

from showerkit.errors import ConfigurationError
from showerkit.models.dormand_prince import NODES, STAGES, WEIGHTS, WEIGHTS_OF_ORDER_4
from showerkit.models.ode_solver_config import AdaptiveStepConfig, FixedStepConfig
from showerkit.models.ode_solvers import TABLEAUX, integrate

ORDERS = {"euler": 1, "midpoint": 2, "heun": 2, "adams-bashforth": 2, "rk4": 4}
START = torch.tensor([[0.5, 1.0], [2.0, -1.0]], dtype=torch.float64)


def swinging(time, state):
    """x' = x cos t: x(t) = x(0) exp(sin t - sin 0), neither linear in t nor autonomous."""
    return state * time.cos()[:, None]


def swung(start, begin, end):
    return start * math.exp(math.sin(end) - math.sin(begin))


def worst_error(config, end=2.0):
    return float((integrate(swinging, START, config, end=end) - swung(START, 0.0, end)).abs().max())


@pytest.mark.parametrize("crowding", [1.0, 2.0])
@pytest.mark.parametrize("kind", ORDERS)
def test_order_of_convergence(kind, crowding):
    coarse, fine = (
        worst_error(FixedStepConfig(kind=kind, steps=steps, crowding=crowding)) for steps in (80, 160)
    )
    # The next order of the error is smaller by the length of a step.
    assert math.log2(coarse / fine) == pytest.approx(ORDERS[kind], abs=0.15)


@pytest.mark.parametrize("kind", ORDERS)
def test_number_of_evaluations_and_times_within_the_way(kind):
    times = []

    def counting(time, state):
        times.append(float(time[0]))
        return torch.ones_like(state)

    config = FixedStepConfig(kind=kind, steps=7)
    moved = integrate(counting, START, config)
    assert len(times) == config.evaluations
    assert min(times) == 0.0
    assert max(times) <= 1.0 + 1e-12
    torch.testing.assert_close(moved, START + 1.0)


@pytest.mark.parametrize("kind", ORDERS)
def test_exact_for_what_its_order_says(kind):
    """A velocity that is a polynomial in time of a lower degree than the order is integrated exactly."""
    degree = ORDERS[kind] - 1
    end = integrate(
        lambda time, state: (degree + 1) * time[:, None] ** degree + 0.0 * state,
        START,
        FixedStepConfig(kind=kind, steps=3, crowding=1.7),
    )
    torch.testing.assert_close(end, START + 1.0)


@pytest.mark.parametrize(
    "config", [FixedStepConfig(kind="rk4", steps=100), AdaptiveStepConfig(relative_tolerance=1e-9)]
)
def test_backwards_undoes_forwards(config):
    there = integrate(swinging, START, config, begin=0.3, end=2.0)
    back = integrate(swinging, there, config, begin=2.0, end=0.3)
    torch.testing.assert_close(there, swung(START, 0.3, 2.0), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(back, START, rtol=1e-4, atol=1e-4)


def test_tableaux_are_consistent():
    for tableau in TABLEAUX.values():
        assert sum(tableau.weights) == pytest.approx(1.0)
        for node, stage in zip(tableau.nodes, tableau.stages, strict=True):
            assert sum(stage) == pytest.approx(node)


def test_dormand_prince_meets_the_conditions_of_its_orders():
    """All order conditions up to 3, and the quadrature conditions sum b c^(k-1) = 1/k up to the order."""
    for node, stage in zip(NODES, STAGES, strict=True):
        assert sum(stage) == pytest.approx(node, abs=1e-14)
    inner = [sum(a * c for a, c in zip(stage, NODES, strict=False)) for stage in STAGES]
    for weights, order in ((WEIGHTS, 5), (WEIGHTS_OF_ORDER_4, 4)):
        for k in range(1, order + 1):
            moment = sum(b * c ** (k - 1) for b, c in zip(weights, NODES, strict=True))
            assert moment == pytest.approx(1 / k, abs=1e-14), k
        assert sum(b * a for b, a in zip(weights, inner, strict=True)) == pytest.approx(1 / 6, abs=1e-14)
    # The embedded weights are of order 4 and no more.
    fifth = sum(b * c**4 for b, c in zip(WEIGHTS_OF_ORDER_4, NODES, strict=True))
    assert abs(fifth - 1 / 5) > 1e-5


@pytest.mark.parametrize("tolerance", [1e-3, 1e-6, 1e-9])
def test_dormand_prince_keeps_its_tolerance(tolerance):
    config = AdaptiveStepConfig(relative_tolerance=tolerance, absolute_tolerance=tolerance)
    # Errors of some steps add up, on an equation that lets them grow at most e-fold.
    assert worst_error(config) < 20 * tolerance


def test_dormand_prince_takes_more_steps_for_less_error():
    def evaluations(tolerance):
        count = 0

        def counting(time, state):
            nonlocal count
            count += 1
            return swinging(time, state)

        config = AdaptiveStepConfig(relative_tolerance=tolerance, absolute_tolerance=tolerance)
        integrate(counting, START, config, end=20.0)
        return count

    # Steps grow like tolerance^(-1/5), here 10^(6/5) = 16 times; half of it at least, since some are wasted.
    assert 5 < evaluations(1e-10) / evaluations(1e-4) < 32


def test_dormand_prince_judges_each_sample_by_itself():
    rate = torch.tensor([1.0, -40.0], dtype=torch.float64)
    start = torch.ones(2, 3, dtype=torch.float64)
    config = AdaptiveStepConfig()
    together = integrate(lambda time, state: rate[:, None] * state, start, config)
    for one in (0, 1):
        alone = integrate(lambda time, state, one=one: rate[one] * state, start[one : one + 1], config)
        torch.testing.assert_close(together[one : one + 1], alone, rtol=1e-12, atol=1e-12)


def test_dormand_prince_does_not_count_what_is_masked():
    """Wild motion in masked places changes neither steps nor results elsewhere."""
    mask = torch.tensor([[True, False]])
    start = torch.ones(1, 2, 1, dtype=torch.float64)
    times = []

    def field(wild):
        def velocity(time, state):
            times.append(time.clone())
            return torch.cat([state[:, :1], wild * (100.0 * time).sin()[:, None, None]], dim=1)

        return velocity

    calm = integrate(field(0.0), start, AdaptiveStepConfig(), mask=mask)
    calm_times = len(times)
    wild = integrate(field(1e3), start, AdaptiveStepConfig(), mask=mask)
    assert len(times) == 2 * calm_times
    assert torch.equal(calm[:, 0], wild[:, 0])


def test_dormand_prince_gives_up_with_a_reason():
    config = AdaptiveStepConfig(most_steps=3, relative_tolerance=1e-9, absolute_tolerance=1e-9)
    with pytest.raises(
        ConfigurationError, match=r"2 of 2 samples .* after 3 steps; to mend: raise most_steps"
    ):
        integrate(swinging, START, config, end=20.0)
    with pytest.raises(ConfigurationError, match="dormand-prince"):
        integrate(lambda time, state: state / 0.0, START, AdaptiveStepConfig(most_steps=50))


def test_states_of_any_shape_and_of_no_samples():
    for config in (FixedStepConfig(), AdaptiveStepConfig()):
        for shape in ((3,), (3, 2), (3, 1, 4, 4), (0, 5, 2)):
            moved = integrate(lambda time, state: torch.ones_like(state), torch.zeros(shape), config)
            torch.testing.assert_close(moved, torch.ones(shape))


def test_knots_are_crowded_at_both_ends_alike():
    knots = FixedStepConfig(steps=10, crowding=1.5).knots
    assert (knots[0], knots[-1]) == (0.0, 1.0)
    steps = [late - early for early, late in pairwise(knots)]
    assert steps[:5] == sorted(steps[:5])
    assert steps == pytest.approx(steps[::-1])
    assert FixedStepConfig(steps=4, crowding=1.0).knots == pytest.approx((0.0, 0.25, 0.5, 0.75, 1.0))


def test_settings_out_of_range():
    for wrong in ({"kind": "leapfrog"}, {"steps": 0}, {"crowding": 0.5}):
        with pytest.raises(ValidationError):
            FixedStepConfig(**wrong)
