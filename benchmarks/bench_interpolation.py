"""How much a generator loses at energies that it has not learnt from.

    python benchmarks/bench_interpolation.py [TRAINING TEST] [--recipe zdc-flow] [--band 9:11] [--epochs N]

The recipe is trained twice on the same number of showers: on showers of all energies, and on showers of which
none lies in the band. Both models generate the test sample's incident particles, of which half are best in
the band and half next to it. Told for both are the AUC of a classifier on observables in the band, that of
one of as many showers next to it, and the difference, as `showerkit evaluate --held-out-energy` gives them,
but of all showers, each of which is tested on once: as many trainings of a classifier as there are fifths. A
generator that interpolates loses nothing. Without files, small samples are simulated.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from showerkit.data.shower_file import ShowerFile
from showerkit.data.shower_writer import ShowerWriter
from showerkit.evaluate.feature_tables import feature_tables
from showerkit.evaluate.interpolation import Interpolation, interpolation_test
from showerkit.evaluate.settings import EvaluationConfig, TwoSampleConfig
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.workflow.generate import generate
from showerkit.workflow.simulate import simulate
from showerkit.workflow.train import train

RESULTS = Path(__file__).parent / "results"
BATCH = 10_000
#: Trainings of each classifier, each tested on another fifth of the showers.
FIFTHS = 5


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


def judged(test: Path, made: Path, band_mev: tuple[float, float], seed: int) -> Interpolation:
    """Compare all showers of a model with Geant4's, in the band and next to it."""
    threshold_mev = EvaluationConfig().threshold_mev
    tables = []
    for path in (test, made):
        with ShowerFile(path) as file:
            tables.append(feature_tables(file, len(file), threshold_mev))
    network = TwoSampleConfig().network.model_copy(update={"repeats": FIFTHS})
    reference, candidate = ((table.observables, table.energy_mev) for table in tables)
    found = interpolation_test(reference, candidate, (band_mev,), config=network, seed=seed)
    if found is None:
        raise SystemExit(f"{test} has too few showers in the band or beside it")
    return found


def small_samples(folder: Path, band_gev: tuple[float, float], number: int) -> tuple[Path, Path]:
    """Simulate a sample to learn from and one to judge by."""
    low, high = band_gev
    middle, width = 0.5 * (low + high), high - low
    angles = {"theta_deg": (-25, 25), "phi_deg": (0, 180)}
    training, test = folder / "training.h5", folder / "test.h5"
    everywhere = PrimaryConfig(energy_gev=(0, 2 * middle), **angles)
    around = PrimaryConfig(energy_gev=(max(0.0, middle - width), middle + width), **angles)
    simulate("zdc-ecal", training, n=math.ceil(1.25 * number), primaries=everywhere, seed=1)
    simulate("zdc-ecal", test, n=number, primaries=around, seed=2)
    return training, test


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("training", type=Path, nargs="?", help="file of showers to learn from")
    parser.add_argument("test", type=Path, nargs="?", help="another one, to judge by")
    parser.add_argument("--recipe", default="zdc-flow")
    parser.add_argument("--band", default="9:11", help="energies in GeV that one training never sees")
    parser.add_argument("--number", type=int, help="showers of either training; default: 80,000, or 2,000")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1, help="of the classifiers")
    told = parser.parse_args()
    if (told.training is None) != (told.test is None):
        parser.error("name a sample to learn from and one to judge by, or none of them")
    low, high = (float(edge) for edge in told.band.split(":"))
    band_mev = (1000.0 * low, 1000.0 * high)
    number = told.number or (80_000 if told.training else 2000)
    settings = {key: value for key, value in vars(told).items() if key not in ("training", "test")}
    found: dict[str, object] = {"settings": {**settings, "number": number}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if told.training is None:
            training, test = small_samples(folder, (low, high), number)
        else:
            training, test = told.training, told.test
        for label, band in (("all energies", None), ("band left out", band_mev)):
            sample, model, made = (
                folder / (label.replace(" ", "-") + end) for end in (".h5", "", "-made.h5")
            )
            chosen(training, sample, number, band)
            train(told.recipe, sample, model, overrides={"training.epochs": told.epochs})
            generate(model, made, like=test)
            auc = judged(test, made, band_mev, told.seed)
            found[label] = {
                "held_out": (auc.held_out, auc.held_out_error),
                "learnt": (auc.learnt, auc.learnt_error),
                "rise": (auc.rise, auc.rise_error),
                "showers": auc.reference_showers,
            }
            print(f"trained on {label}: {number:,} showers, {told.epochs} epochs")
            print(f"  AUC on observables in the band  {auc.held_out:6.3f} +- {auc.held_out_error:.3f}")
            print(f"  AUC on observables next to it   {auc.learnt:6.3f} +- {auc.learnt_error:.3f}")
            print(f"  rise                            {auc.rise:6.3f} +- {auc.rise_error:.3f}")
            print(f"  showers of each kind            {auc.reference_showers:6,}")
    found["machine"] = platform.machine()
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "interpolation.json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
