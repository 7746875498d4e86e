from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showerkit.data.augmentation import TransverseSymmetries, draw_symmetries
from showerkit.data.augmentation_config import AugmentationConfig
from showerkit.errors import ConfigurationError, DataError
from showerkit.geometry import load_detector
from showerkit.geometry.detectors.toy_hcal import toy_hcal

EVERY = AugmentationConfig(flip=True, rotate=True, max_shift_cells=3)


def clusters(n: int, *, shape: tuple[int, int, int] = (4, 7, 7), seed: int = 1) -> np.ndarray:
    """Showers in a random block of cells each, every value another."""
    random = np.random.default_rng(seed)
    images = np.zeros((n, *shape))
    for image in images:
        y, x = random.integers(0, shape[1] - 2), random.integers(0, shape[2] - 2)
        image[:, y : y + 3, x : x + 3] = random.integers(0, 50, (shape[0], 3, 3))
    return images


def every_symmetry(n: int, **changes: int | bool) -> TransverseSymmetries:
    """The same symmetry for all showers."""
    values = {"flip_x": False, "flip_y": False, "quarter_turns": 0, "shift_x": 0, "shift_y": 0, **changes}
    return TransverseSymmetries(**{name: np.full(n, value) for name, value in values.items()})


@settings(max_examples=30)
@given(st.integers(0, 2**31 - 1), st.booleans(), st.booleans(), st.integers(0, 9))
def test_each_layer_keeps_its_values(seed, flip, rotate, shift):
    images = clusters(12, seed=seed)
    counts = np.ceil(images / 3)
    config = AugmentationConfig(flip=flip, rotate=rotate, max_shift_cells=shift)
    drawn = draw_symmetries(config, [images, counts], np.random.default_rng(seed))
    moved, moved_counts = drawn.apply(images), drawn.apply(counts)
    np.testing.assert_array_equal(moved.sum(axis=(2, 3)), images.sum(axis=(2, 3)))
    np.testing.assert_array_equal(
        np.sort(moved.reshape(12, 4, -1), axis=2), np.sort(images.reshape(12, 4, -1), axis=2)
    )
    # Both quantities of a cell move together.
    np.testing.assert_array_equal(moved_counts, np.ceil(moved / 3))


@settings(max_examples=30)
@given(st.integers(0, 2**31 - 1))
def test_distances_between_hits_stay(seed):
    """No part of a shower may come in again at the other side: its extent and second moments would change."""
    images = clusters(12, seed=seed)
    moved = draw_symmetries(EVERY, [images], np.random.default_rng(seed)).apply(images)

    def inertia(image: np.ndarray) -> np.ndarray:
        y, x = np.indices(image.shape[2:])
        norm = np.maximum(image.sum(axis=(1, 2, 3)), 1.0)

        def mean(weight: np.ndarray) -> np.ndarray:
            return (image * weight).sum(axis=(1, 2, 3)) / norm

        return mean(x**2) - mean(x) ** 2 + mean(y**2) - mean(y) ** 2

    np.testing.assert_allclose(inertia(moved), inertia(images), atol=1e-9)


def test_four_rotations_are_none_and_two_are_both_reflections():
    images = clusters(10)
    turn = every_symmetry(10, quarter_turns=1)
    twice = turn.apply(turn.apply(images))
    np.testing.assert_array_equal(twice, every_symmetry(10, flip_x=True, flip_y=True).apply(images))
    np.testing.assert_array_equal(twice, every_symmetry(10, quarter_turns=2).apply(images))
    np.testing.assert_array_equal(turn.apply(twice), every_symmetry(10, quarter_turns=3).apply(images))
    np.testing.assert_array_equal(turn.apply(turn.apply(twice)), images)
    assert not np.array_equal(turn.apply(images), images)


def test_a_reflection_undoes_itself_and_turns_a_rotation_round():
    images = clusters(10)
    flip, turn = every_symmetry(10, flip_x=True), every_symmetry(10, quarter_turns=1)
    np.testing.assert_array_equal(flip.apply(flip.apply(images)), images)
    there = flip.apply(turn.apply(flip.apply(images)))
    np.testing.assert_array_equal(there, every_symmetry(10, quarter_turns=3).apply(images))


def test_against_numpys_own():
    images = clusters(6)
    np.testing.assert_array_equal(every_symmetry(6, flip_x=True).apply(images), images[..., ::-1])
    np.testing.assert_array_equal(every_symmetry(6, flip_y=True).apply(images), images[..., ::-1, :])
    np.testing.assert_array_equal(
        every_symmetry(6, quarter_turns=1).apply(images), np.rot90(images, k=-1, axes=(2, 3))
    )
    np.testing.assert_array_equal(every_symmetry(6, shift_y=2).apply(images), np.roll(images, 2, axis=2))


def test_a_rotation_leads_from_x_to_y():
    image = np.zeros((1, 1, 5, 5))
    image[0, 0, 2, 4] = 1.0  # on the positive x axis
    turned = every_symmetry(1, quarter_turns=1).apply(image)
    assert np.argwhere(turned).tolist() == [[0, 0, 4, 2]]


def test_all_symmetries_come_with_their_chances():
    n = 8000
    drawn = draw_symmetries(EVERY, [clusters(1).repeat(n, axis=0)], np.random.default_rng(3))
    for share, chance in (
        (drawn.flip_x.mean(), 0.5),
        (drawn.flip_y.mean(), 0.5),
        *(((drawn.quarter_turns == k).mean(), 0.25) for k in range(4)),
    ):
        assert abs(share - chance) < 4.0 * np.sqrt(chance * (1 - chance) / n)


def test_shifts_fill_the_room_there_is():
    image = np.zeros((5000, 2, 8, 8))
    image[:, 0, 3, 1] = 1.0
    config = AugmentationConfig(flip=False, rotate=False, max_shift_cells=3)
    drawn = draw_symmetries(config, [image], np.random.default_rng(5))
    for shifts, allowed in ((drawn.shift_x, range(-1, 4)), (drawn.shift_y, range(-3, 4))):
        values, counts = np.unique(shifts, return_counts=True)
        assert values.tolist() == list(allowed)
        chance = 1.0 / len(allowed)
        assert (abs(counts / 5000 - chance) < 4.0 * np.sqrt(chance * (1 - chance) / 5000)).all()


def test_a_full_or_empty_grid_is_not_shifted():
    for value in (0.0, 1.0):
        drawn = draw_symmetries(EVERY, [np.full((50, 2, 6, 6), value)], np.random.default_rng(1))
        assert not drawn.shift_x.any()
        assert not drawn.shift_y.any()


def test_a_hit_of_one_quantity_alone_is_kept_inside():
    deposits = np.zeros((200, 1, 6, 6))
    deposits[:, 0, 2, 2] = 1.0
    tracks = np.zeros_like(deposits)
    tracks[:, 0, 2, 5] = 1.0
    config = AugmentationConfig(flip=False, rotate=False, max_shift_cells=2)
    assert draw_symmetries(config, [deposits, tracks], np.random.default_rng(1)).shift_x.max() == 0


def test_switched_off_means_untouched():
    images = clusters(20)
    config = AugmentationConfig(flip=False, rotate=False)
    np.testing.assert_array_equal(
        draw_symmetries(config, [images], np.random.default_rng(1)).apply(images), images
    )


def test_the_generator_alone_decides():
    images = clusters(20)
    once, again = (draw_symmetries(EVERY, [images], np.random.default_rng(9)).apply(images) for _ in "ab")
    np.testing.assert_array_equal(once, again)
    other = draw_symmetries(EVERY, [images], np.random.default_rng(10)).apply(images)
    assert not np.array_equal(once, other)


def test_a_grid_that_is_not_square_is_reflected_and_not_rotated():
    images = clusters(50, shape=(2, 5, 8))
    config = AugmentationConfig(rotate=False, max_shift_cells=2)
    moved = draw_symmetries(config, [images], np.random.default_rng(1)).apply(images)
    np.testing.assert_array_equal(moved.sum(axis=(2, 3)), images.sum(axis=(2, 3)))
    with pytest.raises(DataError, match="square grid"):
        draw_symmetries(AugmentationConfig(), [images], np.random.default_rng(1)).apply(images)


def test_a_detector_without_the_symmetry_is_refused():
    EVERY.check_detector(load_detector("zdc-ecal"))
    oblong = toy_hcal().model_copy(update={"pitch_y_mm": 40.0, "cell_y_mm": 40.0})
    with pytest.raises(ConfigurationError, match="rotate"):
        EVERY.check_detector(oblong)
    AugmentationConfig(rotate=False).check_detector(oblong)


def test_images_of_another_number_are_refused():
    with pytest.raises(DataError, match="got 3 showers; expected 2"):
        every_symmetry(2).apply(clusters(3))
