"""Errors say what, got, expected and how to mend it."""

from __future__ import annotations

import inspect

import pytest

from showerkit import errors


def test_a_message_is_one_line():
    error = errors.DataError("a.h5", got="no JSON (wrong\n  at 3)\n", expected="a text")
    assert str(error) == "a.h5: got no JSON (wrong at 3) ; expected a text"


def test_message_has_all_parts():
    error = errors.ShowerkitError("energy_mev", got=-3.0, expected="a value >= 0", mend="drop the event")
    assert str(error) == "energy_mev: got -3.0; expected a value >= 0; to mend: drop the event"
    assert (error.what, error.got, error.expected, error.mend) == (
        "energy_mev", -3.0, "a value >= 0", "drop the event",
    )  # fmt: skip


def test_message_of_what_alone():
    assert str(errors.ShowerkitError("no events")) == "no events"


def test_got_zero_is_said():
    assert str(errors.ShowerkitError("n", got=0)) == "n: got 0"


def test_all_errors_have_one_base():
    classes = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, Exception)]
    assert len(classes) > 5
    assert all(issubclass(cls, errors.ShowerkitError) for cls in classes)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("epoch", "did you mean 'epochs'?"), ("xyz", "use one of: epochs, seed")],
)
def test_suggest(name, expected):
    assert errors.suggest(name, ["seed", "epochs"]) == expected
