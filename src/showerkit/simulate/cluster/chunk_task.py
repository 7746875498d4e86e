"""What runs inside a Dask worker: it hands chunks to simulation processes of its own and keeps these.

A simulation runs in a process for itself, as everywhere: Dask's worker survives its crash, and programs that
can be set up once in a process only, such as Geant4, are set up once for all chunks of a run.
"""

from __future__ import annotations

import threading
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from showerkit.errors import SimulationError
from showerkit.simulate.worker_process import WorkerDied, WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

#: A process that has had nothing to do for this long ends, should its client be gone without a word.
_IDLE_S: Final = 120.0
#: Most of a log that is sent to the client, in bytes from its beginning.
_MOST_LOG: Final = 1_000_000


def run_chunk(program: Mapping[str, Any], chunk: int, arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Simulate one chunk on a process that this Dask worker keeps for the run.

    Parameters
    ----------
    program
        ``run`` (a name of this run), ``module``, ``setup`` and ``versions`` that must be installed.
    chunk
        Number of the chunk.
    arrays
        What the simulation needs for it.

    Returns
    -------
    dict
        ``arrays``, ``version`` and ``cpu_s``; or, for the client to judge, one of ``other_versions`` (those
        installed here), ``died`` (how the process ended; ``starting``: before its first chunk) and ``error``.
    """
    process = None
    ready = False
    try:
        process = _PROCESSES.idle(program["run"])
        if process is None:
            installed = installed_versions(program["versions"])
            if installed != program["versions"]:
                return {"other_versions": installed}
            process = _PROCESSES.started(program)
            process.wait_until_ready()
        ready = True
        reply, results = process.simulate(chunk, arrays)
    except WorkerDied as death:
        _PROCESSES.end(program["run"], process)
        return {"died": death.description, "starting": not ready}
    except SimulationError as error:
        _PROCESSES.end(program["run"], process)
        return {"error": str(error)}
    _PROCESSES.keep(program["run"], process)
    return {"arrays": results, "version": process.version, "cpu_s": float(reply["cpu_s"])}


def end_run(run: str) -> list[str]:
    """End the processes of a run, also busy ones, and give what they have logged."""
    return _PROCESSES.end_all(run)


def installed_versions(packages: Iterable[str]) -> dict[str, str]:
    """Versions of installed packages.

    Examples
    --------
    >>> installed_versions(["no-such-package"])
    {'no-such-package': 'not installed'}
    """
    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _scratch_folder() -> Path:
    """Name the folder that this Dask worker removes when it ends."""
    from distributed import get_worker

    return Path(get_worker().local_directory)


class _Processes:
    """The simulation processes of one Dask worker, by run: one for each chunk that it works on at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: dict[str, list[WorkerProcess]] = {}
        self._idle: dict[str, list[WorkerProcess]] = {}
        self._logs: dict[str, list[Path]] = {}
        self._ended: set[str] = set()
        self._timers: dict[str, threading.Timer] = {}

    def idle(self, run: str) -> WorkerProcess | None:
        """Take a process that waits for a chunk."""
        with self._lock:
            if (timer := self._timers.pop(run, None)) is not None:
                timer.cancel()
            waiting = self._idle.get(run)
            return waiting.pop() if waiting else None

    def started(self, program: Mapping[str, Any]) -> WorkerProcess:
        """Start a process for a run."""
        run = program["run"]
        with self._lock:
            if run in self._ended:
                raise SimulationError("the run has ended")
            logs = self._logs.setdefault(run, [])
            log = _scratch_folder() / f"{run}-{len(logs)}.log"
            process = WorkerProcess(program["module"], program["setup"], log)
            logs.append(log)
            self._all.setdefault(run, []).append(process)
            return process

    def keep(self, run: str, process: WorkerProcess) -> None:
        """Keep a process for the next chunk."""
        with self._lock:
            if run in self._ended:
                process.kill()
                process.close()
                return
            self._idle.setdefault(run, []).append(process)
            if run not in self._timers:
                timer = self._timers[run] = threading.Timer(_IDLE_S, self._end_idle, (run,))
                timer.daemon = True
                timer.start()

    def end(self, run: str, process: WorkerProcess | None) -> None:
        """End a process that no thread uses any more."""
        if process is None:
            return
        with self._lock:
            if process in self._all.get(run, []):
                self._all[run].remove(process)
        process.kill()
        process.close()

    def end_all(self, run: str) -> list[str]:
        """End a run: no process is started for it any more."""
        with self._lock:
            self._ended.add(run)
            if (timer := self._timers.pop(run, None)) is not None:
                timer.cancel()
            processes = self._all.pop(run, [])
            idle = self._idle.pop(run, [])
            logs = self._logs.pop(run, [])
        for process in processes:
            # A thread that waits for a busy one closes its pipes.
            process.kill()
        for process in idle:
            process.close()
        texts = []
        for log in logs:
            if log.is_file():
                texts.append(log.read_bytes()[:_MOST_LOG].decode(errors="replace"))
                log.unlink()
        return texts

    def _end_idle(self, run: str) -> None:
        with self._lock:
            self._timers.pop(run, None)
            idle = self._idle.pop(run, [])
        for process in idle:
            self.end(run, process)


_PROCESSES = _Processes()
