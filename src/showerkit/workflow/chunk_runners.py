"""Choose where chunks are simulated: worker processes of this machine, or a cluster."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from showerkit.errors import ConfigurationError
from showerkit.simulate.worker_pool import LocalWorkers
from showerkit.simulate.worker_process import default_workers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from showerkit.progress import Progress
    from showerkit.simulate.chunk_runner import ChunkRunner
    from showerkit.simulate.cluster.settings import ClusterConfig


def check_workers(workers: int | None, cluster: ClusterConfig | None) -> None:
    """Refuse a number of workers that is none, or that a cluster has settings of its own for.

    Raises
    ------
    ConfigurationError
        If so.

    Examples
    --------
    >>> check_workers(None, None)
    """
    if workers is None:
        return
    if workers < 1:
        raise ConfigurationError("the number of workers", got=workers, expected="at least 1")
    if cluster is not None:
        raise ConfigurationError(
            "the number of workers together with a cluster", mend=f"leave it out; {cluster.size_setting}"
        )


def cores_of(workers: int | None, cluster: ClusterConfig | None) -> tuple[int, int, str | None]:
    """Tell how many chunks would be simulated at once, how many jobs submitted, and what each would be.

    Raises
    ------
    ClusterError
        If a scheduler cannot be reached.

    Examples
    --------
    >>> cores_of(4, None)
    (4, 0, None)
    """
    if cluster is None:
        return workers or default_workers(), 0, None
    if cluster.kind == "local":
        return cluster.processes or default_workers(), 0, None
    if cluster.kind == "scheduler":
        from showerkit.simulate.cluster.connection import connected

        with connected(cluster) as runner:
            return runner.workers, 0, None
    from showerkit.simulate.cluster.batch_jobs import job_script

    return cluster.workers, cluster.jobs, job_script(cluster)


@contextmanager
def chunk_runner(
    workers: int | None, cluster: ClusterConfig | None, progress: Progress
) -> Iterator[ChunkRunner]:
    """Give what simulates chunks; a cluster that is started for it ends with the block.

    Parameters
    ----------
    workers
        Number of processes on this machine; by default the number of processors.
    cluster
        The cluster, or None for this machine.
    progress
        Receives notes of the cluster.

    Yields
    ------
    ChunkRunner
        Simulates chunks.

    Raises
    ------
    ClusterError
        If the cluster cannot be reached or started.
    MissingDependencyError
        If Dask is not installed.
    """
    if cluster is None:
        yield LocalWorkers(workers or default_workers())
        return
    from showerkit.simulate.cluster.connection import connected

    with connected(cluster, progress.note) as runner:
        yield runner
