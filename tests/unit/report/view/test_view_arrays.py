"""Arrays survive the page bit by bit, and no text leaves its element."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from showerkit.errors import DataError
from showerkit.report.view.arrays import decoded, encoded, encoded_index, script_json


@given(arrays(np.float32, st.integers(0, 50), elements=st.floats(width=32)))
def test_numbers_come_back_bit_by_bit(values):
    np.testing.assert_array_equal(decoded(encoded(values, "f4")), values)


@given(arrays(np.int64, st.integers(0, 50), elements=st.integers(0, 2**32 - 1)))
def test_whole_numbers_come_back(values):
    np.testing.assert_array_equal(decoded(encoded_index(values)), values)


@pytest.mark.parametrize(("largest", "kind"), [(255, "u1"), (256, "u2"), (65535, "u2"), (65536, "u4")])
def test_the_smallest_type_is_taken(largest, kind):
    assert encoded_index(np.array([0, largest]))["type"] == kind


@pytest.mark.parametrize("values", [[-1], [256]])
def test_whole_numbers_that_do_not_fit_are_refused(values):
    with pytest.raises(DataError, match="whole numbers"):
        encoded(np.array(values), "u1")


@pytest.mark.parametrize(
    "code",
    [
        {},
        {"type": "f4"},
        {"type": "f8", "base64": ""},
        {"type": "f4", "base64": "AAA="},
        {"type": "f4", "base64": "?"},
    ],
)
def test_what_is_no_array_is_refused(code):
    with pytest.raises(DataError, match="an array in a page"):
        decoded(code)


@given(st.text())
def test_script_json_says_the_same_and_holds_no_markup(text):
    written = script_json({"name": text})
    assert json.loads(written) == {"name": text}
    assert not set("<>&") & set(written)
