"""Run the ZDC reports' named tests one after the other on one sample, at equal budgets, then compare them.

Stage 1 is trained once for each kind of input and serves all tests that start from it. Tests 18 and 24 train
their own; Test 18, whose networks are four times as costly, sees a quarter of the showers there and in stage
2, which takes as long. A run that is finished is kept, one that was interrupted goes on.

    python benchmarks/zdc_named_tests.py --data runs/zdc-100k --output runs/zdc --showers 20000

In full, as the reports have it (days on two cores; hours with a GPU):

    python benchmarks/zdc_named_tests.py --data runs/zdc-100k --output runs/zdc --full

Each remedy is added to Test 26 LR4 by itself: `--only lr4-r1 lr4-concrete ...`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

STARTS = {
    "regression-energy": ["default", "test-1", "test-2", "test-3", "test-4", "test-5", "test-6"],
    "regression-hit": [
        "test-25",
        "test-26-lr4",
        "test-26-lr4-ns1",
        "test-26-lr6",
        "test-26-lr8",
        "test-26-lr9",
    ],
}
REMEDIED = "test-26-lr4"
REMEDIES: dict[str, dict[str, object]] = {
    "lr4-straight-through": {"adversarial.mask": "{kind: straight-through}"},
    "lr4-concrete": {"adversarial.mask": "{kind: concrete}"},
    "lr4-hits-seen": {"adversarial.discriminator.sees": "image-and-mask"},
    "lr4-spectral-norm": {"adversarial.discriminator.spectral_norm": 1.7},
    "lr4-r1": {"adversarial.r1": "{weight: 1.0, every: 4}"},
    "lr4-slow-generator": {"adversarial.generator_schedule.max_learning_rate": 1.0e-4},
    "lr4-average": {"adversarial.average": "{decay: 0.99}"},
    "lr4-distance": {"adversarial.keep": "{kind: distance}"},
}
STARTS["regression-hit"] += REMEDIES
#: How many times costlier a shower is than with the default networks.
ALONE = {"test-18": 4, "test-24": 1, "gan-remedies": 1}
ONE_STAGE = [*STARTS, "regression-total"]


def settings(name: str, arguments: argparse.Namespace) -> list[str]:
    """Settings of one run, as `showerkit run` takes them."""
    cost = ALONE.get(name, 1)
    values: dict[str, object] = dict(REMEDIES.get(name, {}))
    if not arguments.full:
        values["training.epochs"] = 1
        if cost > 1:
            values["training.epoch_showers"] = arguments.stage_1_showers // cost
        if name not in ONE_STAGE:
            values["adversarial.epochs"] = arguments.epochs
            values["adversarial.epoch_showers"] = arguments.showers // (arguments.epochs * cost)
            values["adversarial.batch_size"] = arguments.batch_size
    for start, tests in STARTS.items():
        if name in tests:
            values["adversarial.start"] = str(arguments.output / start / "model")
    return [word for key, value in values.items() for word in ("--set", f"{key}={value}")]


def main() -> int:
    """Run what is asked for; return how many runs failed."""
    names = [*ONE_STAGE, *(test for tests in STARTS.values() for test in tests), *ALONE]
    tests = [name for name in names if name not in REMEDIES]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the samples, made if not there")
    parser.add_argument("--output", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--showers", type=int, default=20_000, help="showers that stage 2 sees")
    parser.add_argument("--stage-1-showers", type=int, default=90_000, help="showers that stage 1 sees")
    parser.add_argument("--epochs", type=int, default=5, help="parts of stage 2 after which losses are noted")
    parser.add_argument("--batch-size", type=int, default=64, help="showers a batch in stage 2")
    parser.add_argument("--full", action="store_true", help="as many epochs as the recipes have")
    parser.add_argument("--only", nargs="+", choices=names, default=tests, help="only these")
    parser.add_argument("--page", type=Path, help="compare all finished runs on this page")
    arguments = parser.parse_args()
    failed = 0
    for name in arguments.only:
        recipe = REMEDIED if name in REMEDIES else name
        command = [
            sys.executable,
            "-m",
            "showerkit",
            "run",
            recipe,
            "--data",
            str(arguments.data),
            "--resume",
        ]
        command += ["-o", str(arguments.output / name), *settings(name, arguments)]
        print("$ showerkit", *command[3:], flush=True)
        failed += subprocess.run(command, check=False).returncode != 0
    if arguments.page is not None:
        finished = [arguments.output / name for name in names]
        runs = [str(run) for run in finished if (run / "report" / "metrics.json").is_file()]
        command = [sys.executable, "-m", "showerkit", "compare", *runs, "-o", str(arguments.page)]
        failed += subprocess.run([*command, "--title", "The named tests"], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
