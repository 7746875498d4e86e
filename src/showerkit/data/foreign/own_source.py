"""Showers of showerkit's own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from showerkit.data.foreign.converted import with_voxels
from showerkit.data.foreign.unrolled_voxels import UnrolledVoxels
from showerkit.data.schema import events_per_portion
from showerkit.data.shower_file import ShowerFile
from showerkit.errors import FileFormatError
from showerkit.geometry.voxel_file import load_voxel_geometry

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
        The voxels that the cells stand for, if the file does not say it.

    Raises
    ------
    FileFormatError
        If it is damaged, or has other cells than the voxels would.
    """

    form = "showerkit"

    def __init__(self, path: Path, options: ForeignOptions) -> None:
        self.path = Path(path)
        options.check_used(self.path, self.form, ("geometry",))
        self._file = ShowerFile(self.path)
        self.metadata = self._file.metadata
        if options.geometry is not None:
            geometry = load_voxel_geometry(options.geometry)
            expected = UnrolledVoxels(geometry).detector.shape
            if self.metadata.detector.shape != expected:
                self._file.close()
                raise FileFormatError(
                    f"{self.path}",
                    got=f"{self.metadata.detector.shape} cells a shower",
                    expected=f"{expected} as the voxels '{geometry.name}' have when unrolled",
                )
            self.metadata = with_voxels(self.metadata, geometry)

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
