"""The worker process.

It reads one message with its settings from standard input, then chunks of incident particles, and
answers each with its deposits on standard output. Whatever Geant4 itself prints goes to a log file.
"""

from __future__ import annotations

import os
import sys
import time
from typing import IO, Any

from showerkit.configuration import parse_config
from showerkit.data.records import IncidentParticles
from showerkit.errors import ShowerkitError, SimulationError
from showerkit.simulate.geant4.frames import receive, send
from showerkit.simulate.geant4.settings import Geant4Settings


def main() -> None:
    """Serve chunks until standard input closes or the parent process is gone."""
    _outlive_interrupts()
    tasks = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    setup, _ = receive(tasks)
    _print_into(setup["log"])
    os.environ.update(setup["environment"])
    parent = int(setup["parent"])

    def parent_lives() -> bool:
        # An orphan is handed to another process; this holds even where the parent was killed.
        return os.getppid() == parent

    try:
        _serve(setup, tasks, replies, parent_lives)
    except (EOFError, BrokenPipeError):
        pass
    except ShowerkitError as error:
        send(replies, {"error": str(error)}, {})
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    # Geant4's globals are not torn down: their destructors' order is not defined across the bindings.
    os._exit(0)


def _serve(setup: dict[str, Any], tasks: IO[bytes], replies: IO[bytes], parent_lives: Any) -> None:
    """Initialise Geant4 and answer chunk after chunk."""
    from showerkit.simulate.geant4.event_loop import EventLoop

    settings = parse_config(Geant4Settings, setup["settings"], source="worker", error=SimulationError)
    loop = EventLoop(settings, _or_exit(parent_lives))
    send(replies, {"ready": True, "version": loop.version}, {})
    while True:
        task, arrays = receive(tasks)
        incident = IncidentParticles(
            arrays["pdg"], arrays["energy_mev"], arrays["momentum_mev"], arrays["position_mm"]
        )
        start = time.process_time()
        energy, tracks = loop.run(incident, arrays["event_id"])
        results = {"energy_mev": energy} if tracks is None else {"energy_mev": energy, "tracks": tracks}
        send(replies, {"chunk": task["chunk"], "cpu_s": time.process_time() - start}, results)


def _or_exit(parent_lives: Any) -> Any:
    """End the process at once when the parent is gone: nobody is left to take its result."""

    def check() -> None:
        if not parent_lives():
            os._exit(1)

    return check


def _outlive_interrupts() -> None:
    """Ignore Ctrl-C, which reaches the whole group: the parent decides when a worker ends."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _print_into(log: str) -> None:
    """Send standard output and error, also those of compiled code, into the log file."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


if __name__ == "__main__":
    main()
