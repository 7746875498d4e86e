"""Epochs, showers, time and batches of a stage, from its table and its recipe."""

from __future__ import annotations

import math

import numpy as np
import pytest

from showerkit.report.training_stages import TrainingStage


def stage(kind="adversarial", epochs=8, events=54_000, *, settings=None, **columns):
    losses = {"epoch": np.arange(1.0, epochs + 1.0), **columns}
    return TrainingStage(kind, losses, settings or {}, events)


@pytest.mark.parametrize(("discriminator", "generator"), [(1, 1), (1, 5), (1, 3), (2, 1)])
def test_batches_are_told_from_the_updates_of_both_networks(discriminator, generator):
    """In n batches the busier network has n updates and the other its share: 122 batches an epoch."""
    batches = 122 * np.arange(1, 9)
    busier = max(discriminator, generator)
    steps = np.ceil(batches * discriminator / busier) + np.ceil(batches * generator / busier)
    updates = {"discriminator": discriminator, "generator": generator}
    assert stage(settings={"updates": updates}, step=steps).batches_per_epoch == 122


def test_batches_of_a_regression_are_its_steps():
    assert stage("regression", step=845.0 * np.arange(1, 9)).batches_per_epoch == 845


def test_without_steps_the_sample_and_batch_size_tell_the_batches():
    assert stage(settings={"batch_size": 64}).batches_per_epoch == math.ceil(54_000 / 64)
    assert stage(events=None, settings={"batch_size": 64}).batches_per_epoch is None


def test_showers_seen_are_limited_by_the_epoch():
    assert stage().showers == 8 * 54_000
    assert stage(settings={"epoch_showers": 20_000}).showers == 8 * 20_000
    assert stage(settings={"epoch_showers": 60_000}).showers == 8 * 54_000
    assert stage(events=None).showers is None


def test_time_is_the_sum_of_the_epochs():
    assert stage(seconds=np.full(8, 30.0)).seconds == 240.0
    assert math.isnan(stage().seconds)


def test_a_stage_that_ran_away_at_once_has_no_epochs():
    nothing = TrainingStage("adversarial", {"epoch": np.array([])}, {"batch_size": 10}, 100)
    assert (nothing.epochs, nothing.showers, nothing.batches_per_epoch) == (0, 0, 10)
    assert nothing.last_quarter("train_gen") is None


def test_quarters_of_a_straight_line():
    """Of 0 to 15 the last quarter is 12 to 15, the second 4 to 7; their scatter is that of four numbers."""
    line = stage(epochs=16, train_gen=np.arange(16.0))
    error = math.sqrt(5.0 / 3.0) / 2.0
    assert line.last_quarter("train_gen") == pytest.approx((13.5, error))
    assert line.second_quarter("train_gen") == pytest.approx((5.5, error))
    assert stage(epochs=4, train_gen=np.arange(4.0)).last_quarter("train_gen") is None
