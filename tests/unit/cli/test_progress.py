"""Progress: a bar on a terminal, notes alone elsewhere."""

from __future__ import annotations

import io
import sys
import time

from showerkit.cli.progress import LogLines, rich_progress


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


def test_quiet_shows_nothing_at_all(capsys):
    with rich_progress(quiet=True) as progress:
        progress.start("simulate", 1, "showers")
        progress.note("a note")
        progress.advance(1)
        progress.finish()
    printed = capsys.readouterr()
    assert printed.out + printed.err == ""


def test_a_log_is_told_now_and_then_how_far_the_work_is(monkeypatch):
    clock = iter([0.0, 0.0, 30.0, 100.0, 110.0, 7300.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    log = io.StringIO()
    lines = LogLines(log)
    lines.start("simulate", 20_000, "showers")
    for _ in range(4):
        lines.advance(2_500)
    lines.finish()
    assert log.getvalue().splitlines() == [
        "simulate: 5,000 of 20,000 showers, 50.0 showers/s, 5:00 left",
        "simulate: 10,000 of 20,000 showers, 1.4 showers/s, 2:01:40 left",
    ]
