"""ROOT files, read and written by uproot: every damage told in one line."""

from __future__ import annotations

import struct
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from showerkit.errors import FileFormatError, MissingDependencyError, ShowerkitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from showerkit.typing import IntArray

#: Names of the trees of EDM4hep and of showerkit's ntuples.
EVENTS: Final = "events"
SHOWERS: Final = "showers"
_MEND: Final = "copy or write it again"
_BYTES_AT_ONCE: Final = 2**25


def uproot_module() -> Any:
    """Import uproot.

    Raises
    ------
    MissingDependencyError
        If it is not installed.
    """
    try:
        import awkward  # noqa: F401
        import uproot
    except ImportError:
        raise MissingDependencyError(
            "uproot, which reads and writes ROOT files, is not installed",
            mend="pip install 'showerkit[root]'",
        ) from None
    return uproot


def is_root_file(path: Path) -> bool:
    """Whether a file begins as a ROOT file does."""
    try:
        with path.open("rb") as handle:
            return handle.read(4) == b"root"
    except OSError:
        return False


def root_paths(path: Path) -> list[Path]:
    """List the ROOT files of a sample: the file itself, or a folder's in the order of their names."""
    if not path.is_dir():
        return [path]
    return sorted(one for one in path.iterdir() if one.suffix == ".root" and one.name[0] != ".")


@contextmanager
def reading_root(path: Path) -> Iterator[None]:
    """Turn what uproot raises on a damaged file into one named error."""
    uproot = uproot_module()
    import cramjam

    damages = (
        OSError,
        ValueError,
        LookupError,
        NameError,
        TypeError,
        AttributeError,
        AssertionError,
        ArithmeticError,
        NotImplementedError,
        RuntimeError,
        RecursionError,
        MemoryError,
        EOFError,
        SyntaxError,
        struct.error,
        zlib.error,
        cramjam.DecompressionError,
        uproot.DeserializationError,
    )
    try:
        yield
    except ShowerkitError:
        raise
    except damages as damage:
        text = " ".join(str(damage).split())
        text = text if len(text) <= 200 else text[:197] + "..."
        raise FileFormatError(
            f"{path}",
            got=f"a damaged ROOT file ({text or type(damage).__name__})",
            expected="a whole file",
            mend=_MEND,
        ) from None


@contextmanager
def open_root(path: Path) -> Iterator[Any]:
    """Open a ROOT file for reading.

    Parameters
    ----------
    path
        The file.

    Yields
    ------
    uproot.ReadOnlyDirectory
        Its top directory.

    Raises
    ------
    FileFormatError
        If it is missing, no ROOT file or damaged, also while it is read in the block.
    MissingDependencyError
        If uproot is not installed.
    """
    uproot = uproot_module()
    if not path.is_file():
        raise FileFormatError(f"{path}", got="no such file", expected="a ROOT file")
    if not is_root_file(path):
        raise FileFormatError(f"{path}", got="a file of another format", expected="a ROOT file")
    with (
        reading_root(path),
        # Nothing is cached: memory must not grow with the file.
        uproot.open(path, object_cache=None, array_cache=None) as file,
    ):
        yield file


def root_form(path: Path) -> Literal["ntuple", "rntuple", "edm4hep"]:
    """Find out what a ROOT file holds.

    Raises
    ------
    FileFormatError
        If it holds neither EDM4hep events nor a ntuple of showers.
    MissingDependencyError
        If uproot is not installed.
    """
    with open_root(path) as file:
        kinds = file.classnames(recursive=False, cycle=False)
    if SHOWERS in kinds and "metadata" in kinds:
        return "rntuple" if "RNTuple" in kinds[SHOWERS] else "ntuple"
    if EVENTS in kinds:
        return "edm4hep"
    raise FileFormatError(
        f"{path}",
        got="a ROOT file with " + (", ".join(f"'{name}'" for name in sorted(kinds)[:5]) or "nothing in it"),
        expected=f"a tree '{EVENTS}' of EDM4hep, or '{SHOWERS}' and 'metadata' of showerkit",
    )


class RootTable:
    """A tree or RNTuple of an opened ROOT file, read column by column.

    Parameters
    ----------
    file
        The opened file.
    name
        The table's name in it.
    path
        The file's name, for messages.
    """

    def __init__(self, file: Any, name: str, path: Path) -> None:
        self._table, self._name, self.path = file[name], name, path
        self._is_rntuple = "RNTuple" in type(self._table).__name__
        # A branch of a split vector is called "hits/hits.energy" by uproot, a field "hits.energy".
        self._keys = {key.rsplit("/", 1)[-1]: key for key in self._table.keys()}  # noqa: SIM118
        self.n = int(self._table.num_entries)

    def __contains__(self, column: str) -> bool:
        return column in self._keys

    def _array(self, column: str, start: int, stop: int) -> Any:
        if column not in self._keys:
            raise FileFormatError(
                f"{self.path}: '{self._name}'", got=f"no column '{column}'", expected="a table that has it"
            )
        if not self._is_rntuple:
            return self._table[self._keys[column]].array(entry_start=start, entry_stop=stop, library="ak")
        array = self._table.arrays([self._keys[column]], entry_start=start, entry_stop=stop)
        for part in column.split("."):
            array = array[part]
        return array

    def flat(self, column: str, start: int, stop: int) -> NDArray[Any]:
        """Values of a column with one value a row, rows start to stop."""
        values = np.asarray(self._array(column, start, stop))
        if values.shape != (stop - start,):
            raise FileFormatError(
                f"{self.path}: column '{column}'",
                got=f"shape {values.shape}",
                expected="one value a row",
            )
        return values

    def jagged(self, columns: Sequence[str], start: int, stop: int) -> tuple[IntArray, list[NDArray[Any]]]:
        """Read columns with any number of values a row, as many in each of them.

        Parameters
        ----------
        columns
            Their names, at least one.
        start, stop
            First and last-plus-one row.

        Returns
        -------
        tuple
            Number of values of each row, and the values of each column, row after row.
        """
        import awkward

        found = [self._array(column, start, stop) for column in columns]
        counts = [np.asarray(awkward.num(array, axis=1), dtype=np.int64) for array in found]
        for column, other in zip(columns, counts, strict=True):
            if len(other) != stop - start or not np.array_equal(other, counts[0]):
                raise FileFormatError(
                    f"{self.path}: column '{column}'",
                    got="another number of values",
                    expected=f"as many as '{columns[0]}' has in each event",
                )
        return counts[0], [np.asarray(awkward.flatten(array, axis=1)) for array in found]

    def rows_at_once(self, columns: Sequence[str], most: int) -> int:
        """Number of rows, up to `most`, whose columns take a few megabytes."""
        if self._is_rntuple or self.n == 0:
            return most
        size = sum(int(self._table[self._keys[one]].uncompressed_bytes) for one in columns if one in self)
        return max(1, min(most, _BYTES_AT_ONCE * self.n // max(size, 1)))
