"""How long the showers of a file took to make, in a small JSON file beside it.

Times are kept out of the shower file, which is the same bit for bit however long it took.
"""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

from pydantic import Field

from showerkit.configuration import StrictConfig, parse_config
from showerkit.data.atomic_file import replacing, write_error
from showerkit.errors import FileFormatError


class Timing(StrictConfig):
    """What making a file took.

    Parameters
    ----------
    generator
        What made the showers.
    n_showers
        Number of showers made in that time.
    wall_s
        Wall-clock time in seconds.
    cpu_s
        Processor time in seconds, of all processes and threads together; it does not depend on what else
        the machine was doing. None in files of earlier versions.
    workers
        Number of processes, or threads, that worked at the same time.
    ms_per_shower
        Core time per shower in ms: processor time over showers (wall time times workers over showers where
        `cpu_s` is None).
    machine
        The machine's processor.
    """

    generator: str
    n_showers: int = Field(ge=1)
    wall_s: float = Field(ge=0.0)
    cpu_s: float | None = Field(default=None, ge=0.0)
    workers: int = Field(ge=1)
    ms_per_shower: float = Field(ge=0.0)
    machine: str


def machine_name() -> str:
    """Describe this machine's processor and its number of usable cores."""
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model}, {cores} cores"


def timing_path(path: Path | str) -> Path:
    """Name of the timing file beside a shower file."""
    return Path(f"{Path(path)}.timing.json")


def write_timing(
    path: Path | str, *, generator: str, n_showers: int, wall_s: float, cpu_s: float, workers: int
) -> Timing:
    """Write how long the showers of file `path` took, to ``<path>.timing.json``.

    Returns
    -------
    Timing
        What was written.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    timing = Timing(
        generator=generator,
        n_showers=n_showers,
        wall_s=wall_s,
        cpu_s=cpu_s,
        workers=workers,
        ms_per_shower=1000.0 * cpu_s / n_showers,
        machine=machine_name(),
    )
    target = timing_path(path)
    try:
        with replacing(target) as partial:
            partial.write_text(timing.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as failure:
        raise write_error(target, failure) from None
    return timing


def read_timing(path: Path | str) -> Timing | None:
    """Read how long the showers of file `path` took; None if nobody wrote it down.

    Raises
    ------
    FileFormatError
        If the timing file is damaged.
    """
    source = timing_path(path)
    if not source.exists():
        return None
    try:
        values = json.loads(source.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as broken:
        raise FileFormatError(f"{source}", got=f"no valid JSON ({broken})", expected="timings") from None
    if not isinstance(values, dict):
        raise FileFormatError(f"{source}", got=type(values).__name__, expected="a JSON object")
    return parse_config(Timing, values, source=str(source), error=FileFormatError)
