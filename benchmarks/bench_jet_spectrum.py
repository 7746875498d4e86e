"""How much a calibration of jets inherits of the spectrum that it was trained on: least squares and others.

    python benchmarks/bench_jet_spectrum.py [JETS TEST_JETS] [--power 4] [--epochs N] [--epoch-jets N]

Each objective trains the same network twice on the same jets: once all count alike, once by
(true pT / lowest true pT)^-power, from another seed, and both calibrate the same test jets, without a
correction of the response. Told is the mean of ln(steep / flat) in bins of the true pT, with the error from
the scatter of the test jets, and beside it what Gaussian posteriors away from the ends would give:
-power sigma^2, with sigma the relative resolution of the flat training in the bin. Trainings from different
seeds differ by more than that error: how much tells a third training of the last objective, flat again.
Without files, small samples are simulated.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import tempfile
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import h5py
import numpy as np
import torch
from matched_jets import add_samples, samples

from showerkit.data.calibration_file import CalibrationJetFile, read_calibration_jets
from showerkit.progress import SilentProgress
from showerkit.train.jet_energy_recipe import JetEnergyRecipe
from showerkit.train.run_directory import RunDirectory

RESULTS = Path(__file__).parent / "results"
INPUTS = ("log-pt", "abs-eta", "mass-over-pt", "rho", "log-candidates")
BINS = 6
#: Smaller than the shipped one: what is asked is a matter of the objective.
PHI, F = (64, 64, 64), (64, 64)


def recipe(objective: str, told: argparse.Namespace, *, steep: bool, seed: int) -> JetEnergyRecipe:
    return JetEnergyRecipe(
        name="bench",
        model={"kind": "particle-flow", "phi": PHI, "f": F, "jet_inputs": INPUTS},
        objective={"kind": objective},
        response=None,
        data={"weighted": steep},
        training={
            "epochs": told.epochs,
            "epoch_jets": told.epoch_jets,
            "pretraining_epochs": 0 if objective == "mean-squared-error" else 1,
            "batch_size": 512,
            "seed": seed,
            "device": "cpu",
        },
    )


def calibrated(settings: JetEnergyRecipe, path: Path, test, folder: Path) -> np.ndarray:
    """The test jets' pT in GeV after a training."""
    from showerkit.reconstruct.jet_calibrator import jet_measurement_of
    from showerkit.workflow.jet_energy_training import train_jet_energy

    run, environment = RunDirectory(folder), {"data_fingerprint": "none", "versions": {}}
    run.begin(settings, environment)
    with CalibrationJetFile(path) as file:
        model, _ = train_jet_energy(settings, file, environment, run, resume=False, progress=SilentProgress())
    return jet_measurement_of(model)(test).energy_mev / 1000.0


def shifts(one: np.ndarray, other: np.ndarray, true: np.ndarray, edges: np.ndarray) -> list[list[float]]:
    """Mean of ln(other / one) in bins of the true pT, and its error."""
    ratio, rows = np.log(other / one), []
    for low, high in pairwise(edges):
        inside = ratio[(true >= low) & (true < high)]
        rows.append([float(inside.mean()), float(inside.std() / np.sqrt(len(inside)))])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_samples(parser)
    parser.add_argument("--power", type=float, default=4.0, help="how steeply the second spectrum falls")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--epoch-jets", type=int, default=None)
    parser.add_argument("--objectives", default="mean-squared-error,gaussian-ansatz")
    told = parser.parse_args()
    torch.set_num_threads(1)
    objectives, found = told.objectives.split(","), {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        flat, test_file = samples(parser, told, folder, 2000)
        test = read_calibration_jets(test_file)
        true = test.true_pt_gev.astype(np.float64)
        edges = np.linspace(np.floor(true.min()), np.ceil(true.max()), BINS + 1)
        steep = folder / "steep.h5"
        shutil.copyfile(flat, steep)
        with h5py.File(steep, "r+") as file:
            pt = file["true_jet"][:, 0].astype(np.float64)
            file["weight"][:] = (pt / pt.min()) ** -told.power
        for objective in objectives:

            def trained(path: Path, seed: int, objective: str = objective) -> np.ndarray:
                settings = recipe(objective, told, steep=path == steep, seed=seed)
                return calibrated(settings, path, test, folder / f"{objective}-{seed}")

            flat_pt, steep_pt = trained(flat, 1), trained(steep, 2)
            rows = {"shift": shifts(flat_pt, steep_pt, true, edges), "expected": []}
            for low, high in pairwise(edges):
                ratio = (flat_pt / true)[(true >= low) & (true < high)]
                rows["expected"].append(float(-told.power * (ratio.std() / ratio.mean()) ** 2))
            if objective == objectives[-1]:
                rows["other_seed"] = shifts(flat_pt, trained(flat, 3), true, edges)
            found[objective] = rows
            print(objective)
            for number, (low, high) in enumerate(pairwise(edges)):
                value, error = rows["shift"][number]
                line = f"  {low:4.0f} to {high:4.0f} GeV: shift {100 * value:6.2f} +- {100 * error:.2f} %"
                line += f", Gaussian posterior {100 * rows['expected'][number]:6.2f} %"
                if "other_seed" in rows:
                    line += f", another flat training {100 * rows['other_seed'][number][0]:6.2f} %"
                print(line, flush=True)
    result = {
        "power": told.power, "epochs": told.epochs, "epoch_jets": told.epoch_jets,
        "edges_gev": edges.tolist(),
        "train_jets": len(pt), "test_jets": len(test), "objectives": found,
        "versions": {"torch": torch.__version__},
        "machine": f"{os.cpu_count()} x {platform.processor() or platform.machine()}",
    }  # fmt: skip
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "jet_spectrum.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
