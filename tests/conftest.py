"""What every test shares: no display, one thread a process, and ways to run the command line."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

import pytest
from hypothesis import settings

# Before any numerical library is loaded: tests run side by side and must not fight for the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

# A runner may have started the tests in the background, where Ctrl-C is ignored; the tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples each time, and no limit on an example's time: a busy machine is no failure.
settings.register_profile("showerkit", deadline=None, derandomize=True)
settings.load_profile("showerkit")


def pytest_make_parametrize_id(config, val, argname):
    """Name a case of bytes by their number: packed bytes may hold the clock, and each runner has its own."""
    return f"{len(val)}-bytes" if isinstance(val, bytes) else None


@dataclass(frozen=True)
class CommandResult:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    def assert_one_line_error(self, *words: str) -> None:
        """Check for exit code 2 and one line on standard error that holds the words, and no traceback."""
        assert self.code == 2, self
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("showerkit: error: ")
        assert "Traceback" not in self.out + self.err
        for word in words:
            assert word in lines[0]


@pytest.fixture
def showerkit_command(capsys):
    """Run the command line inside this process."""
    from showerkit.cli import main

    def command(*words: object) -> CommandResult:
        capsys.readouterr()
        code = main([str(word) for word in words])
        printed = capsys.readouterr()
        return CommandResult(code, printed.out, printed.err)

    return command
