"""The side of a worker process: what every simulation program does around its own work.

It reads one message with its settings from standard input, then chunks, and answers each on standard
output. Whatever the program itself prints goes to a log file.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any, Protocol

from showerkit.errors import ShowerkitError
from showerkit.simulate.worker_frames import receive, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


class Simulation(Protocol):
    """A simulation that is set up."""

    version: str

    def simulate(self, chunk: int, arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Simulate one chunk."""


def serve(start: Callable[[dict[str, Any], Callable[[], None]], Simulation]) -> None:
    """Serve chunks until standard input closes or the parent process is gone.

    Parameters
    ----------
    start
        Sets the simulation up, from the first message and a function that ends the process at once if the
        parent is gone.
    """
    # Ctrl-C reaches the whole group: the parent decides when a worker ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tasks = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    try:
        setup, _ = receive(tasks)
    except EOFError:
        # The client was interrupted before it said what to do.
        return
    _print_into(setup["log"])
    parent = int(setup["parent"])

    def exit_if_orphaned() -> None:
        # An orphan is handed to another process; this holds even where the parent was killed.
        if os.getppid() != parent:
            os._exit(1)

    try:
        simulation = start(setup, exit_if_orphaned)
        send(replies, {"ready": True, "version": simulation.version}, {})
        while True:
            task, arrays = receive(tasks)
            begun = time.process_time()
            results = simulation.simulate(int(task["chunk"]), arrays)
            send(replies, {"chunk": task["chunk"], "cpu_s": time.process_time() - begun}, results)
    except (EOFError, BrokenPipeError):
        pass
    except ShowerkitError as error:
        send(replies, {"error": str(error)}, {})
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    # Globals of compiled code are not torn down: their destructors' order is not defined.
    os._exit(0)


def _print_into(log: str) -> None:
    """Send standard output and error, also those of compiled code, into the log file."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
