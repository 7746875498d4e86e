import numpy as np
import pytest

from showerkit.errors import DataError
from showerkit.evaluate.roc_auc import roc_auc


def test_area_is_the_share_of_ordered_pairs():
    random = np.random.default_rng(2)
    above, below = random.integers(0, 6, 40).astype(float), random.integers(0, 6, 30).astype(float)
    pairs = np.sign(above[:, None] - below)
    assert roc_auc(above, below)[0] == pytest.approx((pairs.mean() + 1) / 2)


def test_complement_and_rising_maps():
    random = np.random.default_rng(3)
    above, below = random.normal(1, 1, 200), random.normal(0, 1, 300)
    area, error = roc_auc(above, below)
    assert roc_auc(below, above) == pytest.approx((1 - area, error))
    assert roc_auc(np.exp(above), np.exp(below)) == pytest.approx((area, error))


def test_error_is_that_of_repeated_samples():
    random = np.random.default_rng(4)
    repeats = 300
    found = np.array([roc_auc(random.normal(1, 1, 100), random.normal(0, 1, 150)) for _ in range(repeats)])
    # The spread of 300 values is known to 1 / sqrt(600) = 4 %.
    assert np.sqrt((found[:, 1] ** 2).mean()) == pytest.approx(found[:, 0].std(ddof=1), rel=5 * 0.041)


def test_one_score_is_too_few():
    with pytest.raises(DataError, match="at least 2"):
        roc_auc([1.0], [0.0, 1.0])
