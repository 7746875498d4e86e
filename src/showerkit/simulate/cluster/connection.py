"""Connects to a Dask scheduler, or starts one with workers of its own for one run."""

from __future__ import annotations

import logging
import socket
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from showerkit.errors import ClusterError, MissingDependencyError
from showerkit.simulate.cluster.dask_upkeep import SELDOM
from showerkit.simulate.cluster.settings import LocalConfig, SchedulerConfig
from showerkit.simulate.worker_process import default_workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from showerkit.simulate.cluster.dask_workers import DaskWorkers
    from showerkit.simulate.cluster.settings import ClusterConfig, HTCondorConfig, SlurmConfig

#: How long a scheduler may take to answer, in s.
_ANSWERS_WITHIN_S: Final = 5.0
#: How long one that was started here may take: it is there, but the machine may be busy.
_OWN_ANSWERS_WITHIN_S: Final = 60.0
#: Dask would tell on standard error what `DaskWorkers` tells as notes and errors.
_LOGGERS: Final = ("distributed", "distributed.client", "distributed.scheduler", "tornado.application")


@contextmanager
def connected(
    config: ClusterConfig, note: Callable[[str], None] = lambda message: None
) -> Iterator[DaskWorkers]:
    """Connect to a cluster, and start it if it is one of its own for this run.

    Parameters
    ----------
    config
        The cluster.
    note
        Receives one line when it is there.

    Yields
    ------
    DaskWorkers
        Simulates chunks on it. What was started ends with the block; a scheduler that ran before stays.

    Raises
    ------
    ClusterError
        If the cluster cannot be reached or started.
    MissingDependencyError
        If Dask is not installed.
    """
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise MissingDependencyError(
            "distributed is not installed", mend="pip install 'showerkit[cluster]'"
        ) from None
    from showerkit.simulate.cluster.dask_workers import DaskWorkers

    with ExitStack() as stack:
        stack.enter_context(_quiet())
        if isinstance(config, SchedulerConfig):
            _knock(config.address)
            client = stack.enter_context(_client(config.address))
            yield DaskWorkers(client, config.address, note=note)
            return
        cluster, jobs, workers = _started(stack, config)
        client = stack.enter_context(_client(cluster, _OWN_ANSWERS_WITHIN_S))
        yield DaskWorkers(client, config.kind, note=note, jobs=jobs, expected=workers)


def _started(stack: ExitStack, config: LocalConfig | SlurmConfig | HTCondorConfig) -> tuple[Any, Any, int]:
    """Start a scheduler and its jobs; give it, what looks after them, and how many workers are to come."""
    import dask

    from showerkit.simulate.cluster.batch_jobs import batch_cluster, check_batch_system
    from showerkit.simulate.cluster.credentials import temporary_credentials
    from showerkit.simulate.cluster.job_upkeep import JobUpkeep

    # A worker gets its next chunk when it is done with one, so that none waits for a busy worker at the end.
    # Jobs are looked after here. Dask itself would end a job by the name of a worker that was lost 15 s ago:
    # the one that was started in its place, if it takes longer than that to come.
    settings = {
        "distributed.scheduler.worker-saturation": 1.0,
        "distributed.deploy.lost-worker-timeout": "365 days",
    }
    stack.enter_context(dask.config.set({**SELDOM, **settings}))
    if isinstance(config, LocalConfig):
        # Processes that are ended may still write for a moment.
        folder = Path(
            stack.enter_context(
                tempfile.TemporaryDirectory(prefix="showerkit-dask-", ignore_cleanup_errors=True)
            )
        )
        processes = config.processes or default_workers()
        security = stack.enter_context(temporary_credentials(folder))
        cluster = _local_cluster(processes, security, folder)
        jobs, per_job = 1, processes
    else:
        check_batch_system(config)
        security = stack.enter_context(temporary_credentials(config.folder))
        cluster = batch_cluster(config, security)
        jobs, per_job = config.jobs, config.cores
    stack.callback(cluster.close)
    return cluster, JobUpkeep(cluster, jobs, per_job), jobs * per_job


def _local_cluster(processes: int, security: Any, folder: Path) -> Any:
    from distributed import Scheduler, SpecCluster

    from showerkit.simulate.cluster.local_job import LocalJob

    suffixes = {"group": [f"-{number}" for number in range(processes)]} if processes > 1 else {}
    options = {"processes": processes, "security": security, "folder": folder}
    return SpecCluster(
        scheduler={
            "cls": Scheduler,
            "options": {
                "host": "127.0.0.1",
                "protocol": "tls://",
                "security": security,
                "dashboard": False,
                "dashboard_address": "127.0.0.1:0",
            },
        },
        workers={"local": {"cls": LocalJob, "options": options, **suffixes}},
        security=security,
        name="showerkit",
    )


def _knock(address: str) -> None:
    """Refuse an address at once where nothing listens, or says nothing; Dask would try again and again.

    A scheduler greets whoever connects; by TLS it waits for the other side to begin.

    Raises
    ------
    ClusterError
        If so.
    """
    host, _, port = address.partition("://")[2].rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWERS_WITHIN_S) as caller:
            if address.startswith("tcp://") and not caller.recv(1):
                raise ConnectionResetError("the connection was closed at once")
    except (OSError, OverflowError) as failure:
        raise _no_answer(address, failure) from None


def _no_answer(scheduler: Any, failure: Exception, within_s: float = _ANSWERS_WITHIN_S) -> ClusterError:
    return ClusterError(
        f"no Dask scheduler answers at {scheduler}",
        got=" ".join(str(failure).split()) or type(failure).__name__,
        expected=f"an answer within {within_s:g} s",
        mend="start it ('dask scheduler'), or correct the address",
    )


@contextmanager
def _client(scheduler: Any, within_s: float = _ANSWERS_WITHIN_S) -> Iterator[Any]:
    """Connect to a scheduler; the connection ends with the block."""
    from distributed import Client

    try:
        client = Client(scheduler, timeout=within_s, set_as_default=False, name="showerkit")
    except (OSError, TimeoutError, ValueError, RuntimeError) as failure:
        raise _no_answer(scheduler, failure, within_s) from None
    try:
        yield client
    finally:
        client.close(timeout=_ANSWERS_WITHIN_S)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask's own log lines off standard error while the block runs."""
    before = {name: logging.getLogger(name).level for name in _LOGGERS}
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
