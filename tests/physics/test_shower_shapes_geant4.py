"""Electron showers in deep lead tungstate develop as the Particle Data Group says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from showerkit.evaluate.shower_shapes.settings import ShapeConfig
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.workflow.profile import profile
from showerkit.workflow.simulate import simulate


@pytest.mark.slow
def test_the_maximum_of_electron_showers_follows_the_logarithm_of_energy(tmp_path: Path) -> None:
    file = tmp_path / "block.h5"
    primaries = PrimaryConfig(particles=("e-",), energies_gev=(1.0, 10.0, 100.0))
    simulate("pbwo4-block", file, n=90, primaries=primaries, seed=1, workers=1)
    shapes = profile(file, config=ShapeConfig(min_showers=10))
    assert len(shapes.longitudinal) == 3
    maximum = np.array([one.free.value("T0") for one in shapes.longitudinal])
    error = np.array([one.free.error("T0") for one in shapes.longitudinal])
    # The rule is good to about half a radiation length.
    assert (np.abs(maximum - shapes.expected_maximum) < 0.5 + 3.0 * error).all()
    assert shapes.maximum is not None
    assert abs(shapes.maximum.slope - 1.0) < 0.1 + 3.0 * shapes.maximum.slope_error
    assert shapes.beta is not None
    assert shapes.beta.spread < 0.1 * shapes.beta.value
