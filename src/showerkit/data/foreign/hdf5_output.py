"""Write showers to HDF5 files of other projects: their own datasets, and what these have no place for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from showerkit.data.column_writer import Column, ColumnWriter
from showerkit.data.foreign.remainder import (
    remainder_attributes,
    remainder_columns,
    remainder_names,
    remainder_values,
)
from showerkit.data.schema import DATASETS, events_per_portion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.records import Showers
    from showerkit.data.schema import FileMetadata


class Hdf5Output(ColumnWriter):
    """Base of the writers of foreign HDF5 files; a context manager with ``append(showers)``.

    Parameters
    ----------
    path
        The file to write.
    metadata
        What a shower file says about itself.
    overwrite
        Whether an existing file may be replaced.
    attributes
        Attributes of the foreign form.

    Raises
    ------
    DataError
        If the file exists or cannot be written.
    """

    def __init__(
        self,
        path: Path | str,
        metadata: FileMetadata,
        *,
        overwrite: bool = False,
        attributes: Mapping[str, str | int] | None = None,
    ) -> None:
        self.metadata = metadata
        self._cells = metadata.detector.n_cells
        super().__init__(
            path,
            {**(attributes or {}), **remainder_attributes(metadata)},
            events_per_portion(self._cells),
            overwrite=overwrite,
        )

    def own_columns(self) -> list[Column]:
        """Describe the datasets of the foreign form."""
        raise NotImplementedError

    def own_values(self, showers: Showers) -> dict[str, NDArray[Any]]:
        """Give the arrays of these datasets."""
        raise NotImplementedError

    def append(self, showers: Showers) -> None:
        """Append showers.

        Raises
        ------
        DataError
            If they lack a quantity that former ones had, or the disk is full.
        """
        if self._names is None:
            names = remainder_names(showers)
            self.create([*self.own_columns(), *remainder_columns(names, self._cells)])
        self.append_columns({**self.own_values(showers), **remainder_values(showers)})

    def columns_when_empty(self) -> list[Column]:
        """Name the datasets of a file without showers."""
        names = [spec.name for spec in DATASETS if spec.required]
        return [*self.own_columns(), *remainder_columns(names, self._cells)]
