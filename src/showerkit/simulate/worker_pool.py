"""Several worker processes that simulate chunk after chunk; the work survives the death of any of them."""

from __future__ import annotations

import queue
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from showerkit.errors import SimulationError
from showerkit.simulate.worker_process import WorkerDied, WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

#: How often one chunk may bring a worker down before the client gives up.
_MAX_DEATHS = 3
#: With this many results waiting for the client, workers wait too, so that memory does not grow.
_MOST_WAITING = 16
#: How often a waiting worker's thread looks again, in s.
_LOOK_AGAIN_S = 0.02


@dataclass(frozen=True)
class WorkerProgram:
    """What the worker processes run.

    Parameters
    ----------
    name
        What it is called in messages, such as ``"Geant4"``.
    module
        The module whose function ``main`` serves the chunks.
    setup
        What it needs to know before the first chunk, as JSON values.
    log_dir
        Folder for the workers' logs.
    """

    name: str
    module: str
    setup: Mapping[str, Any]
    log_dir: Path


@dataclass(frozen=True)
class ChunkResult:
    """What a worker made of one chunk.

    Parameters
    ----------
    chunk
        Its number.
    arrays
        The worker's arrays, by name.
    version
        Version of the program that made them.
    cpu_s
        Processor time it took, in s.
    """

    chunk: int
    arrays: dict[str, NDArray[Any]]
    version: str
    cpu_s: float


@dataclass(frozen=True)
class _Death:
    """A worker died over a chunk (None: while starting)."""

    slot: int
    chunk: int | None
    description: str


@dataclass(frozen=True)
class _Idle:
    """A worker found nothing more to do."""

    slot: int


def simulated_chunks(
    program: WorkerProgram,
    chunks: Iterable[int],
    arrays_of: Callable[[int], Mapping[str, NDArray[Any]]],
    *,
    workers: int,
    events_of: Callable[[int], tuple[int, int]],
    note: Callable[[str], None] = lambda message: None,
) -> Generator[ChunkResult, None, None]:
    """Simulate chunks on worker processes and give them as they finish, in any order.

    A worker that dies is reported through `note`, replaced, and its chunk is done again. The workers end
    with the iterator and with this process, however that ends.

    Parameters
    ----------
    program
        What the workers run.
    chunks
        Numbers of the chunks to simulate, taken one by one; there may be no end to them.
    arrays_of
        Gives what a worker needs for a chunk.
    workers
        How many processes, at least 1.
    events_of
        Gives the first and the last event of a chunk, for messages.
    note
        Receives one line for each worker that died.

    Yields
    ------
    ChunkResult
        What came of one chunk.

    Raises
    ------
    SimulationError
        If a chunk brings down three workers, or a worker reports an error.
    """
    if workers < 1:
        raise SimulationError("workers", got=workers, expected="at least 1")
    pool = _Pool(program, chunks, arrays_of)
    deaths: dict[int | None, int] = {}
    busy = set(range(workers))
    try:
        for slot in busy:
            pool.start(slot)
        while busy:
            message = pool.results.get()
            if isinstance(message, ChunkResult):
                yield message
            elif isinstance(message, _Idle):
                busy.discard(message.slot)
            elif isinstance(message, _Death):
                deaths[message.chunk] = deaths.get(message.chunk, 0) + 1
                if deaths[message.chunk] >= _MAX_DEATHS:
                    raise _given_up(program, message, deaths[message.chunk], events_of)
                note(f"{message.description}; a new worker does its chunk again")
                pool.start_again(message.slot, message.chunk)
            else:
                raise message
    finally:
        pool.end()


def _given_up(
    program: WorkerProgram, death: _Death, times: int, events_of: Callable[[int], tuple[int, int]]
) -> SimulationError:
    """Say over which events the workers died."""
    if death.chunk is None:
        what = f"{program.name} does not start"
    else:
        first, last = events_of(death.chunk)
        what = f"events {first} to {last} brought down {times} workers"
    return SimulationError(what, got=death.description, mend="read the end of the log")


class _Pool:
    """Worker processes, each with a thread that feeds it."""

    def __init__(
        self,
        program: WorkerProgram,
        chunks: Iterable[int],
        arrays_of: Callable[[int], Mapping[str, NDArray[Any]]],
    ) -> None:
        self.results: queue.Queue[ChunkResult | _Death | _Idle | Exception] = queue.Queue()
        self._program = program
        self._chunks = iter(chunks)
        self._again: deque[int] = deque()
        self._taking = threading.Lock()
        self._arrays_of = arrays_of
        self._workers: dict[int, tuple[WorkerProcess, threading.Thread]] = {}
        self._ending = threading.Event()

    def start(self, slot: int) -> None:
        """Start the worker of a slot."""
        log = self._program.log_dir / f"{self._program.name.lower()}-worker-{slot}.log"
        process = WorkerProcess(self._program.module, self._program.setup, log)
        thread = threading.Thread(target=self._feed, args=(slot, process), daemon=True)
        self._workers[slot] = process, thread
        thread.start()

    def start_again(self, slot: int, chunk: int | None) -> None:
        """Start the successor of a slot's worker, which died over a chunk."""
        if chunk is not None:
            self._again.appendleft(chunk)
        self._end(slot)
        self.start(slot)

    def end(self) -> None:
        """End all workers and their threads."""
        self._ending.set()
        for process, _ in self._workers.values():
            process.kill()
        for slot in list(self._workers):
            self._end(slot)

    def _end(self, slot: int) -> None:
        process, thread = self._workers.pop(slot)
        process.kill()
        thread.join()
        process.close()

    def _take(self) -> int | None:
        """Take the next chunk, one that has to be done again first."""
        with self._taking:
            return self._again.popleft() if self._again else next(self._chunks, None)

    def _feed(self, slot: int, process: WorkerProcess) -> None:
        """Give one worker chunk after chunk until there is none, or it dies."""
        chunk: int | None = None
        try:
            process.wait_until_ready()
            while not self._ending.is_set():
                if self.results.qsize() >= _MOST_WAITING:
                    self._ending.wait(_LOOK_AGAIN_S)
                    continue
                chunk = self._take()
                if chunk is None:
                    self.results.put(_Idle(slot))
                    return
                reply, arrays = process.simulate(chunk, self._arrays_of(chunk))
                self.results.put(ChunkResult(chunk, arrays, process.version, float(reply["cpu_s"])))
                chunk = None
        except WorkerDied as death:
            if not self._ending.is_set():
                self.results.put(_Death(slot, chunk, death.description))
        except Exception as error:  # noqa: BLE001 - not dropped: the caller's thread raises it
            self.results.put(error)
