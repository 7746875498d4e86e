"""Make wrong inputs, let a child read them, and note every answer that is none."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from showerkit.data.shard_index import INDEX_NAME

from .byte_mutations import BYTE_MUTATIONS
from .model_mutations import RAN
from .mutation import Mutation, pick
from .reader import Reader
from .readers import READERS

ROOT = Path(__file__).parents[2]
#: How much longer than its limit a process that does not compute is waited for.
PATIENCE = 15


@dataclass
class Report:
    """What came of the inputs of one reader."""

    reader: str
    inputs: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    defects: list[str] = field(default_factory=list)
    slowest_s: float = 0.0


class Child:
    """The reading process; started again when it was killed or died."""

    def __init__(self, limit_s: float, command: list[str] | None = None) -> None:
        self._limit_s = limit_s
        self._command = command or [sys.executable, "-m", "tests.fuzz.child"]
        self._process: subprocess.Popen[bytes] | None = None
        self._ready: str | None = None

    def ask(self, reader: str, path: Path, valid: Path) -> dict[str, str]:
        """Read an input; before the first one of a reader a valid one."""
        self.prepare(reader, valid)
        return self._send("changed", reader, path, self._limit_s)

    def prepare(self, reader: str, valid: Path) -> None:
        """Let all that is imported late be imported, by reading a valid input."""
        if self._process is None:
            self._start()
        if self._ready != reader:
            answer = self._send("valid", reader, valid, 300.0)
            if answer["outcome"] != "ready":
                raise RuntimeError(f"{reader}: the valid input cannot be read: {answer}")
            self._ready = reader

    def _start(self) -> None:
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MALLOC_ARENA_MAX"), "1")
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT,
            env={**os.environ, **one},
        )  # fmt: skip
        self._ready = None

    def _send(self, task: str, reader: str, path: Path, limit_s: float) -> dict[str, str]:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{task}\t{reader}\t{path}\n".encode())
        self._process.stdin.flush()
        return self._line(limit_s)

    def _line(self, limit_s: float) -> dict[str, str]:
        assert self._process is not None
        assert self._process.stdout is not None
        began, text = time.monotonic(), b""
        computed_s = processor_s(self._process.pid)
        end, last = began + limit_s, began + PATIENCE * limit_s
        while not text.endswith(b"\n"):
            ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                # On a busy machine the process may not have had its time yet.
                left = limit_s - (processor_s(self._process.pid) - computed_s)
                if left > 0.05 * limit_s and (is_waiting(self._process.pid) or time.monotonic() < last):
                    end = time.monotonic() + left
                    continue
                self.close()
                return {"outcome": "hang", "text": f"no answer within {limit_s:g} s"}
            piece = os.read(self._process.stdout.fileno(), 65536)
            if not piece:
                code = self._process.wait()
                self.close()
                return {"outcome": "crash", "text": f"the process ended with {code}"}
            text += piece
        found: dict[str, str] = json.loads(text)
        return found

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()
            self._process = None


def processor_s(process: int) -> float:
    """Processor time that a process has had, in s."""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def is_waiting(process: int) -> bool:
    """Whether a process would compute if it had a processor."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "R"


def fuzz(
    name: str, *, inputs: int | None, seconds: float, seed: int, limit_s: float = 20.0,
    keep: Path | None = None,
    child: Child | None = None,
) -> Report:  # fmt: skip
    """Feed wrong inputs to one reader until there were so many, or so much time is over."""
    reader, report = READERS[name], Report(name)
    own = child or Child(limit_s)
    try:
        with tempfile.TemporaryDirectory(prefix="showerkit-fuzz-") as folder:
            valid = Path(folder) / "valid"
            valid.mkdir()
            target = reader.make(valid / reader.input).relative_to(valid)
            own.prepare(name, valid / reader.input)
            began = time.monotonic()
            while (inputs is None or report.inputs < inputs) and time.monotonic() - began < seconds:
                _one(reader, report, own, Path(folder), target, seed, keep)
    finally:
        if child is None:
            own.close()
    return report


def _one(
    reader: Reader, report: Report, child: Child, folder: Path, target: Path, seed: int, keep: Path | None
) -> None:
    number = report.inputs
    random = np.random.default_rng([seed, number, *report.reader.encode()])
    work = folder / "work"
    shutil.copytree(folder / "valid", work)
    must_fail, names = changed(reader, work / target, random)
    before = _state(work)
    asked = time.monotonic()
    answer = child.ask(report.reader, work / reader.input, folder / "valid" / reader.input)
    took = time.monotonic() - asked
    outcome, text = answer["outcome"], answer["text"]
    if Path(RAN).exists():
        outcome, text = "deed", "code in the file was run"
        Path(RAN).unlink()
    elif outcome in ("value", "error") and _state(work) != before:
        outcome, text = "deed", "a file was changed"
    elif outcome == "value" and must_fail and reader.needed:
        outcome, text = "accepted", "what must be refused"
    report.inputs += 1
    report.outcomes[outcome] += 1
    report.slowest_s = max(report.slowest_s, took)
    if outcome not in ("value", "error"):
        report.defects.append(f"{report.reader} #{number} ({', '.join(names)}): {outcome}: {text}")
        if keep is not None:
            kept = keep / f"{report.reader.replace(' ', '-').replace(':', '')}-{number}"
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(work, kept)
    shutil.rmtree(work)


def changed(reader: Reader, path: Path, random: np.random.Generator) -> tuple[bool, list[str]]:
    """Change the file once or twice; whether it must be refused then is known after one change only."""
    mutations: list[Mutation] = []
    for _ in range(2 if random.random() < 0.2 else 1):
        # Libraries may not survive writing into a damaged file: after bytes were changed only bytes are.
        damaged = any(one in BYTE_MUTATIONS for one in mutations)
        among = reader.mutations if not damaged and random.random() < reader.knowing else BYTE_MUTATIONS
        chosen = pick(random, among)
        try:
            chosen.change(path, random)
        except Exception:  # noqa: BLE001
            # It found nothing in this file that it can change.
            chosen = BYTE_MUTATIONS[-1]
            chosen.change(path, random)
        mutations.append(chosen)
    return len(mutations) == 1 and mutations[0].must_fail, [one.name for one in mutations]


def _state(folder: Path) -> dict[str, Any]:
    """Names, sizes and bytes of all files."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != INDEX_NAME
    }


def table(reports: list[Report]) -> str:
    """The outcomes as a table."""
    kinds = ["value", "error", "traceback", "two lines", "hang", "crash", "deed", "accepted"]
    head = f"{'reader':24}{'inputs':>8}" + "".join(f"{kind:>11}" for kind in kinds) + f"{'slowest s':>11}"
    rows = [
        f"{one.reader:24}{one.inputs:8}"
        + "".join(f"{one.outcomes[kind]:11}" for kind in kinds)
        + f"{one.slowest_s:11.2f}"
        for one in reports
    ]
    total = sum((one.outcomes for one in reports), Counter())
    count = sum(one.inputs for one in reports)
    rows.append(f"{'all':24}{count:8}" + "".join(f"{total[kind]:11}" for kind in kinds))
    return "\n".join([head, *rows])
