"""Options by which verbs that simulate name a cluster."""

from __future__ import annotations

from typing import Annotated

import typer

Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="Simulate on the workers of a Dask scheduler: tcp://node17:8786.",
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="local|slurm|htcondor|FILE.yaml",
        help="Start a Dask cluster for this run: on this machine, by batch jobs, or as a file tells.",
    ),
]
ClusterSettings = Annotated[
    list[str] | None,
    typer.Option("--cluster-set", metavar="KEY=VALUE", help="Override one setting of the cluster: jobs=20."),
]
