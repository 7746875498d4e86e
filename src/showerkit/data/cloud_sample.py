"""A sample of point clouds: jets or sparse images, in one file or a folder with a file for each class."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Self, TypeAlias

import numpy as np

from showerkit.data.cloud_features import CloudFeatures, jet_points
from showerkit.data.image_file import ImageFile, is_image_file
from showerkit.data.jet_file import JetFile
from showerkit.data.shard import shard_paths
from showerkit.errors import ConfigurationError, FileFormatError

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray

    from showerkit.data.image_file import ImageFileMetadata
    from showerkit.data.jet_file import JetFileMetadata
    from showerkit.data.jet_records import Jets

CloudContent: TypeAlias = Literal["jets", "images"]
#: Clouds that are read at once.
_BLOCK: Final = 2048


@dataclass(frozen=True, eq=False)
class Clouds:
    """Point clouds as a network sees them, not scaled yet.

    Parameters
    ----------
    points
        Features of the points, 0 where there is none, shape (N, P, 3).
    mask
        Where there is a point, shape (N, P).
    label
        Types of jets (codes of `JET_TYPES`) or what images show, shape (N,).
    event_id
        By which the sample is divided, shape (N,).
    jets
        The jets themselves; None for images.
    """

    points: NDArray[np.float32]
    mask: NDArray[np.bool_]
    label: NDArray[np.int64]
    event_id: NDArray[np.int64]
    jets: Jets | None = None

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, index: NDArray[np.bool_]) -> Clouds:
        jets = None if self.jets is None else self.jets[index]
        return Clouds(self.points[index], self.mask[index], self.label[index], self.event_id[index], jets)


class CloudSample:
    """A sample of jets or images; a context manager.

    Several files of a folder follow each other in the order of their names, and must have the same content
    and number of places.

    Parameters
    ----------
    path
        A file, or a folder of files.
    features
        What describes a point.
    places
        Take the first (hardest, brightest) so many points only; None: all that the files have.
    full_only
        Leave out clouds with a place that is empty.

    Raises
    ------
    FileFormatError
        If a file is missing, damaged or of another kind than the others.
    ConfigurationError
        If the features or the number of places do not fit the files.
    """

    def __init__(
        self,
        path: Path | str,
        features: CloudFeatures,
        *,
        places: int | None = None,
        full_only: bool = False,
    ) -> None:
        self.path = Path(path)
        self.features: CloudFeatures = features
        self.full_only = full_only
        paths = shard_paths(path)
        self.content: CloudContent = "images" if is_image_file(paths[0]) else "jets"
        if (self.content == "images") != (features == "pixels"):
            expected = "pixels" if self.content == "images" else "relative, pt-gev or cartesian"
            raise ConfigurationError(
                "data.features", got=features, expected=f"{expected} for {path}, which holds {self.content}"
            )
        with ExitStack() as stack:
            self._files: list[JetFile | ImageFile] = []
            for each in paths:
                file = ImageFile(each) if self.content == "images" else JetFile(each)
                stack.callback(file.close)
                self._files.append(file)
            self._check_alike()
            has = _places(self._files[0])
            self.places = has if places is None else places
            if self.places > has:
                raise ConfigurationError(
                    "data.places", got=self.places, expected=f"at most {has}, as {path} has them"
                )
            self._close = stack.pop_all().close
        ends = np.cumsum([0, *(len(file) for file in self._files)])
        self._starts, self._length = ends[:-1], int(ends[-1])

    def _check_alike(self) -> None:
        first = self._files[0]
        for file in self._files[1:]:
            got = (_places(file), _image_shape(file))
            expected = (_places(first), _image_shape(first))
            if got != expected:
                raise FileFormatError(
                    f"{file.path}: places and size of images",
                    got=got,
                    expected=f"{expected}, as in {first.path.name}",
                )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def __len__(self) -> int:
        return self._length

    @property
    def image_shape(self) -> tuple[int, int] | None:
        """Rows and columns of the images that the points come from; None for jets."""
        return _image_shape(self._files[0])

    @property
    def metadata(self) -> JetFileMetadata | ImageFileMetadata:
        """What the first file says about itself."""
        return self._files[0].metadata

    @property
    def settings(self) -> list[dict[str, object]]:
        """How each file was made, as far as the files say."""
        return [dict(file.metadata.settings) for file in self._files]

    @property
    def blocks(self) -> NDArray[np.int64]:
        """First and last-plus-one row of pieces that are read at once, none across files, (pieces, 2)."""
        pieces = [
            (int(first) + start, int(first) + min(start + _BLOCK, len(file)))
            for first, file in zip(self._starts, self._files, strict=True)
            for start in range(0, len(file), _BLOCK)
        ]
        return np.array(pieces, dtype=np.int64).reshape(-1, 2)

    def read(self, start: int, stop: int) -> Clouds:
        """Read the clouds of rows within one file (see `blocks`), without those that are left out."""
        which = int(np.searchsorted(self._starts, start, side="right")) - 1
        # An empty file starts where the next one does.
        file, first = self._files[which], int(self._starts[which])
        if isinstance(file, JetFile):
            jets = file.read(start - first, stop - first, optional=self.features == "cartesian")
            clouds = Clouds(
                jet_points(jets, self.features)[:, : self.places],
                jets.mask[:, : self.places],
                jets.jet_type.astype(np.int64),
                jets.event_id,
                jets,
            )
        else:
            images = file.read(start - first, stop - first)
            ids = np.arange(start, stop, dtype=np.int64)
            clouds = Clouds(images.points[:, : self.places], images.mask[:, : self.places], images.label, ids)
        # Nothing can be learnt from a cloud without points.
        number = clouds.mask.sum(axis=1)
        kept = np.asarray(number == self.places if self.full_only else number > 0)
        return clouds if kept.all() else clouds[kept]

    def fingerprint(self) -> str:
        """SHA-256 of the files' bytes, of one file as `JetFile.fingerprint` has it."""
        prints = [file.fingerprint() for file in self._files]
        return prints[0] if len(prints) == 1 else hashlib.sha256("".join(prints).encode()).hexdigest()


def _places(file: JetFile | ImageFile) -> int:
    return file.metadata.constituents if isinstance(file, JetFile) else file.metadata.n_points


def _image_shape(file: JetFile | ImageFile) -> tuple[int, int] | None:
    return None if isinstance(file, JetFile) else (file.metadata.rows, file.metadata.columns)
