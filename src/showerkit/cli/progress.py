"""Progress of long work, drawn on a terminal: a bar with rate, elapsed and remaining time."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress as RichBars
    from rich.progress import TaskID

    from showerkit.progress import Progress


class NotesOnly:
    """A `showerkit.progress.Progress` for files and pipes: prints the notes and draws nothing."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def start(self, what: str, total: int, unit: str) -> None:
        """Draw nothing."""

    def advance(self, done: int) -> None:
        """Draw nothing."""

    def finish(self) -> None:
        """Draw nothing."""

    def note(self, message: str) -> None:
        """Print one line."""
        self._stream.write(message + "\n")
        self._stream.flush()


class Bars:
    """A `showerkit.progress.Progress` that draws one bar a task with rich."""

    def __init__(self, bars: RichBars) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def start(self, what: str, total: int, unit: str) -> None:
        """Begin a bar of `total` units."""
        self.finish()
        self._task = self._bars.add_task(what, total=total, unit=unit)

    def advance(self, done: int) -> None:
        """Move the bar on by `done` units."""
        if self._task is not None:
            self._bars.advance(self._task, done)

    def finish(self) -> None:
        """Stop the bar where it is."""
        if self._task is not None:
            self._bars.stop_task(self._task)
            self._task = None

    def note(self, message: str) -> None:
        """Print one line above the bar."""
        self._bars.console.print(message, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def rich_progress() -> Iterator[Progress]:
    """Draw progress on standard error while the block runs, or only notes where it is no terminal.

    Yields
    ------
    Progress
        What a public function takes as its ``progress``.

    Examples
    --------
    >>> with rich_progress() as progress:
    ...     progress.start("simulate", 2, "showers")
    ...     progress.advance(2)
    ...     progress.finish()
    """
    if not (sys.stdout.isatty() and sys.stderr.isatty()):
        yield NotesOnly(sys.stderr)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class RateColumn(ProgressColumn):
        """Units a second."""

        def render(self, task: Task) -> Text:
            """Write the rate, such as ``57.1 showers/s``."""
            speed = task.finished_speed or task.speed
            unit = task.fields.get("unit", "")
            return Text("" if speed is None else f"{speed:.1f} {unit}/s", style="progress.data.speed")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TextColumn("elapsed"),
        TimeElapsedColumn(),
        TextColumn("remaining"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        yield Bars(bars)
