"""Run the CaloChallenge's own code on two files and tell separation powers, features and times.

    python calochallenge_peer.py CODE REFERENCE CANDIDATE DATASET OUTPUT

CODE is the folder ``code`` of the challenge's repository (CaloChallenge/homepage), DATASET one of 1-photons,
1-pions, 2, 3. It needs numpy, matplotlib, h5py, torch and scikit-learn. The separation powers go to
OUTPUT/peer.json, the tables of features to OUTPUT/reference.npy and OUTPUT/candidate.npy.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import h5py
import matplotlib as mpl

mpl.use("Agg")

PARTICLES = {"1-photons": "photon", "1-pions": "pion", "2": "electron", "3": "electron"}
LEAST_MEV = {"1-photons": 1.0, "1-pions": 1.0, "2": 0.5e-3 / 0.033, "3": 0.5e-3 / 0.033}


def clock() -> float:
    """Processor time of this process."""
    times = os.times()
    return times.user + times.system


def main() -> None:
    code, reference, candidate, dataset, output = sys.argv[1:6]
    sys.path.insert(0, code)
    import evaluate
    import numpy as np

    mpl.rcParams["text.usetex"] = False
    mpl.rcParams["text.latex.preamble"] = ""
    folder, least = Path(output), LEAST_MEV[dataset]
    features, tables, showers = [], [], []
    started, wall = clock(), time.perf_counter()
    for path in (candidate, reference):
        with h5py.File(path) as file:
            found, energy = evaluate.extract_shower_and_energy(file, "this")
            found = np.where(found < least, np.zeros_like(found), found)
            binning = Path(code) / f"binning_dataset_{dataset.replace('-', '_')}.xml"
            one = evaluate.HLF.HighLevelFeatures(PARTICLES[dataset], filename=str(binning))
            one.CalculateFeatures(found)
            one.Einc = energy
            features.append(one)
            showers.append(found)
    of_features = clock() - started
    settings = SimpleNamespace(
        dataset=dataset, mode="hist-chi", output_dir=str(folder), x_scale="log", min_energy=least
    )
    texts = folder / f"histogram_chi2_{dataset}.txt"
    texts.unlink(missing_ok=True)
    functions = ["Etot_Einc", "E_layers", "ECEtas", "ECPhis", "ECWidthEtas", "ECWidthPhis"]
    functions += ["sparsity", "ECR", "ECWidthR"]
    if dataset.startswith("1"):
        functions.append("Etot_Einc_discrete")
    for name in functions:
        getattr(evaluate, f"plot_{name}")(*features, settings)
    evaluate.plot_cell_dist(*showers, settings)
    cost = {"cpu_s": clock() - started, "features_cpu_s": of_features, "wall_s": time.perf_counter() - wall}
    for path, one, name in zip((candidate, reference), features, ("candidate", "reference"), strict=True):
        with h5py.File(path) as file:
            tables = evaluate.prepare_high_data_for_classifier(file, one, 0.0, threshold=least)
        np.save(folder / f"{name}.npy", tables[:, :-1])
    words = [line.strip() for line in texts.read_text().splitlines() if line.strip()]
    powers = {words[i].rstrip(":").strip(): float(words[i + 1]) for i in range(0, len(words), 2)}
    (folder / "peer.json").write_text(json.dumps({"separation_powers": powers, **cost}))


if __name__ == "__main__":
    main()
