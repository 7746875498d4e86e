"""Clouds of one class alone from a model of several."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.image_file import read_images
from showerkit.errors import ConfigurationError
from showerkit.generate.cloud_request import draw_request, only_class
from showerkit.train.cloud_condition import CloudCondition
from showerkit.train.cloud_population import CloudPopulation
from showerkit.workflow.generate import generate


def test_one_class_is_drawn_with_its_own_numbers_and_momenta():
    counts = np.array([[0, 30, 0, 0], [0, 0, 0, 0], [0, 0, 25, 75]])
    population = CloudPopulation(
        counts,
        np.array([0, 0, 2, 2]),
        np.array([1, 1, 2, 3]),
        np.array([10.0, 20.0, 500.0, 600.0], dtype=np.float32),
        np.zeros(4, dtype=np.float32),
    )
    told = CloudCondition(inputs=("class",), classes=(0, 1, 2), places=3, coding="index")
    rows = np.arange(4000, dtype=np.int64)
    request = draw_request(only_class(population, 2), told, rows, seed=1)
    assert set(request.label) == {2}
    assert set(request.pt_gev) == {500.0, 600.0}
    share = (request.number == 3).mean()
    assert abs(share - 0.75) < 5.0 * np.sqrt(0.75 * 0.25 / len(rows))
    first = draw_request(only_class(population, 0), told, rows, seed=1)
    assert set(first.label) == {0}
    assert set(first.number) == {1}
    assert population.counts is counts


def test_a_class_is_named_as_its_clouds_are(tmp_path, untrained_autoencoder):
    model = untrained_autoencoder(tmp_path / "model", 5, image_shape=(12, 12), classes=(3, 8))
    made = generate(model, tmp_path / "eights.h5", n=20, of_class="8")
    assert set(read_images(made).label) == {8}
    assert set(read_images(generate(model, tmp_path / "both.h5", n=40)).label) == {3, 8}
    with pytest.raises(ConfigurationError, match="expected one of 3, 8"):
        generate(model, tmp_path / "x.h5", n=5, of_class="t")
    with pytest.raises(ConfigurationError, match="classes of its own"):
        generate(model, tmp_path / "x.h5", like=made, of_class="8")
    assert not (tmp_path / "x.h5").exists()
