"""Showers of showerkit's own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from showerkit.data.schema import events_per_portion
from showerkit.data.shower_file import ShowerFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from showerkit.data.foreign.options import ForeignOptions
    from showerkit.data.records import Showers


class OwnSource:
    """A shower file, or a folder of shards; a context manager.

    Parameters
    ----------
    path
        The file or folder.
    options
        None may be given, since the file says everything.

    Raises
    ------
    FileFormatError
        If it is damaged.
    """

    form = "showerkit"

    def __init__(self, path: Path, options: ForeignOptions) -> None:
        self.path = Path(path)
        options.check_used(self.path, self.form, ())
        self._file = ShowerFile(self.path)
        self.metadata = self._file.metadata

    def __len__(self) -> int:
        return len(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def portions(self) -> Iterator[Showers]:
        """All showers in order, a few megabytes at a time."""
        return self._file.iterate(events_per_portion(self._file.cells))

    def notes(self) -> list[str]:
        """Nothing is lost."""
        return []
