"""Feed wrong inputs to every reader: ``python -m tests.fuzz --help``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .coverage_guided import fuzz_by_coverage, is_installed
from .harness import Child, Report, fuzz, table
from .readers import READERS


def main() -> int:
    """Run, print a table, and end with 1 if any input was taken badly."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="time for each reader and engine")
    parser.add_argument(
        "--engine",
        choices=["all", "mutations", "atheris"],
        default="all",
        help="mutations: changes that know what files mean; atheris: those that reach new lines of code",
    )
    parser.add_argument(
        "--inputs", type=int, help="inputs for each reader; by default as many as the time allows"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=20.0, help="seconds that one input may take")
    parser.add_argument(
        "--readers", nargs="*", default=list(READERS), choices=list(READERS), metavar="READER"
    )
    parser.add_argument("--keep", type=Path, help="folder for the inputs that were taken badly")
    given = parser.parse_args()
    guided = given.engine != "mutations"
    if guided and not is_installed():
        sys.stdout.write("atheris is not installed for this Python\n")
        guided = False
        if given.engine == "atheris":
            return 2
    bad = 0
    if given.engine != "atheris":
        bad += _with_mutations(given)
    if guided and given.inputs is None:
        bad += _with_atheris(given)
    return int(bad > 0)


def _with_mutations(given: argparse.Namespace) -> int:
    child = Child(given.limit)
    reports: list[Report] = []
    try:
        for name in given.readers:
            report = fuzz(
                name,
                inputs=given.inputs,
                seconds=given.seconds,
                seed=given.seed,
                keep=given.keep,
                child=child,
            )
            reports.append(_told(report))
    finally:
        child.close()
    return _summed("mutations", reports)


def _with_atheris(given: argparse.Namespace) -> int:
    reports = [
        _told(
            fuzz_by_coverage(
                name, seconds=given.seconds, seed=given.seed, limit_s=given.limit, keep=given.keep
            )
        )
        for name in given.readers
    ]
    return _summed("atheris", reports)


def _told(report: Report) -> Report:
    sys.stdout.write(f"{report.reader}: {report.inputs} inputs, {len(report.defects)} taken badly\n")
    sys.stdout.writelines(f"  {line}\n" for line in report.defects[:20])
    sys.stdout.flush()
    return report


def _summed(engine: str, reports: list[Report]) -> int:
    sys.stdout.write(f"{engine}\n{table(reports)}\n")
    sys.stdout.flush()
    return sum(len(report.defects) for report in reports)


if __name__ == "__main__":
    sys.exit(main())
