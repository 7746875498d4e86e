"""Messages between client and workers."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from showerkit.simulate.worker_frames import receive, send

ARRAYS = st.dictionaries(
    st.text(min_size=1, max_size=8),
    hnp.arrays(
        st.sampled_from([np.float32, np.int64, np.int32]), hnp.array_shapes(min_side=0), elements=st.just(1)
    ),
    max_size=3,
)


@given(st.dictionaries(st.text(max_size=5), st.integers()), ARRAYS)
def test_what_is_sent_is_received(header, arrays):
    stream = io.BytesIO()
    send(stream, header, arrays)
    send(stream, {}, {})
    stream.seek(0)
    got_header, got_arrays = receive(stream)
    assert got_header == header
    assert got_arrays.keys() == arrays.keys()
    for name, values in arrays.items():
        assert got_arrays[name].dtype == values.dtype
        np.testing.assert_array_equal(got_arrays[name], values)
    assert receive(stream) == ({}, {})


def test_a_message_cut_short_is_an_end():
    stream = io.BytesIO()
    send(stream, {"chunk": 1}, {"x": np.arange(100)})
    whole = stream.getvalue()
    for length in (0, 3, 8, 20, len(whole) - 1):
        with pytest.raises(EOFError):
            receive(io.BytesIO(whole[:length]))
