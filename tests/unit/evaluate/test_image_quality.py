from __future__ import annotations

import numpy as np
import pytest
import torch

from showerkit.data.sparse_images import SparseImages, brightest_pixels
from showerkit.errors import DataError
from showerkit.evaluate.image_classifier import ImageClassifierConfig, train_image_classifier
from showerkit.evaluate.image_quality import image_quality

QUICK = ImageClassifierConfig(channels=4, features=4, epochs=6, learning_rate=0.01, batch_size=50)


def bars(n, seed):
    """Images of an upright (0) or level (1) bar at a random place, of random brightness."""
    random = np.random.default_rng(seed)
    label = random.integers(0, 2, n)
    images = np.zeros((n, 12, 12), np.uint8)
    for image, kind in zip(images, label, strict=True):
        place, brightness = random.integers(2, 9), random.integers(100, 256)
        across = image if kind else image.T
        across[place : place + 2, 1:11] = brightness
    return brightest_pixels(images, label, 20)


@pytest.fixture(scope="module")
def classifier():
    return train_image_classifier(bars(400, 1), config=QUICK, seed=1)


def test_the_floor_is_no_distance_and_the_classes_are_found(classifier):
    images = bars(800, 2)
    floor = image_quality(classifier, images[:400], images[400:])
    assert floor.accuracy > 0.95
    assert 0.0 < floor.accuracy_error < 0.03
    assert floor.entropy < 0.3
    assert abs(floor.frechet.value) < 5 * floor.frechet.error
    assert floor.class_shares.sum() == pytest.approx(1.0)


def test_images_of_the_same_kind_agree_and_worse_ones_do_not(classifier):
    reference, other = bars(400, 3), bars(400, 4)
    same = image_quality(classifier, reference, other)
    assert abs(same.frechet.value) < 5 * same.frechet.error
    random = np.random.default_rng(1)
    shaken = other.points + random.normal(0.0, [3.0, 3.0, 0.0], other.points.shape)
    bad = image_quality(classifier, reference, SparseImages(shaken, other.mask, other.label, (12, 12)))
    assert bad.frechet.value > same.frechet.value + 5 * bad.frechet.error
    assert bad.entropy > same.entropy
    assert bad.accuracy < same.accuracy
    swapped = image_quality(
        classifier, reference, SparseImages(other.points, other.mask, 1 - other.label, (12, 12))
    )
    assert swapped.accuracy == pytest.approx(1.0 - same.accuracy)
    only = image_quality(classifier, reference, other[np.flatnonzero(other.label == 1)])
    assert only.class_shares[1] > 0.9
    assert only.frechet.value > 5 * only.frechet.error


def test_measures_say_what_they_are(classifier):
    found = {m.key: m for m in image_quality(classifier, bars(200, 2), bars(200, 3)).measurements}
    assert {key: m.kind for key, m in found.items()} == {
        "image.accuracy": "level",
        "image.entropy": "level",
        "image.frechet": "squared",
    }


def test_one_seed_gives_one_classifier_and_leaves_the_random_states_alone():
    images = bars(100, 5)
    config = QUICK.model_copy(update={"epochs": 1})
    before = torch.random.get_rng_state()
    one, same, other = (train_image_classifier(images, config=config, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert np.array_equal(one(images)[1], same(images)[1])
    assert not np.array_equal(one(images)[1], other(images)[1])


def test_too_few_images_one_label_and_another_size_are_refused(classifier):
    images = bars(100, 1)
    with pytest.raises(DataError, match="labels"):
        train_image_classifier(images[:10])
    with pytest.raises(DataError, match="labels"):
        train_image_classifier(images[np.flatnonzero(images.label == 0)])
    with pytest.raises(DataError, match="Frechet"):
        image_quality(classifier, images[:20], images)
    with pytest.raises(DataError, match="images"):
        classifier(SparseImages(images.points, images.mask, images.label, (28, 28)))
