"""Progress: a bar on a terminal, notes alone elsewhere."""

from __future__ import annotations

import io
import sys

from showerkit.cli.progress import rich_progress


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def work() -> None:
    with rich_progress() as progress:
        progress.start("simulate zdc-ecal", 10, "showers")
        progress.advance(4)
        progress.note("worker 2 [died]; its chunk is done again")
        progress.advance(6)
        progress.finish()


def test_where_there_is_no_terminal_only_notes_are_printed(capsys):
    work()
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "worker 2 [died]; its chunk is done again\n"


def test_a_terminal_shows_counts_rate_and_times(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(sys, "stderr", screen)
    work()
    shown = screen.getvalue()
    for part in ("simulate zdc-ecal", "10/10", "showers/s", "elapsed", "remaining", "worker 2 [died];"):
        assert part in shown
    assert sys.stdout.getvalue() == ""


def test_a_pipe_behind_a_terminal_shows_no_bar(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    work()
    assert screen.getvalue() == "worker 2 [died]; its chunk is done again\n"
