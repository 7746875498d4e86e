"""The next step is told to somebody at a terminal, not to scripts and logs."""

from __future__ import annotations

import shlex
from types import SimpleNamespace

import pytest

from showerkit.cli import next_step
from showerkit.cli.next_step import tell_next


@pytest.fixture
def _terminal(monkeypatch):
    screen = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr(next_step, "sys", SimpleNamespace(stdout=screen, stderr=screen))


@pytest.mark.usefixtures("_terminal")
def test_paths_are_quoted_for_the_shell(capsys):
    tell_next("showerkit view {}", "my showers.h5")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert shlex.split(printed.err) == ["next:", "showerkit", "view", "my showers.h5"]


@pytest.mark.usefixtures("_terminal")
def test_quiet_is_quiet(capsys):
    tell_next("showerkit view {}", "showers.h5", quiet=True)
    assert capsys.readouterr().err == ""


def test_nothing_is_told_to_a_pipe(capsys):
    tell_next("showerkit view {}", "showers.h5")
    assert capsys.readouterr().err == ""
