"""Fields of cell ids: what is packed is read, what is no description is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showerkit.data.foreign.bit_field import CellIdEncoding
from showerkit.errors import ConfigurationError


@st.composite
def packed(draw):
    """Fields with gaps between them, their description, and values packed into ids."""
    parts, values, cell_id, offset = [], {}, np.zeros(3, dtype=np.uint64), 0
    while offset < 64 and len(values) < 8:
        gap = draw(st.integers(0, 5))
        width = draw(st.integers(1, min(40, 64 - offset - min(gap, 63 - offset))))
        gap = min(gap, 64 - offset - width)
        signed = draw(st.booleans())
        low, high = (-(1 << (width - 1)), (1 << (width - 1)) - 1) if signed else (0, (1 << width) - 1)
        name = f"f{len(values)}"
        values[name] = np.array(draw(st.lists(st.integers(low, high), min_size=3, max_size=3)))
        place = f"{offset + gap}:" if gap else ""
        parts.append(f"{name}:{place}{-width if signed else width}")
        bits = np.array([int(one) & ((1 << width) - 1) for one in values[name]], dtype=np.uint64)
        cell_id |= bits << np.uint64(offset + gap)
        offset += gap + width
    return ",".join(parts), values, cell_id


@settings(max_examples=50)
@given(packed())
def test_what_is_packed_is_read(case):
    text, values, cell_id = case
    encoding = CellIdEncoding(text)
    for name, expected in values.items():
        assert np.array_equal(encoding.values(name, cell_id), expected)
        assert np.array_equal(encoding.values(name, cell_id.view(np.int64)), expected)


@pytest.mark.parametrize(
    "text",
    ["", "x", "x:0", "x:8,x:8", "x:8,y:4:8", "x:60,y:8", "x:99", "x:8;y:8", "x:8,,y:8", "x:y:8", "x:-64:8"],
)
def test_what_is_no_description(text):
    with pytest.raises(ConfigurationError, match="cell id") as caught:
        CellIdEncoding(text)
    assert "\n" not in str(caught.value)


def test_unknown_field_names_the_nearest():
    with pytest.raises(ConfigurationError, match="did you mean 'layer'"):
        CellIdEncoding("system:8,layer:8").check_field("layr")
