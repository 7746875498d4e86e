"""Kill a command at random moments, go on with it, and compare what comes out."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

ROOT = Path(__file__).parents[2]


class Server:
    """The process that runs commands."""

    def __init__(self) -> None:
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kills.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env={**os.environ, **one, "MPLBACKEND": "Agg"},
            text=True,
        )
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise RuntimeError("the process that runs commands does not start")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait(timeout=60)

    def run(self, folder: Path, words: list[str], **when: Any) -> dict[str, Any]:
        """Run a command in a folder."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"folder": str(folder), "words": words, **when}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@dataclass(frozen=True)
class Command:
    """A command, how it is gone on with, and what its result is."""

    name: str
    words: list[str]
    #: What is there before it begins.
    prepare: Callable[[Path], None]
    #: Whatever must not depend on where it was killed.
    result: Callable[[Path], dict[str, str]]
    resumes: bool = True


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass
class Kill:
    """One kill: where, and what was different afterwards."""

    command: str
    moment: str
    differences: list[str]


def kill_once(
    server: Server, command: Command, folder: Path, random: np.random.Generator, whole: Whole
) -> Kill:
    """Kill the command until it was hit before its end, go on, and compare."""
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        command.prepare(folder)
        if random.random() < 0.5:
            change = int(random.integers(1, whole.changes + 1))
            moment, when = f"before change {change} of {whole.changes}", {"kill_at_change": change}
        else:
            after_s = float(random.uniform(0.0, whole.seconds))
            moment, when = f"after {after_s:.2f} of {whole.seconds:.2f} s", {"kill_after_s": after_s}
        ended = server.run(folder, command.words, **when)
        if ended["code"] == -signal.SIGKILL:
            break
    differences = [
        f"{name} is there, and not whole"
        for name, value in _results_there(command, folder).items()
        if whole.result.get(name) != value
    ]
    again = server.run(folder, command.words + (["--resume"] if command.resumes else []))
    if again["code"] == 2 and "start without --resume" in again["output"]:
        # It was killed before it had written down what it was about to do.
        again = server.run(folder, command.words)
    if again["code"] != 0:
        return Kill(command.name, moment, [*differences, f"ended with {again['code']}: {again['output']}"])
    found = command.result(folder)
    differences += [name for name in whole.result if found.get(name) != whole.result[name]]
    return Kill(command.name, moment, differences)


def _results_there(command: Command, folder: Path) -> dict[str, str]:
    """What of the result is there under its final name; nothing may be there in part."""
    try:
        return {} if command.resumes else command.result(folder)
    except FileNotFoundError:
        return {}


@dataclass(frozen=True)
class Whole:
    """What a command gives that nobody kills."""

    result: dict[str, str]
    seconds: float
    changes: int


def run_whole(server: Server, command: Command, folder: Path) -> Whole:
    """Run a command to its end."""
    folder.mkdir(parents=True)
    command.prepare(folder)
    ended = server.run(folder, command.words)
    if ended["code"] != 0:
        raise RuntimeError(f"{command.name} ended with {ended['code']}: {ended['output']}")
    return Whole(command.result(folder), ended["seconds"], ended["changes"])
