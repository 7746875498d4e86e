"""A step counts as finished only with the same settings and its files as they were."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from showerkit.errors import FileFormatError
from showerkit.workflow.steps import Steps, settings_key

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(JSON, JSON)
def test_keys_differ_exactly_when_settings_do(first, second):
    same = json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    assert (settings_key(first) == settings_key(second)) is same


def test_order_of_settings_does_not_matter():
    assert settings_key({"a": 1, "b": 2}) == settings_key({"b": 2, "a": 1})


def test_a_finished_step_is_remembered(tmp_path):
    made = tmp_path / "sample.h5"
    made.write_bytes(b"12345")
    steps = Steps(tmp_path)
    assert steps.begin("train", "k") is False
    steps.finish("train", "k", [made])
    again = Steps(tmp_path)
    assert again.is_finished("train", "k")
    assert not again.is_finished("train", "other settings")
    assert not again.is_finished("test", "k")


@pytest.mark.parametrize("change", ["shorter", "gone"])
def test_a_step_whose_file_changed_is_not_finished(tmp_path, change):
    made = tmp_path / "sample.h5"
    made.write_bytes(b"12345")
    steps = Steps(tmp_path)
    steps.begin("train", "k")
    steps.finish("train", "k", [made])
    if change == "gone":
        made.unlink()
    else:
        made.write_bytes(b"123")
    assert not Steps(tmp_path).is_finished("train", "k")


def test_an_interrupted_step_goes_on_with_the_same_settings_only(tmp_path):
    Steps(tmp_path).begin("train", "k")
    assert Steps(tmp_path).begin("train", "k") is True
    assert Steps(tmp_path).begin("train", "other") is False
    assert Steps(tmp_path).begin("train", "k") is False


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"steps": 3}', '{"steps": {"train": {}}}', '{"other": 1}', "[" * 100_000]
)
def test_a_damaged_state_is_refused(tmp_path, content):
    (tmp_path / "state.json").write_text(content)
    with pytest.raises(FileFormatError, match=r"state\.json"):
        Steps(tmp_path)
