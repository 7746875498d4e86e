"""Train on several devices of one machine: a process each, looked after by this one."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from typing import IO, TYPE_CHECKING, Any, Final

from showerkit import errors
from showerkit.errors import ConfigurationError, ShowerkitError, TrainingProcessError
from showerkit.train.epoch_listener import EpochFigures, EpochListener
from showerkit.train.hardware_config import Hardware

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.progress import Progress
    from showerkit.train.families import AnyTrainingRecipe
    from showerkit.train.run_directory import RunDirectory

#: Seconds that processes have to end after one of them failed, or after the user stopped them.
_GRACE_S: Final = 5.0
_STOP_S: Final = 120.0
#: Later stages are trained on one device.
_LATER_STAGES: Final = ("adversarial", "distillation", "latent_flow")


def devices_of(recipe: AnyTrainingRecipe) -> int:
    """Tell on how many devices a recipe trains.

    Raises
    ------
    ConfigurationError
        If there are several, and a stage that can be trained on one only, or batches that they cannot share.
    """
    training = getattr(recipe, "training", None)
    devices = training.devices if isinstance(training, Hardware) else 1
    batch_size = getattr(training, "batch_size", devices)
    if batch_size % devices:
        raise ConfigurationError(
            "training.batch_size", got=batch_size, expected=f"a multiple of {devices}, the number of devices"
        )
    for stage in _LATER_STAGES:
        if devices > 1 and getattr(recipe, stage, None) is not None:
            raise ConfigurationError(
                "training.devices", got=devices, expected=f"1 in a recipe with a section '{stage}'"
            )
    return devices


def train_on_devices(
    recipe: AnyTrainingRecipe,
    devices: int,
    data: Path,
    run: RunDirectory,
    *,
    resume: bool,
    progress: Progress,
) -> None:
    """Let processes train together, until the first of them has written the model.

    Parameters
    ----------
    recipe
        The recipe.
    devices
        How many.
    data
        The sample.
    run
        The run directory, begun.
    resume
        Go on from the last state, if there is one.
    progress
        Is told what the first process tells.

    Raises
    ------
    ShowerkitError
        The first error of any process; all others are ended then.
    TrainingProcessError
        If a process ended without a word.
    KeyboardInterrupt
        If the user stopped the training; the state before the next batch is kept.
    """
    job = {
        "recipe": recipe.model_dump(mode="json"),
        "data": str(data),
        "output": str(run.path),
        "resume": resume,
    }
    with tempfile.TemporaryDirectory() as logs:
        group = _Group(devices, job, logs)
        try:
            group.follow(progress)
        except BaseException as ended:
            group.stop(gently=not isinstance(ended, ShowerkitError))
            raise
        finally:
            group.kill()


class _Group:
    """The processes of one training."""

    def __init__(self, devices: int, job: dict[str, Any], logs: str) -> None:
        self.messages: queue.Queue[tuple[int, str, list[Any]]] = queue.Queue()
        self.logs = [tempfile.TemporaryFile(dir=logs) for _ in range(devices)]  # noqa: SIM115 (until `kill`)
        threads = max(1, (os.cpu_count() or 1) // devices)
        environment = {"OMP_NUM_THREADS": str(threads), **os.environ}
        port = _free_port()
        self.processes: list[subprocess.Popen[str]] = []
        self.listeners: list[threading.Thread] = []
        for rank, log in enumerate(self.logs):
            process = subprocess.Popen(
                [sys.executable, "-m", "showerkit.workflow.rank_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                text=True,
                # Ctrl-C is for this process, which tells them.
                start_new_session=True,
            )
            self.processes.append(process)
            mine = {**job, "ranks": {"rank": rank, "number": devices, "port": port}}
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("a process without pipes")
            process.stdin.write(json.dumps(mine) + "\n")
            process.stdin.flush()
            listener = threading.Thread(target=self._listen, args=(rank, process.stdout), daemon=True)
            listener.start()
            self.listeners.append(listener)

    def _listen(self, rank: int, output: IO[str]) -> None:
        with output:
            for line in output:
                kind, what = json.loads(line)
                self.messages.put((rank, kind, what))
        self.messages.put((rank, "ended", [self.processes[rank].wait()]))

    def follow(self, progress: Progress) -> None:
        """Hand on what is told, until all are done or one has failed."""
        done: set[int] = set()
        while len(done) < len(self.processes):
            rank, kind, what = self.messages.get()
            if kind in ("error", "ended") and rank not in done:
                raise self._first_failure(rank, kind, what, progress)
            if kind == "done":
                done.add(rank)
            elif kind == "interrupted":
                raise KeyboardInterrupt
            elif kind == "epoch" and isinstance(progress, EpochListener):
                progress.epoch_done(EpochFigures(**what[0]))
            elif kind in ("start", "advance", "finish", "note"):
                getattr(progress, kind)(*what)

    def _first_failure(self, rank: int, kind: str, what: list[Any], progress: Progress) -> ShowerkitError:
        """Tell what happened in each process that failed, in one line each; give the one that matters."""
        failures = {rank: (kind, what)}
        until = time.monotonic() + _GRACE_S
        while len(failures) < len(self.processes) and (left := until - time.monotonic()) > 0:
            try:
                other, other_kind, other_what = self.messages.get(timeout=left)
            except queue.Empty:
                break
            if other_kind in ("error", "ended"):
                failures.setdefault(other, (other_kind, other_what))
        found = {each: self._error(each, *failure) for each, failure in sorted(failures.items())}
        first = min(found, key=lambda each: _distance_from_cause(found[each], failures[each]))
        told = {str(found[first])}
        for error in found.values():
            if str(error) not in told:
                progress.note(str(error))
                told.add(str(error))
        return found[first]

    def _error(self, rank: int, kind: str, what: list[Any]) -> ShowerkitError:
        if kind == "error":
            name, text = what
            known = getattr(errors, name, None)
            cls = known if isinstance(known, type) and issubclass(known, ShowerkitError) else None
            return (cls or TrainingProcessError)(text)
        code = what[0]
        self.logs[rank].seek(0)
        lines = self.logs[rank].read().decode(errors="replace").strip().splitlines()
        if code < 0:
            got = f"it was ended by {signal.Signals(-code).name}"
        else:
            got = f"it ended with code {code}" + (f" ({lines[-1].strip()})" if lines else "")
        return TrainingProcessError(f"training, process {rank + 1} of {len(self.processes)}", got=got)

    def stop(self, *, gently: bool) -> None:
        """Ask all to stop at the next batch and wait, if gently; a second Ctrl-C ends the waiting."""
        if not gently:
            return
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        until = time.monotonic() + _STOP_S
        while any(process.poll() is None for process in self.processes) and time.monotonic() < until:
            time.sleep(0.05)

    def kill(self) -> None:
        """End all that still run."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdin is not None:
                process.stdin.close()
        for listener in self.listeners:
            listener.join()
        for log in self.logs:
            log.close()


def _distance_from_cause(error: ShowerkitError, failure: tuple[str, list[Any]]) -> int:
    """Order failures: a named error, a process that was killed, one that broke, one that lost the others."""
    kind, what = failure
    if kind == "error":
        return 3 if isinstance(error, TrainingProcessError) else 0
    return 1 if what[0] < 0 else 2


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
