"""Rows are drawn evenly, within the file, the same for the same seed, and never more than asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showerkit.errors import DataError
from showerkit.report.view.drawn_rows import draw_rows
from showerkit.report.view.portions import portions
from showerkit.report.view.settings import ViewSettings


@given(st.integers(1, 10**10), st.integers(1, 300), st.integers(0, 3000), st.integers(0, 5))
def test_rows_lie_in_their_parts_of_the_file(rows, shown, more, seed):
    drawn = draw_rows(rows, shown=shown, in_histograms=shown + more, seed=seed)
    parts = min(rows, shown)
    edges = np.array([part * rows // parts for part in range(parts + 1)])
    lengths = drawn.blocks[:, 1] - drawn.blocks[:, 0]
    assert len(drawn.shown) == len(drawn.blocks) == parts
    assert (edges[:-1] <= drawn.blocks[:, 0]).all()
    assert (drawn.blocks[:, 1] <= edges[1:]).all()
    # What is displayed is in the histograms too.
    assert (drawn.blocks[:, 0] <= drawn.shown).all()
    assert (drawn.shown < drawn.blocks[:, 1]).all()
    assert lengths.sum() <= shown + more
    if rows <= shown + more:
        assert lengths.sum() == rows


def test_the_seed_alone_decides():
    one, same, other = (draw_rows(10_000, shown=50, in_histograms=500, seed=seed) for seed in (1, 1, 2))
    assert one.shown.tolist() == same.shown.tolist()
    assert one.blocks.tolist() == same.blocks.tolist()
    assert one.shown.tolist() != other.shown.tolist()


def test_every_row_is_as_likely_as_any_other():
    chosen = np.concatenate(
        [draw_rows(100, shown=10, in_histograms=10, seed=seed).shown for seed in range(2000)]
    )
    counts = np.bincount(chosen, minlength=100)
    # Binomial with p = 1/10: five standard deviations of 2000 draws, for each of 100 rows.
    assert np.abs(counts - 200).max() < 5 * np.sqrt(2000 * 0.1 * 0.9)


def test_no_rows():
    with pytest.raises(DataError, match="none"):
        draw_rows(0, shown=1, in_histograms=1, seed=1)


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(0, 40)), min_size=1, max_size=5), st.integers(1, 50)
)
def test_portions_cover_the_blocks_once(blocks, at_once):
    rows = np.array([(first, first + length) for first, length in blocks])
    read = [row for start, stop in portions(rows, at_once) for row in range(start, stop)]
    assert read == [row for first, last in rows.tolist() for row in range(first, last)]
    assert all(0 < stop - start <= at_once for start, stop in portions(rows, at_once))


@given(st.integers(1, 2000), st.integers(1, 500))
def test_a_page_is_bounded_whatever_is_asked_for(events, columns):
    settings = ViewSettings(events=events)
    assert events <= settings.histogram_events(columns) <= max(events, 5000)
    assert settings.histogram_events(columns) * columns <= max(300_000, events * columns)
    assert 200 <= settings.hits_of_event <= 4000
    assert settings.hits_of_event * events <= 400_000
