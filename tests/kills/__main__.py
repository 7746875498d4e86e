"""Kill commands at random moments and compare their results: ``python -m tests.kills --help``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from .commands import BY_NAME
from .killing import Server, kill_once, run_whole


def main() -> int:
    """Run, print a table, and end with 1 if any result was another one."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="kills in all, shared out evenly")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--commands", nargs="*", default=list(BY_NAME), choices=list(BY_NAME), metavar="COMMAND"
    )
    given = parser.parse_args()
    same = 0
    with Server() as server, tempfile.TemporaryDirectory(prefix="showerkit-kills-") as folder:
        wholes = {}
        for number in range(given.kills):
            command = BY_NAME[given.commands[number % len(given.commands)]]
            if command.name not in wholes:
                wholes[command.name] = run_whole(server, command, Path(folder) / command.name / "whole")
            random = np.random.default_rng([given.seed, number])
            kill = kill_once(
                server, command, Path(folder) / command.name / "killed", random, wholes[command.name]
            )
            same += not kill.differences
            ended = "the same result" if not kill.differences else "; ".join(kill.differences)
            sys.stdout.write(f"{number + 1:3} {kill.command:18} killed {kill.moment:32} {ended}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{same} of {given.kills} killed runs gave the same result\n")
    return int(same < given.kills)


if __name__ == "__main__":
    sys.exit(main())
