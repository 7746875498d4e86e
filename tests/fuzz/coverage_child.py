"""The process that a coverage-guided fuzzer drives: ``python -m tests.fuzz.coverage_process READER FOLDER``.

`FOLDER` holds ``valid`` and ``work``, the same valid input twice; what is left of the command line is the
fuzzer's. Every input is written to the file in ``work`` that the reader has changed, read there as by the
other engine's child, and judged in the same way. What is no value and no named error is written down, once
for each text, and the fuzzing goes on; counts are written once a second, for the process that started this.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from . import child
from .model_mutations import RAN
from .mutation import pick
from .reader import Reader
from .readers import READERS
from .tree_mutations import JSON_MUTATIONS, YAML_MUTATIONS

#: Bytes that no reader of text takes more of.
_MOST_TEXT = 2_000_000


def signature(folder: Path) -> list[tuple[str, int, int]]:
    """Names, sizes and times of all files; a change of any is seen in it."""
    found = ((str(path), path.stat()) for path in sorted(folder.rglob("*")) if path.is_file())
    return [(name, one.st_size, one.st_mtime_ns) for name, one in found]


class Verdicts:
    """Counts of outcomes, and the inputs that were taken badly."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._counts: Counter[str] = Counter()
        self._known: set[str] = set()
        self._written = self._slowest = 0.0
        self.text = ""

    def add(self, outcome: str, text: str, data: bytes, took_s: float) -> None:
        self._counts[outcome] += 1
        self._slowest = max(self._slowest, took_s)
        if outcome not in ("value", "error"):
            key = f"{outcome}: {text.split(': ')[0] if outcome == 'traceback' else text}"
            if key not in self._known:
                self._known.add(key)
                name = hashlib.sha256(data).hexdigest()[:12]
                (self._folder / f"bad-{name}").write_bytes(data)
                with (self._folder / "defects").open("a") as lines:
                    lines.write(json.dumps({"input": name, "outcome": outcome, "text": text[:500]}) + "\n")
        if time.monotonic() - self._written > 1.0:
            self.write()

    def write(self) -> None:
        self._written = time.monotonic()
        partial = self._folder / "counts.partial"
        partial.write_text(json.dumps({"outcomes": self._counts, "slowest_s": self._slowest}))
        partial.replace(self._folder / "counts")


def judge(name: str, work: Path, target: Path, data: bytes) -> tuple[str, str]:
    """Read one input and say what came of it."""
    target.write_bytes(data)
    before = signature(work)
    answer = child._answer(name, work / READERS[name].input)
    outcome, text = answer["outcome"], answer["text"]
    if Path(RAN).exists():
        Path(RAN).unlink()
        return "deed", "code in the file was run"
    if outcome in ("value", "error") and [one for one in signature(work) if "/made" not in one[0]] != before:
        return "deed", "a file was changed"
    return outcome, text


def _mutator(reader: Reader, scratch: Path):
    """Changes that know what the file means, where they are safe for any bytes: texts."""
    import atheris

    knows = any(one in (*JSON_MUTATIONS, *YAML_MUTATIONS) for one in reader.mutations)

    def change(data: bytes, max_size: int, seed: int) -> bytes:
        random = np.random.default_rng(seed)
        if not knows or random.random() < 0.5:
            return bytes(atheris.Mutate(data, max_size))
        scratch.write_bytes(data)
        try:
            pick(random, reader.mutations).change(scratch, random)
        except Exception:  # noqa: BLE001
            # It found nothing in these bytes that it can change.
            return bytes(atheris.Mutate(data, max_size))
        return scratch.read_bytes()[:max_size]

    return change


def main(words: list[str]) -> None:
    """Read valid inputs, so that everything is imported; then whatever the fuzzer thinks of."""
    import atheris

    name, folder = words[1], Path(words[2])
    reader, work = READERS[name], folder / "work"
    target = work / (folder / "target").read_text()
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    valid, limit_s = target.read_bytes(), float((folder / "limit").read_text())
    with atheris.instrument_imports(include=["showerkit"]):
        reader.read(folder / "valid" / reader.input)
    sys.addaudithook(child._hook)
    verdicts = Verdicts(folder)
    child._limit_memory()

    @atheris.instrument_func
    def one_input(data: bytes) -> None:
        # On a busy machine the clock runs while the process does not.
        began = time.process_time()
        outcome, text = judge(name, work, target, data)
        took_s = time.process_time() - began
        if took_s > limit_s:
            outcome, text = "hang", f"{took_s:.0f} s of processor time"
        verdicts.add(outcome, text, data, took_s)

    arguments: list[Any] = [words[0], *words[3:], f"-max_len={min(2 * len(valid) + 4096, _MOST_TEXT)}"]
    atheris.Setup(arguments, one_input, custom_mutator=_mutator(reader, folder / "scratch"))
    atheris.Fuzz()
