"""Jet metrics here against those of JetNet: equal values on equal draws, and the ratio of run times.

    python benchmarks/bench_jet_metrics.py --peer-python peer/bin/python [--jets N] [--file JETS ...]

`benchmarks/peers/jet_metrics_peer.py` runs in the environment of JetNet (its first lines say how to make it)
on the same arrays with the same random numbers, so that values agree to rounding. Jets are made up (30
particles, log-normal pT in up to three prongs), or come from files of `showerkit simulate-jets`. Times are
processor time, with that of child processes; the ratio on the clock is told as well. JetNet compiles the
kernel distance before it is timed.
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

import numpy as np

RESULTS = Path(__file__).parent / "results"
PEER = Path(__file__).parent / "peers" / "jet_metrics_peer.py"
SEED = 7
#: JetNet's matrix square root of nearly singular products limits its Frechet distances.
TOLERANCE = {"w1m": 1e-6, "w1p": 1e-6, "w1efp": 1e-6, "efps": 1e-6, "fpd": 1e-3, "kpd": 1e-3, "cov_mmd": 1e-6}


def made_up(jets: int, seed: int, width: float) -> np.ndarray:
    random = np.random.default_rng(seed)
    pt = -np.sort(-random.lognormal(0.0, 1.5, (jets, 30)), axis=1)
    pt[np.arange(30) >= random.integers(12, 60, (jets, 1))] = 0.0
    pt *= random.uniform(0.9, 1.0, (jets, 1)) / pt.sum(axis=1, keepdims=True)
    prongs = random.normal(0.0, 0.15, (jets, 3, 2)) * random.integers(0, 2, (jets, 3, 1))
    angles = np.take_along_axis(prongs, random.integers(0, 3, (jets, 30))[..., None], axis=1)
    angles += random.normal(0.0, 0.08 * width, (jets, 30, 2))
    return np.concatenate([angles, pt[..., None]], axis=2) * (pt > 0.0)[..., None]


def from_file(path: Path, first: int, jets: int) -> np.ndarray:
    from showerkit.data.jet_file import JetFile

    with JetFile(path) as file:
        if len(file) < first + jets:
            raise SystemExit(f"{path}: {len(file)} jets; {first + jets} are needed: lower --jets")
        return file.read(first, first + jets).particles.astype(np.float64)


def timed(function, *arguments, **options):
    before, clock = os.times(), time.perf_counter()
    value = function(*arguments, **options)
    wall, after = time.perf_counter() - clock, os.times()
    return value, {"wall_s": wall, "cpu_s": sum(after[:4]) - sum(before[:4])}


def own(one: np.ndarray, two: np.ndarray, settings: dict, peer_efps: np.ndarray) -> dict[str, dict]:
    """Run every metric with the random numbers that JetNet draws."""
    from showerkit.evaluate.jets.coverage import coverage_and_matching
    from showerkit.evaluate.jets.energy_flow import energy_flow_polynomials, w1_polynomials
    from showerkit.evaluate.jets.frechet_extrapolated import extrapolated_frechet_distance
    from showerkit.evaluate.jets.jet_kinematics import jet_kinematics
    from showerkit.evaluate.jets.kernel_batches import batched_kernel_distance
    from showerkit.evaluate.jets.wasserstein import jet_wasserstein, particle_wasserstein

    masks = [(jets != 0.0).any(axis=2) for jets in (one, two)]
    w1 = {"batch_jets": settings["w1_batch_jets"], "batches": settings["w1_batches"]}

    def random():
        return np.random.default_rng(settings["seed"])

    def w1m():
        mass = [jet_kinematics(jets)[0] for jets in (one, two)]
        return jet_wasserstein(*mass, features=("mass",), random=random(), **w1)

    def w1efp():
        efps = [w1_polynomials(energy_flow_polynomials(jets)) for jets in (one, two)]
        return jet_wasserstein(*efps, features=tuple("abcde"), random=random(), **w1)

    def efps():
        return [energy_flow_polynomials(jets) for jets in (one, two)]

    # JetNet imports everything before its clock starts.
    few = energy_flow_polynomials(one[:100])
    extrapolated_frechet_distance(few, few, least_jets=50, most_jets=100)
    coverage_and_matching(one[:10], two[:10], batch_jets=2, batches=1)
    results = {}
    for name, function in (
        ("w1m", w1m),
        ("w1p", lambda: particle_wasserstein(one, two, *masks, random=random(), **w1)),
        ("w1efp", w1efp),
    ):
        found, cost = timed(function)
        results[name] = {"value": [list(found.values), list(found.errors)], **cost}
    features, cost = timed(efps)
    scale = np.abs(peer_efps).max(axis=(0, 1))
    results["efps"] = {"value": [float(np.abs((np.stack(features) - peer_efps) / scale).max())], **cost}
    fpd, cost = timed(extrapolated_frechet_distance, *features, random=np.random.default_rng(42))
    results["fpd"] = {"value": [fpd.value, fpd.error], **cost}
    streams = [np.random.default_rng(42 + 1000 * batch) for batch in range(10)]
    kpd, cost = timed(batched_kernel_distance, *features, randoms=streams)
    results["kpd"] = {"value": [kpd.value, kpd.error], **cost}
    cover, cost = timed(coverage_and_matching, one, two, random=random())
    results["cov_mmd"] = {"value": [cover.coverage, cover.matching_distance], **cost}
    return results


def difference(name: str, ours: dict, peers: dict) -> float:
    """Largest difference of value and error, in units of the largest of them; polynomials tell their own."""
    if name == "efps":
        return ours["value"][0]
    one, two = (np.concatenate([np.ravel(part) for part in side["value"]]) for side in (ours, peers))
    return float(np.abs(one - two).max() / np.abs(two).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", type=Path, required=True, help="python of JetNet's environment")
    parser.add_argument("--jets", type=int, default=50_000)
    parser.add_argument(
        "--file", type=Path, action="append", help="jets instead of made-up ones; once or twice"
    )
    options = parser.parse_args()
    n = options.jets
    if options.file:
        last = options.file[-1]
        one, two = from_file(options.file[0], 0, n), from_file(last, n if len(options.file) == 1 else 0, n)
    else:
        one, two = made_up(n, 1, 1.0), made_up(n, 2, 1.02)
    settings = {"w1_batch_jets": n, "w1_batches": 5, "seed": SEED}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "reference.npy", one)
        np.save(folder / "candidate.npy", two)
        (folder / "settings.json").write_text(json.dumps(settings))
        subprocess.run([options.peer_python, PEER, folder], check=True)
        peer = json.loads((folder / "peer.json").read_text())
        found = own(one, two, settings, np.load(folder / "peer_efps.npy"))
    print(f"\n2 x {n} jets")
    print(f"{'':16}{'JetNet cpu s':>13}{'here cpu s':>12}{'ratio':>8}{'on the clock':>14}{'difference':>12}")
    table, failed = {}, []
    for name, ours in found.items():
        theirs = peer["results"][name]
        off = difference(name, ours, theirs)
        row = {
            "jetnet_cpu_s": theirs["cpu_s"],
            "here_cpu_s": ours["cpu_s"],
            "ratio_cpu": theirs["cpu_s"] / ours["cpu_s"],
            "jetnet_wall_s": theirs["wall_s"],
            "here_wall_s": ours["wall_s"],
            "ratio_wall": theirs["wall_s"] / ours["wall_s"],
            "relative_difference": off,
            "tolerance": TOLERANCE[name],
        }
        table[name] = row
        if not off <= TOLERANCE[name]:
            failed.append(name)
        print(
            f"{name:16}{row['jetnet_cpu_s']:>13.2f}{row['here_cpu_s']:>12.2f}{row['ratio_cpu']:>8.1f}"
            f"{row['ratio_wall']:>14.1f}{off:>12.1e}"
        )
    RESULTS.mkdir(exist_ok=True)
    summary = {
        "jets": n,
        "made_up": not options.file,
        "metrics": table,
        "peer": peer["versions"],
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
    }
    (RESULTS / "jet_metrics.json").write_text(json.dumps(summary, indent=2) + "\n")
    if failed:
        raise SystemExit(f"values differ: {', '.join(failed)}")


if __name__ == "__main__":
    main()
