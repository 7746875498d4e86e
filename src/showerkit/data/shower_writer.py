"""Write showers to HDF5: appended in any portions, the same bytes whatever the portions were."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import h5py

from showerkit.data.atomic_file import check_writable, write_error
from showerkit.data.guarded_file import GuardedFile
from showerkit.data.records import Showers, concatenate
from showerkit.data.schema import DATASETS, DatasetSchema, FileMetadata, events_per_chunk, events_per_portion
from showerkit.errors import DataError

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray


class ShowerWriter:
    """Write a shower file; use it as a context manager.

    The file is written beside its final name and renamed at a clean exit; after any exception the
    partial file is removed and a former file of that name is as it was. The bytes depend on the
    showers and the metadata alone: no times are stored and events are written in portions of a
    fixed number.

    Parameters
    ----------
    path
        The file to write.
    metadata
        What the file says about itself.
    overwrite
        Whether an existing file may be replaced.

    Raises
    ------
    DataError
        If the file exists, cannot be written (disk full), or showers do not fit the detector.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from showerkit.data.records import IncidentParticles
    >>> from showerkit.geometry import load_detector
    >>> metadata = FileMetadata(generator="example", kind="model", detector=load_detector("zdc-ecal"), seed=1)
    >>> one = IncidentParticles([22], [1000.0], [[0.0, 0.0, 1000.0]], [[0.0, 0.0, -202.0]])
    >>> path = Path(tempfile.mkdtemp()) / "photons.h5"
    >>> with ShowerWriter(path, metadata) as writer:
    ...     writer.append(Showers(one, np.ones((1, 400)), [0]))
    >>> path.exists()
    True
    """

    def __init__(self, path: Path | str, metadata: FileMetadata, *, overwrite: bool = False) -> None:
        self.path = check_writable(path, overwrite=overwrite)
        self.metadata = metadata
        self._cells = metadata.detector.n_cells
        self._portion = events_per_portion(self._cells)
        self._partial = self.path.with_name(f".{self.path.name}.{os.getpid()}.partial")
        self._disk: GuardedFile | None = None
        self._file: h5py.File | None = None
        self._names: tuple[str, ...] | None = None
        self._waiting: list[Showers] = []
        self._n_waiting = 0
        self._n_written = 0

    def __len__(self) -> int:
        return self._n_written + self._n_waiting

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Bounded format versions keep the bytes and the readers that understand them fixed.
            self._disk = GuardedFile(self._partial)
            self._file = h5py.File(self._disk, "w", libver=("earliest", "v110"))
            for name, value in self.metadata.to_attributes().items():
                self._file.attrs[name] = value
        except (OSError, RuntimeError) as failure:
            self._discard()
            raise write_error(self.path, failure) from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._discard()
            return
        try:
            file, disk = self._opened()
            if self._waiting:
                self._write(self._take(self._n_waiting))
            elif self._names is None:
                self._create(self._default_names())
            file.close()
            self._file = None
            disk.sync()
            disk.close()
            self._partial.replace(self.path)
        except (OSError, RuntimeError) as failure:
            raise write_error(self.path, failure) from None
        finally:
            self._discard()

    def append(self, showers: Showers) -> None:
        """Append showers; they reach the disk in portions of a fixed number of events.

        Raises
        ------
        DataError
            If they do not fit the detector, lack a quantity that former ones had, or the disk is full.
        """
        self._opened()
        if showers.energy_mev.shape[1] != self._cells:
            raise DataError(
                f"{self.path}: showers",
                got=f"{showers.energy_mev.shape[1]} cells",
                expected=f"{self._cells} cells of detector '{self.metadata.detector.name}'",
            )
        names = tuple(spec.name for spec in DATASETS if _column(showers, spec) is not None)
        if self._names is None:
            self._create(names)
        elif names != self._names:
            odd = min(set(names) ^ set(self._names))
            raise DataError(
                f"{self.path}: {odd}", got="present in some parts only", expected="in all parts or in none"
            )
        if len(showers) == 0:
            return
        self._waiting.append(showers)
        self._n_waiting += len(showers)
        if self._n_waiting >= self._portion:
            whole = self._n_waiting - self._n_waiting % self._portion
            self._write(self._take(whole))

    def _opened(self) -> tuple[h5py.File, GuardedFile]:
        if self._file is None or self._disk is None:
            raise DataError(f"{self.path}: not open for writing", mend="use the writer in a with statement")
        return self._file, self._disk

    def _default_names(self) -> tuple[str, ...]:
        counted = self.metadata.detector.counts_charged_tracks and self.metadata.kind == "geant4"
        return tuple(
            spec.name for spec in DATASETS if spec.required or (counted and spec.name == "charged_tracks")
        )

    def _create(self, names: tuple[str, ...]) -> None:
        """Create the empty, extendable datasets."""
        file, disk = self._opened()
        chunk = events_per_chunk(self._cells)
        try:
            for spec in DATASETS:
                if spec.name not in names:
                    continue
                dataset = file.create_dataset(
                    spec.name,
                    shape=spec.shape(0, self._cells),
                    maxshape=(None, *spec.shape(0, self._cells)[1:]),
                    chunks=spec.shape(chunk if "cells" in spec.columns else self._portion, self._cells),
                    dtype=spec.dtype,
                    compression="gzip",
                    compression_opts=1,
                    shuffle=True,
                    track_times=False,
                )
                if spec.unit:
                    dataset.attrs["unit"] = spec.unit
            disk.check()
        except (OSError, RuntimeError) as failure:
            raise write_error(self.path, failure) from None
        self._names = names

    def _take(self, n: int) -> Showers:
        """Take the first n waiting showers."""
        joined = self._waiting[0] if len(self._waiting) == 1 else concatenate(self._waiting)
        self._waiting = [joined[n:]] if n < len(joined) else []
        self._n_waiting = len(joined) - n
        return joined[:n]

    def _write(self, showers: Showers) -> None:
        """Write portion by portion, so that the order of bytes in the file is always the same."""
        file, disk = self._opened()
        try:
            for start in range(0, len(showers), self._portion):
                part = showers[start : start + self._portion]
                stop = self._n_written + len(part)
                for spec in DATASETS:
                    values = _column(part, spec)
                    if values is None:
                        continue
                    dataset = file[spec.name]
                    dataset.resize(stop, axis=0)
                    dataset[self._n_written : stop] = values
                    dataset.flush()
                disk.check()
                self._n_written = stop
        except (OSError, RuntimeError) as failure:
            raise write_error(self.path, failure) from None

    def _discard(self) -> None:
        """Close and remove the partial file, if it is still there."""
        if self._file is not None:
            # After a failed write the close may fail too; the first error is the one worth telling.
            with suppress(OSError, RuntimeError):
                self._file.close()
            self._file = None
        if self._disk is not None:
            self._disk.close()
            self._disk = None
        self._waiting, self._n_waiting = [], 0
        self._partial.unlink(missing_ok=True)


def _column(showers: Showers, spec: DatasetSchema) -> NDArray[Any] | None:
    """The array of one dataset."""
    incident = showers.incident
    columns: dict[str, NDArray[Any] | None] = {
        "incident_energies": incident.energy_mev[:, None],
        "showers": showers.energy_mev,
        "incident_pdg": incident.pdg,
        "incident_momentum": incident.momentum_mev,
        "incident_position": incident.position_mm,
        "event_id": showers.event_id,
        "charged_tracks": showers.charged_tracks,
        "mask_probability": showers.mask_probability,
    }
    return columns[spec.name]
