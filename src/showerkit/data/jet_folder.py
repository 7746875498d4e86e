"""A sample of jets: a file, or a folder with a file for each of several processes."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from showerkit.data.jet_file import JetFile, is_jet_file
from showerkit.data.jet_records import concatenate_jets
from showerkit.data.shard import shard_paths
from showerkit.data.timing import Timing, read_timing
from showerkit.errors import DataError, FileFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from showerkit.data.jet_records import Jets
    from showerkit.data.jet_schema import JetFileMetadata


class JetFolder:
    """The files of a folder as one sample; a context manager.

    The jets of the files come mixed, each file's in their order and spread evenly over the whole, so that the
    first jets of the sample have the same shares of the processes as all of them.

    Parameters
    ----------
    path
        The folder.

    Raises
    ------
    FileFormatError
        If there is no file, one is damaged, or they keep different numbers of particles.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        with ExitStack() as stack:
            self.files = [stack.enter_context(JetFile(file)) for file in shard_paths(path)]
            first = self.files[0].metadata
            for file in self.files[1:]:
                if file.metadata.constituents != first.constituents:
                    raise FileFormatError(
                        f"{file.path}",
                        got=f"the {file.metadata.constituents} hardest particles of each jet",
                        expected=f"{first.constituents}, as in {self.files[0].path.name}",
                    )
            self._files = stack.pop_all()
        processes = dict.fromkeys(file.metadata.process for file in self.files)
        settings = {name: value for name, value in first.settings.items() if name != "process"}
        self.metadata: JetFileMetadata = first.model_copy(
            update={"process": ",".join(processes), "settings": settings}
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._files.close()

    def __len__(self) -> int:
        return sum(len(file) for file in self.files)

    def iterate(self, batch_size: int) -> Iterator[Jets]:
        """Read all jets, about `batch_size` at a time.

        Raises
        ------
        DataError
            If the batch size is below 1.
        """
        if batch_size < 1:
            raise DataError("batch_size", got=batch_size, expected="at least 1")
        total = len(self)
        for start in range(0, total, batch_size):
            stop = min(start + batch_size, total)
            parts, places = [], []
            for file in self.files:
                first, last = len(file) * start // total, len(file) * stop // total
                if last > first:
                    parts.append(file.read(first, last))
                    places.append((np.arange(first, last) + 0.5) / len(file))
            if parts:
                order = np.argsort(np.concatenate(places), kind="stable")
                yield concatenate_jets(parts)[order]


def holds_jets(path: Path | str) -> bool:
    """Whether a file, or the first file of a folder, says that it holds jets.

    Examples
    --------
    >>> holds_jets("nowhere")
    False
    """
    try:
        return is_jet_file(shard_paths(path)[0])
    except FileFormatError:
        return False


def open_jets(path: Path | str) -> JetFile | JetFolder:
    """Open a file of jets, or a folder of them (errors as for those)."""
    return JetFolder(path) if Path(path).is_dir() else JetFile(path)


def jet_timing(path: Path | str) -> Timing | None:
    """Read how long a sample of jets took, all its files together; None if nobody wrote it down.

    Raises
    ------
    FileFormatError
        If a timing file is damaged.
    """
    found = [read_timing(file) for file in shard_paths(path)]
    known = [timing for timing in found if timing is not None]
    if len(known) < len(found):
        return None
    if len(known) == 1:
        return known[0]
    n = sum(timing.n_showers for timing in known)
    core_ms = sum(timing.ms_per_shower * timing.n_showers for timing in known)
    seconds = [timing.cpu_s for timing in known if timing.cpu_s is not None]
    return Timing(
        generator=known[0].generator,
        n_showers=n,
        wall_s=sum(timing.wall_s for timing in known),
        cpu_s=sum(seconds) if len(seconds) == len(known) else None,
        workers=max(timing.workers for timing in known),
        ms_per_shower=core_ms / n,
        machine=known[0].machine,
    )
