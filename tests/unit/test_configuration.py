"""Configurations are frozen, and whatever is wrong in one is told in one line that names the field."""

from __future__ import annotations

from typing import Literal, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError, model_validator

from showerkit.configuration import StrictConfig, load_yaml, parse_config
from showerkit.errors import ConfigurationError, GeometryError


class Inner(StrictConfig):
    width_mm: float = Field(default=1.0, gt=0.0)
    count: int = 1


class Outer(StrictConfig):
    name: str
    inner: Inner = Inner()
    layers: tuple[Inner, ...] = ()
    span_mm: float | tuple[float, float] = 1.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if isinstance(self.span_mm, tuple) and self.span_mm[1] < self.span_mm[0]:
            raise ValueError("a span from low to high")
        return self


def test_values_and_defaults():
    parsed = parse_config(Outer, {"name": "a", "layers": [{"count": 3}]}, source="x.yaml")
    assert parsed.inner.width_mm == 1.0
    assert parsed.layers[0].count == 3


def test_frozen():
    with pytest.raises(ValidationError):
        Inner().count = 2


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "a", "inner": {"widht_mm": 2}}, ["x.yaml", "unknown key 'inner.widht_mm'", "'width_mm'"]),
        ({"name": "a", "layers": [{"cuont": 2}]}, ["unknown key 'layers.0.cuont'", "did you mean 'count'?"]),
        ({}, ["key 'name' is missing", "add 'name'"]),
        ({"name": "a", "inner": {"width_mm": -1}}, ["'inner.width_mm'", "got -1", "greater than 0"]),
        ({"name": "a", "inner": {"width_mm": float("nan")}}, ["'inner.width_mm'", "finite"]),
        ({"name": "a", "inner": {"count": "many"}}, ["'inner.count'", "got 'many'", "integer"]),
        ({"name": 3}, ["'name'", "got 3", "string"]),
        ({"name": "a", "span_mm": "x"}, ["x.yaml: 'span_mm': got 'x'"]),
        ({"name": "a", "span_mm": [2, 1]}, ["x.yaml: expected a span from low to high"]),
        ({"name": "a", "b": 1, "inner": {"width_mm": 0}}, ["unknown key 'b'", "(and 1 more)"]),
    ],
)
def test_what_is_wrong_is_named(values, words):
    with pytest.raises(ConfigurationError) as caught:
        parse_config(Outer, values, source="x.yaml")
    for word in words:
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_error_class():
    with pytest.raises(GeometryError):
        parse_config(Outer, {}, source="x.yaml", error=GeometryError)


@given(st.dictionaries(st.text(max_size=8), st.none() | st.integers() | st.text(max_size=8), max_size=4))
def test_any_mapping_parses_or_is_refused_in_one_line(values):
    if set(values) == {"name"} and isinstance(values["name"], str):
        assert parse_config(Outer, values, source="x.yaml").name == values["name"]
    else:
        with pytest.raises(ConfigurationError, match=r"x\.yaml"):
            parse_config(Outer, values, source="x.yaml")


def test_load_yaml(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("name: a\ninner: {count: 3}\n")
    assert load_yaml(path) == {"name": "a", "inner": {"count": 3}}


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"- a\n- b\n", "list"),
        (b"", "NoneType"),
        (b"a: [1, 2", "no valid YAML"),
        (b"\xff\xfe\x00a", "no UTF-8 text"),
        (b"a: !!python/object/apply:os.system ['true']", "no valid YAML"),
        (b"a: " + b"[" * 5000, "YAML"),
    ],
)
def test_what_is_no_mapping_is_refused(tmp_path, content, word):
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=word):
        load_yaml(path)


def test_missing_file(tmp_path):
    with pytest.raises(ConfigurationError, match="No such file"):
        load_yaml(tmp_path / "none.yaml")


class Round(StrictConfig):
    kind: Literal["round"] = "round"
    radius_mm: float = 1.0


class Square(StrictConfig):
    kind: Literal["square"] = "square"
    width_mm: float = Field(default=1.0, gt=0.0)


class Holder(StrictConfig):
    shape: Round | Square = Field(default=Round(), discriminator="kind")


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ({"kind": "square", "widht_mm": 1}, r"unknown key 'shape\.widht_mm'.*did you mean 'width_mm'"),
        ({"kind": "square", "width_mm": -1}, r"'shape\.width_mm': got -1; expected greater than 0"),
        ({"kind": "sqare"}, r"'shape\.kind': got 'sqare'; to mend: did you mean 'square'"),
        ({"kind": "flat"}, r"'shape\.kind': got 'flat'; to mend: use one of: round, square"),
        ({"width_mm": 1}, r"key 'shape\.kind' is missing; to mend: add 'shape\.kind'"),
    ],
)
def test_a_choice_by_kind_is_told_without_the_choice(shape, words):
    with pytest.raises(ConfigurationError, match=words):
        parse_config(Holder, {"shape": shape}, source="x.yaml")
