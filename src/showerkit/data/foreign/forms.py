"""The forms of files that showers are read from and written to, and how a file's form is found."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias, get_args

from showerkit.data.open_voxels import holds_voxels
from showerkit.data.schema import SCHEMA_NAME
from showerkit.data.shard import open_hdf5, reading, shard_paths
from showerkit.errors import DataError, FileFormatError

if TYPE_CHECKING:
    from showerkit.data.foreign.options import ForeignOptions
    from showerkit.data.foreign.source import ShowerSource
    from showerkit.data.records import Showers
    from showerkit.data.schema import FileMetadata

Form: TypeAlias = Literal["showerkit", "calochallenge", "par04", "showerdata", "ntuple", "rntuple", "edm4hep"]
#: Forms that can be written.
WRITTEN: Final = ("showerkit", "calochallenge", "par04", "showerdata", "ntuple", "rntuple")
_KNOWN: Final = (
    "showers of showerkit, the CaloChallenge, Geant4's Par04 or showerdata in HDF5, "
    "or EDM4hep or a ntuple of showerkit in ROOT"
)


class ShowerSink(Protocol):
    """A file that takes showers, once it is entered as a context manager."""

    def append(self, showers: Showers) -> None:
        """Append showers."""
        ...


def find_form(path: Path | str) -> Form:
    """Find the form of a file, or of the first file of a folder, by what is in it.

    Parameters
    ----------
    path
        The file or folder.

    Returns
    -------
    str
        The form.

    Raises
    ------
    FileFormatError
        If there is no such file, or it is of no form that holds showers.
    MissingDependencyError
        If it is a ROOT file and uproot is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from showerkit.data.calochallenge_file import as_calochallenge, write_calochallenge
    >>> path = Path(tempfile.mkdtemp()) / "showers.hdf5"
    >>> write_calochallenge(path, [as_calochallenge([[1000.0]], [[1.0, 0.0, 2.0]])])
    >>> find_form(path)
    'calochallenge'
    """
    from showerkit.data.foreign.root_file import is_root_file, root_form, root_paths

    path = Path(path)
    first = _first_file(path)
    if is_root_file(first):
        return root_form(root_paths(path)[0])
    with open_hdf5(first) as file, reading(first):
        names, attributes = set(file), set(file.attrs)
        schema = file.attrs.get("schema")
    if schema == SCHEMA_NAME:
        return "showerkit"
    if "schema" in attributes:
        raise FileFormatError(f"{path}", got=f"a file of schema {schema!r}", expected=_KNOWN)
    if {"showers", "energies", "shape"} <= names:
        return "showerdata"
    if holds_voxels(first):
        return "calochallenge" if "incident_energies" in names else "par04"
    raise FileFormatError(f"{path}", got="an HDF5 file of no known form", expected=_KNOWN)


def _first_file(path: Path) -> Path:
    """Name the file itself, or a folder's first HDF5 or ROOT file."""
    if path.is_dir():
        found = sorted(one for one in path.iterdir() if one.suffix == ".root" and one.name[0] != ".")
        if found:
            return found[0]
    return shard_paths(path)[0]


def open_source(path: Path | str, options: ForeignOptions) -> ShowerSource:
    """Open a file or folder of any form for reading.

    Parameters
    ----------
    path
        The file or folder.
    options
        What it does not say.

    Returns
    -------
    ShowerSource
        The opened sample, a context manager.

    Raises
    ------
    FileFormatError
        If it is of no known form, damaged, or does not fit the options.
    ConfigurationError
        If an option is of no use for its form, or wrong.
    MissingDependencyError
        If it is a ROOT file and uproot is not installed.
    """
    path = Path(path)
    form = find_form(path)
    if form == "showerkit":
        from showerkit.data.foreign.own_source import OwnSource

        return OwnSource(path, options)
    if form == "showerdata":
        from showerkit.data.foreign.showerdata_source import ShowerDataSource

        return ShowerDataSource(path, options)
    if form == "edm4hep":
        from showerkit.data.foreign.edm4hep_source import Edm4hepSource

        return Edm4hepSource(path, options)
    if form in ("ntuple", "rntuple"):
        from showerkit.data.foreign.ntuple_source import NtupleSource

        return NtupleSource(path, options)
    from showerkit.data.foreign.voxel_source import VoxelSource

    return VoxelSource(path, options)


def open_sink(
    path: Path | str, form: str, metadata: FileMetadata, *, overwrite: bool = False
) -> AbstractContextManager[ShowerSink]:
    """Make a file of a form to write showers to.

    Parameters
    ----------
    path
        The file.
    form
        Its form, one of those that can be written.
    metadata
        What a shower file says about itself.
    overwrite
        Whether an existing file may be replaced.

    Returns
    -------
    context manager
        On entering, something to append showers to; the file appears on leaving, whole.

    Raises
    ------
    DataError
        If the form cannot be written, or the file exists or cannot be written.
    MissingDependencyError
        If it is a ROOT file and uproot is not installed.
    """
    if form == "showerkit":
        from showerkit.data.shower_writer import ShowerWriter

        return ShowerWriter(path, metadata, overwrite=overwrite)
    if form == "calochallenge":
        from showerkit.data.foreign.voxel_output import CaloChallengeOutput

        return CaloChallengeOutput(path, metadata, overwrite=overwrite)
    if form == "par04":
        from showerkit.data.foreign.voxel_output import Par04Output

        return Par04Output(path, metadata, overwrite=overwrite)
    if form == "showerdata":
        from showerkit.data.foreign.showerdata_output import ShowerDataOutput

        return ShowerDataOutput(path, metadata, overwrite=overwrite)
    if form in ("ntuple", "rntuple"):
        from showerkit.data.foreign.ntuple_output import NtupleOutput

        return NtupleOutput(path, metadata, overwrite=overwrite, rntuple=form == "rntuple")
    known = [name for name in get_args(Form) if name in WRITTEN]
    raise DataError(f"form '{form}'", expected="one that can be written: " + ", ".join(known))
