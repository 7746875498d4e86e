"""The fit of the resolution finds known terms, with errors that are those of repeated measurements."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy.optimize import curve_fit

from showerkit.errors import DataError
from showerkit.evaluate.resolution_fit import fit_resolution

ENERGY = np.linspace(250.0, 9750.0, 20)
TRIALS = 400


def truth(a, b, c, energy=ENERGY):
    gev = energy / 1000.0
    return np.sqrt(a**2 / gev + b**2 + (c / gev) ** 2)


def repeated(a, b, c, relative=0.01, seed=1, **terms):
    random = np.random.default_rng(seed)
    expected = truth(a, b, c)
    return [
        fit_resolution(
            ENERGY, expected * (1.0 + relative * random.normal(size=20)), relative * expected, **terms
        )
        for _ in range(TRIALS)
    ]


def test_pulls_and_chi2_of_repeated_measurements():
    """All terms far from 0: their pulls are standard normal and chi-square is that of 17 degrees."""
    true = np.array([0.32, 0.08, 0.1])
    fits = repeated(*true)
    pulls = np.array([(fit.values - true) / fit.errors for fit in fits])
    assert not any(fit.at_limit.any() for fit in fits)
    # b and c are squares away from 0 by some eight errors: their laws are skewed by a tenth of an error.
    assert np.abs(pulls.mean(axis=0)).max() < 4 / math.sqrt(TRIALS) + 0.1
    assert np.abs(pulls.std(axis=0) - 1.0).max() < 4 / math.sqrt(2 * TRIALS) + 0.05
    chi2 = np.array([fit.chi2 for fit in fits])
    assert {fit.ndf for fit in fits} == {17}
    assert chi2.mean() == pytest.approx(17.0, abs=4 * math.sqrt(2 * 17 / TRIALS) + 17 * 0.01)
    correlation = np.mean([fit.covariance / np.outer(fit.errors, fit.errors) for fit in fits], axis=0)
    seen = np.corrcoef(np.array([fit.values for fit in fits]).T)
    assert np.abs(correlation - seen).max() < 4 / math.sqrt(TRIALS)
    covered = np.mean([(fit.low < true) & (true < fit.high) for fit in fits], axis=0)
    assert np.abs(covered - 0.6827).max() < 4 * math.sqrt(0.22 / TRIALS)
    p_values = np.array([fit.p_value for fit in fits])
    assert p_values.mean() == pytest.approx(0.5, abs=4 / math.sqrt(12 * TRIALS) + 0.02)


def test_a_term_that_is_not_there():
    """With b = 0 it is at its limit in half of the trials, and 0 lies in the interval whenever b^2 comes out
    less than one error above 0."""
    fits = repeated(0.32, 0.0, 0.0, terms=("stochastic", "constant"))
    at_limit = np.mean([fit.at_limit for fit in fits], axis=0)
    assert at_limit[0] == 0.0
    assert at_limit[1] == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(TRIALS))
    covered = np.mean([fit.low[1] == 0.0 for fit in fits])
    assert covered == pytest.approx(0.8413, abs=4 * math.sqrt(0.8413 * 0.1587 / TRIALS))


def test_a_term_at_its_limit_has_an_interval_but_no_error():
    fits = repeated(0.32, 0.0, 0.0)
    assert any(fit.at_limit[1:].all() for fit in fits)
    for fit in fits:
        limited = fit.at_limit
        assert np.isnan(fit.errors[limited]).all()
        assert np.isfinite(fit.errors[~limited]).all()
        assert (fit.values[limited] == 0.0).all()
        assert (fit.low[limited] == 0.0).all()
        assert (fit.low <= fit.values).all()
        assert (fit.values < fit.high).all()
        assert fit.ndf == 20 - np.sum(~limited)


def test_agrees_with_a_general_minimiser():
    expected = truth(0.3, 0.05, 0.06)
    measured = expected * (1.0 + 0.01 * np.random.default_rng(5).normal(size=20))
    fit = fit_resolution(ENERGY, measured, 0.01 * measured)

    def squares(energy, a, b, c):
        return truth(a, b, c, energy) ** 2

    values, covariance = curve_fit(
        squares, ENERGY, measured**2, p0=(0.2, 0.1, 0.1), sigma=0.02 * measured**2, absolute_sigma=True,
        ftol=1e-14, xtol=1e-14, gtol=1e-14,
    )  # fmt: skip
    np.testing.assert_allclose(fit.values, np.abs(values), rtol=1e-5)
    np.testing.assert_allclose(fit.errors, np.sqrt(np.diag(covariance)), rtol=1e-3)


def test_fewer_terms_and_missing_bins():
    expected = truth(0.3, 0.05, 0.0)
    expected[3] = np.nan
    error = np.full(20, 0.001)
    error[7] = np.nan
    fit = fit_resolution(ENERGY, expected, error, terms=("stochastic", "constant"))
    np.testing.assert_allclose(fit.values, [0.3, 0.05], rtol=1e-8)
    assert fit.ndf == 16
    assert fit.chi2 == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(fit.resolution(ENERGY)[[0, 3]], truth(0.3, 0.05, 0.0)[[0, 3]])


def test_one_term_has_the_error_of_a_weighted_mean():
    expected = truth(0.3, 0.0, 0.0)
    fit = fit_resolution(ENERGY, expected, 0.01 * expected, terms=("stochastic",))
    assert float(fit.errors[0]) == pytest.approx(0.3 * 0.01 / math.sqrt(20))
    # The interval is symmetric in the square of the term.
    assert float(fit.high[0] ** 2 + fit.low[0] ** 2) == pytest.approx(2 * 0.3**2)
    assert float(fit.high[0] - fit.low[0]) == pytest.approx(2 * float(fit.errors[0]), rel=1e-4)


def test_json():
    fit = fit_resolution(ENERGY, truth(0.3, 0.0, 0.0) - 1e-3, np.full(20, 1e-3))
    assert fit.at_limit.any()
    values = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
    assert values["terms"] == ["stochastic", "constant", "noise"]
    assert [error is None for error in values["errors"]] == fit.at_limit.tolist()


def test_wrong_input():
    with pytest.raises(DataError, match=r"got 3 bins .* more than the 3 terms"):
        fit_resolution(ENERGY[:3], np.ones(3), np.ones(3))
    with pytest.raises(DataError, match="above 0"):
        fit_resolution(ENERGY, np.ones(20), np.zeros(20))
