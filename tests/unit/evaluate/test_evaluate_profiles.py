import numpy as np
import pytest

from showerkit.data.records import IncidentParticles, Showers
from showerkit.evaluate.observables import shower_observables
from showerkit.evaluate.profiles import cell_counts, event_profiles, lateral_shares, profile_bins
from showerkit.geometry import load_detector


def made(detector, n=20, entry_range=15.0, seed=1):
    random = np.random.default_rng(seed)
    entry = random.uniform(-entry_range, entry_range, (n, 2))
    position = np.concatenate([entry, np.full((n, 1), -202.0)], axis=1)
    incident = IncidentParticles(np.full(n, 11), np.full(n, 1e3), np.tile([0.0, 0.0, 1e3], (n, 1)), position)
    energy = random.exponential(1.0, (n, detector.n_cells)) * (random.random((n, detector.n_cells)) < 0.1)
    return Showers(incident, energy, np.arange(n))


@pytest.mark.parametrize("name", ["zdc-ecal", "toy-hcal"])
def test_profiles_are_normalised(name):
    detector = load_detector(name)
    showers = made(detector)
    bins = profile_bins(detector, 0.1, 1e3)
    seen = shower_observables(showers, detector, 0.1)
    got = event_profiles(showers, seen, detector, bins, 0.1)
    assert got.valid.all()
    ring = bins.radius_mm[1] - bins.radius_mm[0]
    np.testing.assert_allclose(got.lateral_x.sum(axis=1) * detector.pitch_x_mm, 1.0, rtol=1e-12)
    np.testing.assert_allclose(got.lateral_y.sum(axis=1) * detector.pitch_y_mm, 1.0, rtol=1e-12)
    inside = got.radial.sum(axis=1) * ring
    assert (inside <= 1.0 + 1e-12).all()
    assert inside.mean() > 0.97
    np.testing.assert_allclose(got.layers_mev.sum(axis=1), showers.total_mev, rtol=1e-6)
    np.testing.assert_array_equal(got.cells.sum(axis=1), seen.hits)


def test_single_cell_sits_at_its_distance():
    detector = load_detector("zdc-ecal")
    energy = np.zeros((1, detector.n_cells))
    energy[0, detector.index(0, 10, 14)] = 5.0
    incident = IncidentParticles([11], [1e3], [[0.0, 0.0, 1e3]], [[10.0, 15.15, -202.0]])
    showers = Showers(incident, energy, [0])
    bins = profile_bins(detector, 0.1, 1e3)
    got = event_profiles(showers, shower_observables(showers, detector, 0.1), detector, bins, 0.1)
    distance = detector.cell_x[14] - 10.0
    assert got.radial[0].argmax() == int(distance / detector.pitch_x_mm)
    peak = got.lateral_x[0].argmax()
    assert bins.x_mm[peak] <= distance < bins.x_mm[peak + 1]
    assert got.lateral_y[0].argmax() == len(bins.y_mm) // 2 - 1


def test_shares_follow_the_axis():
    columns = np.zeros((2, 4))
    columns[:, 1] = 1.0
    shares = lateral_shares(columns, -15.0, 10.0, np.array([-5.0, 5.0]))
    np.testing.assert_allclose(shares[0] * 10.0, [0, 0, 1, 0, 0])
    np.testing.assert_allclose(shares[1] * 10.0, [0, 1, 0, 0, 0])


def test_empty_shower_is_marked():
    detector = load_detector("zdc-ecal")
    showers = made(detector, n=3)
    empty = Showers(showers.incident, np.zeros_like(showers.energy_mev), showers.event_id)
    bins = profile_bins(detector, 0.1, 1e3)
    got = event_profiles(empty, shower_observables(empty, detector, 0.1), detector, bins, 0.1)
    assert not got.valid.any()


def test_cells_below_the_threshold_do_not_count_and_none_is_lost_above():
    counts = cell_counts(np.array([[0.05, 0.2, 5.0, 1e9]]), 0.1, np.array([0.1, 1.0, 10.0, 100.0]))
    np.testing.assert_array_equal(counts, [[1, 1, 1]])
