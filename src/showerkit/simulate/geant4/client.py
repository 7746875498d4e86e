"""Simulates chunks of events on several worker processes; survives the death of any of them."""

from __future__ import annotations

import queue
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.data.records import IncidentParticles, Showers
from showerkit.errors import SimulationError
from showerkit.simulate.geant4.process import WorkerDied, WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.simulate.geant4.settings import Geant4Settings

#: How often one chunk may bring a worker down before the client gives up.
_MAX_DEATHS = 3


@dataclass(frozen=True)
class FinishedChunk:
    """The showers of one chunk.

    Parameters
    ----------
    chunk
        Its number.
    showers
        Its showers.
    geant4_version
        Version of Geant4 that made them.
    cpu_s
        Processor time the simulation took, in s.
    """

    chunk: int
    showers: Showers
    geant4_version: str
    cpu_s: float


@dataclass(frozen=True)
class _Death:
    """A worker died over a chunk (None: while starting)."""

    slot: int
    chunk: int | None
    description: str


def simulate_chunks(
    settings: Geant4Settings,
    environment: Mapping[str, str],
    chunks: Sequence[int],
    primaries_of: Callable[[int], tuple[IncidentParticles, NDArray[np.int64]]],
    *,
    workers: int,
    log_dir: Path,
    note: Callable[[str], None] = lambda message: None,
) -> Generator[FinishedChunk, None, None]:
    """Simulate chunks on worker processes and give them as they finish, in any order.

    An event's shower depends on the settings and the event's number alone. A worker that dies is
    reported through `note`, replaced, and its chunk is done again. The workers end with the iterator
    and with this process, however that ends.

    Parameters
    ----------
    settings
        What decides the result.
    environment
        Variables that name Geant4's data.
    chunks
        Numbers of the chunks to simulate.
    primaries_of
        Gives a chunk's incident particles and event numbers.
    workers
        How many processes, at least 1.
    log_dir
        Folder for the workers' logs.
    note
        Receives one line for each worker that died.

    Yields
    ------
    FinishedChunk
        The showers of one chunk.

    Raises
    ------
    SimulationError
        If a chunk brings down three workers, or a worker reports an error.
    """
    if workers < 1:
        raise SimulationError("workers", got=workers, expected="at least 1")
    pool = _Pool(settings, environment, deque(chunks), primaries_of, log_dir)
    deaths: dict[int | None, int] = {}
    remaining = len(chunks)
    try:
        for slot in range(min(workers, remaining)):
            pool.start(slot)
        while remaining:
            message = pool.results.get()
            if isinstance(message, FinishedChunk):
                remaining -= 1
                yield message
            elif isinstance(message, _Death):
                deaths[message.chunk] = deaths.get(message.chunk, 0) + 1
                if deaths[message.chunk] >= _MAX_DEATHS:
                    raise pool.given_up(message, deaths[message.chunk])
                note(f"{message.description}; a new worker does its chunk again")
                if message.chunk is not None:
                    pool.waiting.appendleft(message.chunk)
                pool.start(message.slot)
            else:
                raise message
    finally:
        pool.end()


class _Pool:
    """Worker processes, each with a thread that feeds it."""

    def __init__(
        self,
        settings: Geant4Settings,
        environment: Mapping[str, str],
        waiting: deque[int],
        primaries_of: Callable[[int], tuple[IncidentParticles, NDArray[np.int64]]],
        log_dir: Path,
    ) -> None:
        self.waiting = waiting
        self.results: queue.Queue[FinishedChunk | _Death | Exception] = queue.Queue()
        self._settings = settings
        self._environment = environment
        self._primaries_of = primaries_of
        self._log_dir = log_dir
        self._workers: dict[int, tuple[WorkerProcess, threading.Thread]] = {}
        self._ending = threading.Event()

    def start(self, slot: int) -> None:
        """Start the worker of a slot, or its successor."""
        self._end(slot)
        log = self._log_dir / f"geant4-worker-{slot}.log"
        process = WorkerProcess(self._settings, self._environment, log)
        thread = threading.Thread(target=self._feed, args=(slot, process), daemon=True)
        self._workers[slot] = process, thread
        thread.start()

    def end(self) -> None:
        """End all workers and their threads."""
        self._ending.set()
        for process, _ in self._workers.values():
            process.kill()
        for slot in list(self._workers):
            self._end(slot)

    def _end(self, slot: int) -> None:
        if slot not in self._workers:
            return
        process, thread = self._workers.pop(slot)
        process.kill()
        thread.join()
        process.close()

    def given_up(self, death: _Death, times: int) -> SimulationError:
        """Say over which events the workers died."""
        if death.chunk is None:
            what = "Geant4 does not start"
        else:
            _, ids = self._primaries_of(death.chunk)
            what = f"events {int(ids[0])} to {int(ids[-1])} brought down {times} workers"
        return SimulationError(what, got=death.description, mend="read the end of the log")

    def _feed(self, slot: int, process: WorkerProcess) -> None:
        """Give one worker chunk after chunk until there is none, or it dies."""
        chunk: int | None = None
        try:
            process.wait_until_ready()
            while not self._ending.is_set():
                try:
                    chunk = self.waiting.popleft()
                except IndexError:
                    return
                self.results.put(self._simulate(process, chunk))
                chunk = None
        except WorkerDied as death:
            if not self._ending.is_set():
                self.results.put(_Death(slot, chunk, death.description))
        except Exception as error:  # noqa: BLE001 - not dropped: the caller's thread raises it
            self.results.put(error)

    def _simulate(self, process: WorkerProcess, chunk: int) -> FinishedChunk:
        incident, ids = self._primaries_of(chunk)
        task: dict[str, NDArray[Any]] = {
            "pdg": incident.pdg,
            "energy_mev": incident.energy_mev,
            "momentum_mev": incident.momentum_mev,
            "position_mm": incident.position_mm,
            "event_id": ids,
        }
        reply, results = process.simulate(chunk, task)
        showers = Showers(incident, results["energy_mev"], ids, charged_tracks=results.get("tracks"))
        return FinishedChunk(chunk, showers, process.version, float(reply["cpu_s"]))
