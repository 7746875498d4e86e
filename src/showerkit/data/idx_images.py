"""Images and labels in the IDX form of the MNIST files, plain or compressed with gzip."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

import numpy as np

from showerkit.errors import FileFormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Two zeros, the code of unsigned bytes, and the number of dimensions.
_IMAGES_MAGIC: Final = 0x0803
_LABELS_MAGIC: Final = 0x0801
#: Largest image side and largest file that are taken for images.
_LARGEST_SIDE: Final = 4096
_LARGEST_BYTES: Final = 2**31
_GZIP_MAGIC: Final = b"\x1f\x8b"


def read_idx_images(path: Path | str) -> NDArray[np.uint8]:
    """Read grey images.

    Parameters
    ----------
    path
        An IDX file of unsigned bytes with three dimensions, such as ``train-images-idx3-ubyte.gz``.

    Returns
    -------
    numpy.ndarray
        Brightness 0 to 255, shape (N, rows, columns).

    Raises
    ------
    FileFormatError
        If the file is missing, of another form, truncated, too long or too large.
    """
    return _read(Path(path), _IMAGES_MAGIC, "an IDX file of images")


def read_idx_labels(path: Path | str) -> NDArray[np.uint8]:
    """Read labels, shape (N,), from an IDX file with one dimension (errors as for `read_idx_images`)."""
    return _read(Path(path), _LABELS_MAGIC, "an IDX file of labels")


def _read(path: Path, magic: int, expected: str) -> NDArray[np.uint8]:
    try:
        with path.open("rb") as raw:
            compressed = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            if not compressed:
                return _content(path, raw, magic, expected)
            with gzip.open(raw, "rb") as unpacked:
                return _content(path, cast("BinaryIO", unpacked), magic, expected)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise FileFormatError(f"{path}", got="a damaged gzip file", expected=expected) from None
    except OSError as failure:
        raise FileFormatError(f"{path}", got=failure.strerror or "no file", expected=expected) from None


def _content(path: Path, file: BinaryIO, magic: int, expected: str) -> NDArray[np.uint8]:
    dimensions = magic & 0xFF
    header = file.read(4 * (1 + dimensions))
    if len(header) < 4 or struct.unpack(">I", header[:4])[0] != magic:
        got = f"a file that begins with {header[:4].hex() or 'nothing'}"
        raise FileFormatError(f"{path}", got=got, expected=f"{expected} ({magic:08x})")
    if len(header) < 4 * (1 + dimensions):
        raise FileFormatError(f"{path}", got="a truncated header", expected=expected)
    shape = struct.unpack(f">{dimensions}I", header[4:])
    size = int(np.prod([float(length) for length in shape]))
    if size > _LARGEST_BYTES or any(side > _LARGEST_SIDE for side in shape[1:]) or 0 in shape:
        limit = f"sides of 1 to {_LARGEST_SIDE} and at most {_LARGEST_BYTES} bytes"
        raise FileFormatError(f"{path}", got=f"shape {shape}", expected=limit)
    # One byte more than announced tells a longer file without unpacking all of it.
    content = file.read(size + 1)
    if len(content) != size:
        got = f"{len(content)} bytes" if len(content) < size else f"more than {size} bytes"
        raise FileFormatError(f"{path}", got=got, expected=f"{size} bytes for shape {shape}")
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)
