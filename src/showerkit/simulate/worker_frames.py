"""Messages between a client and its worker processes: a JSON header and plain arrays.

No pickles cross the pipe, so that nothing in a message can run code.
"""

from __future__ import annotations

import json
import math
import struct
from typing import IO, TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_LENGTH = struct.Struct("<Q")


def send(stream: IO[bytes], header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write one message.

    Raises
    ------
    OSError
        If the other side is gone.
    """
    solid = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
    described = [[name, values.dtype.str, list(values.shape)] for name, values in solid.items()]
    text = json.dumps({"header": dict(header), "arrays": described}).encode()
    stream.write(_LENGTH.pack(len(text)) + text)
    for values in solid.values():
        stream.write(values.tobytes())
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read one message.

    Raises
    ------
    EOFError
        If the other side is gone.
    """
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    message = json.loads(_exactly(stream, length))
    arrays = {}
    for name, dtype, shape in message["arrays"]:
        kind = np.dtype(dtype)
        raw = _exactly(stream, kind.itemsize * math.prod(shape))
        arrays[name] = np.frombuffer(raw, dtype=kind).reshape(shape)
    return message["header"], arrays


def _exactly(stream: IO[bytes], size: int) -> bytes:
    """Read exactly `size` bytes."""
    parts = []
    while size:
        part = stream.read(size)
        if not part:
            raise EOFError("the other side closed its end")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
