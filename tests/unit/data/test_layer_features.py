from __future__ import annotations

import numpy as np
import pytest
import torch

from showerkit.data.layer_features import layer_feature_names, layer_features


def some_showers(n: int = 20, shape: tuple[int, int, int] = (5, 6, 6), seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.gamma(0.7, 10.0, (n, *shape)) * (random.random((n, *shape)) < 0.4)


def named(images: np.ndarray, threshold: float = 0.0) -> dict[str, np.ndarray]:
    table = layer_features(images, threshold)
    return dict(zip(layer_feature_names(images.shape[1]), table.T, strict=True))


def test_one_name_a_column():
    for layers in (1, 5):
        names = layer_feature_names(layers)
        assert len(set(names)) == len(names)
        assert layer_features(np.ones((2, layers, 3, 4))).shape == (2, len(names))


def test_sums_and_hits_add_up():
    images = some_showers()
    found = named(images, threshold=5.0)
    np.testing.assert_allclose(found["total"], images.sum(axis=(1, 2, 3)))
    np.testing.assert_allclose(sum(found[f"layer_{i}_sum"] for i in range(5)), found["total"])
    np.testing.assert_array_equal(found["hits"], (images > 5.0).sum(axis=(1, 2, 3)))
    np.testing.assert_array_equal(sum(found[f"layer_{i}_hits"] for i in range(5)), found["hits"])
    inner = images[:, :, 1:-1, 1:-1].sum(axis=(1, 2, 3))
    np.testing.assert_allclose(found["rim"], images.sum(axis=(1, 2, 3)) - inner)


def test_moments_agree_with_a_sum_over_the_cells():
    """Direct weighted variances by NumPy, event by event."""
    images = some_showers(n=5)
    found = named(images)
    layer, y, x = np.indices(images.shape[1:])
    for event, cells in enumerate(images):
        depth = np.average(layer, weights=cells)
        assert found["depth"][event] == pytest.approx(depth)
        assert found["length"][event] == pytest.approx(
            np.sqrt(np.average((layer - depth) ** 2, weights=cells))
        )
        centre = np.array([np.average(x - 2.5, weights=cells), np.average(y - 2.5, weights=cells)])
        assert found["radius"][event] == pytest.approx(np.hypot(*centre))
        square = (x - 2.5 - centre[0]) ** 2 + (y - 2.5 - centre[1]) ** 2
        assert found["width"][event] == pytest.approx(np.sqrt(np.average(square, weights=cells)))
        middle = np.average(x[2], weights=cells[2]), np.average(y[2], weights=cells[2])
        second = np.average((x[2] - middle[0]) ** 2 + (y[2] - middle[1]) ** 2, weights=cells[2])
        assert found["layer_2_moment"][event] == pytest.approx(second)


@pytest.mark.parametrize("turn", [lambda a: a[..., ::-1], lambda a: np.rot90(a, axes=(2, 3))])
def test_reflections_and_rotations_change_nothing(turn):
    images = some_showers()
    np.testing.assert_allclose(layer_features(turn(images)), layer_features(images), rtol=1e-9, atol=1e-9)


def test_an_empty_shower_is_all_zero():
    np.testing.assert_array_equal(layer_features(np.zeros((1, 4, 3, 3))), 0.0)


def test_arrays_and_tensors_agree():
    images = some_showers()
    found = layer_features(torch.from_numpy(images), 5.0)
    assert isinstance(found, torch.Tensor)
    np.testing.assert_allclose(found.numpy(), layer_features(images, 5.0), rtol=1e-12, atol=1e-12)


def test_a_scale_scales_sums_alone():
    images = some_showers()
    one, ten = named(images), named(10.0 * images)
    for name, values in one.items():
        factor = 10.0 if name.endswith("sum") or name in ("total", "hottest", "rim") else 1.0
        np.testing.assert_allclose(ten[name], factor * values, rtol=1e-9, atol=1e-9)
