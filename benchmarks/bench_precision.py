"""Rate of a training and the loss it reaches, by precision and with and without torch.compile.

    python benchmarks/bench_precision.py [--showers N] [--epochs N] [--hidden N] [--device cpu|auto]

The same recipe learns the same made-up showers in the ZDC's crystals each time. The rate is that of all
epochs but the first, in which a compilation takes place; by the clock, and per second of processor time,
which other work on the machine changes less. The loss is that of the validation part after the last epoch.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from bench_stream import make_shard

RESULTS = Path(__file__).parent / "results"
KINDS = (("32-true", False), ("bf16-mixed", False), ("32-true", True), ("bf16-mixed", True))


class Clock:
    """A progress that looks at the clocks at the end of each epoch."""

    def __init__(self) -> None:
        self.began = (time.perf_counter(), time.process_time())
        self.seen: list[tuple[float, float]] = []

    def start(self, what: str, total: int, unit: str) -> None:
        self.began = (time.perf_counter(), time.process_time())

    def advance(self, done: int) -> None:
        pass

    def finish(self) -> None:
        pass

    def note(self, message: str) -> None:
        if message.startswith("epoch "):
            self.seen.append((time.perf_counter(), time.process_time()))


def measure(
    sample: Path, run: Path, options, precision: str, compile_it: bool
) -> dict[str, float | str | bool]:
    from showerkit.train.loss_history import read_losses
    from showerkit.train.recipe import TrainingRecipe
    from showerkit.workflow.train import train

    training = {
        "epochs": options.epochs,
        "device": options.device,
        "precision": precision,
        "compile": compile_it,
        "value_spread": False,
    }
    recipe = TrainingRecipe.model_validate(
        {"name": "bench", "model": {"hidden": options.hidden}, "training": training}
    )
    clock = Clock()
    train(recipe, sample, run, progress=clock)
    losses = read_losses(run / "metrics.csv")
    events = 0.9 * options.showers * (options.epochs - 1)
    wall_s, core_s = np.subtract(clock.seen[-1], clock.seen[0])
    return {
        "precision": precision,
        "compile": compile_it,
        "first_epoch_s": clock.seen[0][0] - clock.began[0],
        "events_per_s": events / wall_s,
        "events_per_core_s": events / core_s,
        "first_loss": float(losses["validation_loss"][0]),
        "loss": float(losses["validation_loss"][-1]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--showers", type=int, default=4000)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--device", choices=("cpu", "auto"), default="cpu")
    options = parser.parse_args()
    from showerkit.data.timing import machine_name

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder) / "showers.h5"
        make_shard(sample, 0, options.showers)
        for number, kind in enumerate(KINDS):
            rows.append(measure(sample, Path(folder) / f"{number}", options, *kind))
            print(json.dumps(rows[-1]), file=sys.stderr)
    load = os.getloadavg()[0]
    print(f"{options.showers:,} showers, {options.epochs} epochs, hidden {options.hidden}; {machine_name()}")
    print(f"{'precision':12}{'compile':>8}{'first epoch':>13}{'events/s':>10}{'per core s':>12}{'loss':>10}")
    for row in rows:
        print(
            f"{row['precision']:12}{'yes' if row['compile'] else 'no':>8}{row['first_epoch_s']:>11.1f} s"
            f"{row['events_per_s']:>10.0f}{row['events_per_core_s']:>12.0f}{row['loss']:>10.5f}"
        )
    print(f"load of the machine {load:.1f}")
    RESULTS.mkdir(exist_ok=True)
    report = {"machine": machine_name(), "load": load, "options": vars(options), "rows": rows}
    (RESULTS / "precision.json").write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
