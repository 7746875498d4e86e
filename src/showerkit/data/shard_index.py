"""The index of a folder of shards: how many events each one holds, so that none need be opened to know."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator

from showerkit.configuration import StrictConfig
from showerkit.data.atomic_file import replacing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.data.shard import Shard

#: Name of the index in the folder of the shards.
INDEX_NAME: Final = "shard-index.json"
#: An index of a million shards is smaller; whatever is larger is no index.
_MOST_BYTES: Final = 2**28


class IndexedShard(StrictConfig):
    """What the index tells of one shard.

    Parameters
    ----------
    file
        Its name in the folder.
    bytes, modified_ns
        Its size, and when it was last written (nanoseconds since 1970): if either has changed, so may the
        shard have.
    first_event, events
        Row of its first event in the sample, and their number.
    datasets
        Names of its datasets.
    """

    file: str
    bytes: int = Field(ge=0)
    modified_ns: int
    first_event: int = Field(ge=0)
    events: int = Field(ge=0)
    datasets: tuple[str, ...]


class ShardIndex(StrictConfig):
    """The shards of a folder, in the order of their names.

    Parameters
    ----------
    content, version
        What this file is.
    shards
        The shards.
    """

    content: Literal["showerkit-shard-index"] = "showerkit-shard-index"
    version: Literal[1] = 1
    shards: tuple[IndexedShard, ...]

    @model_validator(mode="after")
    def _offsets_follow(self) -> Self:
        expected = 0
        for shard in self.shards:
            if shard.first_event != expected:
                raise ValueError(f"first_event {expected} of {shard.file}")
            expected += shard.events
        return self

    @classmethod
    def of(cls, shards: Sequence[Shard]) -> ShardIndex:
        """Describe shards as they are now."""
        entries, first = [], 0
        for shard in shards:
            size, modified_ns = _state(shard.path)
            entries.append(
                IndexedShard(
                    file=shard.path.name,
                    bytes=size,
                    modified_ns=modified_ns,
                    first_event=first,
                    events=shard.n_events,
                    datasets=shard.names,
                )
            )
            first += shard.n_events
        return cls(shards=tuple(entries))

    def matches(self, paths: Sequence[Path]) -> bool:
        """Whether these are the shards that it describes, unchanged in size and time of writing."""
        return [path.name for path in paths] == [shard.file for shard in self.shards] and all(
            _state(path) == (shard.bytes, shard.modified_ns)
            for path, shard in zip(paths, self.shards, strict=True)
        )


def read_index(folder: Path, paths: Sequence[Path]) -> ShardIndex | None:
    """Read a folder's index; None if there is none, it is damaged, or the shards are others by now.

    Parameters
    ----------
    folder
        The folder.
    paths
        The shards that are in it.

    Returns
    -------
    ShardIndex or None
        The index.
    """
    path = folder / INDEX_NAME
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None
        index = ShardIndex.model_validate(json.loads(path.read_bytes()))
        return index if index.matches(paths) else None
    except (OSError, ValueError, RecursionError, ValidationError):
        return None


def write_index(folder: Path, shards: Sequence[Shard]) -> None:
    """Write a folder's index; a folder that cannot be written to stays without one.

    Parameters
    ----------
    folder
        The folder.
    shards
        Its shards, in the order of their names.
    """
    with suppress(OSError), replacing(folder / INDEX_NAME) as partial:
        partial.write_text(ShardIndex.of(shards).model_dump_json(indent=1) + "\n", encoding="utf-8")


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
