from __future__ import annotations

import numpy as np
import pytest

from showerkit.models.hit_energy import value_if_hit
from showerkit.rng import generator
from showerkit.train.value_spread import ValueSpread


def test_drawn_residuals_have_the_distribution_they_were_learnt_from() -> None:
    """A skewed residual whose width depends on the predicted value: exponential with mean v, less v."""
    random = generator(1, "test")
    n = 200_000
    predicted = random.uniform(0.5, 2.0, n)
    residual = predicted * (random.exponential(1.0, n) - 1.0)
    spread = ValueSpread.fit(predicted, residual)
    assert spread is not None
    fresh = random.uniform(0.5, 2.0, n)
    drawn = spread.draw(fresh, random.uniform(size=n)) / fresh
    for low, high in ((0.5, 1.0), (1.0, 1.5), (1.5, 2.0)):
        part = drawn[(fresh >= low) & (fresh < high)]
        # Mean 0 and variance 1, the variance of the variance 8; twice, for sample and learning.
        assert abs(part.mean()) < 4 * np.sqrt(2 / len(part))
        assert abs(part.var() - 1.0) < 4 * np.sqrt(2 * 8 / len(part)) + 0.02  # 0.02: width of the bins
        assert np.mean(part < np.log(2.0) - 1.0) == pytest.approx(
            0.5, abs=4 * np.sqrt(2 * 0.25 / len(part)) + 0.01
        )


def test_a_draw_is_the_quantile() -> None:
    residual = np.linspace(-1.0, 1.0, 1001)
    spread = ValueSpread.fit(np.zeros(1001), residual)
    assert spread is not None
    uniform = np.array([1e-9, 0.1, 0.5, 0.77, 1 - 1e-9])
    assert spread.draw(np.zeros(5), uniform) == pytest.approx(2 * uniform - 1, abs=1e-6)


def test_too_few_cells_say_nothing() -> None:
    assert ValueSpread.fit(np.zeros(50), np.zeros(50)) is None


def test_survives_being_written_and_read() -> None:
    random = generator(2, "test")
    spread = ValueSpread.fit(random.random(5000), random.random(5000))
    assert spread is not None
    assert ValueSpread.model_validate_json(spread.model_dump_json()) == spread


def test_value_of_a_hit_from_the_mean_over_all_cells() -> None:
    """With v = p v_hit + (1 - p) v_0 the formula gives v_hit back."""
    random = generator(3, "test")
    p = random.uniform(0.05, 1.0, 1000).astype(np.float32)
    v_hit = random.normal(size=1000).astype(np.float32)
    v_0 = np.float32(-2.5)
    value = p * v_hit + (1 - p) * v_0
    assert value_if_hit(value, p, v_0, "all") == pytest.approx(v_hit, abs=1e-4)
    assert value_if_hit(v_hit, p, v_0, "hit") is v_hit
