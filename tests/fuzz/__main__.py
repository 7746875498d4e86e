"""Feed wrong inputs to every reader: ``python -m tests.fuzz --help``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .harness import Child, Report, fuzz, table
from .readers import READERS


def main() -> int:
    """Run, print a table, and end with 1 if any input was taken badly."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="time for each reader")
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
            reports.append(report)
            sys.stdout.write(f"{name}: {report.inputs} inputs, {len(report.defects)} taken badly\n")
            sys.stdout.writelines(f"  {line}\n" for line in report.defects[:20])
            sys.stdout.flush()
    finally:
        child.close()
    sys.stdout.write(table(reports) + "\n")
    return int(any(report.defects for report in reports))


if __name__ == "__main__":
    sys.exit(main())
