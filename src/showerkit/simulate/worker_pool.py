"""Several worker processes that simulate chunk after chunk; the work survives the death of any of them."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from showerkit.errors import SimulationError
from showerkit.simulate.chunk_runner import MAX_DEATHS, ChunkResult, given_up
from showerkit.simulate.worker_process import WorkerDied, WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from numpy.typing import NDArray

    from showerkit.simulate.chunk_runner import WorkerProgram

#: With this many results waiting for the client, workers wait too, so that memory does not grow.
_MOST_WAITING = 16
#: How often a waiting worker's thread looks again, in s.
_LOOK_AGAIN_S = 0.02


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


@dataclass(frozen=True)
class LocalWorkers:
    """Worker processes of this machine; a `showerkit.simulate.chunk_runner.ChunkRunner`.

    Parameters
    ----------
    workers
        How many processes, at least 1; no more are started than there are chunks.

    Raises
    ------
    SimulationError
        If there are none.
    """

    workers: int

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise SimulationError("workers", got=self.workers, expected="at least 1")

    def run(
        self,
        program: WorkerProgram,
        chunks: Iterable[int],
        arrays_of: Callable[[int], Mapping[str, NDArray[Any]]],
        *,
        events_of: Callable[[int], tuple[int, int]],
        note: Callable[[str], None] = lambda message: None,
    ) -> Generator[ChunkResult, None, None]:
        """Simulate chunks and give them as they finish, in any order; see `ChunkRunner.run`."""
        workers = min(self.workers, len(chunks)) if isinstance(chunks, Sized) else self.workers
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
                    times = deaths[message.chunk] = deaths.get(message.chunk, 0) + 1
                    if times >= MAX_DEATHS:
                        raise given_up(program, message.chunk, message.description, times, events_of)
                    note(f"{message.description}; a new worker does its chunk again")
                    pool.start_again(message.slot, message.chunk)
                else:
                    raise message
        finally:
            pool.end()


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
