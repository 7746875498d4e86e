"""The cluster that the options of the command line name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from showerkit.errors import ConfigurationError

if TYPE_CHECKING:
    from showerkit.simulate.cluster.settings import ClusterConfig


def cluster_from_options(
    scheduler: str | None, cluster: str | None, settings: list[str] | None, workers: int | None = None
) -> ClusterConfig | None:
    """Put the settings of a cluster together.

    Parameters
    ----------
    scheduler
        Address of a Dask scheduler (``--scheduler``).
    cluster
        A kind of cluster or a YAML file (``--cluster``).
    settings
        Single settings, each ``key=value`` (``--cluster-set``).
    workers
        Number of processes (``--workers``); those of Dask, if it is on this machine.

    Returns
    -------
    ClusterConfig or None
        The cluster; None if no option names one.

    Raises
    ------
    ConfigurationError
        If options contradict each other, or a setting is unknown or out of range.

    Examples
    --------
    >>> cluster_from_options(None, "slurm", ["jobs=20", "cores=16", "queue=long"]).workers
    320
    """
    from showerkit.simulate.cluster.settings import read_cluster
    from showerkit.train.recipe import parse_overrides

    chosen = parse_overrides(settings or [])
    if scheduler is not None:
        if cluster is not None or chosen:
            raise ConfigurationError(
                "--scheduler", got="a cluster too", expected="either a scheduler that runs or --cluster"
            )
        config = read_cluster("scheduler", {"address": scheduler})
    elif cluster is not None:
        config = read_cluster(cluster if cluster != "scheduler" else Path(cluster), chosen)
    else:
        if chosen:
            raise ConfigurationError("--cluster-set", expected="only with --cluster", mend="add --cluster")
        return None
    if workers is None:
        return config
    if config.kind != "local":
        raise ConfigurationError("--workers together with a cluster", mend=config.size_setting)
    return config.model_copy(update={"processes": workers})
