"""Jobs of SLURM and HTCondor, as dask-jobqueue writes and submits them."""

from __future__ import annotations

import shutil
import signal
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from showerkit.errors import ClusterError, MissingDependencyError
from showerkit.simulate.cluster.credentials import FILES
from showerkit.simulate.cluster.dask_upkeep import as_environment
from showerkit.simulate.cluster.settings import HTCondorConfig, SlurmConfig

if TYPE_CHECKING:
    from showerkit.simulate.cluster.settings import BatchConfig

_SUBMITS: Final[dict[str, str]] = {"slurm": "sbatch", "htcondor": "condor_submit"}
_MOST_WALLTIME_USED: Final = 0.95


def job_script(config: SlurmConfig | HTCondorConfig) -> str:
    """Give what would be submitted for each job, with ``HOST:PORT`` for the scheduler's address.

    Raises
    ------
    MissingDependencyError
        If dask-jobqueue is not installed.
    """
    cluster_class = _cluster_class(config)
    from distributed import Security

    own = config.folder.absolute() / ".credentials-RUN"
    security = Security(**{name: str(own / f"{name}.pem") for name in FILES})
    # Jobs make the folder of their logs at once; nothing is to be written here.
    with TemporaryDirectory() as scratch:
        options = {**job_options(config), "log_directory": scratch}
        job = cluster_class.job_cls(
            scheduler="tls://HOST:PORT", name="showerkit", protocol="tls://", security=security, **options
        )
        return str(job.job_script()).replace(scratch, str(config.folder.absolute()))


def job_options(config: SlurmConfig | HTCondorConfig) -> dict[str, Any]:
    """Express the settings as options of dask-jobqueue; each core is a Dask worker of one thread."""
    options: dict[str, Any] = {
        "cores": config.cores,
        "processes": config.cores,
        "memory": f"{config.cores * config.memory_gb_per_core:g}GB",
        "job_name": "showerkit",
        "job_script_prologue": [f"export {name}={value}" for name, value in as_environment().items()]
        + list(config.prologue),
        "python": config.python,
        "interface": config.interface,
        "log_directory": str(config.folder.absolute()),
        "death_timeout": 300,
        "worker_extra_args": ["--no-dashboard"],
        "job_extra_directives": [],
    }
    if isinstance(config, SlurmConfig):
        seconds = round(3600 * config.walltime_h)
        # Workers leave before they are killed, and hand back the chunks that they have not begun.
        lifetime = int(_MOST_WALLTIME_USED * seconds)
        options["worker_extra_args"] += ["--lifetime", f"{lifetime}s"]
        options |= {
            "queue": config.queue,
            "account": config.account,
            "walltime": f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}",
            "job_extra_directives": list(config.directives),
        }
    else:
        options |= {"disk": f"{config.disk_gb:g}GB", "job_extra_directives": dict(config.attributes)}
    return options


def batch_cluster(config: SlurmConfig | HTCondorConfig, security: Any) -> Any:
    """Start a scheduler here and submit the jobs.

    Parameters
    ----------
    config
        The settings.
    security
        The cluster's credentials.

    Returns
    -------
    dask_jobqueue.JobQueueCluster
        The cluster.

    """
    cluster = _cluster_class(config)(
        security=security,
        protocol="tls://",
        scheduler_options={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
        silence_logs="critical",
        **job_options(config),
    )
    try:
        cluster.scale(jobs=config.jobs)
    except BaseException:
        cluster.close()
        raise
    return cluster


def check_batch_system(config: SlurmConfig | HTCondorConfig) -> None:
    """Refuse a batch system that is not here, before anything is written.

    Raises
    ------
    ClusterError
        If so.
    MissingDependencyError
        If dask-jobqueue is not installed.
    """
    _cluster_class(config)
    if shutil.which(_SUBMITS[config.kind]) is None:
        raise ClusterError(
            f"{_SUBMITS[config.kind]} was not found",
            mend="start this on a machine from which jobs can be submitted; --dry-run shows what would be",
        )


def _cluster_class(config: BatchConfig) -> Any:
    # As it is imported, dask-jobqueue makes Ctrl-C end the process as if all were well.
    handler = signal.getsignal(signal.SIGINT)
    try:
        from dask_jobqueue.htcondor import HTCondorCluster
        from dask_jobqueue.slurm import SLURMCluster
    except ImportError:
        raise MissingDependencyError(
            "dask-jobqueue is not installed", mend="pip install 'showerkit[cluster]'"
        ) from None
    finally:
        if signal.getsignal(signal.SIGINT) is not handler:
            signal.signal(signal.SIGINT, handler)
    return SLURMCluster if isinstance(config, SlurmConfig) else HTCondorCluster
