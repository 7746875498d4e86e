"""Dask's workers on this machine: one job that is a process here and not of a batch system."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from distributed.deploy.spec import ProcessInterface

from showerkit.simulate.cluster.dask_upkeep import as_environment


class LocalJob(ProcessInterface):
    """A process that starts Dask's workers, each in a process, and replaces those that die.

    It is started afresh, so that a script needs no ``if __name__ == "__main__"``, and in a session of its
    own, so that Ctrl-C reaches the client alone.

    Parameters
    ----------
    scheduler
        The scheduler's address.
    name
        The job's name, from which the workers' are made.
    processes
        Number of Dask workers.
    security
        Credentials of the cluster.
    folder
        Folder for the log and for what the workers write.
    """

    def __init__(self, scheduler: str, name: Any, *, processes: int, security: Any, folder: Path) -> None:
        super().__init__(scheduler=scheduler, name=name)  # type: ignore[no-untyped-call]
        self.log = folder / f"dask-{name}.log"
        self._command = [
            sys.executable,
            *("-m", "distributed.cli.dask_worker", scheduler),
            *("--name", str(name)),
            *("--nworkers", str(processes)),
            *("--nthreads", "1"),
            *("--memory-limit", "0"),
            *("--local-directory", str(folder)),
            *("--death-timeout", "60"),
            "--no-dashboard",
            *tls_options(security),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def ended(self) -> int | None:
        """Exit code of the process, if it has ended by itself."""
        return None if self._process is None else self._process.poll()

    async def start(self) -> None:
        """Start the process."""
        paths = (folder or str(Path.cwd()) for folder in sys.path)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={
                    **as_environment(),
                    **os.environ,
                    "OMP_NUM_THREADS": "1",
                    "PYTHONPATH": os.pathsep.join(paths),
                },
                start_new_session=True,
            )
        await super().start()  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """End the process and its workers."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        await super().close()  # type: ignore[no-untyped-call]


def tls_options(security: Any) -> list[str]:
    """Options by which a Dask worker is told its credentials."""
    named = security.get_tls_config_for_role("worker")
    return [
        word
        for key, option in (("ca_file", "--tls-ca-file"), ("cert", "--tls-cert"), ("key", "--tls-key"))
        for word in (option, str(named[key]))
    ]
