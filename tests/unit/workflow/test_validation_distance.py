from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from showerkit.data.records import Showers
from showerkit.errors import DataError
from showerkit.geometry import load_detector
from showerkit.rng import generator
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.workflow.validation_distance import ValidationDistance

META = SimpleNamespace(detector=load_detector("zdc-ecal"), threshold_mev=0.1)


def showers(n):
    ids = np.arange(n)
    incident = PrimaryConfig(particles=("e-",), energy_gev=(1.0, 20.0)).sample(1, ids, META.detector)
    random = generator(1, "toy")
    energy = random.gamma(1.0, 5.0, (n, 400)) * (random.random((n, 400)) < 0.1)
    return Showers(incident, energy.astype(np.float32), ids)


def test_distance_is_zero_for_the_same_showers_and_grows_with_the_error():
    real = showers(60)

    def generator(factor):
        """Take the factor by which the energies are wrong for a network."""
        return SimpleNamespace(
            generate=lambda *_args: replace(real, energy_mev=(real.energy_mev * np.float32(factor)))
        )

    distance = ValidationDistance(real, META, generator, seed=1)
    same, near, far = (distance(factor) for factor in (1.0, 1.1, 1.5))
    assert abs(same) < 1e-6
    assert 1e-3 < near < far


def test_too_few_showers_are_refused():
    with pytest.raises(DataError, match=r"validation showers: got 1; expected at least 2"):
        ValidationDistance(showers(1), META, lambda network: network, seed=1)
