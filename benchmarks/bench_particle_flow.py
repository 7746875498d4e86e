"""Particle Flow Networks here against those of EnergyFlow: accuracy and time per epoch on the same jets.

    python benchmarks/bench_particle_flow.py JETS TEST_JETS --peer-python peer/bin/python [--epochs N]

Both see the same candidates, inputs of the jet and targets (true over uncalibrated pT), have the same layers,
batches, learning rate and loss (squared error), and one thread. `benchmarks/peers/energyflow_pfn_peer.py`
runs in the environment of EnergyFlow (its first lines say how to make it), on arrays in memory; the network
here reads its jets from the file anew in every epoch, as ``showerkit train`` does. Its time per epoch is that
of a training of E + 1 epochs less that of one, over E. Times are processor time; those on the clock are told
too.
The resolution is the standard deviation of calibrated over true pT, over its mean.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from showerkit.data.calibration_file import CalibrationJetFile
from showerkit.data.splits import SplitConfig
from showerkit.models.flat_candidates import (
    JetTensors,
    candidate_columns,
    flat_candidates,
    jet_columns,
    jet_tensors,
)
from showerkit.progress import SilentProgress
from showerkit.reconstruct.jet_measurement import JetNetworkMeasurement
from showerkit.train.jet_energy_recipe import JetEnergyRecipe
from showerkit.train.run_directory import RunDirectory

RESULTS = Path(__file__).parent / "results"
PEER = Path(__file__).parent / "peers" / "energyflow_pfn_peer.py"
SEED, PHI, F, RATE, BATCH = 1, (100, 100, 128), (100, 100, 100), 1.0e-3, 256
REPLICAS = 200


def recipe(epochs: int) -> JetEnergyRecipe:
    return JetEnergyRecipe(
        name="bench",
        model={"kind": "particle-flow", "phi": PHI, "f": F},
        objective={"kind": "mean-squared-error"},
        response=None,
        training={
            "epochs": epochs,
            "pretraining_epochs": 0,
            "batch_size": BATCH,
            "schedule": {"kind": "constant", "learning_rate": RATE},
            "seed": SEED,
            "device": "cpu",
        },
    )


def trained(epochs: int, path: Path, folder: Path) -> tuple[JetNetworkMeasurement, float, float]:
    """The network here after so many epochs, with processor time and time on the clock."""
    from showerkit.reconstruct.jet_calibrator import jet_measurement_of
    from showerkit.workflow.jet_energy_training import train_jet_energy

    run, settings = RunDirectory(folder / f"run-{epochs}"), recipe(epochs)
    environment = {"data_fingerprint": "none", "versions": {}}
    run.begin(settings, environment)
    with CalibrationJetFile(path) as file:
        clock, cpu = time.perf_counter(), time.process_time()
        model, _ = train_jet_energy(settings, file, environment, run, resume=False, progress=SilentProgress())
        cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    return jet_measurement_of(model), cpu, clock


def arrays(jets, config) -> dict[str, np.ndarray]:
    """What both networks are told, padded with zeros, and the target."""
    told = jet_tensors(jets)
    columns = candidate_columns(flat_candidates(told), config.candidate_inputs, config.radius)
    candidates = torch.zeros(*told.mask.shape, columns.shape[1])
    candidates[told.mask] = columns
    return {
        "candidates": candidates.numpy(),
        "jets": jet_columns(JetTensors(*told), config.jet_inputs).numpy(),
        "target": (jets.true_pt_gev / jets.pt_gev - 1.0).astype(np.float32),
    }


def resolution(pt_gev: np.ndarray, true_gev: np.ndarray) -> tuple[float, float, float]:
    """Standard deviation of the response over its mean, its error, and half the central 68 %."""
    ratio = pt_gev / true_gev
    random = np.random.default_rng(SEED)
    drawn = [ratio[random.integers(0, len(ratio), len(ratio))] for _ in range(REPLICAS)]
    low, middle, high = np.quantile(ratio, [0.1587, 0.5, 0.8413])
    spread = np.std([one.std() / one.mean() for one in drawn])
    return float(ratio.std() / ratio.mean()), float(spread), float((high - low) / 2.0 / middle)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("jets", type=Path, help="file of matched jets to learn from")
    parser.add_argument("test", type=Path, help="another one, to judge by")
    parser.add_argument("--peer-python", type=Path, required=True, help="Python of EnergyFlow's environment")
    parser.add_argument("--epochs", type=int, default=8)
    told = parser.parse_args()
    torch.set_num_threads(1)
    settings = recipe(told.epochs + 1)
    data = settings.data
    split = SplitConfig(validation=data.validation_fraction, calibration=data.calibration_fraction)
    with CalibrationJetFile(told.jets) as file:
        all_jets = file.read(0, len(file))
    jets = all_jets[split.selects("train", all_jets.event_id)]
    with CalibrationJetFile(told.test) as file:
        test = file.read(0, len(file))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part, sample in (("train", jets), ("test", test)):
            for what, array in arrays(sample, settings.model).items():
                np.save(folder / f"{part}_{what}.npy", array)
        peer_settings = {
            "phi": PHI, "f": F, "learning_rate": RATE, "batch_size": BATCH, "seed": SEED, "threads": 1,
            "epochs": told.epochs + 1,
        }  # fmt: skip
        (folder / "settings.json").write_text(json.dumps(peer_settings))
        _, one_cpu, one_clock = trained(1, told.jets, folder)
        measurement, cpu, clock = trained(told.epochs + 1, told.jets, folder)
        own = {"cpu_s": (cpu - one_cpu) / told.epochs, "wall_s": (clock - one_clock) / told.epochs}
        parameters = sum(one.numel() for one in measurement.network.parameters())
        subprocess.run([told.peer_python, PEER, folder], check=True)
        peer = json.loads((folder / "peer.json").read_text())
        peer_pt = (1.0 + np.load(folder / "peer_test.npy")) * test.pt_gev
    own_pt = measurement(test).energy_mev / 1000.0
    rows = {
        "showerkit": {**own, "parameters": parameters, "resolution": resolution(own_pt, test.true_pt_gev)},
        "energyflow": {
            "cpu_s": float(np.mean(peer["cpu_s"][1:])),
            "wall_s": float(np.mean(peer["wall_s"][1:])),
            "parameters": peer["parameters"],
            "resolution": resolution(peer_pt, test.true_pt_gev),
        },
        "uncalibrated": {"resolution": resolution(test.pt_gev, test.true_pt_gev)},
    }
    ratio = rows["energyflow"]["cpu_s"] / rows["showerkit"]["cpu_s"]
    result = {
        "jets": len(jets), "test_jets": len(test), "epochs": told.epochs + 1, "seed": SEED, "rows": rows,
        "ratio_of_cpu_time": ratio, "versions": peer["versions"] | {"torch": torch.__version__},
        "machine": f"{os.cpu_count()} x {platform.processor() or platform.machine()}",
    }  # fmt: skip
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "particle_flow.json").write_text(json.dumps(result, indent=1) + "\n")
    print(f"{len(jets)} jets to learn from, {told.epochs + 1} epochs, {len(test)} to judge by, one thread")
    print(f"{'':14s}{'weights':>9s}{'s/epoch':>9s}{'on clock':>9s}{'resolution':>20s}{'central 68 %':>14s}")
    for name, row in rows.items():
        times = f"{row['cpu_s']:9.2f}{row['wall_s']:9.2f}" if "cpu_s" in row else " " * 18
        spread, error, central = row["resolution"]
        print(f"{name:14s}{row.get('parameters', ''):>9}{times}{spread:12.4f} +- {error:.4f}{central:14.4f}")
    print(f"ratio of processor times per epoch: {ratio:.2f}")


if __name__ == "__main__":
    main()
