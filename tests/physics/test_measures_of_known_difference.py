"""Two laws of known difference: every measure must find its closed form."""

import math

import numpy as np
import pytest

from showerkit.evaluate.classifier import classifier_auc
from showerkit.evaluate.classifier_network import ClassifierConfig
from showerkit.evaluate.frechet import frechet_physics_distance
from showerkit.evaluate.hit_chi2 import hit_chi2
from showerkit.evaluate.kernel_distance import kernel_physics_distance


@pytest.mark.parametrize("separation", [0.5, 1.5])
def test_classifier_finds_the_best_possible_area(separation):
    r"""Two unit Gaussians d apart have AUC = Phi(d / sqrt 2)."""
    random = np.random.default_rng(1)
    shift = np.array([separation, 0.0, 0.0])
    config = ClassifierConfig(hidden_width=32, epochs=15, learning_rate=2e-3, batch_size=200, device="cpu")
    result = classifier_auc(
        random.normal(size=(5000, 3)), random.normal(size=(5000, 3)) + shift, config=config
    )
    best = 0.5 * (1 + math.erf(separation / 2))
    assert abs(result.value - best) < 4 * result.error
    # The Jensen-Shannon divergence by integration over the separating direction.
    x = np.linspace(-10, 12, 20001)
    p, q = (np.exp(-0.5 * (x - m) ** 2) / math.sqrt(2 * math.pi) for m in (0.0, separation))
    middle = 0.5 * (p + q)
    jsd = 0.5 * np.trapezoid(p * np.log2(p / middle) + q * np.log2(q / middle), x)
    # Calibration and choice of the epoch cost a little beside the statistical error.
    assert abs(result.jsd - jsd) < 4 * result.jsd_error + 0.01


def test_frechet_distance_of_gaussians():
    random = np.random.default_rng(2)
    mixing, shift = np.array([[1.0, 0.0], [0.5, 0.3]]), np.array([0.2, -0.1])
    covariance = mixing @ mixing.T
    # Tr sqrt(C) from the eigenvalues of C; the first law is the unit Gaussian.
    expected = shift @ shift + 2 + np.trace(covariance) - 2 * np.sqrt(np.linalg.eigvalsh(covariance)).sum()
    pulls = []
    for _ in range(40):
        a, b = random.normal(size=(1000, 2)), random.normal(size=(1000, 2)) @ mixing.T + shift
        result = frechet_physics_distance(a, b, scale="none")
        pulls.append((result.value - expected) / result.error)
    # Mean 0 and width 1; 40 pulls know the mean to 0.16 and the width to 11 %.
    assert abs(np.mean(pulls)) < 4 / math.sqrt(40)
    assert np.std(pulls, ddof=1) == pytest.approx(1.0, abs=4 * 0.11)


def test_kernel_distance_of_gaussians():
    """In one dimension (xy + 1)^4 compares the first four moments, weighted 4, 6, 4, 1."""
    shift = 0.5
    first = [0, 1, 0, 3]
    second = [shift, 1 + shift**2, 3 * shift + shift**3, 3 + 6 * shift**2 + shift**4]
    expected = sum(w * (p - q) ** 2 for w, p, q in zip((4, 6, 4, 1), first, second, strict=True))
    random = np.random.default_rng(3)
    values, errors = np.array(
        [
            (result.value, result.error)
            for result in (
                kernel_physics_distance(
                    random.normal(size=400), random.normal(size=400) + shift, scale="none"
                )
                for _ in range(60)
            )
        ]
    ).T
    spread = values.std(ddof=1)
    assert abs(values.mean() - expected) < 4 * spread / math.sqrt(60)
    # The kernel's tails are heavy: the spread of 60 values is known to some 20 %.
    assert np.sqrt((errors**2).mean()) == pytest.approx(spread, rel=0.5)


def test_chi2_of_hits_grows_with_the_sample_as_it_must():
    r"""A shift delta of probability p adds delta^2 / (p (1 - p) 2 / n) to the expectation of 1."""
    random = np.random.default_rng(4)
    n, cells, p, delta = 4000, 200, 0.3, 0.02
    energy = np.full(n, 50.0)
    result = hit_chi2(
        random.random((n, cells)) < p, random.random((n, cells)) < p + delta, energy, energy, [0.0, 100.0]
    )
    pooled = p + delta / 2
    noncentral = delta**2 / (pooled * (1 - pooled) * 2 / n)
    # Variance of a noncentral chi-square with one degree of freedom: 2 + 4 lambda.
    assert abs(result.value - 1 - noncentral) < 5 * math.sqrt((2 + 4 * noncentral) / cells)
