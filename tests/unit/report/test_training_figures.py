"""Figures of trainings: learning-rate cycles against their closed forms, and losses by family."""

from __future__ import annotations

import math

import numpy as np

from showerkit.report.figures.learning_rates import learning_rate_figure, learning_rates, rate_cycles
from showerkit.report.figures.training_losses import adversarial_losses
from showerkit.train.schedule_config import ConstantSchedule, CyclicSchedule, OneCycleSchedule

CYCLIC = CyclicSchedule(
    base_learning_rate=1e-6, max_learning_rate=1e-4, step_size_up=40, step_size_down=160, gamma=0.999925
)


def test_cyclic_rates_are_triangles_that_shrink():
    rates = learning_rates(CYCLIC, 1000)
    batch = np.arange(1001)
    phase = batch % 200
    triangle = np.where(phase <= 40, phase / 40, (200 - phase) / 160)
    np.testing.assert_allclose(rates, 1e-6 + 9.9e-5 * triangle * 0.999925**batch, rtol=1e-9, atol=1e-12)


def test_one_cycle_peaks_where_it_is_told():
    schedule = OneCycleSchedule(max_learning_rate=9e-4, pct_start=0.35)
    rates = learning_rates(schedule, 12_200)
    assert math.isclose(rates[0], 9e-4 / 25.0)
    assert math.isclose(rates.max(), 9e-4, rel_tol=1e-6)
    assert abs(int(rates.argmax()) - 0.35 * 12_200) <= 1
    assert rates[-1] < 1e-8


def test_a_constant_rate_stays():
    assert set(learning_rates(ConstantSchedule(learning_rate=0.25), 5).tolist()) == {0.25}


def gan(make_run, name, generator, discriminator, batches=10):
    values = {
        "adversarial": {
            "epochs": 4,
            "generator_schedule": generator,
            "discriminator_schedule": discriminator,
            "updates": {"discriminator": 1, "generator": 1},
        }
    }
    steps = 2 * batches * np.arange(1, 5)
    return make_run(name, values=values, losses={"epoch": np.arange(1, 5), "step": steps})


def test_runs_of_the_same_cycles_share_a_panel(make_run):
    constant, one = {"kind": "constant", "learning_rate": 1e-3}, {"kind": "one-cycle"}
    runs = [
        gan(make_run, "a", constant, one),
        gan(make_run, "b", constant, one),
        gan(make_run, "c", one, constant),
        gan(make_run, "longer", constant, one, batches=20),
        gan(make_run, "unknown", {"kind": "of an earlier version"}, one),
        make_run("regression"),
    ]
    cycles = rate_cycles(runs)
    assert [pair.names for pair in cycles] == [["a", "b"], ["c"], ["longer"]]
    assert [pair.batches for pair in cycles] == [40, 40, 80]
    lines = learning_rate_figure(cycles).axes[0].get_lines()
    # In units of 1e-4: the generator's rate stays, over all four epochs.
    np.testing.assert_allclose(lines[0].get_ydata(), 10.0)
    np.testing.assert_allclose(lines[0].get_xdata(), np.arange(41) / 10.0)


def test_losses_of_another_family_have_panels_of_their_own(make_run):
    """Two rows of five panels: the tests have no SCORE, the other family has no MASK and VALUE."""
    epoch = np.arange(1.0, 5.0)
    four = {f"train_{name}": 0.7 + 0.1 * epoch for name in ("gen", "dis", "mask", "value")}
    three = {f"train_{name}": 0.7 / epoch for name in ("gen", "dis", "score")}
    runs = [
        make_run(
            "a", values={"model": {"inputs": ["energy"]}, "adversarial": {}}, losses={"epoch": epoch} | four
        ),
        make_run(
            "b", values={"model": {"kind": "window"}, "adversarial": {}}, losses={"epoch": epoch} | three
        ),
    ]
    axes = adversarial_losses(runs).axes
    drawn = [[line.get_label() for line in ax.get_lines() if line.get_label() in "ab"] for ax in axes]
    assert drawn == [["a"]] * 4 + [[]] + [["b"]] * 2 + [[]] * 2 + [["b"]]
    np.testing.assert_array_equal(axes[0].get_lines()[0].get_ydata(), four["train_gen"])
    framed = [True] * 4 + [False] + [True] * 2 + [False] * 2 + [True]
    assert [ax.axison for ax in axes] == framed
