"""How long work reports its progress: functions take a `Progress`, the command line draws it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the progress of one long task at a time."""

    def start(self, what: str, total: int, unit: str) -> None:
        """Begin a task of `total` units (such as ``"showers"``)."""

    def advance(self, done: int) -> None:
        """Report that `done` more units are finished."""

    def finish(self) -> None:
        """End the task."""

    def note(self, message: str) -> None:
        """Tell the user one line."""


class SilentProgress:
    """A `Progress` that shows nothing: the default of every public function."""

    def start(self, what: str, total: int, unit: str) -> None:
        """Show nothing."""

    def advance(self, done: int) -> None:
        """Show nothing."""

    def finish(self) -> None:
        """Show nothing."""

    def note(self, message: str) -> None:
        """Show nothing."""
