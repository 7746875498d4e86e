from __future__ import annotations

import numpy as np
import pytest

from showerkit.errors import DataError
from showerkit.evaluate.group_number import compare_group_numbers, k_means
from showerkit.evaluate.hit_map_features import FEATURES, hit_map_features
from showerkit.evaluate.mask_patterns import PatternConfig, adjusted_rand_index, find_patterns
from showerkit.evaluate.pattern_shares import compare_shares, decided_by, share_errors

SHARES = np.array([0.5, 0.3, 0.2])


def planted(n: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Hit maps of three kinds anywhere in the middle: a compact disc, a line, scattered single hits."""
    kind = random.choice(3, n, p=SHARES)
    maps = np.zeros((n, 20, 20))
    dy, dx = np.mgrid[-3:4, -3:4]
    for event in range(n):
        y, x = random.integers(6, 14, 2)
        if kind[event] == 0:
            disc = (np.hypot(dy, dx) < 2.3) & (random.random((7, 7)) < 0.95)
            maps[event, y - 3 : y + 4, x - 3 : x + 4] = disc
        elif kind[event] == 1:
            length = random.integers(4, 6)
            if random.random() < 0.5:
                maps[event, y, x - length : x + length] = 1.0
            else:
                maps[event, y - length : y + length, x] = 1.0
        else:
            maps[event, random.integers(0, 20, 30), random.integers(0, 20, 30)] = 1.0
    return maps, kind


def test_three_planted_kinds_are_found_with_their_shares() -> None:
    maps, _ = planted(1500, np.random.default_rng(1))
    model = find_patterns(hit_map_features(maps), PatternConfig(most_groups=6))
    assert model.groups == 3
    assert model.stability > 0.95
    fresh, truth = planted(2000, np.random.default_rng(2))
    group = model.assign(hit_map_features(fresh))
    assert adjusted_rand_index(truth, group) > 0.95
    share, error = share_errors(np.bincount(group, minlength=3))
    # Patterns are numbered by their hits: lines (about 9), discs (about 16), scattered (about 29).
    assert (np.abs(share - SHARES[[1, 0, 2]]) < 4.0 * error).all()


def test_features_do_not_change_with_place_or_quarter_turns() -> None:
    random = np.random.default_rng(3)
    maps = np.zeros((40, 24, 24))
    maps[:, 7:15, 7:15] = random.random((40, 8, 8)) < 0.4
    maps[20:] *= random.random((20, 24, 24))
    features = hit_map_features(maps)
    assert np.ptp(features, axis=0).min() > 0.01
    for turned in (
        np.roll(maps, (5, -4), (1, 2)),
        np.rot90(maps, 1, (1, 2)),
        np.rot90(maps, 2, (1, 2)),
        maps[:, ::-1],
    ):
        np.testing.assert_allclose(hit_map_features(turned), features, atol=1e-9)


def test_features_of_known_maps() -> None:
    maps = np.zeros((4, 12, 12))
    maps[1, 5, 2:8] = 1.0
    maps[2, 4:7, 4:7] = 1.0
    maps[2, 5, 5] = 0.0
    maps[3, 2, 2] = maps[3, 8, 8] = 1.0
    rows = [dict(zip(FEATURES, row.tolist(), strict=True)) for row in hit_map_features(maps)]
    assert set(rows[0].values()) == {0.0}
    assert np.expm1(rows[1]["log_hits"]) == pytest.approx(6.0)
    assert rows[1]["anisotropy"] == pytest.approx(1.0)
    assert rows[1]["neighbours"] == pytest.approx(5.0 / 6.0)
    assert rows[1]["pieces"] * 6.0 == pytest.approx(1.0)
    assert rows[2]["pieces"] == pytest.approx(0.0, abs=1e-12)  # one piece, one hole
    assert rows[2]["anisotropy"] == pytest.approx(0.0, abs=1e-12)
    assert rows[3]["isolated"] == 1.0
    assert rows[3]["pieces"] * 2.0 == pytest.approx(2.0)


def test_expected_neighbours_of_probabilities_are_the_mean_over_drawn_maps() -> None:
    random = np.random.default_rng(4)
    probability = random.random((8, 8))
    drawn = (random.random((20000, 8, 8)) < probability).astype(float)
    soft = dict(zip(FEATURES, hit_map_features(probability[None])[0], strict=True))
    hits = np.expm1(soft["log_hits"])
    for name in ("isolated", "neighbours", "pieces"):
        column = hit_map_features(drawn)[:, FEATURES.index(name)] * drawn.sum(axis=(1, 2))
        assert abs(column.mean() - soft[name] * hits) < 5.0 * column.std() / np.sqrt(len(drawn))


def test_one_cloud_is_one_group() -> None:
    points = np.random.default_rng(5).uniform(-1.0, 1.0, (600, 3))
    numbers = compare_group_numbers(points, 4, np.random.default_rng(6))
    from showerkit.evaluate.group_number import chosen_number

    assert chosen_number(numbers) == 1


def test_k_means_reaches_the_best_division_of_far_clusters() -> None:
    random = np.random.default_rng(7)
    centres = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])
    truth = random.integers(0, 4, 400)
    points = centres[truth] + 0.3 * random.standard_normal((400, 2))
    found, group, scatter = k_means(points, 4, random)
    assert adjusted_rand_index(truth, group) == 1.0
    expected = sum(((points[truth == k] - points[truth == k].mean(axis=0)) ** 2).sum() for k in range(4))
    assert scatter == pytest.approx(expected)
    assert found.shape == (4, 2)


def test_shares_of_equal_samples_give_uniform_p_values() -> None:
    random = np.random.default_rng(8)
    p_values = [
        compare_shares(random.multinomial(2000, SHARES), random.multinomial(1000, SHARES)).p_value
        for _ in range(500)
    ]
    assert abs(np.mean(p_values) - 0.5) < 4.0 / np.sqrt(12.0 * 500)
    assert compare_shares(np.array([500, 500]), np.array([400, 600])).p_value < 1e-4


def test_what_decides_nothing_removes_no_entropy() -> None:
    random = np.random.default_rng(9)
    table = np.stack([random.multinomial(500, SHARES) for _ in range(10)])
    assert decided_by(table) < 0.01
    assert decided_by(np.diag([100, 50, 20])) > 0.95


def test_bad_maps_and_too_few_of_them_are_named() -> None:
    with pytest.raises(DataError, match="outside 0 to 1"):
        hit_map_features(np.full((1, 3, 3), 2.0))
    with pytest.raises(DataError, match="shape"):
        hit_map_features(np.zeros((3, 3)))
    with pytest.raises(DataError, match="at least 50"):
        find_patterns(np.zeros((5, 10)), PatternConfig())
