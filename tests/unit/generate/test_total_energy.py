from __future__ import annotations

import numpy as np

from showerkit.data.cell_energy_transform import CellEnergyTransform
from showerkit.generate.total_energy import with_total
from showerkit.models.hit_energy import expected_total_mev
from showerkit.rng import generator


def test_sums_are_the_totals_and_shapes_stay() -> None:
    random = generator(1, "total")
    energy = (random.gamma(1.0, 50.0, (200, 30)) * (random.random((200, 30)) < 0.5)).astype(np.float32)
    total = random.uniform(500.0, 2000.0, 200)
    scaled = with_total(energy, total, least_mev=0.0, most_mev=np.full(200, 5000.0))
    np.testing.assert_allclose(scaled.sum(axis=1, dtype=np.float64), total, rtol=1e-5)
    np.testing.assert_allclose(scaled * energy.sum(axis=1)[:, None], energy * total[:, None], rtol=1e-4)


def test_limits_hold() -> None:
    energy = np.float32([[1.0, 0.0, 100.0], [0.0, 0.0, 0.0], [10.0, 10.0, 0.0]])
    scaled = with_total(energy, np.array([1.0, 50.0, 900.0]), least_mev=0.2, most_mev=np.full(3, 60.0))
    assert scaled[0, 0] == np.float32(0.2)  # a hit stays a hit
    assert (scaled[1] == 0.0).all()  # nothing can be scaled
    np.testing.assert_allclose(scaled[2], [30.0, 30.0, 0.0])  # no more than there is


def test_expected_total_is_the_mean_of_drawn_showers() -> None:
    random = generator(2, "total")
    transform = CellEnergyTransform(kind="log", threshold_mev=0.1, mean=3.0, width=1.5)
    probability = random.random((1, 40)).astype(np.float32)
    value = random.normal(0.0, 1.0, (1, 40)).astype(np.float32)
    energy = transform.inverse(value.astype(np.float64), np.array([1e4]))
    n = 20_000
    totals = ((random.random((n, 40)) < probability) * energy).sum(axis=1)
    expected = expected_total_mev(probability, value, transform, np.array([1e4]))
    assert abs(totals.mean() - expected[0]) < 4 * totals.std() / np.sqrt(n)


def test_a_wild_value_counts_as_the_incident_energy_at_most() -> None:
    transform = CellEnergyTransform(kind="log", threshold_mev=0.1, mean=3.0, width=1.5)
    value = np.full((1, 1), 1e4, dtype=np.float32)
    assert expected_total_mev(np.ones((1, 1), np.float32), value, transform, np.array([70.0])) == [70.0]
