"""The card says what the file and its evaluation say."""

from __future__ import annotations

import torch

from showerkit.export.model_card import model_card
from showerkit.geometry import load_detector
from showerkit.losses.energy_score_config import EnergyScoreConfig
from showerkit.models.entry_window_config import EntryWindowConfig
from showerkit.train.checkpoint import Checkpoint, CheckpointMeta


def measure(value, error, unit="mm", label="Shower centre x, bias"):
    return {"label": label, "value": value, "error": error, "unit": unit}


def test_card_of_a_model():
    meta = CheckpointMeta(
        name="gan",
        description="A small GAN",
        model=EntryWindowConfig(),
        loss=EnergyScoreConfig(),
        condition_transform={},
        energy_transform={},
        detector=load_detector("zdc-ecal"),
        threshold_mev=0.1,
        valid_range={"energy": (1000.0, 20000.0), "theta": (0.0, 0.5)},
        particles=(11, 22),
        seed=7,
        data_fingerprint="0123456789abcdef0123",
        n_train=90000,
        versions={"torch": "2"},
    )
    metrics = {
        "reference": {"n_events": 20000, "generator": "Geant4 11.4.1", "seed": 2},
        "floor": {"n_events": 19000, "seed": 3, "measures": {"centre_x.bias": measure(0.011, 0.013)}},
        "candidates": [
            {
                "measures": {
                    "centre_x.bias": measure(0.25, 0.1),
                    "centre_y.bias": measure(None, None),
                    "some.other": measure(1.0, 1.0, label="not on the card"),
                }
            }
        ],
    }
    checkpoint = Checkpoint(meta, {"a": torch.zeros(3, 4), "b": torch.zeros(5)})
    card = model_card("zdc-gan", checkpoint, metrics, ["showerkit run gan"])
    lines = card.splitlines()
    assert lines[:3] == ["# zdc-gan", "", "A small GAN."]
    assert "| Valid for | kinetic energy 1.00 to 20.0 GeV |" in lines
    assert "| Network | entry-window, 17 parameters |" in lines
    assert "| Particles (PDG codes) | 11, 22 |" in lines
    assert "| Shower centre x, bias | 0.25 ± 0.10 mm | 0.011 ± 0.013 mm |" in lines
    assert "| Shower centre x, bias | n/a | n/a |" in lines
    assert "20,000 showers of Geant4 11.4.1 (seed 2)" in card
    assert "not on the card" not in card
    assert "$ showerkit run gan" in lines
