"""Train the Particle Flow Network of EnergyFlow on saved jets and tell times, in an environment of its own.

    python energyflow_pfn_peer.py FOLDER

reads `train_*.npy` and `test_*.npy` (candidates (N, P, columns), zero where there is none; jets (N, columns);
target (N,): true over uncalibrated pT, minus 1) and `settings.json` from FOLDER, and writes `peer.json` and
`peer_test.npy` there. EnergyFlow does not import beside NumPy 2, and its networks need Keras 2:

    python -m venv peer
    peer/bin/pip install 'numpy<2' tensorflow-cpu tf_keras scikit-learn energyflow==1.4.0
"""

from __future__ import annotations

import json
import os
import sys
import time
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

import numpy as np
import tensorflow as tf
from energyflow.archs import PFN


class EpochTimes(tf.keras.callbacks.Callback):
    """Wall time and processor time of each epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.wall_s: list[float] = []
        self.cpu_s: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.began = time.perf_counter(), time.process_time()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.wall_s.append(time.perf_counter() - self.began[0])
        self.cpu_s.append(time.process_time() - self.began[1])


def main() -> None:
    folder = Path(sys.argv[1])
    settings = json.loads((folder / "settings.json").read_text())
    tf.config.threading.set_intra_op_parallelism_threads(settings["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(settings["threads"])
    tf.keras.utils.set_random_seed(settings["seed"])
    arrays = {path.stem: np.load(path) for path in folder.glob("t*_*.npy")}
    network = PFN(
        input_dim=arrays["train_candidates"].shape[-1],
        Phi_sizes=tuple(settings["phi"]),
        F_sizes=tuple(settings["f"]),
        num_global_features=arrays["train_jets"].shape[-1],
        output_dim=1,
        output_act="linear",
        loss="mse",
        metrics=[],
        optimizer=tf.keras.optimizers.Adam(settings["learning_rate"]),
        summary=False,
    )
    times = EpochTimes()
    network.fit(
        [arrays["train_candidates"], arrays["train_jets"]],
        arrays["train_target"],
        epochs=settings["epochs"],
        batch_size=settings["batch_size"],
        callbacks=[times],
        verbose=0,
    )
    found = network.predict([arrays["test_candidates"], arrays["test_jets"]], batch_size=1000, verbose=0)
    np.save(folder / "peer_test.npy", np.asarray(found)[:, 0])
    told = {
        "versions": {name: version(name) for name in ("energyflow", "tensorflow", "tf_keras", "numpy")},
        "parameters": int(network.model.count_params()),
        "wall_s": times.wall_s,
        "cpu_s": times.cpu_s,
    }
    (folder / "peer.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main()
