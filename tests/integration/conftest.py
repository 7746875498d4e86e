"""Autoencoders that nobody trained, in the form a training leaves them, for tests of what reads models."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.point_scaling import PointScaling
from showerkit.models.convae_config import ConVAEConfig
from showerkit.train.cloud_checkpoint import CloudCheckpoint, CloudMeta, save_cloud_checkpoint
from showerkit.train.cloud_condition import CloudCondition
from showerkit.train.cloud_network import build_cloud_network
from showerkit.train.cloud_population import CloudPopulation


def _write_untrained(folder, places, *, image_shape=None, classes=(0,), ghosts="masked"):
    """Write a training's folder with a model and three epochs of losses."""
    folder.mkdir()
    condition = CloudCondition(inputs=("class",), classes=classes, places=places, coding="one-hot")
    config = ConVAEConfig(
        n_points=places, filters=(4,), dense=8, latent=3, ghosts=ghosts, n_conditions=condition.columns
    )
    meta = CloudMeta(
        name="untrained",
        model=config,
        content="jets" if image_shape is None else "images",
        features="relative" if image_shape is None else "pixels",
        scaling=PointScaling(offset=(0.0, 0.0, 0.1), scale=(0.1, 0.1, 1.0)),
        condition=condition,
        image_shape=image_shape,
        seed=1,
        data_fingerprint="none",
        n_train=10,
    )
    counts = np.zeros((len(classes), places + 1), dtype=np.int64)
    counts[:, places] = 1
    none, nothing = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    population = CloudPopulation(counts, none, none, nothing, nothing)
    network = build_cloud_network(config, seed=1)
    save_cloud_checkpoint(folder / "model.skm", CloudCheckpoint(meta, network.state_dict(), population))
    header = "epoch,train_loss,validation_loss,train_kl,validation_kl\n"
    rows = "".join(f"{epoch},{1 / epoch},{2 / epoch},0.1,0.2\n" for epoch in (1, 2, 3))
    (folder / "metrics.csv").write_text(header + rows)
    return folder


@pytest.fixture(scope="session")
def untrained_autoencoder():
    """Write the folder of an autoencoder that nobody trained: a function of its path and places."""
    return _write_untrained
