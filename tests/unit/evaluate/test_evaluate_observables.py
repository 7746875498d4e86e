import numpy as np
import pytest

from showerkit.data.records import IncidentParticles, Showers
from showerkit.evaluate.observables import join_observables, shower_observables
from showerkit.geometry import load_detector

ZDC = load_detector("zdc-ecal")


def particles(n, energy_mev=1000.0, entry=(0.0, 0.0)):
    position = np.tile([*entry, -202.0], (n, 1))
    return IncidentParticles(np.full(n, 11), np.full(n, energy_mev), [[0.0, 0.0, 1000.0]] * n, position)


def test_blob_has_its_own_centre_and_width():
    x, y, _ = ZDC.cell_positions_mm.T
    sigma, centre = 60.0, (30.0, -12.0)
    blob = np.exp(-0.5 * ((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / sigma**2)
    seen = shower_observables(Showers(particles(1, entry=(10.0, 5.0)), blob[None], [0]), ZDC, 0.1)
    # A Gaussian twice as wide as the pitch, sampled on the grid, keeps its moments to exp(-8 pi^2);
    # what the finite detector cuts off, at 4 sigma and beyond, is below 0.1 mm.
    assert seen.centre_x_mm[0] == pytest.approx(centre[0], abs=0.1)
    assert seen.centre_y_mm[0] == pytest.approx(centre[1], abs=0.1)
    assert seen.offset_x_mm[0] == pytest.approx(centre[0] - 10.0, abs=0.1)
    assert seen.offset_y_mm[0] == pytest.approx(centre[1] - 5.0, abs=0.1)
    assert seen.width_mm[0] == pytest.approx(np.sqrt(2.0) * sigma, rel=2e-3)
    assert seen.total_mev[0] == pytest.approx(blob.sum(), rel=1e-6)
    assert seen.hits[0] == (blob.astype(np.float32) > 0.1).sum()
    assert seen.hottest_share[0] == pytest.approx(blob.max() / blob.sum(), rel=1e-6)


def test_empty_showers_are_counted_and_have_no_centre():
    energy = np.zeros((3, ZDC.n_cells))
    energy[1, 7] = 2.0
    seen = shower_observables(Showers(particles(3), energy, np.arange(3)), ZDC, 0.1)
    assert seen.n_empty == 2
    assert np.isnan(seen.centre_x_mm[[0, 2]]).all()
    assert np.isnan(seen.hottest_share[[0, 2]]).all()
    assert seen.response[0] == 0.0
    assert seen.width_mm[1] == 0.0
    assert seen.hottest_share[1] == 1.0


def test_hit_means_above_the_threshold_not_at_it():
    energy = np.zeros((1, ZDC.n_cells), dtype=np.float32)
    energy[0, :3] = [0.5, 0.25, 0.75]
    seen = shower_observables(Showers(particles(1), energy, [0]), ZDC, 0.5)
    assert seen.hits[0] == 1


def test_no_incident_energy_gives_no_response():
    energy = np.ones((1, ZDC.n_cells))
    seen = shower_observables(Showers(particles(1, energy_mev=0.0), energy, [0]), ZDC, 0.1)
    assert np.isnan(seen.response[0])


def test_batches_joined_are_the_whole():
    energy = np.random.default_rng(1).exponential(1.0, (10, ZDC.n_cells))
    showers = Showers(particles(10), energy, np.arange(10))
    whole = shower_observables(showers, ZDC, 0.1)
    parts = join_observables([shower_observables(showers[s], ZDC, 0.1) for s in (slice(0, 3), slice(3, 10))])
    np.testing.assert_allclose(parts.width_mm, whole.width_mm, rtol=1e-12)
    assert len(parts) == 10
