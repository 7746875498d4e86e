import numpy as np
import pytest
import torch
from pydantic import ValidationError

from showerkit.errors import ConfigurationError, DataError
from showerkit.evaluate.classifier import classifier_auc
from showerkit.evaluate.classifier_network import ClassifierConfig

QUICK = ClassifierConfig(
    hidden_width=16, epochs=4, learning_rate=0.01, batch_size=100, repeats=2, device="cpu"
)


class Recorder:
    def __init__(self):
        self.total = self.done = self.finished = 0

    def start(self, what, total, unit):
        self.total = total

    def advance(self, done):
        self.done += done

    def finish(self):
        self.finished += 1

    def note(self, message):
        raise AssertionError(message)


@pytest.fixture
def samples():
    random = np.random.default_rng(3)
    return random.normal(size=(600, 3)), random.normal(size=(600, 3)) + 0.5


def test_same_seed_same_result_another_seed_another(samples):
    first = classifier_auc(*samples, config=QUICK, seed=1)
    assert first == classifier_auc(*samples, config=QUICK, seed=1)
    assert first.aucs != classifier_auc(*samples, config=QUICK, seed=2).aucs


def test_global_random_states_are_left_alone(samples):
    torch_state = torch.get_rng_state()
    numpy_state = np.random.get_state()[1].copy()  # noqa: NPY002
    classifier_auc(*samples, config=QUICK)
    assert torch.equal(torch_state, torch.get_rng_state())
    np.testing.assert_array_equal(numpy_state, np.random.get_state()[1])  # noqa: NPY002


def test_result_does_not_depend_on_the_global_seed(samples):
    with torch.random.fork_rng():
        torch.manual_seed(1)
        first = classifier_auc(*samples, config=QUICK)
        torch.manual_seed(2)
        assert first == classifier_auc(*samples, config=QUICK)


def test_result_does_not_depend_on_units(samples):
    # A power of two scales floats exactly, so that standardised inputs are the same bit for bit.
    first = classifier_auc(*samples, config=QUICK)
    scaled = classifier_auc(samples[0] * 1024.0, samples[1] * 1024.0, config=QUICK)
    assert first.aucs == pytest.approx(scaled.aucs, abs=1e-9)


def test_swapped_samples_keep_the_area(samples):
    forth = classifier_auc(*samples, config=QUICK)
    back = classifier_auc(samples[1], samples[0], config=QUICK)
    assert abs(forth.value - back.value) < 5 * np.hypot(forth.error, back.error)


def test_disjoint_samples_are_told_apart_in_full():
    random = np.random.default_rng(1)
    near, far = random.normal(size=(500, 2)), random.normal(size=(500, 2)) + 30.0
    result = classifier_auc(near, far, config=QUICK)
    assert result.value == pytest.approx(1.0, abs=1e-6)
    assert result.jsd > 0.9


def test_samples_of_different_size_weigh_alike():
    random = np.random.default_rng(5)
    result = classifier_auc(random.normal(size=(3000, 2)), random.normal(size=(300, 2)), config=QUICK)
    assert abs(result.value - 0.5) < 5 * result.error
    assert abs(result.jsd) < 0.2
    assert (result.reference_showers, result.candidate_showers) == (3000, 300)


def test_constant_features_do_no_harm(samples):
    constant = np.full((600, 1), 7.0)
    a, b = (np.concatenate([constant, sample], axis=1) for sample in samples)
    assert np.isfinite(classifier_auc(a, b, config=QUICK).value)


def test_mean_spread_and_error_follow_from_the_trainings(samples):
    result = classifier_auc(*samples, config=QUICK)
    assert result.value == pytest.approx(np.mean(result.aucs))
    assert result.spread == pytest.approx(np.std(result.aucs, ddof=1))
    assert result.error == pytest.approx(np.hypot(*result.auc_errors) / 2)
    assert all(1 <= epoch <= QUICK.epochs for epoch in result.best_epochs)
    single = classifier_auc(*samples, config=QUICK.model_copy(update={"repeats": 1}))
    assert np.isnan(single.spread)


def test_patience_stops_early_and_progress_still_ends(samples):
    config = ClassifierConfig(
        hidden_width=8, epochs=200, learning_rate=0.05, batch_size=100, repeats=1, patience=2, device="cpu"
    )
    recorder = Recorder()
    result = classifier_auc(*samples, config=config, progress=recorder)
    assert result.best_epochs[0] < 200
    assert recorder.done == recorder.total == 200
    assert recorder.finished == 1


def test_bad_samples_are_refused(samples):
    with pytest.raises(DataError, match="at least 50"):
        classifier_auc(samples[0][:49], samples[1], config=QUICK)
    with pytest.raises(DataError, match="2 features; expected 3"):
        classifier_auc(samples[0], samples[1][:, :2], config=QUICK)
    broken = samples[1].copy()
    broken[4, 1] = np.nan
    with pytest.raises(DataError, match=r"candidate\[4, 1\]"):
        classifier_auc(samples[0], broken, config=QUICK)


def test_bad_settings_are_refused(samples, monkeypatch):
    for wrong in ({"hidden_width": 0}, {"epochs": 0}, {"learning_rate": 0.0}, {"patience": 0}, {"width": 3}):
        with pytest.raises(ValidationError):
            ClassifierConfig(**wrong)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigurationError, match="usable GPU"):
        classifier_auc(*samples, config=QUICK.model_copy(update={"device": "cuda"}))
