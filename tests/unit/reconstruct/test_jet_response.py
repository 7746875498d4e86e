"""The correction of jets' response closes in every bin of |eta|, also where they differ."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError, DataError
from showerkit.reconstruct.energy_measurement import MeasuredEnergies
from showerkit.reconstruct.jet_response import corrected_jets, fit_jet_response
from showerkit.reconstruct.response_correction import fewest_events
from showerkit.train.jet_response_config import JetResponseCorrection, JetResponseSettings

EDGES = (0.0, 0.8, 1.3, 2.0, 2.5)
N = 150_000


def jets_of_another_response_per_eta(seed, n=N):
    """Jets from 30 to 150 GeV whose response falls with |eta|, 10 % resolution; and one that does not."""
    random = np.random.default_rng(seed)
    true, eta = random.uniform(30e3, 150e3, n), random.uniform(-2.5, 2.5, n)
    number = np.searchsorted(EDGES, np.abs(eta), side="right") - 1
    response = np.array([0.92, 0.86, 0.95, 0.80])[number] - 0.05 * np.exp(-true / 40e3)
    return response * true * (1.0 + 0.1 * random.normal(size=n)), true, eta, number


def closures(measured, true, number):
    """Mean response in each bin of |eta| and of eight of true pT, and its error, shape (4, 8)."""
    mean, error = np.empty((4, 8)), np.empty((4, 8))
    for one in range(4):
        for place in range(8):
            inside = (number == one) & (true >= 30e3 + 15e3 * place) & (true < 45e3 + 15e3 * place)
            ratio = measured[inside] / true[inside]
            mean[one, place], error[one, place] = ratio.mean(), ratio.std() / np.sqrt(inside.sum())
    return mean, error


def test_a_bias_that_depends_on_eta_goes():
    measured, true, eta, _ = jets_of_another_response_per_eta(1)
    each = fit_jet_response(JetResponseSettings(abs_eta_edges=EDGES), measured, true, eta)
    common = fit_jet_response(JetResponseSettings(abs_eta_edges=(0.0, 2.5)), measured, true, eta)
    measured, true, eta, number = jets_of_another_response_per_eta(2)
    found = corrected_jets(each, MeasuredEnergies(measured), eta).energy_mev
    mean, error = closures(found, true, number)
    # The fit has as many jets as the test, hence as large an error.
    assert (np.abs(mean - 1.0) < 5.0 * np.sqrt(2.0) * error + 0.002).all()
    assert np.abs(mean - 1.0).max() < 0.01
    of_all = corrected_jets(common, MeasuredEnergies(measured), eta).energy_mev
    assert np.abs(closures(of_all, true, number)[0] - 1.0).max() > 0.03


def test_errors_follow_the_slope_and_none_stays_none():
    line = {"measured_mev": (0.0, 1e3), "corrected_mev": (0.0, 2e3)}
    same = {"measured_mev": (0.0, 1e3), "corrected_mev": (0.0, 1e3)}
    correction = JetResponseCorrection(abs_eta_edges=(0.0, 1.0, 2.0), corrections=(line, same))
    eta = np.array([0.5, -0.5, 1.5, -1.0, 9.0])
    found = corrected_jets(correction, MeasuredEnergies(np.full(5, 500.0), np.full(5, 7.0)), eta)
    np.testing.assert_allclose(found.energy_mev, [1000.0, 1000.0, 500.0, 500.0, 500.0])
    np.testing.assert_allclose(found.sigma_mev, [14.0, 14.0, 7.0, 7.0, 7.0])
    assert found.lower_mev is None
    assert len(corrected_jets(correction, MeasuredEnergies(np.zeros(0)), np.zeros(0)).energy_mev) == 0


def test_a_bin_of_few_jets_takes_its_neighbours_correction():
    measured, true, eta, number = jets_of_another_response_per_eta(3, n=4000)
    settings = JetResponseSettings(knots=4, abs_eta_edges=EDGES)
    few = np.flatnonzero(number == 3)[: fewest_events(4) - 1]
    kept = np.concatenate([np.flatnonzero(number < 3), few])
    fitted = fit_jet_response(settings, measured[kept], true[kept], eta[kept])
    assert fitted.corrections[3] == fitted.corrections[2]
    assert len({one.corrected_mev for one in fitted.corrections}) == 3
    scarce = slice(0, fewest_events(4) + 5)
    common = fit_jet_response(settings, measured[scarce], true[scarce], eta[scarce])
    assert len({one.corrected_mev for one in common.corrections}) == 1
    with pytest.raises(DataError, match="at least 160 for 4 knots"):
        fit_jet_response(settings, measured[:159], true[:159], eta[:159])


def test_edges_that_do_not_rise_from_0_are_refused():
    for edges in ([0.5, 1.0], [0.0, 1.0, 1.0]):
        with pytest.raises(ConfigurationError, match="rising edges of which the first is 0"):
            parse_config(JetResponseSettings, {"abs_eta_edges": edges}, source="recipe")
    with pytest.raises(ConfigurationError, match="one of corrections for each bin"):
        parse_config(JetResponseCorrection, {"abs_eta_edges": [0.0, 1.0], "corrections": []}, source="model")
