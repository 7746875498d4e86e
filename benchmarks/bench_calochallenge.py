"""Separation powers here against those of the CaloChallenge's own code, on the same files, and the run times.

    python benchmarks/bench_calochallenge.py --code CODE [--showers N] [--dataset 2 ...] [--json FILE]

CODE is the folder ``code`` of the challenge's repository (CaloChallenge/homepage). Files are made up
(`made_up_voxels.py`), or given by --reference and --candidate. `peers/calochallenge_peer.py` runs the
challenge's code in a process of its own. Times are processor time: the challenge's of reading, features and
histograms (which it draws as well), here of the same without drawing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from made_up_voxels import made_up

from showerkit.data.calochallenge_file import write_calochallenge
from showerkit.data.open_voxels import open_voxels
from showerkit.evaluate.voxels.histograms import VOXEL_ENERGY, VoxelHistogram, filled, voxel_histograms
from showerkit.evaluate.voxels.observables import ObservableMaker, calochallenge_features
from showerkit.evaluate.voxels.sample_pass import summarise, voxel_energy_counts
from showerkit.evaluate.voxels.separations import separations
from showerkit.geometry.voxel_file import load_voxel_geometry
from showerkit.progress import SilentProgress

PEER = Path(__file__).parent / "peers" / "calochallenge_peer.py"
#: What the challenge's program calls the histograms of each group.
NAMES = {
    "layer_energy": "E layer",
    "centre_x": "EC Eta layer",
    "centre_y": "EC Phi layer",
    "width_x": "Width Eta layer",
    "width_y": "Width Phi layer",
    "sparsity": "Sparsity layer",
    "radial_centre": "EC r layer",
    "radial_width": "Width r layer",
}
TOLERANCE = 1e-6


def peer_name(histogram: VoxelHistogram) -> str:
    if histogram.group == VOXEL_ENERGY:
        return "Voxel distribution"
    if histogram.window_mev is not None:
        return f"Etot / Einc at E = {float(histogram.window_mev[0])}"
    return "Etot / Einc" if histogram.layer is None else f"{NAMES[histogram.group]} {histogram.layer}"


def own(reference: Path, candidate: Path, dataset: str) -> tuple[dict[str, float], list[np.ndarray], float]:
    """Separation powers by the challenge's names, tables of features, and processor time."""
    before = os.times()
    geometry = load_voxel_geometry(f"calochallenge-{dataset}")
    maker, threshold, progress = ObservableMaker(geometry), geometry.threshold_mev, SilentProgress()
    histograms, counts, summaries = [], [], []
    for path in (reference, candidate):
        with open_voxels(path) as sample:
            summary = summarise(sample, maker, threshold, 0, progress)
            histograms = histograms or voxel_histograms(
                geometry, threshold, summary.observables, summary.largest
            )
            filled_ones = filled(histograms, summary.observables, summary.incident_mev)
            for one in histograms:
                if one.group == VOXEL_ENERGY:
                    filled_ones[one.key] = voxel_energy_counts(sample, threshold, one.edges, progress)
        counts.append(filled_ones)
        summaries.append(summary)
    found = separations(histograms, *counts, replicas=10, seed=1).each
    after = os.times()
    powers = {peer_name(one): found[one.key].value for one in histograms}
    tables = [calochallenge_features(one.observables, one.incident_mev) for one in summaries]
    return powers, tables, sum(after[:2]) - sum(before[:2])


def compare(code: Path, reference: Path, candidate: Path, dataset: str, folder: Path) -> dict[str, object]:
    words = [sys.executable, str(PEER), str(code), str(reference), str(candidate), dataset, str(folder)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    peer = json.loads((folder / "peer.json").read_text())
    powers, tables, cpu_s = own(reference, candidate, dataset)
    theirs = peer["separation_powers"]
    if set(powers) != set(theirs):
        raise SystemExit(f"{dataset}: histograms differ: {sorted(set(powers) ^ set(theirs))}")
    # Where a histogram is empty, the challenge's code gives NaN or 0.
    differences = {name: abs(np.nan_to_num(powers[name]) - np.nan_to_num(theirs[name])) for name in theirs}
    of_tables = [
        float(np.abs(table - np.load(folder / f"{name}.npy")).max())
        for table, name in zip(tables, ("reference", "candidate"), strict=True)
    ]
    return {
        "dataset": dataset,
        "histograms": len(differences),
        "largest_difference": max(differences.values()),
        "largest_separation_power": max(np.nan_to_num(list(theirs.values()))),
        "largest_difference_of_features": max(of_tables),
        "cpu_s": cpu_s,
        "peer_cpu_s": peer["cpu_s"],
        "peer_features_cpu_s": peer["features_cpu_s"],
        "ratio_of_times": peer["cpu_s"] / cpu_s,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--code", type=Path, required=True)
    parser.add_argument("--showers", type=int, default=2000)
    parser.add_argument("--dataset", nargs="*", default=["1-photons", "1-pions", "2"])
    parser.add_argument("--dtype", nargs="*", default=["float32", "float64"])
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--candidate", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for dataset in given.dataset:
            geometry = load_voxel_geometry(f"calochallenge-{dataset}")
            for dtype in given.dtype if given.reference is None else ["of the file"]:
                files = [given.reference, given.candidate]
                if given.reference is None:
                    files = [folder / "reference.hdf5", folder / "candidate.hdf5"]
                    for seed, path in enumerate(files, 1):
                        depth = 1.0 if seed == 1 else 1.05
                        portions = made_up(geometry, given.showers, seed, dtype=dtype, depth=depth)
                        write_calochallenge(path, portions, overwrite=True)
                row = {
                    "dtype": dtype,
                    "showers": given.showers,
                    **compare(given.code, *files, dataset, folder),
                }
                rows.append(row)
                print(json.dumps(row), flush=True)
    if given.json is not None:
        result = {"machine": platform.processor(), "numpy": np.__version__, "rows": rows}
        given.json.write_text(json.dumps(result, indent=1) + "\n")
    if any(row["largest_difference"] > TOLERANCE for row in rows):
        raise SystemExit(f"a separation power differs by more than {TOLERANCE}")


if __name__ == "__main__":
    main()
