"""Showers on voxels, as files of other projects hold them: incident energy and deposits, no more."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from showerkit.errors import FileFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

#: Numbers read at once, unless a chunk of the file holds more.
_AT_ONCE: Final = 2_000_000
_MOST_AT_ONCE: Final = 60_000_000


@dataclass(frozen=True, eq=False)
class VoxelShowers:
    """N showers.

    Parameters
    ----------
    incident_mev
        Incident energies in MeV, shape (N,).
    energy_mev
        Deposits in MeV in the precision of the file, shape (N, voxels).
    angles_rad
        Polar and azimuthal angle of the incident particles, shape (N, 2); None where a file has none.
    """

    incident_mev: NDArray[Any]
    energy_mev: NDArray[Any]
    angles_rad: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.incident_mev)


class VoxelReader(Protocol):
    """A file of showers on voxels.

    Parameters
    ----------
    path
        The file.
    form
        What its layout is called.
    n_voxels
        Number of voxels a shower.
    shape
        Layers, sectors and rings, where the file's layout tells them.
    chunk_rows
        Showers that are decompressed together.
    """

    path: Path
    form: str
    n_voxels: int
    shape: tuple[int, int, int] | None
    chunk_rows: int

    def __len__(self) -> int: ...

    def read(self, start: int, stop: int) -> VoxelShowers:
        """Read showers start to stop, checked."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


class VoxelSample:
    """The showers of one or several files, one after the other.

    Parameters
    ----------
    path
        How the sample was named.
    readers
        Its opened files, at least one.

    Raises
    ------
    FileFormatError
        If their numbers of voxels differ, or there are none.
    """

    def __init__(self, path: Path, readers: list[VoxelReader]) -> None:
        self.path, self._readers = path, readers
        self.n_voxels, self.form, self.shape = readers[0].n_voxels, readers[0].form, readers[0].shape
        if self.n_voxels < 1:
            for reader in readers:
                reader.close()
            raise FileFormatError(f"{readers[0].path}", got="showers of no voxels", expected="at least one")
        for reader in readers[1:]:
            if reader.n_voxels != self.n_voxels:
                raise FileFormatError(
                    f"{reader.path}",
                    got=f"{reader.n_voxels} voxels a shower",
                    expected=f"{self.n_voxels} as in {readers[0].path}",
                )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return sum(len(reader) for reader in self._readers)

    def close(self) -> None:
        """Close all files."""
        for reader in self._readers:
            reader.close()

    def iterate(self, most: int | None = None) -> Iterator[VoxelShowers]:
        """Read portions of a few megabytes, `most` showers in all."""
        left = len(self) if most is None else min(most, len(self))
        for reader in self._readers:
            rows = rows_at_once(reader.n_voxels, reader.chunk_rows)
            for start in range(0, len(reader), rows):
                stop = min(start + rows, len(reader), start + left)
                if stop <= start:
                    return
                left -= stop - start
                yield reader.read(start, stop)

    def read(self, start: int, stop: int) -> VoxelShowers:
        """Read showers start to stop of the whole sample."""
        pieces, first = [], 0
        for reader in self._readers:
            low, high = max(start - first, 0), min(stop - first, len(reader))
            if low < high:
                pieces.append(reader.read(low, high))
            first += len(reader)
        angles = [piece.angles_rad for piece in pieces]
        return VoxelShowers(
            np.concatenate([piece.incident_mev for piece in pieces]),
            np.concatenate([piece.energy_mev for piece in pieces]),
            np.concatenate([a for a in angles if a is not None])
            if all(a is not None for a in angles)
            else None,
        )


def rows_at_once(voxels: int, chunk_rows: int) -> int:
    """Number of showers to read at once: whole chunks, so that none is decompressed twice.

    Examples
    --------
    >>> rows_at_once(6480, 1), rows_at_once(6480, 250), rows_at_once(40_500, 100_000)
    (308, 250, 1481)
    """
    rows = max(1, _AT_ONCE // voxels)
    if chunk_rows > rows:
        return max(1, min(chunk_rows, _MOST_AT_ONCE // voxels))
    return rows // chunk_rows * chunk_rows


def checked_showers(path: Path, start: int, showers: VoxelShowers) -> VoxelShowers:
    """Refuse values that make no sense.

    Parameters
    ----------
    path
        The file, for messages.
    start
        Row of the first shower.
    showers
        What was read.

    Raises
    ------
    FileFormatError
        If a value is NaN, infinite or negative, or an incident energy not above 0.
    """
    for name, values in (("incident energies", showers.incident_mev), ("showers", showers.energy_mev)):
        if values.size == 0:
            continue
        # The least value is NaN if any is; the largest shows what is infinite.
        least, largest = values.min(), values.max()
        if least >= 0.0 and largest < np.inf and (name == "showers" or least > 0.0):
            continue
        bad = ~np.isfinite(values) | (values < 0.0) | ((values <= 0.0) & (name != "showers"))
        place = [int(number) for number in np.argwhere(bad)[0]]
        expected = "finite values of 0 or more" if name == "showers" else "finite values above 0"
        value = values[tuple(place)]
        place[0] += start
        where = ", ".join(str(number) for number in place)
        mend = "set small negative deposits to 0 before saving" if value < 0.0 else None
        raise FileFormatError(f"{path}: {name}[{where}]", got=f"{value:.6g}", expected=expected, mend=mend)
    if showers.angles_rad is not None and not np.isfinite(showers.angles_rad).all():
        raise FileFormatError(f"{path}: angles", got="NaN or infinity", expected="finite values")
    return showers


@contextmanager
def closed_on_failure(file: Any) -> Iterator[None]:
    """Close a file if what follows fails."""
    try:
        yield
    except FileFormatError:
        file.close()
        raise
