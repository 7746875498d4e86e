"""How much a generator loses at energies that it has not learnt from.

    python benchmarks/bench_interpolation.py TRAINING TEST [--recipe zdc-flow] [--band 9:11] [--epochs N]

The recipe is trained twice on the same number of showers: on showers of all energies, and on showers of which
none lies in the band. Both models generate the test sample's incident particles. Told for both are the AUC of
the classifier on observables in the band, the AUC of as many showers next to it, and the difference, as
`showerkit evaluate --held-out-energy` gives them. A generator that interpolates loses nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from showerkit.data.shower_file import ShowerFile
from showerkit.data.shower_writer import ShowerWriter
from showerkit.workflow.evaluate import evaluate
from showerkit.workflow.generate import generate
from showerkit.workflow.train import train

RESULTS = Path(__file__).parent / "results"
BATCH = 10_000
KEYS = {
    "interpolation.held_out.auc": "AUC on observables in the band",
    "interpolation.learnt.auc": "AUC on observables next to it",
    "interpolation.rise": "rise",
    "classifier.high_level.auc": "AUC on observables, all energies",
}


def chosen(source: Path, target: Path, number: int, band_mev: tuple[float, float] | None) -> None:
    """Write the first showers of a file, those in the band left out."""
    written = 0
    with ShowerFile(source) as file, ShowerWriter(target, file.metadata) as writer:
        for showers in file.iterate(BATCH):
            energy = showers.incident.energy_mev
            kept = np.ones(len(energy), dtype=bool)
            if band_mev is not None:
                kept = (energy < band_mev[0]) | (energy > band_mev[1])
            places = np.flatnonzero(kept)[: number - written]
            writer.append(showers[places])
            written += len(places)
    if written < number:
        raise SystemExit(f"{source} has {written:,} such showers, fewer than {number:,}")


def measured(metrics: Path) -> dict[str, tuple[float, float]]:
    """What is told of the only candidate, with errors."""
    (candidate,) = json.loads(metrics.read_text())["candidates"]
    rows = candidate["measures"]
    return {key: (rows[key]["value"], rows[key]["error"]) for key in KEYS if key in rows}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("training", type=Path, help="file of showers to learn from")
    parser.add_argument("test", type=Path, help="another one, to judge by")
    parser.add_argument("--recipe", default="zdc-flow")
    parser.add_argument("--band", default="9:11", help="energies in GeV that one training never sees")
    parser.add_argument("--number", type=int, default=80_000, help="showers of either training")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--bootstrap", type=int, default=20)
    told = parser.parse_args()
    low, high = (1000.0 * float(edge) for edge in told.band.split(":"))
    found: dict[str, object] = {"settings": {key: str(value) for key, value in vars(told).items()}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for label, band in (("all energies", None), ("band left out", (low, high))):
            sample, model, made = (
                folder / (label.replace(" ", "-") + end) for end in (".h5", "", "-made.h5")
            )
            chosen(told.training, sample, told.number, band)
            train(told.recipe, sample, model, overrides={"training.epochs": told.epochs})
            generate(model, made, like=told.test)
            report = evaluate(
                told.test,
                [made],
                folder / f"{model.name}-report",
                bootstrap=told.bootstrap,
                two_samples={"held_out_mev": ((low, high),)},
            )
            found[label] = rows = measured(report.parent / "metrics.json")
            print(f"trained on {label}: {told.number:,} showers, {told.epochs} epochs")
            for key, (value, error) in rows.items():
                print(f"  {KEYS[key]:40s} {value:6.3f} +- {error:.3f}", flush=True)
    found["machine"] = platform.machine()
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "interpolation.json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
