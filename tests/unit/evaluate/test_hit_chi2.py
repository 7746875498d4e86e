import numpy as np
import pytest

from showerkit.errors import ConfigurationError, DataError
from showerkit.evaluate.hit_chi2 import hit_chi2


def showers(*counts_of):
    """Hits of one cell: pairs (hit, not hit)."""
    return np.concatenate([np.repeat([[True], [False]], pair, axis=0) for pair in counts_of])


def test_one_cell_by_hand():
    reference, candidate = showers((30, 70)), showers((45, 55))
    energy = np.full(100, 50.0)
    found = hit_chi2(reference, candidate, energy, energy, [0.0, 100.0])
    p = 75 / 200
    assert found.value == pytest.approx(199 / 200 * 0.15**2 / (p * (1 - p) * 2 / 100))
    assert found.error == pytest.approx(np.sqrt(2))
    assert (found.cells, found.sparse_cells) == (1, 0)


def test_a_pair_of_samples_by_hand():
    # Shower by shower: 10 hit in both, 12 in the reference alone, 20 in the candidate alone, 8 in none.
    reference = np.repeat([True, True, False, False], [10, 12, 20, 8])[:, None]
    candidate = np.repeat([True, False, True, False], [10, 12, 20, 8])[:, None]
    energy = np.full(50, 50.0)
    found = hit_chi2(reference, candidate, energy, energy, [0.0, 100.0], paired=True)
    assert found.value == pytest.approx((20 - 12) ** 2 / 32)


def test_bins_are_apart_and_add_up():
    random = np.random.default_rng(1)
    energy = random.uniform(0, 300, 3000)
    reference = random.random((3000, 20)) < 0.3
    candidate = random.random((3000, 20)) < np.where(energy > 200, 0.5, 0.3)[:, None]
    found = hit_chi2(reference, candidate, energy, energy, [0.0, 100.0, 200.0, 300.0])
    assert (found.bin_cells == 20).all()
    assert found.value == pytest.approx(found.bin_value.mean())
    assert (np.abs(found.bin_value[:2] - 1) < 5 * found.bin_error[:2]).all()
    assert found.bin_value[2] > 10


def test_cells_of_few_counts_are_left_out_and_counted():
    reference = np.zeros((100, 4), dtype=bool)
    reference[:50, 0] = True  # enough
    reference[:3, 1] = True  # too few hits
    reference[:, 2] = True  # always hit
    candidate = reference.copy()
    candidate[:2, 2] = False  # too few without a hit
    energy = np.zeros(100)
    found = hit_chi2(reference, candidate, energy, energy, [0.0, 1.0])
    assert (found.cells, found.sparse_cells) == (1, 2)


def test_empty_bins_and_showers_outside():
    hits = np.random.default_rng(2).random((50, 3)) < 0.5
    energy = np.full(50, 150.0)
    found = hit_chi2(hits, hits, energy, energy, [0.0, 100.0, 200.0])
    assert np.isnan(found.bin_value[0])
    assert found.bin_cells.tolist() == [0, 3]
    assert found.value == pytest.approx(0.0, abs=1e-12)
    nothing = hit_chi2(hits, hits, energy, energy, [1000.0, 2000.0])
    assert nothing.cells == 0
    assert np.isnan(nothing.value)


def test_fully_correlated_cells_count_once():
    random = np.random.default_rng(3)
    hits = np.repeat(random.random((2, 1000, 1)) < 0.5, 30, axis=2)
    energy = np.zeros(1000)
    found = hit_chi2(hits[0], hits[1], energy, energy, [0.0, 1.0])
    assert found.error == pytest.approx(np.sqrt(2), rel=0.01)


def test_bad_input_is_refused():
    hits, energy = np.zeros((5, 2), dtype=bool), np.zeros(5)
    with pytest.raises(ConfigurationError, match="rise"):
        hit_chi2(hits, hits, energy, energy, [1.0, 0.0])
    with pytest.raises(ConfigurationError, match="least_expected"):
        hit_chi2(hits, hits, energy, energy, [0.0, 1.0], least_expected=0.0)
    with pytest.raises(DataError, match="cells"):
        hit_chi2(hits, hits[:, :1], energy, energy, [0.0, 1.0])
    with pytest.raises(DataError, match="reference_hits"):
        hit_chi2(hits, hits, energy[:4], energy, [0.0, 1.0])
    with pytest.raises(DataError, match="same incident particles"):
        hit_chi2(hits, hits, energy, energy + 1, [0.0, 1.0], paired=True)
