"""Chunks of showers put together into the shards of a sample, as soon as a shard's last one is there."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from showerkit.data.records import concatenate
from showerkit.data.shower_file import ShowerFile
from showerkit.data.shower_writer import ShowerWriter
from showerkit.errors import SimulationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from showerkit.data.chunk_layout import ChunkLayout
    from showerkit.data.chunks import ChunkStore
    from showerkit.data.records import Showers
    from showerkit.data.schema import FileMetadata
    from showerkit.workflow.sample_output import KeptRows, SampleOutput

_ROWS_AT_ONCE = 2048


class SampleAssembly:
    """The sample in the making: what is there, what is missing, and the writing of finished shards.

    Parameters
    ----------
    layout
        The division into shards and chunks.
    store
        The finished chunks.
    output
        Where the sample goes.
    kept
        Showers that are there already, by shard.
    metadata_of
        Gives a file's metadata, for the generator's name, the settings of the file that is gone on with
        (empty if there is none), and the notes of its other chunks.
    overwrite
        Whether a file may be replaced that is not gone on with.
    """

    def __init__(
        self,
        layout: ChunkLayout,
        store: ChunkStore,
        output: SampleOutput,
        kept: Mapping[int, KeptRows],
        metadata_of: Callable[[str, Mapping[str, Any], Iterator[dict[str, str]]], FileMetadata],
        *,
        overwrite: bool = False,
    ) -> None:
        self._layout = layout
        self._store = store
        self._output = output
        self._kept = kept
        self._metadata_of = metadata_of
        self._overwrite = overwrite
        #: What made the showers, known from the first of them on.
        self.generator: str | None = next((rows.generator for rows in kept.values()), None)
        finished = store.finished()
        #: Number of chunks still to come, by the unfinished shard.
        self._awaited: dict[int, int] = {}
        #: Numbers of the chunks to simulate, in order.
        self.missing: list[int] = []
        for shard in range(layout.n_shards):
            if self._is_finished(shard):
                continue
            missing = [chunk for chunk in self._new_chunks(shard) if chunk not in finished]
            self.missing += missing
            self._awaited[shard] = len(missing)

    @property
    def is_complete(self) -> bool:
        """Whether all showers were there from the beginning."""
        return not self._awaited

    def rows_to_simulate(self, chunk: int) -> tuple[int, int]:
        """First and last-plus-one event of a chunk that are not kept."""
        start, stop = self._layout.rows(chunk)
        return max(start, self._kept_until(self._layout.shard_of(chunk))), stop

    def write_finished(self) -> None:
        """Write the shards of which no chunk is missing, after an interruption."""
        for shard in [shard for shard, awaited in self._awaited.items() if awaited == 0]:
            self._write(shard)

    def add(
        self, chunk: int, showers: Showers, geant4: str, notes: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Keep the simulated showers of one chunk, and write its shard if that was the last one.

        Parameters
        ----------
        chunk
            Its number.
        showers
            Its showers, those that are not kept.
        geant4
            Version of what made them.
        notes
            What is to be known of them when the file is written.

        Raises
        ------
        DataError
            If something cannot be written.
        SimulationError
            If Geant4 is of another version than before.
        """
        start = self._layout.rows(chunk)[0]
        shard = self._layout.shard_of(chunk)
        kept_until = self._kept_until(shard)
        if kept_until > start:
            first = self._layout.shard_rows(shard)[0]
            with ShowerFile(self._kept[shard].path) as file:
                showers = concatenate([file.read(start - first, kept_until - first), showers])
        self._store.write(chunk, showers, geant4=geant4, **notes)
        self._awaited[shard] -= 1
        if self._awaited[shard] == 0:
            self._write(shard)

    def _is_finished(self, shard: int) -> bool:
        start, stop = self._layout.shard_rows(shard)
        kept = self._kept.get(shard)
        if kept is not None and kept.rows == stop - start:
            return True
        return self._output.sharded and self._output.target(shard, self._store).exists()

    def _kept_until(self, shard: int) -> int:
        kept = self._kept.get(shard)
        return self._layout.shard_rows(shard)[0] + (0 if kept is None else kept.rows)

    def _new_chunks(self, shard: int) -> range:
        """Numbers of a shard's chunks that are not kept as a whole; they are the last ones."""
        chunks = self._layout.chunks_of(shard)
        kept = self._kept.get(shard)
        return chunks[0 if kept is None else kept.rows // self._layout.chunk_events :]

    def _write(self, shard: int) -> None:
        """Write one shard in the order of its events, a chunk at a time in memory."""
        new = self._new_chunks(shard)
        if self.generator is None:
            self.generator = f"Geant4 {self._store.read(new[0])[1]['geant4']}"
        # The former file, if there is one, stays as it is until the new one is whole.
        target, overwrite = self._output.target(shard, self._store), self._overwrite or shard in self._kept
        kept = self._kept.get(shard)
        notes = (self._store.read(chunk)[1] for chunk in new)
        metadata = self._metadata_of(self.generator, {} if kept is None else kept.settings, notes)
        with ShowerWriter(target, metadata, overwrite=overwrite) as writer:
            for showers in self._kept_showers(shard, self._layout.rows(new[0])[0]):
                writer.append(showers)
            for chunk in new:
                writer.append(self._read(chunk))
        del self._awaited[shard]
        if self._output.sharded:
            self._store.discard(new)

    def _kept_showers(self, shard: int, until: int) -> Iterator[Showers]:
        """Read the kept showers of a shard up to an event of the sample."""
        first = self._layout.shard_rows(shard)[0]
        if until == first:
            return
        with ShowerFile(self._kept[shard].path) as file:
            for start in range(0, until - first, _ROWS_AT_ONCE):
                yield file.read(start, min(start + _ROWS_AT_ONCE, until - first))

    def _read(self, chunk: int) -> Showers:
        showers, notes = self._store.read(chunk)
        found = f"Geant4 {notes['geant4']}"
        if found != self.generator:
            raise SimulationError(
                f"chunk {chunk} of {self._store.folder} was made with another Geant4",
                got=found,
                expected=self.generator,
                mend="start again with --overwrite",
            )
        return showers
