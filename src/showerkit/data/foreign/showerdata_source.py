"""Showers of point clouds of showerdata, brought onto the cells of a detector."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import h5py
import numpy as np

from showerkit.data.foreign.converted import converted_metadata
from showerkit.data.foreign.remainder import Remainder, holds_remainder
from showerkit.data.foreign.showerdata_output import POINT_VALUES
from showerkit.data.foreign.source import incident_along
from showerkit.data.foreign.sparse_cells import dense_cells
from showerkit.data.foreign_jet_file import dataset
from showerkit.data.records import Showers
from showerkit.data.schema import events_per_portion
from showerkit.data.shard import open_hdf5, reading
from showerkit.errors import DataError, FileFormatError
from showerkit.geometry import load_detector
from showerkit.simulate.particles import particle_with_code
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from numpy.typing import NDArray

    from showerkit.data.foreign.options import ForeignOptions
    from showerkit.data.schema import FileMetadata

OPTIONS: Final = ("detector", "kind")
#: Layers are stored as floating-point numbers; this much off is taken for rounding.
_ROUNDING: Final = 0.1


class ShowerDataSource:
    """A file of showerdata; a context manager.

    Points are added up in the cells of a detector: x and y from the middle of its face, the third
    value counting its layers. A file that showerkit wrote says the detector itself.

    Parameters
    ----------
    path
        The file.
    options
        What it does not say: the detector.

    Raises
    ------
    FileFormatError
        If it is damaged, or no detector is given where one is needed.
    """

    form = "showerdata"

    def __init__(self, path: Path, options: ForeignOptions) -> None:
        self.path = Path(path)
        if self.path.is_dir():
            raise FileFormatError(f"{path}", got="a folder", expected="one file of showerdata")
        self._remainder: Remainder | None = None
        self._outside = self._all = 0.0
        self._timed = False
        with ExitStack() as opened:
            file = opened.enter_context(open_hdf5(self.path))
            with reading(self.path):
                self._columns, self._values, self._n = self._check(file)
                if holds_remainder(file):
                    options.check_used(self.path, f"{self.form} with showerkit's own data", ())
                    self._remainder = Remainder(file, self.path, self._n)
                    self.metadata: FileMetadata = self._remainder.metadata
            if self._remainder is None:
                self.metadata = self._describe(options)
            self._opened = opened.pop_all()

    def _check(self, file: h5py.File) -> tuple[dict[str, h5py.Dataset], int, int]:
        clouds = dataset(file, self.path, "showers", (None,))
        kind = h5py.check_vlen_dtype(clouds.dtype)
        if kind is None or np.dtype(kind).kind != "f":
            raise FileFormatError(
                f"{self.path}: dataset 'showers'", got=f"type {clouds.dtype}", expected="lists of numbers"
            )
        n, columns = len(clouds), {"showers": clouds}
        for name, shape in (
            ("energies", (n, 1)),
            ("directions", (n, 3)),
            ("pdg", (n,)),
            ("shower_ids", (n,)),
        ):
            columns[name] = dataset(file, self.path, name, shape)
        per_point = int(dataset(file, self.path, "shape", (3,))[2])
        if per_point not in (POINT_VALUES, POINT_VALUES + 1):
            raise FileFormatError(
                f"{self.path}: dataset 'shape'",
                got=f"{per_point} values a point",
                expected=f"{POINT_VALUES}, or {POINT_VALUES + 1} with a time",
            )
        return columns, per_point, n

    def _describe(self, options: ForeignOptions) -> FileMetadata:
        options.check_used(self.path, self.form, OPTIONS)
        if options.detector is None:
            raise FileFormatError(
                f"{self.path}",
                got="point clouds without a detector",
                expected="the detector whose cells the points are added up in",
                mend="say it with --detector, a shipped name or a YAML file",
            )
        return converted_metadata(self.path, self.form, load_detector(options.detector), options)

    def __len__(self) -> int:
        return self._n

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def portions(self) -> Iterator[Showers]:
        """All showers in order, a few megabytes at a time."""
        rows = events_per_portion(self.metadata.detector.n_cells)
        for start in range(0, self._n, rows):
            stop = min(start + rows, self._n)
            try:
                with reading(self.path):
                    yield self._showers(start, stop)
            except DataError as wrong:
                if isinstance(wrong, FileFormatError):
                    raise
                raise FileFormatError(f"{self.path}, showers {start} to {stop - 1}: {wrong}") from None

    def _showers(self, start: int, stop: int) -> Showers:
        columns = {name: found[start:stop] for name, found in self._columns.items()}
        energy = self._deposits(columns["showers"], start)
        incident_mev = columns["energies"][:, 0].astype(np.float64) * MEV_PER_GEV
        if self._remainder is not None:
            return self._remainder.showers(start, stop, energy, incident_mev)
        pdg = columns["pdg"]
        codes, places = np.unique(pdg, return_inverse=True)
        masses = np.array([particle_with_code(int(code)).mass_mev for code in codes])
        direction = columns["directions"].astype(np.float64)
        length = np.linalg.norm(direction, axis=1)
        if not (length > 0.0).all():
            raise DataError("directions", got="a vector of no length", expected="unit vectors")
        incident = incident_along(pdg, masses[places], incident_mev, direction / length[:, None])
        return Showers(incident, energy, columns["shower_ids"])

    def _deposits(self, clouds: NDArray[Any], start: int) -> NDArray[np.float32]:
        """Add the points up in the cells; what lies outside is counted and left out."""
        sizes = np.array([len(cloud) for cloud in clouds], dtype=np.int64)
        if (sizes % self._values).any():
            number = start + int(np.argmax(sizes % self._values != 0))
            raise DataError(
                f"showers[{number}]",
                got=f"{sizes[number - start]} values",
                expected=f"{self._values} for each point",
            )
        points = np.concatenate([*clouds, np.zeros(0, np.float32)]).reshape(-1, self._values)
        if not np.isfinite(points).all():
            raise DataError("showers", got="NaN or infinity", expected="finite values")
        self._timed |= self._values > POINT_VALUES and bool(points[:, POINT_VALUES].any())
        cells, inside = self._cells(points)
        counts = np.bincount(
            np.repeat(np.arange(len(sizes)), sizes // self._values)[inside], minlength=len(sizes)
        )
        deposit = points[:, 3].astype(np.float64) * MEV_PER_GEV
        self._all += float(deposit.sum())
        self._outside += float(deposit[~inside].sum())
        return dense_cells(counts, cells[inside], deposit[inside], self.metadata.detector.n_cells)

    def _cells(self, points: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Index of the cell of each point, and whether it is one of the detector's."""
        detector = self.metadata.detector
        detector.require_grid("points of showerdata, which count columns and rows")
        ix = np.floor(points[:, 0] / detector.pitch_x_mm + 0.5 * detector.cells_x)
        iy = np.floor(points[:, 1] / detector.pitch_y_mm + 0.5 * detector.cells_y)
        layer = np.floor(points[:, 2] + _ROUNDING)
        inside = np.ones(len(points), dtype=bool)
        for number, most in zip((layer, iy, ix), detector.shape, strict=True):
            inside &= (number >= 0) & (number < most)
        kept = [np.where(inside, number, 0).astype(np.int64) for number in (layer, iy, ix)]
        return detector.index(*kept), inside

    def notes(self) -> list[str]:
        """Say in a line each what of the file could not be kept, after it was read."""
        found = []
        if self._outside > 0.0:
            share = 100.0 * self._outside / self._all
            found.append(
                f"{self.path}: points outside the detector were left out, {share:.3g} % of the energy"
            )
        if self._timed:
            found.append(f"{self.path}: times were left out")
        return found
