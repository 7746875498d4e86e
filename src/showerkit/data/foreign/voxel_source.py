"""Showers of files of the CaloChallenge and of Par04, brought onto the cells of a detector."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from showerkit.data.calochallenge_file import CaloChallengeFile
from showerkit.data.foreign.converted import converted_metadata, converted_voxels, voxels_setting
from showerkit.data.foreign.remainder import Remainder, holds_remainder
from showerkit.data.foreign.source import incident_along
from showerkit.data.foreign.unrolled_voxels import UnrolledVoxels
from showerkit.data.open_voxels import open_voxels
from showerkit.data.records import Showers
from showerkit.data.shard import open_hdf5, reading
from showerkit.errors import FileFormatError
from showerkit.geometry import load_detector
from showerkit.geometry.voxel_file import guess_voxel_geometry, load_voxel_geometry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from showerkit.data.foreign.options import ForeignOptions
    from showerkit.data.schema import FileMetadata
    from showerkit.data.voxel_showers import VoxelSample, VoxelShowers
    from showerkit.geometry.calorimeter import Calorimeter
    from showerkit.geometry.voxels import VoxelGeometry

#: What the particles of the challenge's data sets are; the files do not say it.
_PARTICLES: Final = {
    "calochallenge-1-photons": "gamma",
    "calochallenge-1-pions": "pi+",
    "calochallenge-2": "e-",
    "calochallenge-3": "e-",
}
#: The form that has cylinders of any layers; Par04's are a grid.
CALOCHALLENGE: Final = CaloChallengeFile.form
OPTIONS: Final = ("detector", "geometry", "particle", "kind")


class VoxelSource:
    """A file, or a folder of files, of the CaloChallenge or of Par04; a context manager.

    The cells are those of a detector of as many, in its order, or the voxels of a cylinder, unrolled.

    Parameters
    ----------
    path
        The file or folder.
    options
        What it does not say; the detector or the voxels may be left open where the number of voxels
        is that of a data set of the challenge.

    Raises
    ------
    FileFormatError
        If a file is damaged or does not have the voxels of the detector or geometry.
    """

    def __init__(self, path: Path, options: ForeignOptions) -> None:
        self.path = Path(path)
        self._unrolled: UnrolledVoxels | None = None
        self._rounded = False
        with ExitStack() as opened:
            self._sample = opened.enter_context(open_voxels(self.path))
            self.form = self._sample.form
            self._remainder = self._find_remainder(opened)
            kept = self._remainder
            self.metadata = self._describe(options) if kept is None else self._restored(kept, options)
            self._opened = opened.pop_all()

    def _find_remainder(self, opened: ExitStack) -> Remainder | None:
        if not self.path.is_file():
            return None
        file = opened.enter_context(open_hdf5(self.path))
        with reading(self.path):
            return Remainder(file, self.path, len(self._sample)) if holds_remainder(file) else None

    def _restored(self, remainder: Remainder, options: ForeignOptions) -> FileMetadata:
        """Take what the file keeps for showerkit, and find out how its voxels lie on the cells."""
        options.check_used(self.path, f"{self.form} with showerkit's own data", ())
        metadata = remainder.metadata
        voxels = converted_voxels(metadata) if self.form == CALOCHALLENGE else None
        if voxels is None:
            _check_cells(self.path, self._sample, metadata.detector)
        else:
            self._unrolled = UnrolledVoxels(voxels)
            self._check_voxels(voxels)
        return metadata

    def _describe(self, options: ForeignOptions) -> FileMetadata:
        options.check_used(self.path, self.form, OPTIONS)
        default = None
        if options.detector is not None:
            options.model_copy(update={"detector": None}).check_used(
                self.path, f"{self.form} whose cells are those of --detector", ("particle", "kind")
            )
            detector = load_detector(options.detector)
            _check_cells(self.path, self._sample, detector)
            metadata = converted_metadata(self.path, self.form, detector, options)
        else:
            geometry = self._voxels(options.geometry)
            default = _PARTICLES.get(geometry.name) if self.form == CALOCHALLENGE else None
            self._unrolled = UnrolledVoxels(geometry)
            metadata = converted_metadata(
                self.path, self.form, self._unrolled.detector, options, **voxels_setting(geometry)
            )
        self._particle = options.particle_of(self.path, default)
        return metadata

    def _voxels(self, name: str | None) -> VoxelGeometry:
        sample = self._sample
        geometry = guess_voxel_geometry(sample.n_voxels) if name is None else load_voxel_geometry(name)
        if geometry is None:
            raise FileFormatError(
                f"{self.path}",
                got=f"{sample.n_voxels} voxels a shower, which are none of the CaloChallenge's",
                expected="a detector or voxels of that number",
                mend="say which: --detector NAME for cells in a grid, --geometry FILE for a cylinder",
            )
        self._check_voxels(geometry)
        return geometry

    def _check_voxels(self, geometry: VoxelGeometry) -> None:
        sample = self._sample
        if geometry.n_voxels != sample.n_voxels or sample.shape not in (None, geometry.regular_shape):
            raise FileFormatError(
                f"{self.path}",
                got=f"{sample.shape or sample.n_voxels} voxels a shower",
                expected=f"{geometry.regular_shape if sample.shape else geometry.n_voxels} "
                f"as in '{geometry.name}'",
                mend="choose the --geometry or the --detector that it was made with",
            )

    def __len__(self) -> int:
        return len(self._sample)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def portions(self) -> Iterator[Showers]:
        """All showers in order, a few megabytes at a time."""
        start = 0
        for portion in self._sample.iterate():
            stop = start + len(portion)
            yield self._showers(portion, start, stop)
            start = stop

    def _showers(self, portion: VoxelShowers, start: int, stop: int) -> Showers:
        energy = portion.energy_mev
        narrow = energy if energy.dtype == np.float32 else energy.astype(np.float32)
        self._rounded |= narrow is not energy and not np.array_equal(narrow, energy)
        cells = narrow if self._unrolled is None else self._unrolled.to_cells(narrow)
        if self._remainder is not None:
            with reading(self.path):
                return self._remainder.showers(start, stop, cells, portion.incident_mev)
        incident = incident_along(
            np.full(len(portion), self._particle.pdg),
            self._particle.mass_mev,
            portion.incident_mev,
            _directions(portion),
        )
        return Showers(incident, cells, np.arange(start, stop))

    def notes(self) -> list[str]:
        """Say in a line each what of the file could not be kept, after it was read."""
        return [f"{self.path}: deposits were rounded to single precision"] if self._rounded else []


def _check_cells(path: Path, sample: VoxelSample, detector: Calorimeter) -> None:
    if sample.n_voxels != detector.n_cells or sample.shape not in (None, detector.shape):
        raise FileFormatError(
            f"{path}",
            got=f"{sample.shape or sample.n_voxels} cells a shower",
            expected=f"{detector.shape if sample.shape else detector.n_cells} "
            f"as detector '{detector.name}' has",
        )


def _directions(showers: VoxelShowers) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Unit vectors of the incident particles; along z where the file says nothing of angles."""
    if showers.angles_rad is None:
        return np.tile([0.0, 0.0, 1.0], (len(showers), 1))
    theta, phi = np.asarray(showers.angles_rad, dtype=np.float64).T
    return np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=1)
