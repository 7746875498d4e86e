"""Settings of clusters: a scheduler that runs, processes of this machine, SLURM or HTCondor."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal

from pydantic import Field, field_validator

from showerkit.configuration import StrictConfig, load_yaml, parse_config
from showerkit.errors import ConfigurationError, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

Count = Annotated[int, Field(ge=1)]
Line = Annotated[str, Field(pattern=r"^[^\r\n]+$")]


class SchedulerConfig(StrictConfig):
    """A Dask scheduler that runs already, with its workers.

    Parameters
    ----------
    address
        Where it listens, such as ``tcp://node17:8786``; with ``tls://`` Dask's own configuration names the
        certificates.
    """

    kind: Literal["scheduler"] = "scheduler"
    address: str

    size_setting: ClassVar[str] = "the scheduler has its own workers"

    @field_validator("address")
    @classmethod
    def _is_an_address(cls, address: str) -> str:
        if re.fullmatch(r"(tcp|tls)://(\[[0-9a-fA-F:.]+\]|[^\s/:]+):[0-9]{1,5}", address) is None:
            raise ValueError("an address such as tcp://node17:8786")
        return address


class LocalConfig(StrictConfig):
    """Dask on this machine.

    Parameters
    ----------
    processes
        Number of Dask's worker processes; by default the number of processors.
    """

    kind: Literal["local"] = "local"
    processes: Count | None = None

    size_setting: ClassVar[str] = "set 'processes' of the cluster"


class BatchConfig(StrictConfig):
    """What jobs of all batch systems have in common.

    Parameters
    ----------
    jobs
        Number of jobs; one that ends before the sample is finished is submitted again.
    cores
        Cores of a job, each of which simulates one chunk at a time.
    memory_gb_per_core
        Memory to ask for, in GB (1e9 bytes) for each core.
    prologue
        Shell commands that a job runs first, such as ``module load python``.
    python
        The Python that jobs run, by path; by default this one.
    interface
        Network interface by which jobs and this machine see each other, such as ``ib0``.
    folder
        Folder that this machine and the jobs see: the jobs' logs, and while they run their certificates.
    """

    jobs: Count = 1
    cores: Count = 1
    memory_gb_per_core: Annotated[float, Field(gt=0)] = 2.0
    prologue: tuple[Line, ...] = ()
    python: Line | None = None
    interface: Line | None = None
    folder: Path = Path("showerkit-jobs")

    size_setting: ClassVar[str] = "set 'jobs' and 'cores' of the cluster"

    @property
    def workers(self) -> int:
        """Number of chunks that are simulated at once."""
        return self.jobs * self.cores


class SlurmConfig(BatchConfig):
    """Jobs of SLURM.

    Parameters
    ----------
    jobs, cores, memory_gb_per_core, prologue, python, interface, folder
        As of every batch system, see `BatchConfig`.
    queue
        The partition; by default the site's.
    account
        Whom the jobs are accounted to.
    walltime_h
        Time limit of a job in hours.
    directives
        Further options of ``sbatch``, such as ``--exclusive``.
    """

    kind: Literal["slurm"] = "slurm"
    queue: Line | None = None
    account: Line | None = None
    walltime_h: Annotated[float, Field(gt=0)] = 8.0
    directives: tuple[Line, ...] = ()


class HTCondorConfig(BatchConfig):
    """Jobs of HTCondor.

    Parameters
    ----------
    jobs, cores, memory_gb_per_core, prologue, python, interface, folder
        As of every batch system, see `BatchConfig`.
    disk_gb
        Disk of a job in GB.
    attributes
        Further lines of the submit description, such as ``+JobFlavour: '"workday"'``.
    """

    kind: Literal["htcondor"] = "htcondor"
    disk_gb: Annotated[float, Field(gt=0)] = 1.0
    attributes: dict[Line, Line | int | float] = Field(default_factory=dict)


ClusterConfig = SchedulerConfig | LocalConfig | SlurmConfig | HTCondorConfig

_KINDS: Final[dict[str, type[SchedulerConfig | LocalConfig | SlurmConfig | HTCondorConfig]]] = {
    "scheduler": SchedulerConfig,
    "local": LocalConfig,
    "slurm": SlurmConfig,
    "htcondor": HTCondorConfig,
}


def read_cluster(name_or_path: str | Path, settings: Mapping[str, Any] | None = None) -> ClusterConfig:
    """Read the settings of a cluster.

    Parameters
    ----------
    name_or_path
        A kind (``local``, ``slurm`` or ``htcondor``) or a YAML file that names one under ``kind``.
    settings
        Single settings that replace those of the file.

    Returns
    -------
    ClusterConfig
        The settings.

    Raises
    ------
    ConfigurationError
        If a setting is unknown, missing or out of range; an unknown one names the nearest known.

    Examples
    --------
    >>> read_cluster("slurm", {"jobs": 20, "cores": 16}).workers
    320
    """
    source = str(name_or_path)
    if source in _KINDS:
        values: dict[str, Any] = {"kind": source}
    elif Path(source).suffix in (".yaml", ".yml") or Path(source).exists():
        values = load_yaml(source)
    else:
        known = [kind for kind in _KINDS if kind != "scheduler"]
        raise ConfigurationError(
            "the cluster", got=repr(source), mend=f"{suggest(source, known)}, or name a YAML file"
        )
    values = {**values, **(settings or {})}
    kind = values.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        known_kinds = ", ".join(_KINDS)
        if kind is None:
            raise ConfigurationError(f"{source}: key 'kind' is missing", expected=f"one of {known_kinds}")
        raise ConfigurationError(f"{source}: 'kind'", got=repr(kind), mend=suggest(str(kind), _KINDS))
    return parse_config(_KINDS[kind], values, source=source)
