from __future__ import annotations

import pytest

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError
from showerkit.train.search_space import Choice, FloatRange, SearchSpace


def space(**parameter: object) -> SearchSpace:
    return parse_config(SearchSpace, {"parameters": {"a.b": parameter}}, source="space.yaml")


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        ({"low": 1, "high": 2}, r"'parameters.a.b.kind' is missing"),
        ({"kind": "flaot", "low": 1, "high": 2}, "did you mean 'float'"),
        ({"kind": "float", "low": 2, "high": 1}, "'low' below 'high'"),
        ({"kind": "float", "low": 0, "high": 1, "log": True}, "above 0"),
        ({"kind": "float", "low": 1, "high": 2, "log": True, "step": 0.5}, "either 'log' or 'step'"),
        ({"kind": "float", "low": 1, "high": 2, "step": 1.5}, "'step' inside the range"),
        ({"kind": "float", "low": 1, "high": float("inf")}, "finite"),
        ({"kind": "int", "low": 1.5, "high": 2}, "1.5"),
        ({"kind": "int", "low": 1, "high": 2, "hihg": 3}, "unknown key 'parameters.a.b.hihg'"),
        ({"kind": "choice", "choices": [1]}, "at least 2"),
        ({"kind": "choice", "choices": [[1], [1]]}, "choices that differ"),
    ],
)
def test_what_is_wrong_is_named(parameter: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as error:
        space(**parameter)
    assert "a.b" in str(error.value)


def test_a_space_varies_something() -> None:
    with pytest.raises(ConfigurationError, match="parameters"):
        parse_config(SearchSpace, {"parameters": {}}, source="space.yaml")


@pytest.mark.parametrize(
    ("parameter", "ends"),
    [
        ({"kind": "float", "low": 0, "high": 1}, (0.0, 1.0)),
        ({"kind": "float", "low": 0, "high": 0.35, "step": 0.1}, (0.0, pytest.approx(0.3))),
        ({"kind": "float", "low": 0, "high": 0.3, "step": 0.1}, (0.0, pytest.approx(0.3))),
        ({"kind": "int", "low": 1, "high": 10, "step": 4}, (1, 9)),
        ({"kind": "choice", "choices": [None, "x", [1]]}, (None, "x", [1])),
    ],
)
def test_extremes(parameter: dict[str, object], ends: tuple[object, ...]) -> None:
    assert space(**parameter).parameters["a.b"].extremes() == ends


def test_choices_come_back_as_they_were() -> None:
    choices = (None, True, 1, 1.5, "x", [1, 2], {"kind": "constant"})
    choice = Choice(kind="choice", choices=choices)
    assert all(isinstance(label, bool | int | float | str | None) for label in choice.labels)
    for label, value in zip(choice.labels, choices, strict=True):
        back = choice.value(label)
        assert (type(back), back) == (type(value), value)


def test_steps_are_round_numbers() -> None:
    space = SearchSpace(parameters={"x": FloatRange(low=0.0, high=1.0, step=0.1)})
    assert space.settings({"x": 0.1 + 0.2}) == {"x": 0.3}
