"""The card of a calibration says what the file and its evaluation say."""

from __future__ import annotations

import pytest
import torch

from showerkit.export.jet_energy_model_card import jet_energy_model_card
from showerkit.losses.jet_objective_config import TruncatedJetLikelihoodConfig
from showerkit.models.particle_flow_config import ParticleFlowConfig
from showerkit.train.jet_energy_checkpoint import JetEnergyCheckpoint, JetEnergyMeta

META = JetEnergyMeta(
    name="jet-energy-pfn",
    description="A small network",
    model=ParticleFlowConfig(),
    objective=TruncatedJetLikelihoodConfig(),
    errors={
        "abs_eta_edges": [0.0, 4.5],
        "errors": [{"sigma": {"floors_mev": [0.0], "scales": [1.0]}, "intervals": {}}],
    },
    pt_low_gev=30.0,
    pt_high_gev=150.0,
    valid_range={
        "pt_gev": (11.0, 280.0),
        "abs_eta": (0.0, 2.6),
        "pile_up": (18.0, 66.0),
        "rho_gev": (3.0, 36.0),
    },
    sample={"detector": "particle-flow", "cone_radius": 0.4},
    seed=1,
    data_fingerprint="0123456789abcdef0123",
    n_train=80000,
    n_calibration=9000,
    versions={"torch": "2"},
)


def measure(value, error=0.001):
    return {"label": "|Width|", "group": "Resolution", "value": value, "error": error, "unit": "%"}


def metrics(name):
    return {
        "reference": {"n_jets": 30000, "generator": "Pythia 8.317", "seed": 2},
        "baseline": "inversion",
        "candidates": [
            {"name": "inversion", "measures": {"resolution.core": measure(8.0)}},
            {"name": name, "measures": {"resolution.core": measure(7.2), "flavour.ratio": measure(None)}},
        ],
    }


@pytest.mark.parametrize("name", ["pfn", "jet-energy-pfn"])
def test_card(name):
    card = jet_energy_model_card(
        "jet-energy-pfn",
        JetEnergyCheckpoint(META, {"network.a": torch.zeros(3, 4)}),
        metrics(name),
        ["showerkit x"],
    )
    lines = card.splitlines()
    assert lines[:3] == ["# jet-energy-pfn", "", "A small network."]
    assert "| True pT | 30 to 150 GeV |" in lines
    assert r"| Valid for | \|η\| 0 to 2.6 |" in lines
    assert "| Network | particle-flow, 12 numbers |" in lines
    assert r"| Resolution: \|Width\| | 7.2000 ± 0.0010 % | 8.0000 ± 0.0010 % |" in lines
    assert "n/a" not in card
    assert "$ showerkit x" in lines


def test_another_evaluation_is_no_card():
    with pytest.raises(KeyError):
        jet_energy_model_card("jet-energy-pfn", JetEnergyCheckpoint(META, {}), metrics("other"))
