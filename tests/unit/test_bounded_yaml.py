"""YAML that is small in a file and enormous in memory, or no plain values, is refused at once."""

from __future__ import annotations

import time

import pytest

from showerkit.bounded_yaml import MOST_BYTES, parse_yaml
from showerkit.configuration import load_yaml
from showerkit.errors import ConfigurationError

REFERENCES = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(20)
)
CHAIN = "a0: &a0 [x]\n" + "".join(f"a{n + 1}: &a{n + 1} [*a{n}]\n" for n in range(400))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (REFERENCES, "more than 1000000 values"),
        (CHAIN, "nested too deeply"),
        ("a: &a [*a]", "holds itself"),
        ("&a {b: *a}", "holds itself"),
        ("[" * 900_000, "nested too deeply"),
        ("a: " + "{a: " * 5000, "nested too deeply"),
        ("a" * (MOST_BYTES + 1), "characters"),
    ],
    ids=["references", "chain", "itself", "itself in itself", "brackets", "braces", "long"],
)
def test_bombs_are_refused_at_once(text, words, tmp_path):
    began = time.process_time()
    with pytest.raises(ValueError, match=words):
        parse_yaml(text)
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        load_yaml(tmp_path / "a.yaml")
    assert "\n" not in str(refused.value)
    assert time.process_time() - began < 10.0


def test_references_that_stay_small_are_kept():
    assert parse_yaml("a: &a {b: 1}\nc: *a\nd: {<<: *a, e: 2}") == {
        "a": {"b": 1},
        "c": {"b": 1},
        "d": {"b": 1, "e": 2},
    }


@pytest.mark.parametrize(
    "text",
    [
        "9" * 6000, "2001-99-99", "!!timestamp x", "!!int abc", "!!float abc", "!!omap [a]", "\x00",
        "!!python/object/apply:os.system ['true']", "!unknown 3", "*a", "a: b", "%",
    ],
)  # fmt: skip
def test_odd_values_are_one_line(text, tmp_path):
    (tmp_path / "a.yaml").write_text(f"a: {text}")
    with pytest.raises(ConfigurationError, match="expected a YAML mapping") as refused:
        load_yaml(tmp_path / "a.yaml")
    assert "\n" not in str(refused.value)
