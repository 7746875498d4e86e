"""One worker process, seen from the client: started, asked, ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from showerkit.errors import SimulationError
from showerkit.simulate.worker_frames import receive, send

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

# The worker finds modules where this process does.
_PROGRAM = (
    "import sys; sys.path[:] = sys.argv[2:]; "
    "from importlib import import_module; import_module(sys.argv[1]).main()"
)


class WorkerDied(Exception):
    """A worker process ended before it answered.

    Parameters
    ----------
    description
        How it ended, and where its log is.
    """

    def __init__(self, description: str) -> None:
        super().__init__(description)
        self.description = description


class WorkerProcess:
    """A fresh Python process that runs one simulation program and nothing else.

    It is started afresh, not forked and not from the caller's script, so that a script
    needs no ``if __name__ == "__main__"``.

    Parameters
    ----------
    module
        The module whose function ``main`` serves the chunks (see `showerkit.simulate.worker_service`).
    setup
        What it needs to know before the first chunk, as JSON values.
    log
        File for everything that is printed.
    """

    def __init__(self, module: str, setup: Mapping[str, Any], log: Path) -> None:
        self.log = log
        self.version = ""
        # Ctrl-C reaches the whole group of processes. One that only begins to import would print a traceback
        # before it can say that it ignores it, so it is born with the signal blocked.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, module, *(folder or str(Path.cwd()) for folder in sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self.pid = self._process.pid
        self._setup = {**setup, "log": str(log), "parent": os.getpid()}

    def wait_until_ready(self) -> None:
        """Hand over the settings and wait until the simulation is initialised.

        Raises
        ------
        WorkerDied
            If it ends instead.
        SimulationError
            If it reports an error.
        """
        header, _ = self._exchange(self._setup, {})
        self.version = str(header["version"])

    def simulate(
        self, chunk: int, arrays: Mapping[str, NDArray[Any]]
    ) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Let it simulate one chunk and wait for the result.

        Raises
        ------
        WorkerDied
            If it ends before it answers.
        SimulationError
            If it reports an error.
        """
        return self._exchange({"chunk": chunk}, arrays)

    def kill(self) -> None:
        """End the process at once; what it was working on is lost."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Close the pipes of a process that has ended, when no thread uses them any more."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                # Data may still be waiting for a reader that is gone.
                with suppress(OSError):
                    stream.close()

    def _exchange(
        self, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
    ) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        if self._process.stdin is None or self._process.stdout is None:
            raise SimulationError("worker process", got="no pipes to it")
        try:
            send(self._process.stdin, header, arrays)
            reply, results = receive(self._process.stdout)
        except (OSError, EOFError, ValueError):
            raise WorkerDied(self._how_it_ended()) from None
        if "error" in reply:
            raise SimulationError(str(reply["error"]))
        return reply, results

    def _how_it_ended(self) -> str:
        """Describe the exit and point to the log."""
        code = self._process.wait()
        ended = f"exit code {code}" if code >= 0 else f"signal {-code}"
        return f"worker {self.pid} ended with {ended} (log: {self.log})"


def default_workers() -> int:
    """Number of processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
