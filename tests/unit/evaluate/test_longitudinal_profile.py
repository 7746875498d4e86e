from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import curve_fit

from showerkit.evaluate.shower_shapes.energy_bins import bin_of, energy_edges
from showerkit.evaluate.shower_shapes.layer_depths import layer_depths
from showerkit.evaluate.shower_shapes.levenberg_marquardt import minimise
from showerkit.evaluate.shower_shapes.longitudinal_profile import (
    LayerDepths,
    fit_each_shower,
    fit_longitudinal,
)
from showerkit.evaluate.shower_shapes.longitudinal_shape import energy_before, energy_per_depth
from showerkit.evaluate.shower_shapes.running_covariance import RunningCovariance
from showerkit.geometry import load_detector

TRUTH = (0.9, 6.0, 0.5)


def even_layers(layers: int, depth_x0: float) -> LayerDepths:
    edges = np.linspace(0.0, depth_x0, layers + 1)
    return LayerDepths(edges[:-1], edges[1:])


@pytest.mark.parametrize("maximum", [0.0, 0.7, 6.0, 12.0])
def test_the_integral_over_depth_is_that_of_the_form(maximum: float) -> None:
    for low, high in ((0.0, 1.5), (2.0, 9.0)):
        integral = quad(lambda t: float(energy_per_depth(np.array(t), 3.0, maximum, 0.45)), low, high)[0]
        exact = np.diff(energy_before(np.array([low, high]), 3.0, maximum, 0.45))[0]
        assert exact == pytest.approx(integral, rel=1e-7)


def test_the_maximum_lies_at_t0_and_nothing_before_the_face() -> None:
    near = energy_per_depth(np.array([5.99, 6.0, 6.01]), 1.0, 6.0, 0.5)
    assert near[1] > near[0]
    assert near[1] > near[2]
    assert energy_per_depth(np.array([-1.0]), 1.0, 6.0, 0.5)[0] == 0.0


def test_pulls_of_correlated_layers_are_standard_normal() -> None:
    # Each shower's response scatters by 10 % for all layers at once: errors from the layers' own
    # variances alone would miss it.
    depths, random, trials = even_layers(22, 22.0), np.random.default_rng(3), 80
    pulls, p_values = np.zeros((trials, 3)), np.zeros(trials)
    for trial in range(trials):
        response = random.gamma(100.0, 0.01, (100, 1))
        share = RunningCovariance(22)
        share.add(random.poisson(depths.energies(300.0 * TRUTH[0], *TRUTH[1:]) * response) / 300.0)
        fit = fit_longitudinal(share, depths)
        pulls[trial] = (fit.values - TRUTH) / fit.errors
        p_values[trial] = fit.p_value if fit.p_value is not None else np.nan
        assert fit.converged
        assert fit.ndf == 19
    assert (np.abs(pulls.mean(axis=0)) < 4.0 / np.sqrt(trials)).all()
    assert (np.abs(pulls.std(axis=0) - 1.0) < 4.0 / np.sqrt(2.0 * trials)).all()
    # A true form: p-values are uniform, with mean 1/2 and standard deviation 1/sqrt(12).
    assert abs(p_values.mean() - 0.5) < 4.0 / np.sqrt(12.0 * trials)


def test_thick_layers_bias_a_fit_at_their_centres_but_not_the_integrated_one() -> None:
    depths = even_layers(6, 24.0)
    exact = depths.energies(*TRUTH)
    share = RunningCovariance(6)
    random = np.random.default_rng(1)
    share.add(exact * (1.0 + 1e-4 * random.standard_normal((400, 6))))
    centre = 0.5 * (depths.start_x0 + depths.stop_x0)
    naive, _ = curve_fit(lambda t, e, m, b: 4.0 * energy_per_depth(t, e, m, b), centre, exact, p0=TRUTH)
    assert fit_longitudinal(share, depths).value("T0") == pytest.approx(6.0, abs=1e-3)
    assert abs(naive[1] - 6.0) > 0.05


def test_beta_held_leaves_two_parameters() -> None:
    depths = even_layers(20, 20.0)
    share = RunningCovariance(20)
    share.add(depths.energies(*TRUTH) * np.random.default_rng(1).normal(1.0, 0.01, (100, 20)))
    fit = fit_longitudinal(share, depths, beta=0.5)
    assert fit.names == ("E0", "T0")
    assert abs(fit.value("T0") - 6.0) < 4.0 * fit.error("T0")


def test_few_showers_give_no_p_value() -> None:
    depths = even_layers(20, 20.0)
    share = RunningCovariance(20)
    share.add(depths.energies(*TRUTH) * np.random.default_rng(1).normal(1.0, 0.05, (30, 20)))
    fit = fit_longitudinal(share, depths)
    assert fit.p_value is None
    assert not fit.correlated


def test_each_shower_gets_its_own_parameters_back() -> None:
    random = np.random.default_rng(5)
    depths = even_layers(25, 25.0)
    energy, maximum = random.uniform(0.5, 20.0, 50), random.uniform(3.0, 9.0, 50)
    factor = random.uniform(1.0, 1.1, 50)
    layers = np.stack(
        [depths.along(f).energies(e, m, 0.5) for e, m, f in zip(energy, maximum, factor, strict=True)]
    )
    fits = fit_each_shower(layers, depths, 0.5, layers.mean(axis=0), factor)
    assert fits.converged.all()
    np.testing.assert_allclose(fits.energy, energy, rtol=1e-4)
    np.testing.assert_allclose(fits.maximum_x0, maximum, rtol=1e-4)


def test_a_dark_shower_is_marked_and_harms_no_other() -> None:
    depths = even_layers(10, 25.0)
    truth = depths.energies(1.0, 6.0, 0.5)
    fits = fit_each_shower(np.stack([np.zeros(10), truth]), depths, 0.5, truth)
    assert fits.converged.tolist() == [False, True]
    assert fits.maximum_x0[1] == pytest.approx(6.0, rel=1e-4)


def test_many_problems_at_once_agree_with_scipy() -> None:
    random = np.random.default_rng(2)
    t = np.linspace(0.2, 15.0, 40)
    truth = random.uniform([0.5, 2.0], [2.0, 8.0], (5, 2))
    measured = np.stack([a * np.exp(-t / b) for a, b in truth]) + 0.01 * random.standard_normal((5, 40))

    def form(parameters: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return parameters[:, :1] * np.exp(-t / parameters[:, 1:])

    ours = minimise(form, np.tile([1.0, 4.0], (5, 1)), measured, np.ones((5, 40)))
    theirs = [curve_fit(lambda x, a, b: a * np.exp(-x / b), t, y, p0=[1.0, 4.0])[0] for y in measured]
    assert ours.converged.all()
    np.testing.assert_allclose(ours.parameters, theirs, rtol=1e-5)


def test_running_covariance_is_numpys() -> None:
    vectors = np.random.default_rng(1).normal(5.0, 1.0, (57, 4))
    running = RunningCovariance(4)
    for part in np.array_split(vectors, 7):
        running.add(part)
    np.testing.assert_allclose(running.mean, vectors.mean(axis=0))
    np.testing.assert_allclose(running.covariance, np.cov(vectors.T))


def test_layer_depths_end_where_the_active_part_does() -> None:
    detector = load_detector("toy-hcal")
    depths = layer_depths(detector)
    assert depths.start_x0[0] == 0.0
    assert (depths.start_x0[1:] > depths.stop_x0[:-1]).all()
    assert depths.stop_x0[-1] == pytest.approx(detector.depth_x0, rel=1e-9)


def test_energy_bins_hold_every_shower_once() -> None:
    energy = np.random.default_rng(1).uniform(0.0, 20000.0, 1000)
    number = bin_of(energy, energy_edges(energy, 8))
    assert (np.bincount(number, minlength=8) > 90).all()
    assert bin_of(np.array([1.0, 10.0, 11.0]), np.array([2.0, 5.0, 10.0])).tolist() == [-1, 1, -1]
