"""The card of a model of jets says what the file and its evaluation say."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from showerkit.data.point_scaling import PointScaling
from showerkit.errors import ConfigurationError
from showerkit.export.cloud_model_card import cloud_model_card
from showerkit.models.cloud_flow_config import CloudFlowConfig
from showerkit.train.cloud_checkpoint import CloudCheckpoint, CloudMeta
from showerkit.train.cloud_condition import CloudCondition
from showerkit.train.cloud_population import CloudPopulation


def measure(label, value, error):
    return {"label": label, "value": value, "error": error, "unit": ""}


def checkpoint():
    meta = CloudMeta(
        name="jets-t-flow",
        description="Top jets",
        model=CloudFlowConfig(),
        content="jets",
        features="relative",
        scaling=PointScaling(offset=(0.0,) * 3, scale=(1.0,) * 3),
        condition=CloudCondition(inputs=("number",), classes=(2,), places=30, coding="index"),
        valid_range={"pt_gev": (800.2, 1599.7)},
        seed=4,
        data_fingerprint="0123456789abcdef0123",
        n_train=90000,
    )
    none = np.zeros(0, dtype=np.int64)
    rows = (none, none, none.astype("f4"), none.astype("f4"))
    population = CloudPopulation(np.ones((1, 31), dtype=np.int64), *rows)
    return CloudCheckpoint(meta, {"network.a": torch.zeros(3, 4)}, population)


METRICS = {
    "reference": {
        "n_used": 50000,
        "generator": "Pythia 8.317",
        "seed": 2,
        "timing": {"ms_per_shower": 6.3},
    },
    "floor": {"n_used": 40000, "measures": {"w1m": measure("Mass, W1M", 0.41, 0.01)}},
    "candidates": [
        {"generator": "jets-t-convae", "measures": {}, "n_used": 1, "timing": None},
        {
            "generator": "jets-t-flow",
            "n_used": 30000,
            "timing": {"ms_per_shower": 1.5},
            "measures": {"w1m": measure("Mass, W1M", 0.31, 0.02), "w1p": measure("Particles", 9.0, 1.0)},
        },
    ],
}


def test_card_of_a_model_of_jets():
    lines = cloud_model_card("jets-t-flow", checkpoint(), METRICS, ["showerkit run x"]).splitlines()
    assert lines[:3] == ["# jets-t-flow", "", "Top jets."]
    assert "| Jets | t |" in lines
    assert "| Transverse momenta of the training | 800 to 1600 GeV |" in lines
    assert "| Network | cloud-flow, 12 numbers |" in lines
    assert "| Mass, W1M | 0.310 ± 0.020 | 0.410 ± 0.010 |" in lines
    assert "| Particles | 9.0 ± 1.0 | n/a |" in lines
    assert "| Core time of a jet | 1.5 ms | 6.3 ms |" in lines
    assert any("30,000 jets by 50,000 of Pythia 8.317" in line for line in lines)


def test_an_evaluation_of_other_models_is_refused():
    metrics = {**METRICS, "candidates": METRICS["candidates"][:1]}
    with pytest.raises(
        ConfigurationError, match=r"samples of jets-t-convae; expected a sample of jets-t-flow"
    ):
        cloud_model_card("jets-t-flow", checkpoint(), metrics)
