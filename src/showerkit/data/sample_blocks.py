"""In which pieces a sample is read: whole compressed chunks, few enough rows to stay in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.schema import events_per_chunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.data.shower_file import ShowerFile
    from showerkit.data.splits import Part, SplitConfig

_ROWS_AT_ONCE: Final = 8192
#: Blocks whose events are counted at once.
_COUNTED_AT_ONCE: Final = 256


def block_events(cells: int) -> int:
    """Events of one block: whole compressed chunks, and enough that a read is worth its while."""
    return max(events_per_chunk(cells), 32)


def rows_at_once(cells: int) -> int:
    """Rows to read at once: whole chunks, about 8 MB of showers."""
    return min(_ROWS_AT_ONCE, 16 * events_per_chunk(cells))


def block_rows(sample: ShowerFile) -> NDArray[np.int64]:
    """First and last-plus-one row of each block of every shard, shape (blocks, 2)."""
    block = block_events(sample.cells)
    starts = [np.arange(a, b, block) for a, b in sample.shard_rows]
    stops = [np.minimum(np.arange(a, b, block) + block, b) for a, b in sample.shard_rows]
    return np.stack([np.concatenate(starts), np.concatenate(stops)], axis=1)


def count_events(
    sample: ShowerFile, split: SplitConfig, part: Part, blocks: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Count the events of a part in each block of all rows, shape (blocks,); only event numbers are read."""
    if part == "all":
        return blocks[:, 1] - blocks[:, 0]
    counts = np.zeros(len(blocks), dtype=np.int64)
    for first in range(0, len(blocks), _COUNTED_AT_ONCE):
        some = blocks[first : first + _COUNTED_AT_ONCE]
        start, stop = int(some[0, 0]), int(some[-1, 1])
        chosen = split.selects(part, sample.read_event_id(start, stop))
        counts[first : first + len(some)] = np.add.reduceat(chosen, some[:, 0] - start, dtype=np.int64)
    return counts
