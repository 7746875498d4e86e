import numpy as np
import pytest

from showerkit.data.records import IncidentParticles, Showers
from showerkit.errors import ConfigurationError
from showerkit.evaluate.high_level_features import high_level_feature_names, high_level_features
from showerkit.evaluate.low_level_features import log_cells, low_level_features
from showerkit.evaluate.observables import shower_observables
from showerkit.geometry import load_detector


def straight(n, energy_mev=1000.0, x_mm=0.0, y_mm=0.0):
    momentum = np.tile([0.0, 0.0, energy_mev], (n, 1))
    return IncidentParticles(
        np.full(n, 22), np.full(n, energy_mev), momentum, np.tile([x_mm, y_mm, -202.0], (n, 1))
    )


def named(showers, detector):
    return dict(
        zip(high_level_feature_names(detector), high_level_features(showers, detector).T, strict=True)
    )


@pytest.mark.parametrize("name", ["zdc-ecal", "toy-hcal"])
def test_every_feature_is_finite_and_named(name):
    detector = load_detector(name)
    random = np.random.default_rng(1)
    energy = random.exponential(1.0, (20, detector.n_cells)) * (random.random((20, detector.n_cells)) < 0.1)
    energy[3] = 0.0
    showers = Showers(straight(20), energy, np.arange(20))
    table = high_level_features(showers, detector)
    assert table.shape == (20, len(high_level_feature_names(detector)))
    assert len(set(high_level_feature_names(detector))) == table.shape[1]
    assert np.isfinite(table).all()


def test_one_layer_agrees_with_the_observables():
    detector = load_detector("zdc-ecal")
    energy = np.random.default_rng(2).exponential(1.0, (8, detector.n_cells))
    showers = Showers(straight(8, x_mm=5.0, y_mm=-9.0), energy, np.arange(8))
    features, seen = named(showers, detector), shower_observables(showers, detector, 0.1)
    np.testing.assert_allclose(features["layer_0_offset_x_mm"], seen.offset_x_mm, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(features["layer_0_offset_y_mm"], seen.offset_y_mm, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(
        np.hypot(features["layer_0_width_x_mm"], features["layer_0_width_y_mm"]), seen.width_mm, rtol=1e-5
    )
    np.testing.assert_allclose(features["layer_0_hit_share"] * detector.n_cells, seen.hits)
    np.testing.assert_allclose(0.1 * 10 ** features["layer_0_log10_energy"], seen.total_mev, rtol=1e-5)


def test_layers_are_not_mixed_up():
    detector = load_detector("toy-hcal")
    energy = np.zeros((1, detector.n_cells))
    energy[0, detector.index(5, 2, 6)] = 10.0
    features = named(Showers(straight(1), energy, [0]), detector)
    assert features["layer_5_log10_energy"][0] == pytest.approx(2.0)
    assert features["layer_4_log10_energy"][0] == 0.0
    assert features["layer_5_offset_x_mm"][0] == pytest.approx(detector.cell_x[6])
    assert features["layer_5_offset_y_mm"][0] == pytest.approx(detector.cell_y[2])
    assert features["depth_mm"][0] == pytest.approx(detector.layer_z_mm[5])
    assert features["hits"][0] == 1.0
    assert features["layer_5_width_x_mm"][0] == pytest.approx(0.0, abs=1e-3)


def test_low_level_features_hold_incident_particle_and_cells():
    showers = Showers(straight(2, energy_mev=100.0, x_mm=3.0), [[1.0, 0.05], [0.0, 100.0]], [0, 1])
    expected = [[2, 0, 0, 3, 0, 1, 0], [2, 0, 0, 3, 0, 0, 3]]
    np.testing.assert_allclose(low_level_features(showers, 0.1), expected, atol=1e-6)


def test_a_threshold_of_zero_has_no_logarithm():
    with pytest.raises(ConfigurationError, match="threshold_mev"):
        log_cells([[1.0]], threshold_mev=0.0)
