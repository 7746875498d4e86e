"""Files of sparse images: what is written is read, the same bytes, and every damage is one line."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from showerkit.data.image_file import (
    ImageFile,
    ImageFileMetadata,
    ImageWriter,
    image_violations,
    is_image_file,
    read_images,
)
from showerkit.data.sparse_images import SparseImages
from showerkit.errors import DataError, FileFormatError

METADATA = ImageFileMetadata(generator="drawn", kind="digits", n_points=4, settings={"digits": [8]})


def some_images(n=700, seed=1):
    random = np.random.default_rng(seed)
    mask = np.arange(4) < random.integers(1, 5, n)[:, None]
    points = random.uniform(0.0, 1.0, (n, 4, 3)).astype(np.float32) * mask[:, :, None]
    return SparseImages(points, mask, random.integers(0, 10, n))


def written(path, images, pieces=1):
    with ImageWriter(path, METADATA) as writer:
        for index in np.array_split(np.arange(len(images)), pieces):
            writer.append(images[index])
    return path


def test_what_is_written_is_read_whatever_the_portions(tmp_path):
    images = some_images()
    path = written(tmp_path / "a.h5", images)
    again = written(tmp_path / "b.h5", images, pieces=9)
    assert path.read_bytes() == again.read_bytes()
    assert is_image_file(path)
    read = read_images(path)
    for name in ("points", "mask", "label"):
        assert np.array_equal(getattr(read, name), getattr(images, name))
    with ImageFile(path) as file:
        assert file.metadata == METADATA
        assert np.array_equal(file.read(600, 650).points, images.points[600:650])
    assert image_violations(path) == []


def test_an_empty_file_is_a_file(tmp_path):
    assert len(read_images(written(tmp_path / "none.h5", some_images(0)))) == 0


def test_images_of_another_size_are_refused(tmp_path):
    wide = SparseImages(np.zeros((1, 4, 3)), np.zeros((1, 4)), [0], image_shape=(32, 32))
    with pytest.raises(DataError, match=r"points, rows and columns: got \(4, 32, 32\)"):
        written(tmp_path / "wide.h5", wide)
    assert not (tmp_path / "wide.h5").exists()


def damaged(path, change):
    with h5py.File(path, "r+") as file:
        change(file)
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda file: file.attrs.__setitem__("schema", "other"), "attribute 'schema': got 'other'"),
        (lambda file: file.attrs.__delitem__("n_points"), "key 'n_points' is missing"),
        (lambda file: file.attrs.__setitem__("settings", "{"), "attribute 'settings': got no valid JSON"),
        (lambda file: file.__delitem__("mask"), "dataset 'mask' is missing"),
        (lambda file: file["label"].resize(3, axis=0), r"dataset 'label': got shape \(3,\)"),
    ],
)
def test_a_damaged_file_is_told_in_one_line(tmp_path, change, message):
    path = damaged(written(tmp_path / "a.h5", some_images(5)), change)
    with pytest.raises(FileFormatError, match=message):
        ImageFile(path)
    assert len(image_violations(path)) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda file: file["mask"].__setitem__((0, 0), 7), "mask: got other values"),
        (lambda file: file["points"].__setitem__((0, 0), np.nan), "NaN or infinity"),
        (lambda file: file["points"].__setitem__((0, 0, 2), 3.0), "intensities beyond 0 to 1"),
    ],
)
def test_values_that_make_no_sense_are_told(tmp_path, change, message):
    path = damaged(written(tmp_path / "a.h5", some_images(5)), change)
    (line,) = image_violations(path)
    assert message in line
    assert str(path) in line


def test_other_files_are_none(tmp_path):
    assert not is_image_file(tmp_path / "nowhere.h5")
    (tmp_path / "text.h5").write_text("nothing")
    assert not is_image_file(tmp_path / "text.h5")
    assert image_violations(tmp_path / "nowhere.h5")
