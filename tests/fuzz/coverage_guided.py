"""Inputs that atheris thinks of: changes that reach new lines of the readers are kept and changed again.

The fuzzer is in the reading process, which a crash or a hang therefore ends; it is started again with all
inputs that it had found worth keeping, until the time is over.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from .harness import PATIENCE, ROOT, Report, changed
from .readers import READERS

#: Changed inputs that the fuzzer begins with, besides the valid one.
SEEDS = 40
#: What a process takes to start before it reads its first input, in s; no hang.
START_S = 300.0


def is_installed() -> bool:
    """Whether there is an atheris for this Python."""
    return importlib.util.find_spec("atheris") is not None


def fuzz_by_coverage(
    name: str, *, seconds: float, seed: int, limit_s: float = 20.0, keep: Path | None = None
) -> Report:
    """Let atheris look for inputs that one reader takes badly, for so many seconds of fuzzing."""
    reader, report = READERS[name], Report(name)
    with tempfile.TemporaryDirectory(prefix="showerkit-fuzz-") as made:
        folder = Path(made)
        for one in ("valid", "work"):
            (folder / one).mkdir()
        target = reader.make(folder / "valid" / reader.input).relative_to(folder / "valid")
        shutil.copytree(folder / "valid", folder / "work", dirs_exist_ok=True)
        (folder / "target").write_text(str(target))
        (folder / "limit").write_text(str(limit_s))
        _begin_corpus(name, folder, target, seed)
        left, run = seconds, 0
        while left >= 1.0:
            run += 1
            began = time.monotonic()
            code, errors = _run(name, folder, left, seed + run, limit_s)
            fuzzed = time.monotonic() - began
            left -= fuzzed
            _collect(report, folder)
            died = [path for path in folder.glob("end-*") if path.is_file()]
            for path in died:
                _defect(report, path.name.split("-")[1], f"the process ended with {code}", path, keep)
                path.unlink()
            if code != 0 and not died:
                if not report.inputs:
                    raise RuntimeError(f"{name}: {errors[-2000:]}")
                report.outcomes["crash"] += 1
                report.defects.append(f"{name}: crash: the process ended with {code}: {errors[-300:]!r}")
            for line in (
                (folder / "defects").read_text().splitlines() if (folder / "defects").exists() else []
            ):
                bad = json.loads(line)
                _defect(report, bad["outcome"], bad["text"], folder / f"bad-{bad['input']}", keep)
            (folder / "defects").unlink(missing_ok=True)
            shutil.rmtree(folder / "work")
            shutil.copytree(folder / "valid", folder / "work")
    return report


def _begin_corpus(name: str, folder: Path, target: Path, seed: int) -> None:
    corpus, work = folder / "corpus", folder / "seeds"
    corpus.mkdir()
    (corpus / "valid").write_bytes((folder / "valid" / target).read_bytes())
    for number in range(SEEDS):
        shutil.copytree(folder / "valid", work)
        changed(READERS[name], work / target, np.random.default_rng([seed, number, *name.encode()]))
        (corpus / f"seed-{number}").write_bytes((work / target).read_bytes())
        shutil.rmtree(work)


def _run(name: str, folder: Path, seconds: float, seed: int, limit_s: float) -> tuple[int, str]:
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MALLOC_ARENA_MAX"), "1")
    words = [
        f"-max_total_time={int(seconds)}", f"-timeout={int(PATIENCE * limit_s)}",
        "-rss_limit_mb=0", f"-seed={seed}",
        f"-artifact_prefix={folder}/end-", "-print_final_stats=0", "-verbosity=0",
        "-report_slow_units=1000000",
        str(folder / "corpus"),
    ]  # fmt: skip
    command = [sys.executable, "-m", "tests.fuzz.coverage_process", name, str(folder), *words]
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **one}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, errors="replace",
    ) as process:  # fmt: skip
        try:
            errors = process.communicate(timeout=seconds + START_S + 2 * PATIENCE * limit_s)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            errors = process.communicate()[1]
    return process.returncode, errors


def _collect(report: Report, folder: Path) -> None:
    counts = folder / "counts"
    if counts.exists():
        found = json.loads(counts.read_text())
        report.outcomes.update(found["outcomes"])
        report.inputs = sum(report.outcomes.values())
        report.slowest_s = max(report.slowest_s, found["slowest_s"])
        counts.unlink()


def _defect(report: Report, outcome: str, text: str, path: Path, keep: Path | None) -> None:
    if outcome in ("crash", "timeout", "oom", "leak"):
        # Those that were judged are counted already.
        outcome = {"timeout": "hang"}.get(outcome, "crash")
        report.outcomes[outcome] += 1
        report.inputs += 1
    report.defects.append(f"{report.reader} {path.name}: {outcome}: {text}")
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, keep / f"{report.reader.replace(' ', '-').replace(':', '')}-{path.name}")
