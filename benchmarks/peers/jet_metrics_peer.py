"""Run JetNet's metrics on saved jets and tell values and times, in an environment of its own.

    python jet_metrics_peer.py FOLDER

reads `reference.npy` and `candidate.npy` (jets, particles, 3: eta_rel, phi_rel, pt_rel) and `settings.json`
from FOLDER, and writes `peer.json` there. JetNet and EnergyFlow do not import beside NumPy 2:

    python -m venv peer
    peer/bin/pip install 'numpy<2' torch 'pyarrow<22' coffea tables six tqdm h5py
    peer/bin/pip install --no-deps jetnet energyflow
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
from jetnet.evaluation import gen_metrics


def timed(function, *arguments, **options):
    """Value, wall time and processor time with that of finished processes."""
    before, clock = os.times(), time.perf_counter()
    value = function(*arguments, **options)
    wall, after = time.perf_counter() - clock, os.times()
    return value, {"wall_s": wall, "cpu_s": sum(after[:4]) - sum(before[:4])}


def main() -> None:
    warnings.simplefilter("ignore", RuntimeWarning)
    folder = Path(sys.argv[1])
    one, two = np.load(folder / "reference.npy"), np.load(folder / "candidate.npy")
    settings = json.loads((folder / "settings.json").read_text())
    w1 = {"num_eval_samples": settings["w1_batch_jets"], "num_batches": settings["w1_batches"]}
    results = {}

    def record(name, function, *arguments, **options):
        gen_metrics.rng = np.random.default_rng(settings["seed"])
        value, cost = timed(function, *arguments, **options)
        if name != "efps":
            results[name] = {"value": [np.asarray(part).tolist() for part in value], **cost}
        else:
            results[name] = cost
        print(name, {key: round(figure, 2) for key, figure in cost.items()}, flush=True)
        return value

    record("w1m", gen_metrics.w1m, one, two, **w1)
    record("w1p", gen_metrics.w1p, one, two, **w1)
    record("w1efp", gen_metrics.w1efp, one, two, **w1)

    def efps():
        return [gen_metrics.get_fpd_kpd_jet_features(jets) for jets in (one, two)]

    features = record("efps", efps)
    np.save(folder / "peer_efps.npy", np.stack(features))
    gen_metrics.kpd(features[0][:100], features[1][:100], batch_size=10)  # compiles its kernels
    record("fpd", gen_metrics.fpd, *features)
    record("kpd", gen_metrics.kpd, *features)
    record("cov_mmd", gen_metrics.cov_mmd, one, two, use_tqdm=False)
    versions = {name: version(name) for name in ("jetnet", "energyflow", "numpy", "scipy", "torch")}
    (folder / "peer.json").write_text(json.dumps({"versions": versions, "results": results}))


if __name__ == "__main__":
    main()
