from __future__ import annotations

import numpy as np
import pytest

from showerkit.errors import DataError
from showerkit.reconstruct.residual_resolution import fit_resolution, sigma_of
from showerkit.train.energy_checkpoint import ResolutionTerms

LEAST = {"least_energy_mev": 100.0}


@pytest.mark.parametrize(
    "true",
    [
        ResolutionTerms(stochastic=10.0, constant=0.0, noise_mev=0.0, **LEAST),
        ResolutionTerms(stochastic=6.0, constant=0.1, noise_mev=200.0, **LEAST),
        ResolutionTerms(stochastic=0.0, constant=0.0, noise_mev=300.0, **LEAST),
    ],
)
def test_sigma_is_found_at_all_energies(true):
    random = np.random.default_rng(5)
    n = 200_000
    energy = random.uniform(0.0, 10_000.0, n)
    found = fit_resolution(energy, sigma_of(true, energy) * random.normal(size=n))
    at = np.array([500.0, 2000.0, 5000.0, 9500.0])
    # The variance of a band of a tenth of the events has the relative error sqrt(2 / (n / 10)).
    np.testing.assert_allclose(sigma_of(found, at), sigma_of(true, at), rtol=4 * 0.5 * np.sqrt(20 / n))
    assert found.least_energy_mev == pytest.approx(100.0, rel=1e-3)


def test_energies_below_the_least_have_its_sigma():
    terms = ResolutionTerms(stochastic=10.0, constant=0.0, noise_mev=0.0, **LEAST)
    assert sigma_of(terms, np.array([-500.0, 0.0, 100.0, 400.0])).tolist() == [100.0, 100.0, 100.0, 200.0]


@pytest.mark.parametrize("residual", [np.zeros(5), np.zeros(0), np.array([1.0, np.nan])])
def test_residuals_that_tell_nothing_are_refused(residual):
    with pytest.raises(DataError, match="residuals"):
        fit_resolution(np.full(len(residual), 1000.0), residual)


def test_a_few_residuals_that_are_far_off_do_not_bend_the_curve():
    random = np.random.default_rng(3)
    energy = random.uniform(30.0e3, 150.0e3, 4000)
    sigma = np.sqrt(20.0**2 * energy)
    residual = sigma * random.standard_normal(4000)
    residual[np.argsort(energy)[:400:50]] = 40.0e3
    terms = fit_resolution(energy, residual)
    np.testing.assert_allclose(sigma_of(terms, energy), sigma, rtol=0.1)
