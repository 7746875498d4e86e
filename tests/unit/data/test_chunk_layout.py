"""Shards and chunks divide the events: each in one chunk, no chunk in two shards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from showerkit.data.chunk_layout import ChunkLayout, shard_name, simulated_at_once
from showerkit.errors import ConfigurationError

NUMBERS = st.integers(1, 3000)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_every_event_is_in_one_chunk_of_its_shard(n, chunk_events, shard_events):
    layout = ChunkLayout(n, chunk_events, shard_events)
    events, chunks = [], []
    for shard in range(layout.n_shards):
        start, stop = layout.shard_rows(shard)
        assert 0 < stop - start <= shard_events
        assert start == shard * shard_events
        inside = []
        for chunk in layout.chunks_of(shard):
            assert layout.shard_of(chunk) == shard
            first, last = layout.rows(chunk)
            assert 0 < last - first <= chunk_events
            inside += range(first, last)
            chunks.append(chunk)
        assert inside == list(range(start, stop))
        events += inside
    assert events == list(range(n))
    assert len(set(chunks)) == len(chunks) == layout.n_chunks


def test_one_file_is_one_shard():
    layout = ChunkLayout.of_sample(1000)
    assert (layout.n_shards, layout.shard_rows(0), layout.chunk_events) == (1, (0, 1000), 15)


def test_chunks_of_shards_are_as_small_as_those_of_a_sample_of_that_size():
    assert ChunkLayout.of_sample(10**8, 10**5).chunk_events == simulated_at_once(10**5)
    assert ChunkLayout.of_sample(100, 10**5).chunk_events == simulated_at_once(100)


def test_names_sort_as_numbers():
    names = [shard_name(number) for number in (0, 9, 10, 99_999, 999_999)]
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("n", "shard_size", "what"), [(0, None, "showers"), (5, 0, "shard"), (2 * 10**6, 1, "make them larger")]
)
def test_impossible_divisions(n, shard_size, what):
    with pytest.raises(ConfigurationError, match=what):
        ChunkLayout.of_sample(n, shard_size)
