"""What HDF5 finds nothing wrong with, and is refused all the same."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from showerkit.data.own_dataset import own_dataset
from showerkit.data.shard import open_hdf5
from showerkit.errors import FileFormatError

VALUES = np.arange(12, dtype="<f4").reshape(4, 3)


def look(path: Path, name: str = "a") -> h5py.Dataset | None:
    with open_hdf5(path) as file:
        found = own_dataset(file, path, name)
        return None if found is None else found[...]


def refused(path: Path, name: str = "a") -> str:
    with pytest.raises(FileFormatError) as error:
        look(path, name)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    "how", [{}, {"chunks": (2, 3)}, {"compression": "gzip", "shuffle": True}, {"compression": "lzf"}]
)
def test_plain_datasets_are_found(how, tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("a", data=VALUES, **how)
        file.create_dataset("b/c", data=VALUES)
    np.testing.assert_array_equal(look(path), VALUES)
    np.testing.assert_array_equal(look(path, "b/c"), VALUES)
    assert look(path, "none") is None
    assert look(path, "b/none") is None


def test_the_most_that_gzip_can_pack_is_read(tmp_path):
    """Showers of nothing but zeros are no bomb."""
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset(
            "a", data=np.zeros((40_000, 500), "<f4"), chunks=(1024, 500), shuffle=True,
            compression="gzip", compression_opts=9,
        )  # fmt: skip
    assert path.stat().st_size < 2**18
    with open_hdf5(path) as file:
        assert own_dataset(file, path, "a").shape == (40_000, 500)


@pytest.mark.parametrize("kind", ["external", "soft", "dangling", "group", "virtual", "storage"])
def test_values_from_elsewhere_are_refused(kind, tmp_path):
    path, other = tmp_path / "a.h5", tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["a"] = VALUES
    with h5py.File(path, "w") as file:
        file["elsewhere"] = VALUES
        if kind == "external":
            file["a"] = h5py.ExternalLink(other, "a")
        elif kind == "soft":
            file["a"] = h5py.SoftLink("/elsewhere")
        elif kind == "dangling":
            file["a"] = h5py.SoftLink("/nowhere")
        elif kind == "group":
            file["b"] = h5py.ExternalLink(other, "/")
        elif kind == "virtual":
            layout = h5py.VirtualLayout(shape=VALUES.shape, dtype="<f4")
            layout[...] = h5py.VirtualSource(other, "a", shape=VALUES.shape)
            file.create_virtual_dataset("a", layout)
        else:
            file.create_dataset(
                "a", shape=(4, 3), dtype="<f4", external=[(os.devnull, 0, h5py.h5f.UNLIMITED)]
            )
    message = refused(path, "b/a" if kind == "group" else "a")
    assert "a link to something else" in message or "values of other files" in message


def _made(path, *, shape, chunk, filters=1, content=None):
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk(chunk)
    for _ in range(filters):
        plan.set_deflate(9)
    with h5py.File(path, "w") as file:
        space = h5py.h5s.create_simple(shape, (h5py.h5s.UNLIMITED, shape[1]))
        made = h5py.h5d.create(file.id, b"a", h5py.h5t.IEEE_F32LE, space, plan)
        if content is not None:
            made.write_direct_chunk((0, 0), content, 0)
    return path


def test_what_claims_more_than_it_holds_is_refused(tmp_path):
    path = tmp_path / "a.h5"
    assert "are said to be in 0" in refused(_made(path, shape=(10**12, 3), chunk=(1024, 3)))
    packed = zlib.compress(bytes(1024 * 3 * 4))
    assert "said to be in" in refused(_made(path, shape=(10**9, 3), chunk=(1024, 3), content=packed))
    assert "chunks of" in refused(_made(path, shape=(9, 3), chunk=(300_000_000, 3)))
    twice = zlib.compress(zlib.compress(bytes(1024 * 3 * 4)))
    assert "packed twice" in refused(_made(path, shape=(9, 3), chunk=(1024, 3), filters=2, content=twice))


def test_an_unknown_filter_is_named(tmp_path):
    path = tmp_path / "a.h5"
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk((4, 3))
    plan.set_filter(65535, h5py.h5z.FLAG_OPTIONAL, (1,))
    with h5py.File(path, "w") as file:
        made = h5py.h5d.create(file.id, b"a", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((4, 3)), plan)
        made.write_direct_chunk((0, 0), VALUES.tobytes(), 0)
    assert "filter 65535, which is not installed" in refused(path)


def test_groups_and_empty_datasets_are_no_datasets(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_group("a")
        file["b"] = h5py.Empty("f4")
    assert "got Group" in refused(path)
    assert "no values and no shape" in refused(path, "b")
