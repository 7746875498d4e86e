"""Looks after the jobs of a cluster: one that has ended is started or submitted again."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any, Final

from showerkit.errors import ClusterError

#: A job none of whose workers has been seen for this long, after one had been, has ended.
_GONE_AFTER_S: Final = 60.0
#: This often a process that starts local workers may end before it is given up.
_MOST_STARTS: Final = 3
_LOG_TAIL: Final = 300


class JobUpkeep:
    """The jobs of one cluster.

    Parameters
    ----------
    cluster
        Dask's cluster.
    jobs
        How many there should be.
    per_job
        Workers of a job.
    """

    def __init__(self, cluster: Any, jobs: int, per_job: int) -> None:
        self._cluster = cluster
        self._jobs = jobs
        self._per_job = per_job
        self._last_seen_s: dict[Any, float] = {}
        self._starts = 0

    def look(self) -> int:
        """Start again what has ended; give the number of jobs.

        Raises
        ------
        ClusterError
            If the workers of this machine end again and again.
        """
        there = {str(worker.name) for worker in list(self._cluster.scheduler.workers.values())}
        now_s = time.monotonic()
        gone = []
        for name, job in list(self._cluster.workers.items()):
            ended = getattr(job, "ended", None)
            if not there.isdisjoint(self._workers_of(name)):
                self._starts = 0
                self._last_seen_s[name] = now_s
            if ended is not None:
                self._starts += 1
                if self._starts >= _MOST_STARTS:
                    raise ClusterError("Dask's workers do not start on this machine", got=_ending(job))
            if ended is not None or now_s - self._last_seen_s.get(name, now_s) > _GONE_AFTER_S:
                gone.append(name)
        if gone:
            self._cluster.sync(self._start_again, gone)
        elif len(self._cluster.workers) < self._jobs:
            self._cluster.scale(self._jobs)  # one is being started, or was dropped by Dask
        return len(gone)

    def _workers_of(self, name: Any) -> set[str]:
        return {str(name)} if self._per_job == 1 else {f"{name}-{number}" for number in range(self._per_job)}

    async def _start_again(self, names: list[Any]) -> None:
        """Close what is left of jobs and let the cluster start as many as it should have."""
        for name in names:
            self._last_seen_s.pop(name, None)
            with suppress(OSError, RuntimeError):
                await self._cluster.workers.pop(name).close()
        self._cluster.scale(self._jobs)


def _ending(job: Any) -> str:
    """Say how a job's process ended, with the end of its log."""
    try:
        text = job.log.read_text(errors="replace")
    except OSError:
        text = "no log"
    return f"exit code {job.ended} ({' '.join(text[-_LOG_TAIL:].split())})"
