"""ROC curves, tables of features and which measures are made of them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from showerkit.data.records import IncidentParticles, Showers
from showerkit.data.shower_file import FileMetadata, ShowerFile, ShowerWriter
from showerkit.evaluate.feature_tables import affordable_showers, feature_tables, training_cells
from showerkit.evaluate.high_level_features import high_level_features
from showerkit.evaluate.low_level_features import low_level_features
from showerkit.evaluate.measurement import Measurement
from showerkit.evaluate.roc_auc import roc_auc, roc_curve
from showerkit.evaluate.settings import EvaluationConfig, TwoSampleConfig
from showerkit.evaluate.two_sample_measures import two_sample_measures
from showerkit.geometry import load_detector
from showerkit.report.verdict import grade

ZDC = load_detector("zdc-ecal")
N = 160
EDGES = np.array([0.0, 5000.0, 10_000.0])


def sample(seed):
    random = np.random.default_rng(7)
    energy = random.uniform(100.0, 10_000.0, N)
    position = np.concatenate([random.uniform(-15, 15, (N, 2)), np.full((N, 1), -202.0)], axis=1)
    particles = IncidentParticles(
        np.full(N, 11), energy, np.stack([0 * energy, 0 * energy, energy], axis=1), position
    )
    x, y, _ = ZDC.cell_positions_mm.T
    share = np.exp(-np.hypot(x, y) / 25.0)
    mean = share / share.sum() * energy[:, None] / 10.0
    cells = 10.0 * np.random.default_rng(seed).poisson(mean).astype(np.float32)
    return Showers(particles, cells, np.arange(N))


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    found = []
    for seed in (1, 2):
        path = tmp_path_factory.mktemp("showers") / f"{seed}.h5"
        metadata = FileMetadata(generator="law", kind="geant4", detector=ZDC, seed=seed)
        with ShowerWriter(path, metadata) as writer:
            writer.append(sample(seed))
        with ShowerFile(path) as file:
            found.append(feature_tables(file, 1000, 0.1))
            np.testing.assert_array_equal(training_cells(file, 0.1), found[-1].log_cells)
            np.testing.assert_array_equal(feature_tables(file, 50, 0.1).log_cells, found[-1].log_cells[:50])
    return found


def test_deposits_that_are_no_hits_can_be_left_out(tmp_path):
    showers = sample(3)
    energy = showers.energy_mev.copy()
    energy[:, 0] = np.where(energy[:, 0] > 0.1, energy[:, 0], 0.09)
    hits = replace(showers, energy_mev=np.where(energy > 0.1, energy, 0.0).astype(np.float32))
    path = tmp_path / "showers.h5"
    with ShowerWriter(path, FileMetadata(generator="law", kind="geant4", detector=ZDC, seed=3)) as writer:
        writer.append(replace(showers, energy_mev=energy))
    with ShowerFile(path) as file:
        cut, all_of_them = feature_tables(file, N, 0.1, hits_only=True), feature_tables(file, N, 0.1)
    np.testing.assert_array_equal(cut.observables, high_level_features(hits, ZDC))
    np.testing.assert_array_equal(cut.log_cells, all_of_them.log_cells)
    assert not np.allclose(cut.observables, all_of_them.observables, rtol=1e-6)


def measured(tables, **settings):
    config = TwoSampleConfig(network={"hidden_width": 8, "epochs": 3, "repeats": 2}, **settings)
    return two_sample_measures(*tables, config, EDGES, seed=1, paired=True)


def test_tables_are_the_features_of_the_showers(tables):
    showers = sample(1)
    np.testing.assert_array_equal(tables[0].observables, high_level_features(showers, ZDC, 0.1))
    np.testing.assert_array_equal(tables[0].cells, low_level_features(showers, 0.1))
    np.testing.assert_array_equal(tables[0].log_cells > 0.0, showers.energy_mev > 0.1)
    assert len(tables[0][3:10]) == 7


def test_memory_is_bounded_whatever_the_detector():
    assert affordable_showers(10**9, 400) * 400 <= 40_000_000
    assert affordable_showers(10, 400) == 10


def test_angles_that_were_not_learnt_are_told_apart(tables):
    random = np.random.default_rng(3)
    theta = random.uniform(0.0, 0.4, N)
    inside = (theta > 0.1) & (theta < 0.3)
    one, two = (replace(table, theta_rad=theta) for table in tables)
    two = replace(two, observables=two.observables + 5.0 * two.observables.std(axis=0) * inside[:, None])
    network = {"hidden_width": 16, "epochs": 12, "learning_rate": 0.01, "repeats": 1}
    config = TwoSampleConfig(classifier="high", network=network, held_out_theta_rad=((0.1, 0.3),))
    measures, _ = two_sample_measures(one, two, config, EDGES, seed=1, paired=True)
    of_key = {measure.key: measure for measure in measures}
    rise = of_key["interpolation_theta.rise"]
    assert rise.value > 3.0 * rise.error
    assert rise.group == "Interpolation to held-out angles"
    assert "interpolation.rise" not in of_key
    assert np.array_equal(one[2:5].theta_rad, theta[2:5])
    quick = TwoSampleConfig(
        classifier="high", network={**network, "epochs": 1}, held_out_theta_rad=((0.1, 0.3),)
    )
    blind = replace(two, theta_rad=None)
    without, _ = two_sample_measures(one, blind, quick, EDGES, seed=1, paired=True)
    assert not [measure for measure in without if measure.key.startswith("interpolation")]


@pytest.mark.parametrize(
    ("classifier", "expected"),
    [("none", set()), ("high", {"high"}), ("high+low", {"high", "low"})],
)
def test_classifiers_are_those_asked_for(tables, classifier, expected):
    measures, found = measured(tables, classifier=classifier)
    keys = {measure.key for measure in measures}
    assert set(found.classifiers) == expected
    assert {key.split(".")[1][:-6] for key in keys if key.startswith("classifier.")} == expected
    assert {"hit_probability.chi2", "fpd.spread", "fpd.largest", "kpd", "neighbours.recall"} <= keys
    assert len(keys) == len(measures)


def test_the_error_holds_the_scatter_of_the_trainings(tables):
    measures, found = measured(tables, classifier="high")
    auc = next(measure for measure in measures if measure.key == "classifier.high_level.auc")
    classifier = found.classifiers["high"]
    assert auc.error == max(classifier.error, classifier.spread / math.sqrt(2.0))


def test_small_samples_get_what_they_are_large_enough_for(tables):
    keys = {measure.key for measure in measured([table[:49] for table in tables])[0]}
    assert keys == {"hit_probability.chi2"}
    keys = {measure.key for measure in measured([table[:100] for table in tables], classifier="none")[0]}
    assert "kpd" in keys
    assert "fpd.spread" not in keys


def test_roc_curve_has_the_area_and_the_form_of_two_gaussians():
    from scipy.stats import norm

    random = np.random.default_rng(3)
    above, below = random.normal(1.0, 1.0, 20_000), random.normal(0.0, 1.0, 20_000)
    mistaken = np.linspace(0.0, 1.0, 20_001)
    curve = roc_curve(above, below, mistaken)
    assert np.trapezoid(curve, mistaken) == pytest.approx(roc_auc(above, below)[0], abs=1e-4)
    for share in (0.1, 0.5, 0.9):
        expected = norm.sf(norm.isf(share) - 1.0)
        # The threshold's own fluctuation enters with the ratio of the densities, at most 4 here.
        tolerance = 5.0 * math.sqrt((1.0 + 4.0**2) * 0.25 / 20_000)
        assert curve[round(share * 20_000)] == pytest.approx(expected, abs=tolerance)


def test_roc_curve_of_equal_scores_is_the_diagonal():
    assert roc_curve(np.ones(5), np.ones(7), [0.0, 0.3, 1.0]).tolist() == pytest.approx([0.0, 0.3, 1.0])


def test_levels_are_graded_against_the_floor_and_not_scaled():
    def level(value, error=0.01, expected=None):
        return Measurement("auc", "AUC", "", "Classifier", "level", value, error, expected)

    assert grade(level(0.51), level(0.5))[1] == "good"
    assert grade(level(0.55), level(0.5))[1] == "fair"
    assert grade(level(0.9), level(0.5))[1] == "poor"
    assert grade(level(0.9, expected=0.5), None)[1] == "poor"
    assert grade(level(0.9), None) == ("n/a", "none")
    assert grade(level(math.nan), level(0.5)) == ("n/a", "none")
    assert level(0.9).scaled(2.0) == level(0.9)


def test_settings_are_read_from_plain_values():
    config = EvaluationConfig.model_validate({"two_samples": {"classifier": "high", "max_showers": 10}})
    assert EvaluationConfig.model_validate(config.model_dump()) == config
    assert config.two_samples.network.repeats == 3
