"""Read files of the JetNet data set (Kansal et al., arXiv:2106.11535)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.foreign_jet_file import dataset, rows_of
from showerkit.data.jet_order import hardest_first
from showerkit.data.jet_records import JET_TYPES, Jets
from showerkit.data.shard import open_hdf5, reading
from showerkit.errors import DataError, FileFormatError

if TYPE_CHECKING:
    import h5py

#: JetNet's files are named by the type, such as g.hdf5 and g150.hdf5.
_FILE_NAME: Final = re.compile(r"([gqtwz])(150)?")


def read_jetnet(
    path: Path | str,
    *,
    jet_type: str | None = None,
    constituents: int | None = None,
    start: int = 0,
    stop: int | None = None,
) -> Jets:
    """Read jets of one of JetNet's files.

    The files hold ``particle_features`` (N, 30 or 150, 4), that is eta_rel, phi_rel, pt_rel and mask, and
    ``jet_features`` (N, 4), that is pT in GeV, eta, mass in GeV and the number of particles.

    Parameters
    ----------
    path
        The file.
    jet_type
        What started the jets; by default the file's name says it (``g.hdf5``, ``t150.hdf5``).
    constituents
        Most particles to keep of a jet; by default all.
    start, stop
        First and last-plus-one row, by default all.

    Returns
    -------
    Jets
        The jets; their event number is the row in the file. Absolute momenta are not in the files.

    Raises
    ------
    FileFormatError
        If the file is missing, damaged, of another layout, or holds values that make no sense.
    DataError
        If the rows are not there or the type is neither known nor in the file's name.

    Examples
    --------
    >>> try:
    ...     read_jetnet("g.hdf5")
    ... except FileFormatError as error:
    ...     print(error)
    g.hdf5: got no such file; expected an HDF5 file
    """
    path = Path(path)
    code = _type_code(path, jet_type)
    with open_hdf5(path) as file, reading(path):
        return _jets(file, path, code, constituents, start, stop)


def _type_code(path: Path, jet_type: str | None) -> int:
    if jet_type is None:
        named = _FILE_NAME.fullmatch(path.stem)
        if named is None:
            raise DataError(
                f"{path}: the type of the jets", got="a file name that does not say it",
                mend="give jet_type, one of " + ", ".join(JET_TYPES),
            )  # fmt: skip
        jet_type = named.group(1)
    if jet_type not in JET_TYPES:
        raise DataError("jet_type", got=repr(jet_type), expected="one of " + ", ".join(JET_TYPES))
    return JET_TYPES[jet_type]


def _jets(
    file: h5py.File, path: Path, code: int, constituents: int | None, start: int, stop: int | None
) -> Jets:
    features = dataset(file, path, "particle_features", (None, None, 4))
    properties = dataset(file, path, "jet_features", (len(features), 4))
    rows = rows_of(path, len(features), start, stop)
    values = np.asarray(features[rows], dtype=np.float32)
    described = np.asarray(properties[rows], dtype=np.float32)
    mask, (particles,) = hardest_first(
        values[..., 2], values[..., 3] > 0.5, constituents or values.shape[1], values[..., :3]
    )
    try:
        return Jets(
            particles,
            mask,
            np.full(len(values), code, dtype=np.int32),
            described[:, 0],
            described[:, 1],
            described[:, 2],
            np.arange(rows.start, rows.stop, dtype=np.int64),
        )
    except DataError as wrong:
        raise FileFormatError(f"{path}: {wrong}") from None
