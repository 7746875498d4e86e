from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import dblquad, quad

from showerkit.evaluate.shower_shapes.mean_profile_fit import ProfileFit
from showerkit.evaluate.shower_shapes.transverse_profile import (
    TransverseGrid,
    TransverseProfile,
    fit_transverse,
)
from showerkit.evaluate.shower_shapes.transverse_shape import (
    energy_in_cell,
    energy_per_radius,
    energy_within,
)
from showerkit.geometry import Calorimeter, load_detector

TRUTH = np.array([0.8, 6.0, 35.0])


def spots(
    detector: Calorimeter, n: int, spots_each: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Showers of equal spots drawn from equation 2, their axes uniform over one pitch."""
    axis = random.uniform(-0.5, 0.5, (n, 2)) * [detector.pitch_x_mm, detector.pitch_y_mm]
    scale = np.where(random.random((n, spots_each)) < TRUTH[0], TRUTH[1], TRUTH[2])
    uniform = random.random((n, spots_each))
    radius, angle = scale * np.sqrt(uniform / (1.0 - uniform)), random.uniform(0, 2 * np.pi, (n, spots_each))
    x = axis[:, :1] + radius * np.cos(angle)
    y = axis[:, 1:] + radius * np.sin(angle)
    ix = np.floor(x / detector.pitch_x_mm + 0.5 * detector.cells_x).astype(int)
    iy = np.floor(y / detector.pitch_y_mm + 0.5 * detector.cells_y).astype(int)
    inside = (ix >= 0) & (ix < detector.cells_x) & (iy >= 0) & (iy < detector.cells_y)
    ix, iy = np.where(inside, ix, 0), np.where(inside, iy, 0)
    inside &= np.abs(x - detector.cell_x[ix]) < 0.5 * detector.cell_x_mm
    inside &= np.abs(y - detector.cell_y[iy]) < 0.5 * detector.cell_y_mm
    cells = np.zeros((n, 1, detector.n_cells))
    event = np.broadcast_to(np.arange(n)[:, None], ix.shape)
    np.add.at(cells, (event[inside], 0, (iy * detector.cells_x + ix)[inside]), 1.0 / spots_each)
    return axis, cells


def fitted(detector: Calorimeter, axis: np.ndarray, cells: np.ndarray) -> ProfileFit:
    grid = TransverseGrid(detector, None, 90.9)
    nodes = grid.node_of(detector.cell_x, detector.cell_y, axis[:, :1], axis[:, 1:]).reshape(cells.shape)
    profile = TransverseProfile(grid, np.ones(1))
    profile.add(nodes, cells)
    profile.add_residuals(nodes, cells, fit_transverse(profile))
    return fit_transverse(profile)


def test_the_share_within_a_radius_is_the_integral_of_the_form() -> None:
    for radius in (1.0, 6.0, 80.0):
        integral = quad(lambda r: float(energy_per_radius(np.array(r), *TRUTH)), 0.0, radius)[0]
        assert float(energy_within(np.array(radius), *TRUTH)) == pytest.approx(integral, rel=1e-6)
    assert float(energy_within(np.array(1e7), *TRUTH)) == pytest.approx(1.0, abs=1e-8)


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (7.0, -3.0), (-40.0, 25.0)])
def test_the_share_in_a_cell_is_the_integral_over_its_area(x: float, y: float) -> None:
    def density(v: float, u: float) -> float:
        radius = np.hypot(u, v)
        return float(energy_per_radius(np.array(radius), *TRUTH)) / (2.0 * np.pi * max(radius, 1e-12))

    integral = dblquad(density, x - 15.0, x + 15.0, y - 10.0, y + 10.0, epsabs=1e-8)[0]
    exact = float(energy_in_cell(np.array(x), np.array(y), (30.0, 20.0), *TRUTH))
    assert exact == pytest.approx(integral, rel=1e-5)


def test_pulls_with_cells_five_times_wider_than_the_core_are_standard_normal() -> None:
    detector, random, trials = load_detector("zdc-ecal"), np.random.default_rng(7), 16
    pulls = np.zeros((trials, 3))
    chi2 = np.zeros(trials)
    for trial in range(trials):
        fit = fitted(detector, *spots(detector, 400, 150, random))
        pulls[trial], chi2[trial] = (fit.values[1:] - TRUTH) / fit.errors[1:], fit.chi2
        assert fit.converged
        assert fit.ndf == 14
    assert (np.abs(pulls.mean(axis=0)) < 4.0 / np.sqrt(trials)).all()
    assert (np.abs(pulls.std(axis=0) - 1.0) < 4.0 / np.sqrt(2.0 * trials)).all()
    # Chi2 has mean ndf (n - 1)/(n - ndf - 2) when its covariance comes from the same n showers.
    mean = 14.0 * 399.0 / 384.0
    assert abs(chi2.mean() - mean) < 4.0 * np.sqrt(2.0 * mean / trials) * 1.2


def test_taking_cells_as_points_would_widen_the_core() -> None:
    detector = load_detector("zdc-ecal")
    axis, cells = spots(detector, 3000, 150, np.random.default_rng(11))
    fit = fitted(detector, axis, cells)
    distance = np.hypot(
        detector.cell_positions_mm[:, 0] - axis[:, :1], detector.cell_positions_mm[:, 1] - axis[:, 1:]
    )
    points_within = float((cells[:, 0] * (distance < 6.0)).sum() / len(cells))
    # Half of the core lies within R_C = 6 mm of the axis; cell centres put far less there.
    assert points_within < 0.6 * float(energy_within(np.array(6.0), *TRUTH))
    assert abs(fit.value("R_C") - 6.0) < 4.0 * fit.error("R_C")
    assert fit.error("R_C") < 0.1


def test_rings_stay_within_the_detector() -> None:
    detector = load_detector("zdc-ecal")
    assert TransverseGrid(detector, None, 1e4).edges_mm[-1] <= 303.0 + 1e-9
    assert TransverseGrid(detector, 5.0, 100.0).rings == 20
