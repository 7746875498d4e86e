"""Read files of the HLS4ML LHC jets (Pierini et al., doi:10.5281/zenodo.3602260)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.foreign_jet_file import dataset, rows_of
from showerkit.data.jet_order import hardest_first
from showerkit.data.jet_records import JET_TYPES, Jets
from showerkit.data.shard import open_hdf5, reading
from showerkit.errors import DataError, FileFormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import h5py
    from numpy.typing import NDArray

_TYPES: Final = ("g", "q", "t", "w", "z")


def read_hls4ml(
    path: Path | str, *, constituents: int | None = None, start: int = 0, stop: int | None = None
) -> Jets:
    """Read jets of one of the files of the HLS4ML LHC jets.

    The files hold ``jetConstituentList`` (N, P, 16), ``jets`` (N, 59), and their columns' names in
    ``particleFeatureNames`` (which names one column more than there is) and ``jetFeatureNames``; the type
    of a jet is told by five columns of ``jets`` of which one is 1. Columns are found by their names.

    Parameters
    ----------
    path
        The file.
    constituents
        Most particles to keep of a jet; by default all.
    start, stop
        First and last-plus-one row, by default all.

    Returns
    -------
    Jets
        The jets, with absolute momenta; their event number is the row in the file.

    Raises
    ------
    FileFormatError
        If the file is missing, damaged, of another layout, or holds values that make no sense.
    DataError
        If the rows are not there.

    Examples
    --------
    >>> try:
    ...     read_hls4ml("jetImage_7_150p_0_10000.h5")
    ... except FileFormatError as error:
    ...     print(error)
    jetImage_7_150p_0_10000.h5: got no such file; expected an HDF5 file
    """
    path = Path(path)
    with open_hdf5(path) as file, reading(path):
        listed = dataset(file, path, "jetConstituentList", (None, None, None))
        table = dataset(file, path, "jets", (len(listed), None))
        rows = rows_of(path, len(listed), start, stop)
        features = np.asarray(listed[rows], dtype=np.float32)
        properties = np.asarray(table[rows], dtype=np.float32)
        particle = _places(file, path, "particleFeatureNames", "j1_", features.shape[-1])
        jet = _places(file, path, "jetFeatureNames", "j_", properties.shape[-1])
        relative = features[..., _columns(path, particle, ("etarel", "phirel", "ptrel"))]
        momenta = features[..., _columns(path, particle, ("px", "py", "pz"))]
        pt = features[..., _columns(path, particle, ("pt",))][..., 0]
        flags = properties[:, _columns(path, jet, _TYPES)]
        described = properties[:, _columns(path, jet, ("pt", "eta", "mass"))]
    mask, (relative, momenta) = hardest_first(pt, pt > 0, constituents or pt.shape[1], relative, momenta)
    try:
        return Jets(
            relative,
            mask,
            _types(flags),
            described[:, 0],
            described[:, 1],
            described[:, 2],
            np.arange(rows.start, rows.stop, dtype=np.int64),
            momenta,
        )
    except DataError as wrong:
        raise FileFormatError(f"{path}: {wrong}") from None


def _places(file: h5py.File, path: Path, name: str, prefix: str, columns: int) -> dict[str, int]:
    """Place of each column by its name without the prefix."""
    names = dataset(file, path, name, (None,))[:]
    words = [word.decode() if isinstance(word, bytes) else str(word) for word in names]
    return {word.removeprefix(prefix): place for place, word in enumerate(words) if place < columns}


def _columns(path: Path, places: dict[str, int], names: Sequence[str]) -> list[int]:
    for name in names:
        if name not in places:
            raise FileFormatError(f"{path}: column '{name}' is missing", expected="the HLS4ML layout")
    return [places[name] for name in names]


def _types(flags: NDArray[np.float32]) -> NDArray[np.int32]:
    wrong = ((flags != 0) & (flags != 1)).any(axis=1) | (flags.sum(axis=1) != 1)
    if wrong.any():
        bad = int(np.argmax(wrong))
        raise DataError(
            f"jets[{bad}]: type", got=flags[bad].tolist(), expected="one column of five that is 1"
        )
    codes = np.array([JET_TYPES[name] for name in _TYPES], dtype=np.int32)
    return np.asarray(codes[np.argmax(flags, axis=1)], dtype=np.int32)
