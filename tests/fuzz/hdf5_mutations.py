"""Changes of HDF5 files that HDF5 itself finds nothing wrong with."""

from __future__ import annotations

import json
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .mutation import Mutation, pick
from .tree_mutations import mutated_json

_NUMBERS = [np.nan, np.inf, -np.inf, -1.0, 0.0, 1e38, -1e38, 1e-44, -0.0, 3.4e38, 255.0, 1e9]
_TYPES = ["f2", "f8", ">f4", "i1", "u1", "i4", "i8", "u8", "?", "c8", "S3", "V4"]


def _names(file: h5py.File) -> list[str]:
    return sorted(name for name in file if isinstance(file.get(name), h5py.Dataset))


def _replace(file: h5py.File, name: str, **how: Any) -> None:
    attributes = dict(file[name].attrs)
    del file[name]
    made = file.create_dataset(name, **how)
    for key, value in attributes.items():
        made.attrs[key] = value


def _values(path: Path, random: np.random.Generator) -> None:
    """NaN, infinite, negative and enormous values, at one place or everywhere."""
    with h5py.File(path, "r+") as file:
        dataset = file[pick(random, _names(file))]
        values = dataset[...]
        if values.size == 0 or values.dtype.kind not in "fiu":
            return
        with np.errstate(all="ignore"):
            number = np.array(pick(random, _NUMBERS)).astype(values.dtype)
        if random.random() < 0.2:
            values[...] = number
        else:
            places = random.integers(0, values.size, int(random.integers(1, 4)))
            values.reshape(-1)[places] = number
        dataset[...] = values


def _missing(path: Path, random: np.random.Generator) -> None:
    with h5py.File(path, "r+") as file:
        name = pick(random, _names(file))
        if random.random() < 0.5:
            file.move(name, f"other_{name}")
        else:
            del file[name]
        if random.random() < 0.3:
            file.create_group(name)


def _type(path: Path, random: np.random.Generator) -> None:
    with h5py.File(path, "r+") as file:
        name = pick(random, _names(file))
        shape = file[name].shape
        kind = int(random.integers(5))
        if kind == 0:
            _replace(file, name, shape=shape, dtype=h5py.string_dtype())
        elif kind == 1:
            _replace(file, name, shape=shape, dtype=np.dtype([("a", "f4"), ("b", "i4")]))
        elif kind == 2:
            _replace(file, name, data=h5py.Empty("f4"))
        elif kind == 3:
            _replace(file, name, shape=shape, dtype=h5py.vlen_dtype(np.float32))
        else:
            _replace(file, name, shape=shape, dtype=pick(random, _TYPES))


def _shape(path: Path, random: np.random.Generator) -> None:
    with h5py.File(path, "r+") as file:
        name = pick(random, _names(file))
        values = file[name][...]
        shapes = [
            values[:0], values[:1], values[:-1], values[None], values[..., None], values.reshape(-1),
            values.reshape(-1)[0],
            np.concatenate([values, values]), values[..., :0],
        ]  # fmt: skip
        _replace(file, name, data=pick(random, shapes))


def _no_events(path: Path, random: np.random.Generator) -> None:
    with h5py.File(path, "r+") as file:
        for name in _names(file):
            _replace(file, name, data=file[name][:0])


def _attributes(path: Path, random: np.random.Generator) -> None:
    with h5py.File(path, "r+") as file:
        if len(file.attrs) == 0:
            file.attrs["schema"] = pick(random, ["showerkit-showers", "showerkit-jets", 3])
            return
        name = pick(random, sorted(file.attrs))
        value = file.attrs[name]
        action = int(random.integers(6))
        if isinstance(value, str) and value.startswith(("{", "[")) and action < 4:
            value = mutated_json(value, random)
        elif action == 4:
            del file.attrs[name]
            return
        else:
            value = pick(
                random,
                [0, -1, 2**63 - 1, 1.5, np.nan, "", "a", "x" * 60_000, b"bytes", b"\xff\xfe", np.arange(3),
                True,
                 np.uint64(2**64 - 1), h5py.Empty("f4"), np.array(["a", "b"], dtype=h5py.string_dtype()),
                 "\ud7ff",
                 file.ref, np.zeros((0, 2)), np.void(b"\x00\x01")],
            )  # fmt: skip
        try:
            file.attrs[name] = value
        except (ValueError, OSError, TypeError):
            file.attrs[name] = "a"


def _enormous(path: Path, random: np.random.Generator) -> None:
    """Datasets that say to be of 1e12 rows, of which none was written."""
    rows = int(pick(random, [10**9, 10**12, 2**40]))
    with h5py.File(path, "r+") as file:
        names = _names(file)
        some = names if random.random() < 0.8 else [pick(random, names)]
        compression = pick(random, [None, "gzip", "lzf"])
        for name in some:
            shape, dtype = file[name].shape, file[name].dtype
            chunk = (min(1024, max(1, 2**20 // max(1, int(np.prod(shape[1:]))))), *shape[1:])
            _replace(
                file, name, shape=(rows, *shape[1:]), dtype=dtype, chunks=chunk, compression=compression,
                maxshape=(None, *shape[1:]),
            )  # fmt: skip


def _wide_chunk(path: Path, random: np.random.Generator) -> None:
    """A chunk of gigabytes, to read one row of which all of it is unpacked."""
    with h5py.File(path, "r+") as file:
        name = pick(random, [n for n in _names(file) if file[n].dtype.kind == "f"])
        values = file[name][...]
        row = max(1, int(np.prod(values.shape[1:])) * values.dtype.itemsize)
        rows = int((2**31 if random.random() < 0.5 else 2**32 - 2**20) // row)
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((rows, *values.shape[1:]))
        plist.set_deflate(1)
        space = h5py.h5s.create_simple(values.shape, (h5py.h5s.UNLIMITED, *values.shape[1:]))
        del file[name]
        made = h5py.h5d.create(file.id, name.encode(), h5py.h5t.py_create(values.dtype), space, plist)
        made.write_direct_chunk((0,) * values.ndim, _packed_zeros(rows * row), 0)


@cache
def _packed_zeros(size: int) -> bytes:
    """Gigabytes of zeros, packed a thousandfold; the length of the stream is what it says."""
    packer, piece = zlib.compressobj(1), bytes(2**24)
    packed = [packer.compress(piece) for _ in range(min(size, 2**28) // len(piece))]
    return b"".join([*packed, packer.flush()])


def _external_link(path: Path, random: np.random.Generator) -> None:
    """Let a dataset be one of another file; it is a valid one, so nothing but the link is wrong."""
    other = path.with_name("other-file.h5")
    if not other.exists():
        other.write_bytes(path.read_bytes())
    with h5py.File(path, "r+") as file:
        name = pick(random, _names(file))
        del file[name]
        file[name] = h5py.ExternalLink(
            pick(random, [str(other), other.name, "/etc/passwd", "nowhere.h5"]), name
        )


def _soft_link(path: Path, random: np.random.Generator) -> None:
    with h5py.File(path, "r+") as file:
        name = pick(random, _names(file))
        file.move(name, "elsewhere")
        target = pick(random, ["/elsewhere", "/nowhere", f"/{name}", "/", "."])
        file[name] = h5py.SoftLink(target)


def _virtual(path: Path, random: np.random.Generator) -> None:
    """A virtual dataset takes its values from other files."""
    with h5py.File(path, "r+") as file:
        name = pick(random, _names(file))
        shape, dtype = file[name].shape, file[name].dtype
        file.move(name, "hidden")
        layout = h5py.VirtualLayout(shape=shape, dtype=dtype)
        source = pick(random, [str(path), ".", "other-file.h5", "/etc/passwd"])
        layout[...] = h5py.VirtualSource(source, "hidden", shape=shape)
        file.create_virtual_dataset(name, layout, fillvalue=1)


def _external_storage(path: Path, random: np.random.Generator) -> None:
    """Let the bytes of a dataset be those of any file of the system."""
    with h5py.File(path, "r+") as file:
        name = pick(random, _names(file))
        shape, dtype = file[name].shape, file[name].dtype
        target = pick(random, ["/etc/passwd", str(path), "nowhere.bin", "/dev/zero"])
        _replace(file, name, shape=shape, dtype=dtype, external=[(target, 0, h5py.h5f.UNLIMITED)])


def _unknown_filter(path: Path, random: np.random.Generator) -> None:
    """A filter that would be loaded as a plugin."""
    with h5py.File(path, "r+") as file:
        name = pick(random, _names(file))
        values = file[name][...]
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk(tuple(max(1, n) for n in values.shape))
        plist.set_filter(int(pick(random, [256, 32015, 32001, 65535])), h5py.h5z.FLAG_OPTIONAL, (1, 2))
        space = h5py.h5s.create_simple(values.shape)
        del file[name]
        made = h5py.h5d.create(file.id, name.encode(), h5py.h5t.py_create(values.dtype), space, plist)
        made.write_direct_chunk((0,) * values.ndim, values.tobytes(), 0)


def _damaged_chunk(path: Path, random: np.random.Generator) -> None:
    """A chunk that is no stream of gzip, or one that unpacks to another length."""
    with h5py.File(path, "r+") as file:
        name = pick(random, [n for n in _names(file) if file[n].chunks] or [""])
        if name:
            content = pick(
                random, [b"\x00" * 9, random.bytes(99), zlib.compress(b"a"), zlib.compress(bytes(10**7))]
            )
            file[name].id.write_direct_chunk((0,) * file[name].ndim, content, 0)


def _twice_packed(path: Path, random: np.random.Generator) -> None:
    """Gzip in gzip: a millionfold."""
    with h5py.File(path, "r+") as file:
        name = pick(random, [n for n in _names(file) if file[n].dtype.kind == "f"])
        values = file[name][...]
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        row = max(1, int(np.prod(values.shape[1:])) * values.dtype.itemsize)
        rows = 2**28 // row
        plist.set_chunk((rows, *values.shape[1:]))
        plist.set_deflate(9)
        plist.set_deflate(9)
        space = h5py.h5s.create_simple((rows, *values.shape[1:]))
        del file[name]
        made = h5py.h5d.create(file.id, name.encode(), h5py.h5t.py_create(values.dtype), space, plist)
        made.write_direct_chunk((0,) * values.ndim, zlib.compress(_packed_zeros(rows * row), 9), 0)


def _text_attribute_that_is_long(path: Path, random: np.random.Generator) -> None:
    with h5py.File(path, "r+") as file:
        texts = sorted(n for n, v in file.attrs.items() if isinstance(v, str) and v.startswith("{"))
        if texts:
            name = pick(random, texts)
            values = {str(n): {"a": [n] * 3} for n in range(3000)}
            del file.attrs[name]
            file.attrs.create(name, json.dumps(values), dtype=h5py.string_dtype())


HDF5_MUTATIONS = [
    *[Mutation("values", _values)] * 3,
    *[Mutation("attributes", _attributes)] * 3,
    Mutation("dataset missing", _missing),
    Mutation("another type", _type),
    Mutation("another shape", _shape),
    Mutation("no events", _no_events),
    Mutation("damaged chunk", _damaged_chunk),
    Mutation("long attribute", _text_attribute_that_is_long),
    Mutation("1e12 events claimed", _enormous, must_fail=True),
    Mutation("chunk of gigabytes", _wide_chunk, must_fail=True),
    Mutation("gzip in gzip", _twice_packed, must_fail=True),
    Mutation("external link", _external_link, must_fail=True),
    Mutation("soft link", _soft_link, must_fail=True),
    Mutation("virtual dataset", _virtual, must_fail=True),
    Mutation("bytes of another file", _external_storage, must_fail=True),
    Mutation("unknown filter", _unknown_filter),
]
