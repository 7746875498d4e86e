"""Samples of ROOT files, read file by file and portion by portion."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from showerkit.data.foreign.root_file import RootTable, open_root, root_paths
from showerkit.data.schema import events_per_portion
from showerkit.errors import DataError, FileFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from showerkit.data.foreign.options import ForeignOptions
    from showerkit.data.records import Showers
    from showerkit.data.schema import FileMetadata


class RootSource(ABC):
    """A ROOT file, or a folder of such files, with one table of events each; a context manager.

    Parameters
    ----------
    path
        The file or folder.
    options
        What it does not say.
    used
        Names of the options that are of use.

    Raises
    ------
    FileFormatError
        If a file is damaged, or there is none.
    ConfigurationError
        If an option is of no use.
    MissingDependencyError
        If uproot is not installed.
    """

    form: str
    #: Name of the table of events.
    table: ClassVar[str]
    metadata: FileMetadata

    def __init__(self, path: Path, options: ForeignOptions, used: tuple[str, ...]) -> None:
        self.path = Path(path)
        options.check_used(self.path, self.form, used)
        self._paths = root_paths(self.path)
        self._sizes: list[int] = []

    @abstractmethod
    def showers(self, table: RootTable, start: int, stop: int, first: int) -> Showers:
        """Read events start to stop of a table whose event 0 is the sample's number `first`.

        Raises
        ------
        DataError
            If their values make no sense.
        """

    def rows_at_once(self, table: RootTable) -> int:
        """How many events of a table fit into a few megabytes."""
        return events_per_portion(self.metadata.detector.n_cells)

    def __len__(self) -> int:
        return sum(self._sizes)

    def __enter__(self) -> Self:
        return self

    def __exit__(  # noqa: B027 - a file is open only while it is read
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close nothing: no file stays open between portions."""

    def portions(self) -> Iterator[Showers]:
        """All showers in order, a few megabytes at a time."""
        first = 0
        for path in self._paths:
            with open_root(path) as file:
                table = RootTable(file, self.table, path)
                rows = self.rows_at_once(table)
                for start in range(0, table.n, rows):
                    stop = min(start + rows, table.n)
                    try:
                        yield self.showers(table, start, stop, first)
                    except FileFormatError:
                        raise
                    except DataError as wrong:
                        raise FileFormatError(f"{path}, events {start} to {stop - 1}: {wrong}") from None
                first += table.n

    def notes(self) -> list[str]:
        """Nothing is lost."""
        return []
