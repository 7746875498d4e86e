"""Datasets whose values a file holds itself, in no more bytes than it says.

A file of HDF5 may name values that it does not hold: links and virtual datasets lead into other files,
external storage into any file of the system, and a few bytes may claim to be 1e12 events. None of that
is needed for a sample, all of it can be used against whoever reads it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import h5py

from showerkit.errors import FileFormatError

if TYPE_CHECKING:
    from pathlib import Path

#: Datasets of fewer bytes than this are read whatever they are packed into.
_SMALL_BYTES: Final = 2**26
#: A chunk is unpacked as a whole, so that it must fit the memory several times over.
_LARGEST_CHUNK: Final = 2**29
#: How many times smaller the filters make values at most: deflate 1032 times by its format; what filters of
#: others reach has an end as well. Those that only rearrange or check make nothing smaller.
_PACKS: Final = {h5py.h5z.FILTER_DEFLATE: 1100, h5py.h5z.FILTER_LZF: 1100}
_PACKS_NOTHING: Final = frozenset({h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32})
_PACKS_OTHERWISE: Final = 100_000


def own_dataset(file: h5py.File, path: Path, name: str) -> h5py.Dataset | None:
    """Find a dataset by its name and refuse one whose values come from elsewhere or from nothing.

    Parameters
    ----------
    file
        The opened file.
    path
        Its name, for messages.
    name
        The dataset's name.

    Returns
    -------
    h5py.Dataset or None
        The dataset; None if there is nothing of that name.

    Raises
    ------
    FileFormatError
        If it is no dataset, a link or made of other files, packed by an unknown filter or twice by the same,
        or claims to be much more than it can be packed into its bytes.
    """
    what = f"{path}: dataset '{name}'"
    for end in [place for place, letter in enumerate(name) if letter == "/"] + [len(name)]:
        link = file.get(name[:end], getlink=True)
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise FileFormatError(
                what, got="a link to something else", expected="a dataset of the file itself"
            )
    found = file.get(name)
    if not isinstance(found, h5py.Dataset):
        raise FileFormatError(what, got=type(found).__name__, expected="a dataset")
    if found.shape is None:
        raise FileFormatError(what, got="no values and no shape", expected="an array")
    plan = found.id.get_create_plist()
    if plan.get_layout() == h5py.h5d.VIRTUAL or plan.get_external_count() > 0:
        raise FileFormatError(what, got="values of other files", expected="a dataset of the file itself")
    filters = [plan.get_filter(number)[0] for number in range(plan.get_nfilters())]
    if plan.get_layout() == h5py.h5d.CHUNKED:
        _check_chunks(found, filters, what)
    claimed = math.prod(found.shape) * found.dtype.itemsize
    stored = found.id.get_storage_size()
    most = max(
        (_PACKS.get(code, _PACKS_OTHERWISE) for code in filters if code not in _PACKS_NOTHING), default=2
    )
    if claimed > max(_SMALL_BYTES, most * stored):
        raise FileFormatError(
            what, got=f"{claimed} bytes that are said to be in {stored}", expected="values that are all there"
        )
    return found


def _check_chunks(found: h5py.Dataset, filters: list[int], what: str) -> None:
    for code in filters:
        if not h5py.h5z.filter_avail(code):
            raise FileFormatError(
                what,
                got=f"values packed by filter {code}, which is not installed",
                expected="gzip or no packing",
                mend="pack the file anew with h5repack -f GZIP=4",
            )
    if len(set(filters)) < len(filters):
        raise FileFormatError(what, got="values packed twice by the same filter", expected="packed once")
    chunk = math.prod(found.chunks) * found.dtype.itemsize
    if chunk > _LARGEST_CHUNK:
        raise FileFormatError(
            what, got=f"chunks of {chunk} bytes", expected=f"chunks of at most {_LARGEST_CHUNK} bytes"
        )
