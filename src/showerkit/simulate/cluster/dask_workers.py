"""Simulates chunks on the workers of a Dask cluster; the work survives the death of any of them."""

from __future__ import annotations

import queue
import time
import uuid
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from showerkit.errors import ClusterError, SimulationError
from showerkit.simulate.chunk_runner import MAX_DEATHS, ChunkResult, given_up
from showerkit.simulate.cluster.chunk_task import end_run, installed_versions, run_chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from numpy.typing import NDArray

    from showerkit.simulate.chunk_runner import WorkerProgram
    from showerkit.simulate.cluster.job_upkeep import JobUpkeep

#: How often the workers are counted, in s.
_LOOK_AGAIN_S: Final = 1.0
#: After this long without any worker the user is told, in s.
_PATIENCE_S: Final = 30.0
#: How long one may wait for what came of a finished chunk before the workers are counted again, in s.
_FETCHED_WITHIN_S: Final = 5.0
#: The longest such wait: workers that do not come back are started again no later.
_LONGEST_FETCH_S: Final = 60.0


class DaskWorkers:
    """The workers of a Dask cluster; a `showerkit.simulate.chunk_runner.ChunkRunner`.

    Parameters
    ----------
    client
        Dask's client, connected to the scheduler.
    name
        What the cluster is called in messages.
    note
        Receives one line for each worker that is lost.
    jobs
        Looks after the cluster's jobs, if it was started for this run.
    expected
        Number of workers that are to come; None if the cluster has those that it has.
    """

    def __init__(
        self,
        client: Any,
        name: str,
        *,
        note: Callable[[str], None] = lambda message: None,
        jobs: JobUpkeep | None = None,
        expected: int | None = None,
    ) -> None:
        self._client = client
        self._name = name
        self._note = note
        self._jobs = jobs
        self._expected = expected
        self._slots: dict[str, int] = {}
        self._most_slots = 0
        self._looked_s = self._seen_s = time.monotonic()
        self._was_told = False
        self._count_workers()

    @property
    def workers(self) -> int:
        """Number of chunks that are simulated at once, the most that there were or are to come."""
        return max(self._most_slots, self._expected or 1)

    def run(
        self,
        program: WorkerProgram,
        chunks: Iterable[int],
        arrays_of: Callable[[int], Mapping[str, NDArray[Any]]],
        *,
        events_of: Callable[[int], tuple[int, int]],
        note: Callable[[str], None] = lambda message: None,
    ) -> Generator[ChunkResult, None, None]:
        """Simulate chunks and give them as they finish, in any order; see `ChunkRunner.run`.

        Raises
        ------
        ClusterError
            If the connection is lost, or a worker has other versions than this process.
        """
        run = uuid.uuid4().hex
        task = {
            "run": run,
            "module": program.module,
            "setup": dict(program.setup),
            "versions": installed_versions(program.packages),
        }
        source = iter(chunks)
        again: deque[int] = deque()
        deaths: dict[int | None, int] = {}
        pending: dict[str, tuple[int, Any]] = {}
        waits_s: dict[str, float] = {}
        finished: queue.SimpleQueue[Any] = queue.SimpleQueue()
        try:
            while True:
                while len(pending) < self._most_pending:
                    chunk = again.popleft() if again else next(source, None)
                    if chunk is None:
                        break
                    future = self._submit(task, chunk, arrays_of(chunk), first=deaths.get(chunk, 0) > 0)
                    pending[future.key] = chunk, future
                    future.add_done_callback(finished.put)
                if not pending:
                    return
                self._look()
                try:
                    future = finished.get(timeout=_LOOK_AGAIN_S)
                except queue.Empty:
                    continue
                # Its worker may be lost before the result is fetched; for it to be done again workers must be
                # looked after here. Each wait is longer, lest a slow line never carries a result.
                wait_s = min(2 * waits_s.get(future.key, _FETCHED_WITHIN_S / 2), _LONGEST_FETCH_S)
                waits_s[future.key] = wait_s
                reply = self._reply(future, wait_s)
                if reply is None:
                    finished.put(future)
                    continue
                chunk, _ = pending.pop(future.key)
                del waits_s[future.key]
                if "arrays" in reply:
                    # The scheduler need not keep it any longer.
                    future.release()
                    yield ChunkResult(chunk, reply["arrays"], reply["version"], reply["cpu_s"])
                    continue
                culprit = None if reply["starting"] else chunk
                times = deaths[culprit] = deaths.get(culprit, 0) + 1
                if times >= MAX_DEATHS:
                    raise given_up(program, culprit, reply["died"], times, events_of)
                note(f"{reply['died']}; a new worker does its chunk again")
                again.append(chunk)
        finally:
            self._end(run, [future for _, future in pending.values()], program)

    @property
    def _most_pending(self) -> int:
        """Chunks that are with the cluster: enough that no worker waits, few enough for any memory."""
        return 2 * max(sum(self._slots.values()), self._expected or 0) + 2

    def _submit(self, task: Any, chunk: int, arrays: Mapping[str, NDArray[Any]], *, first: bool) -> Any:
        return self._client.submit(
            run_chunk,
            task,
            chunk,
            dict(arrays),
            key=f"showerkit-{task['run']}-{chunk}-{uuid.uuid4().hex}",
            pure=False,
            priority=1 if first else 0,
        )

    def _reply(self, future: Any, wait_s: float) -> dict[str, Any] | None:
        """Fetch what came of a chunk; None if it does not come within ``wait_s``.

        Raises
        ------
        ClusterError
            If the connection is lost or the worker does not fit.
        SimulationError
            If the simulation reports an error.
        """
        from concurrent.futures import CancelledError

        from distributed import KilledWorker

        try:
            reply: dict[str, Any] = future.result(timeout=wait_s)
        except KilledWorker as killed:
            return {
                "died": f"its Dask workers were lost, the last one {killed.last_worker}",
                "starting": False,
            }
        except TimeoutError:
            return None
        except (CancelledError, OSError):
            raise self._lost() from None
        except (ImportError, AttributeError) as failure:
            raise ClusterError(
                f"a worker of {self._name} cannot run showerkit",
                got=" ".join(str(failure).split()),
                mend="install the same showerkit with the workers as here",
            ) from None
        if "other_versions" in reply:
            raise self._other_versions(reply["other_versions"])
        if "error" in reply:
            raise SimulationError(str(reply["error"]))
        return reply

    def _other_versions(self, found: Mapping[str, str]) -> ClusterError:
        here = installed_versions(found)
        differing = [name for name in found if found[name] != here[name]]
        return ClusterError(
            f"a worker of {self._name} has other versions",
            got=", ".join(f"{name} {found[name]}" for name in differing),
            expected=", ".join(f"{name} {here[name]}" for name in differing) + ", as here",
            mend="install the same with the workers: showers depend on it",
        )

    def _lost(self) -> ClusterError:
        return ClusterError(
            f"the connection to the Dask scheduler ({self._name}) was lost",
            mend="finished chunks are kept: give the same command with --resume",
        )

    def _look(self) -> None:
        """From time to time, count the workers and look after the jobs."""
        now_s = time.monotonic()
        if now_s - self._looked_s < _LOOK_AGAIN_S:
            return
        self._looked_s = now_s
        if self._client.status != "running":
            raise self._lost()
        before = self._slots
        self._count_workers()
        if lost := len(before.keys() - self._slots.keys()):
            self._note(f"{lost} of {len(before)} Dask workers are lost; others do their chunks again")
        if self._jobs is not None and (jobs := self._jobs.look()):
            self._note(f"{jobs} jobs have ended before the sample and are started again")
        if self._slots:
            self._seen_s, self._was_told = now_s, False
        elif now_s - self._seen_s > _PATIENCE_S and not self._was_told:
            self._note(f"waiting for workers of {self._name}")
            self._was_told = True

    def _count_workers(self) -> None:
        try:
            self._slots = dict(self._client.nthreads())
        except (OSError, TimeoutError):
            raise self._lost() from None
        self._most_slots = max(self._most_slots, sum(self._slots.values()))

    def _end(self, run: str, pending: list[Any], program: WorkerProgram) -> None:
        """Let the cluster forget a run, and keep what its workers have logged."""
        with suppress(OSError, TimeoutError):
            if pending:
                self._client.cancel(pending, force=True)
            ended = self._client.run(end_run, run, on_error="ignore")
            texts = [text for worker in ended.values() for text in worker]
            for number, text in enumerate(texts):
                log = program.log_dir / f"{program.name.lower()}-worker-{number}.log"
                with log.open("a", encoding="utf-8") as file:
                    file.write(text)
