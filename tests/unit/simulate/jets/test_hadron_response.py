"""The response to hadrons of a calorimeter that does not compensate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError
from showerkit.simulate.jets.hadron_response import HadronResponseConfig


def test_the_energy_of_the_calibration_is_read_right():
    response = HadronResponseConfig(calibration_gev=20.0)
    assert response.mean(np.array([20.0])) == pytest.approx(1.0)


@given(ratio=st.floats(1.01, 3.0), power=st.floats(0.5, 0.95))
def test_it_rises_between_h_over_e_and_1(ratio, power):
    response = HadronResponseConfig(electron_to_hadron=ratio, power=power, calibration_gev=1e30)
    found = response.mean(np.geomspace(0.1, 1e4, 50))
    assert (np.diff(found) >= 0.0).all()
    assert found[0] == pytest.approx(1.0 / ratio, rel=0.01 + 1e30 ** (power - 1.0))
    assert found[-1] <= 1.0 / (1.0 - (1.0 - 1.0 / ratio) * 1e30 ** (power - 1.0))


def test_a_calorimeter_that_overcompensates_is_refused():
    with pytest.raises(ConfigurationError, match="electron_to_hadron"):
        parse_config(HadronResponseConfig, {"electron_to_hadron": 0.8}, source="test")
