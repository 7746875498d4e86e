"""How the events of a sample are divided into shards, and these into chunks that are simulated whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from showerkit.errors import ConfigurationError

#: Shards are numbered with this many digits, so that the order of their names is that of the events.
_DIGITS: Final = 6


@dataclass(frozen=True)
class ChunkLayout:
    """Division of events 0 to n into shards and chunks.

    A chunk never crosses the end of a shard.

    Parameters
    ----------
    n
        Number of events.
    chunk_events
        Events a chunk; the last one of a shard may have fewer.
    shard_events
        Events a shard; the last one may have fewer.

    Raises
    ------
    ConfigurationError
        If a number is below 1, or there are more shards than names for them.

    Examples
    --------
    >>> layout = ChunkLayout.of_sample(250, shard_size=100)
    >>> layout.n_shards, layout.n_chunks, layout.shard_rows(2), layout.rows(layout.chunks_of(2)[0])
    (3, 250, (200, 250), (200, 201))
    """

    n: int
    chunk_events: int
    shard_events: int

    def __post_init__(self) -> None:
        for what, value in (
            ("the number of showers", self.n),
            ("events a chunk", self.chunk_events),
            ("the size of a shard", self.shard_events),
        ):
            if value < 1:
                raise ConfigurationError(what, got=value, expected="at least 1")
        if self.n_shards > 10**_DIGITS:
            raise ConfigurationError(
                "the number of shards",
                got=self.n_shards,
                expected=f"at most {10**_DIGITS}",
                mend="make them larger",
            )

    @classmethod
    def of_sample(cls, n: int, shard_size: int | None = None) -> ChunkLayout:
        """Divide a sample; without a `shard_size` it is one shard, a file."""
        if shard_size is None:
            return cls(n, simulated_at_once(n), n)
        if shard_size < 1:
            raise ConfigurationError("the size of a shard", got=shard_size, expected="at least 1")
        return cls(n, simulated_at_once(min(n, shard_size)), shard_size)

    @property
    def n_shards(self) -> int:
        """Number of shards."""
        return -(-self.n // self.shard_events)

    @property
    def n_chunks(self) -> int:
        """Number of chunks."""
        last_start, last_stop = self.shard_rows(self.n_shards - 1)
        full = (self.n_shards - 1) * self._chunks_a_shard
        return full + -(-(last_stop - last_start) // self.chunk_events)

    @property
    def _chunks_a_shard(self) -> int:
        return -(-self.shard_events // self.chunk_events)

    def shard_rows(self, shard: int) -> tuple[int, int]:
        """First and last-plus-one event of a shard."""
        start = shard * self.shard_events
        return start, min(start + self.shard_events, self.n)

    def chunks_of(self, shard: int) -> range:
        """Numbers of a shard's chunks."""
        start, stop = self.shard_rows(shard)
        first = shard * self._chunks_a_shard
        return range(first, first + -(-(stop - start) // self.chunk_events))

    def shard_of(self, chunk: int) -> int:
        """Number of the shard that a chunk belongs to."""
        return chunk // self._chunks_a_shard

    def rows(self, chunk: int) -> tuple[int, int]:
        """First and last-plus-one event of a chunk."""
        start, stop = self.shard_rows(self.shard_of(chunk))
        start += (chunk % self._chunks_a_shard) * self.chunk_events
        return start, min(start + self.chunk_events, stop)


def simulated_at_once(n: int) -> int:
    """Number of events in a chunk of n: small enough that little is lost and all workers stay busy.

    Examples
    --------
    >>> simulated_at_once(1000), simulated_at_once(100_000)
    (15, 256)
    """
    return max(1, min(256, n // 64), n // 8192)


def shard_name(shard: int) -> str:
    """Name of a shard's file.

    Examples
    --------
    >>> shard_name(12)
    'shard-000012.h5'
    """
    return f"shard-{shard:0{_DIGITS}d}.h5"
