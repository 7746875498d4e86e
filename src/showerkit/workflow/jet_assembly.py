"""Blocks of jets put together into one file, in the order of their events."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, Generic

from showerkit.errors import DataError, SimulationError
from showerkit.simulate.jets.events import EVENTS_PER_BLOCK
from showerkit.workflow.jet_forms import JetsT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from showerkit.data.chunks import ChunkStore
    from showerkit.workflow.jet_forms import JetForm

#: So many events without a single jet mean that the cuts leave none.
_FRUITLESS_EVENTS: Final = 2000
_ROWS_AT_ONCE: Final = 8192


@dataclass(frozen=True)
class KeptJets:
    """Jets of a finished file that a larger one begins with.

    Parameters
    ----------
    path
        The file.
    rows
        Number of jets that are kept.
    next_block
        The first block that is not kept as a whole.
    """

    path: Path
    rows: int
    next_block: int


def kept_jets(path: Path, metadata: Any, n: int, form: JetForm[Any], *, overwrite: bool) -> KeptJets | None:
    """Find out which jets of a finished file can be kept.

    Raises
    ------
    DataError
        If the file was made with other settings or holds more jets, and may not be replaced.
    """
    try:
        with form.file(path) as file:
            if file.metadata != metadata:
                raise DataError(
                    f"{path}", got="jets made with other settings", expected="those asked for now",
                    mend="use the settings it was made with, or --overwrite",
                )  # fmt: skip
            if len(file) > n:
                raise DataError(
                    f"{path}", got=f"{len(file)} jets", expected=f"at most {n}", mend="--overwrite"
                )
            if len(file) == n:
                return KeptJets(path, n, 0)
            if len(file) == 0:
                return KeptJets(path, 0, 0)
            # The last block may have been cut at the number of jets asked for then.
            last = int(file.read(len(file) - 1, len(file)).event_id[0]) // EVENTS_PER_BLOCK
            rows = len(file)
            while rows and int(file.read(rows - 1, rows).event_id[0]) // EVENTS_PER_BLOCK == last:
                rows -= 1
            return KeptJets(path, rows, last)
    except DataError:
        if not overwrite:
            raise
        return None


class JetAssembly(Generic[JetsT]):
    """A sample in the making: which blocks are there, and whether they hold enough jets.

    Parameters
    ----------
    n
        Number of jets of the sample.
    store
        The finished blocks.
    kept
        Jets that are there already.
    form
        What kind of jets they are.

    Raises
    ------
    DataError
        If a finished block is damaged.
    """

    def __init__(self, n: int, store: ChunkStore, kept: KeptJets | None, form: JetForm[JetsT]) -> None:
        self.store = store
        self._form = form
        self._n = n
        self._kept = kept
        self.first_block = 0 if kept is None else kept.next_block
        self._next_block = self.first_block
        self._n_jets = 0 if kept is None else kept.rows
        self._counts: dict[int, int] = {}
        for block in sorted(store.finished()):
            self._counts[block] = len(self._read(block))
        self.finished = frozenset(self._counts)
        self._advance()

    @property
    def available(self) -> int:
        """Number of jets in the unbroken row of blocks from the first one on, at most those asked for."""
        return min(self._n_jets, self._n)

    @property
    def is_complete(self) -> bool:
        """Whether there are enough jets."""
        return self._n_jets >= self._n

    def add(self, block: int, jets: JetsT) -> None:
        """Keep the jets of one block.

        Raises
        ------
        DataError
            If they cannot be written.
        SimulationError
            If there is no jet in many events.
        """
        columns = {field.name: getattr(jets, field.name) for field in fields(jets)}
        self.store.write_columns(block, columns)
        self._counts[block] = len(jets)
        self._advance()
        if self._n_jets == 0 and self._next_block * EVENTS_PER_BLOCK >= _FRUITLESS_EVENTS:
            raise SimulationError(
                f"{self._next_block * EVENTS_PER_BLOCK} events without a jet that passes the cuts",
                mend=self._form.mend,
            )

    def write(self, path: Path, metadata: Any, *, overwrite: bool) -> None:
        """Write the file, a block at a time in memory.

        Raises
        ------
        DataError
            If it cannot be written.
        """
        left = self._n
        # The former file, if there is one, stays as it is until the new one is whole.
        with self._form.writer(path, metadata, overwrite=overwrite) as writer:
            for jets in self._parts():
                writer.append(jets[:left])
                left -= min(left, len(jets))
                if left == 0:
                    break

    def _parts(self) -> Iterator[JetsT]:
        if self._kept is not None:
            with self._form.file(self._kept.path) as file:
                for start in range(0, self._kept.rows, _ROWS_AT_ONCE):
                    yield file.read(start, min(start + _ROWS_AT_ONCE, self._kept.rows))
        for block in range(self.first_block, self._next_block):
            yield self._read(block)

    def _advance(self) -> None:
        while self._next_block in self._counts:
            self._n_jets += self._counts[self._next_block]
            self._next_block += 1

    def _read(self, block: int) -> JetsT:
        columns, _ = self.store.read_columns(block)
        try:
            return self._form.record(**columns)
        except (TypeError, DataError) as damage:
            raise self.store.damaged(block, damage) from None
