"""Bins that fit small samples, and the usual ones where there are enough showers."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.evaluate.fitted_bins import ENOUGH_PER_ENERGY_BIN, few_showers_note, fitted_to
from showerkit.evaluate.settings import EvaluationConfig

USUAL = EvaluationConfig()


def uniform(n: int, high_mev: float = 20_000.0) -> np.ndarray:
    return (np.arange(n) + 0.5) * high_mev / n


def test_many_showers_get_the_usual_bins_and_no_word():
    fitted = fitted_to(USUAL, uniform(4000))
    assert (fitted.energy_bin_mev, fitted.response_bins, fitted.histogram_bins) == (100.0, 20, 50)
    assert few_showers_note(USUAL, fitted, 4000) is None


@pytest.mark.parametrize("n", [60, 300, 1000, 3999])
def test_bins_are_the_narrowest_with_enough_showers(n):
    fitted = fitted_to(USUAL, uniform(n))
    bins = np.ceil(20_000.0 / fitted.energy_bin_mev)
    assert n >= ENOUGH_PER_ENERGY_BIN * bins
    assert fitted.energy_bin_mev / 10.0 ** np.floor(np.log10(fitted.energy_bin_mev)) in (1.0, 2.0, 5.0)
    assert n < ENOUGH_PER_ENERGY_BIN * np.ceil(20_000.0 / (fitted.energy_bin_mev / 2.5))
    assert fitted.response_bins == max(1, min(20, n // 25))
    note = few_showers_note(USUAL, fitted, n)
    assert note is not None
    assert note.startswith(f"{n:,} showers are few: hit probability in bins of ")


def test_no_bin_is_wider_than_the_highest_energy():
    assert fitted_to(USUAL, uniform(3, 1_500.0)).energy_bin_mev == 1000.0
    assert fitted_to(USUAL, np.array([40.0, 60.0])).energy_bin_mev == 100.0


def test_single_energies_need_no_wide_bins():
    assert fitted_to(USUAL, np.repeat([1_000.0, 5_000.0, 10_000.0], 20)).energy_bin_mev == 100.0
    assert fitted_to(USUAL, np.full(5, 10_000.0)).energy_bin_mev == 100.0


def test_what_is_asked_for_is_kept():
    asked = EvaluationConfig(energy_bin_mev=50.0, response_bins=7, histogram_bins=33)
    fitted = fitted_to(asked, uniform(30))
    assert (fitted.energy_bin_mev, fitted.response_bins, fitted.histogram_bins) == (50.0, 7, 33)
    assert few_showers_note(asked, fitted, 30) is None
