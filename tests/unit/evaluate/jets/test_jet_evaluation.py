"""The classifier of particles and the evaluation as a whole, on jets of known difference."""

from __future__ import annotations

import json

import numpy as np
import pytest

from showerkit.configuration import parse_config
from showerkit.data.jet_records import Jets
from showerkit.errors import ConfigurationError, DataError
from showerkit.evaluate.classifier_network import ClassifierConfig
from showerkit.evaluate.jets import JetEvaluationConfig, evaluate_jets
from showerkit.evaluate.jets.cloud_classifier import cloud_classifier_auc
from showerkit.evaluate.jets.jet_table import jet_table

SMALL = ClassifierConfig(
    hidden_layers=1, hidden_width=16, epochs=8, learning_rate=5e-3, batch_size=100, repeats=2
)
QUICK = JetEvaluationConfig(
    w1_batch_jets=600,
    fpd_least_jets=200,
    fpd_most_jets=600,
    fpd_batches=5,
    kpd_batch_jets=200,
    coverage_jets=0,
    classifier_jets=300,
    network=SMALL,
)


def jets(n, seed, width=0.1, places=6):
    random = np.random.default_rng(seed)
    pt = -np.sort(-random.dirichlet(np.ones(places), n), axis=1)
    mask = np.arange(places) < random.integers(2, places + 1, (n, 1))
    particles = np.concatenate([random.normal(0.0, width, (n, places, 2)), pt[..., None]], axis=2)
    particles *= mask[..., None]
    ones = np.ones(n)
    return Jets(particles, mask, np.zeros(n), 1000 * ones, 0 * ones, 100 * ones, np.arange(n))


class Stream:
    """Jets in portions that remembers how many were asked for."""

    def __init__(self, sample):
        self.sample, self.largest, self.given = sample, 0, 0

    def __len__(self):
        return len(self.sample)

    def iterate(self, batch_size):
        for start in range(0, len(self), batch_size):
            portion = self.sample[start : start + batch_size]
            self.largest = max(self.largest, len(portion))
            self.given += len(portion)
            yield portion


def test_classifier_of_equal_and_of_different_jets():
    one, other, wide = jets(600, 1), jets(600, 2), jets(600, 3, width=0.2)
    equal = cloud_classifier_auc(one.particles, other.particles, one.mask, other.mask, config=SMALL)
    assert abs(equal.value - 0.5) < 5 * equal.total_error
    different = cloud_classifier_auc(one.particles, wide.particles, one.mask, wide.mask, config=SMALL)
    assert different.value > 0.75


def test_classifier_does_not_see_what_is_masked():
    one, two = jets(120, 1), jets(120, 2)
    config = ClassifierConfig(hidden_layers=1, hidden_width=8, epochs=2, repeats=1, batch_size=50)
    clean = cloud_classifier_auc(one.particles, two.particles, one.mask, two.mask, config=config)
    garbage = np.where(two.mask[..., None], two.particles, 3.0)
    dirty = cloud_classifier_auc(one.particles, garbage, one.mask, two.mask, config=config)
    assert dirty.aucs == clean.aucs


def test_network_knows_no_order():
    import torch

    from showerkit.evaluate.jets.cloud_network import CloudNetwork

    network = CloudNetwork(4, 8, 2, torch.Generator().manual_seed(1))
    inputs = torch.randn(5, 7, 5, generator=torch.Generator().manual_seed(2))
    inputs[..., 4] = 1.0
    order = torch.randperm(7, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(network(inputs[:, order]), network(inputs))


def test_classifier_needs_jets_of_one_shape():
    with pytest.raises(DataError, match="at least 50"):
        cloud_classifier_auc(np.ones((3, 2, 3)), np.ones((60, 2, 3)))
    with pytest.raises(DataError, match="particles a jet"):
        cloud_classifier_auc(np.ones((60, 3, 3)), np.ones((60, 2, 3)))


def test_table_is_read_in_portions_up_to_the_limit():
    sample = jets(5000, 1)
    stream = Stream(sample)
    table = jet_table(stream, 2500)
    assert len(table) == 2500
    assert table.n_jets == 5000
    assert stream.largest <= 2000
    assert stream.given < 5000
    whole = jet_table(sample[:2500])
    for name in ("particles", "mask", "mass_rel", "multiplicity", "efps", "tau"):
        np.testing.assert_array_equal(getattr(table, name), getattr(whole, name))
    np.testing.assert_array_equal(table.multiplicity, sample.n_particles[:2500])


def test_negative_momenta_of_generators_are_taken_out_and_counted():
    sample = jets(10, 1)
    particles = sample.particles.copy()
    particles[3, 1, 2] = -0.01
    bad = Jets(particles, sample.mask, sample.jet_type, *[sample.pt_gev] * 3, sample.event_id)
    table = jet_table(bad)
    assert table.n_bad == 1
    assert table.multiplicity[3] == sample.n_particles[3] - 1


def test_evaluation_tells_a_wider_jet_from_a_true_one():
    true, second, wide = jets(600, 1), jets(600, 2), jets(600, 3, width=0.14)
    result = evaluate_jets(true, wide, second, QUICK)
    assert result.floor is not None
    bad, floor = result.measures, result.floor
    for name in ("w1m", "w1p", "w1efp", "fpd"):
        assert getattr(bad, name).value > 3 * getattr(floor, name).value, name
    # The error tells the spread of a batch; a median of n batches has sqrt(pi / 2 n) of it.
    of_median = np.sqrt(np.pi / 2 / len(bad.kpd.batch_values)) * bad.kpd.error
    assert bad.kpd.value > floor.kpd.value + 3 * of_median
    assert bad.classifier.value > floor.classifier.value + 3 * floor.classifier.total_error
    assert not result.comparable
    keys = [measure.key for measure in bad.measurements()]
    assert keys == [m.key for m in floor.measurements()]
    assert keys[:3] == ["w1m", "w1p", "w1efp"]
    assert len(set(keys)) == len(keys)


def test_same_seed_same_result_and_it_is_json():
    true, made = jets(200, 1), jets(200, 2)
    config = QUICK.model_copy(update={"classifier_jets": 0})
    first, second = evaluate_jets(true, made, config=config), evaluate_jets(true, made, config=config)
    text = json.dumps(first.to_dict(), sort_keys=True, allow_nan=False)
    assert text == json.dumps(second.to_dict(), sort_keys=True)
    assert json.loads(text)["samples"]["reference"] == {
        "jets": 200,
        "jets_used": 200,
        "particles_of_negative_pt": 0,
    }
    shared = evaluate_jets(first.reference, made, config=config)
    assert shared.measures == first.measures


def test_a_mass_that_is_shifted_shows_its_shift():
    # Particles' directions stretched by 2 about the axis: in small jets the mass doubles.
    true = jets(2000, 1, width=0.01)
    particles = true.particles * np.array([2.0, 2.0, 1.0], dtype=np.float32)
    doubled = Jets(particles, true.mask, true.jet_type, true.pt_gev, true.eta, true.mass_gev, true.event_id)
    config = QUICK.model_copy(update={"classifier_jets": 0, "w1_batch_jets": 2000})
    result = evaluate_jets(true, doubled, config=config)
    mass = result.reference.mass_rel
    sampling = np.sqrt(5 * mass.var() / 2000)
    assert result.measures.w1m.value == pytest.approx(mass.mean(), abs=5 * sampling, rel=1e-3)


def test_settings():
    assert JetEvaluationConfig().as_published
    assert JetEvaluationConfig(coverage_jets=0, seed=3).as_published
    assert not QUICK.as_published
    with pytest.raises(ConfigurationError, match="fpd_least_jets"):
        parse_config(JetEvaluationConfig, {"fpd_least_jets": 60_000}, source="recipe")
    with pytest.raises(ConfigurationError, match="did you mean 'max_jets'"):
        parse_config(JetEvaluationConfig, {"max_jet": 1}, source="recipe")


def test_empty_samples():
    with pytest.raises(DataError, match="no jets"):
        jet_table(jets(5, 1)[:0], name="candidate")
