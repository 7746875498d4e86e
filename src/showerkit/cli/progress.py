"""Progress of long work: on a terminal a bar with rate and times, elsewhere a line now and then."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress as RichBars
    from rich.progress import TaskID

    from showerkit.progress import Progress


#: How often a log is told how far the work is, in s.
_EVERY_S: Final = 60.0


class LogLines:
    """A `showerkit.progress.Progress` for files and pipes: notes, and once a minute how far the work is."""

    def __init__(self, stream: TextIO, *, every_s: float = _EVERY_S) -> None:
        self._stream = stream
        self._every_s = every_s
        self._what, self._unit, self._total, self._done = "", "", 0, 0
        self._began = self._told = time.monotonic()

    def start(self, what: str, total: int, unit: str) -> None:
        """Begin a task of `total` units."""
        self._what, self._unit, self._total, self._done = what, unit, total, 0
        self._began = self._told = time.monotonic()

    def advance(self, done: int) -> None:
        """Count `done` units, and say how far the task is if nothing was said for a while."""
        self._done += done
        now = time.monotonic()
        if now - self._told < self._every_s or now <= self._began:
            return
        self._told = now
        rate = self._done / (now - self._began)
        text = f"{self._what}: {self._done:,} of {self._total:,} {self._unit}, {rate:,.1f} {self._unit}/s"
        left = (self._total - self._done) / rate if rate > 0.0 else 0.0
        self.note(f"{text}, {_duration(left)} left" if left > 0.0 else text)

    def finish(self) -> None:
        """Say nothing more of the task."""

    def note(self, message: str) -> None:
        """Print one line."""
        self._stream.write(message + "\n")
        self._stream.flush()


def _duration(seconds: float) -> str:
    """Write a duration, such as ``1:02:03`` or ``2:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


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
def rich_progress(*, quiet: bool = False) -> Iterator[Progress]:
    """Draw progress on standard error while the block runs, or write lines where it is no terminal.

    Parameters
    ----------
    quiet
        Neither draw nor write anything.

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
    if quiet:
        yield SilentProgress()
        return
    if not (sys.stdout.isatty() and sys.stderr.isatty()):
        yield LogLines(sys.stderr)
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
