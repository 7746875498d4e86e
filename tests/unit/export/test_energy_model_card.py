"""The card says what the file and its evaluation say."""

from __future__ import annotations

import torch

from showerkit.export.energy_model_card import energy_model_card
from showerkit.geometry import load_detector
from showerkit.losses.likelihood_config import RootEnergyLikelihoodConfig
from showerkit.models.deep_sets_hits_config import DeepSetsHitsConfig
from showerkit.train.energy_checkpoint import EnergyCheckpoint, EnergyMeta


def measure(value, error, unit="√GeV"):
    return {"label": "|Width|", "group": "Resolution", "value": value, "error": error, "unit": unit}


def test_card_of_a_model():
    meta = EnergyMeta(
        name="deep-sets",
        description="A small network",
        model=DeepSetsHitsConfig(inputs=("charged-tracks", "deposits")),
        objective=RootEnergyLikelihoodConfig(),
        intervals={},
        detector=load_detector("toy-hcal"),
        energy_low_gev=0.0,
        energy_high_gev=10.0,
        valid_range={"energy": (0.0, 10000.0)},
        particles=(11,),
        physics_data="tables",
        seed=3,
        data_fingerprint="0123456789abcdef0123",
        n_train=90000,
        n_calibration=10000,
        versions={"torch": "2"},
    )
    metrics = {
        "reference": {"n_events": 20000, "generator": "Geant4 11.4.1", "seed": 2},
        "candidates": [
            {"name": "linear-total", "measures": {"resolution.core": measure(0.41, 0.01)}},
            {
                "name": "deep-sets",
                "measures": {
                    "resolution.core": measure(0.31, 0.02),
                    "ratio.core": measure(0.75, 0.01, ""),
                    "fit.noise": measure(9.0, 1.0),
                },
            },
        ],
    }
    checkpoint = EnergyCheckpoint(meta, {"network.a": torch.zeros(3, 4)})
    lines = energy_model_card("toy", checkpoint, metrics, ["showerkit run toy"]).splitlines()
    assert lines[:3] == ["# toy", "", "A small network."]
    assert "| Told of each cell | charged-tracks, deposits |" in lines
    assert "| Network | deep-sets-hits, 12 parameters |" in lines
    assert "| Calibrated on | 10,000 other showers |" in lines
    assert "| | model | linear-total |" in lines
    assert r"| Resolution: \|Width\| | 0.310 ± 0.020 √GeV | 0.410 ± 0.010 √GeV |" in lines
    assert r"| Resolution: \|Width\| | 0.750 ± 0.010 | n/a |" in lines
    assert not any("9.0" in line for line in lines)
    assert "$ showerkit run toy" in lines
