from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from showerkit.errors import CheckpointError
from showerkit.geometry import load_detector
from showerkit.losses.energy_objectives import build_energy_objective
from showerkit.losses.likelihood_config import RootEnergyLikelihoodConfig
from showerkit.models.energy_baseline_config import LinearCalibrationConfig
from showerkit.models.energy_registry import build_energy_model
from showerkit.models.layer_profile_config import LayerProfileConfig
from showerkit.reconstruct.energy_reconstructor import measurement_of
from showerkit.train.checkpoint import load_checkpoint
from showerkit.train.energy_checkpoint import (
    ENERGY_FORMAT,
    EnergyCheckpoint,
    EnergyMeta,
    load_energy_checkpoint,
    save_energy_checkpoint,
)

SMALL = LayerProfileConfig(hidden=4, hidden_layers=1)
INTERVALS = {
    "form": "sigma",
    "coverage": 0.68,
    "inner_edges_mev": [5000.0],
    "scores": [1.0, 1.1],
    "events": [9, 9],
}


def values(**changes):
    return {
        "name": "toy",
        "model": SMALL,
        "objective": RootEnergyLikelihoodConfig(),
        "intervals": INTERVALS,
        "detector": load_detector("toy-hcal"),
        "energy_low_gev": 0.0,
        "energy_high_gev": 10.0,
        "valid_range": {"energy": (1.0, 9999.0)},
        "particles": (11,),
        "seed": 1,
        "data_fingerprint": "f",
        "n_train": 10,
        "n_calibration": 18,
        **changes,
    }


@pytest.fixture
def checkpoint():
    network = build_energy_model(SMALL, (17, 8, 8), seed=1)
    objective = build_energy_objective(RootEnergyLikelihoodConfig(), 0.0, 10.0)
    parts = {"network": network, "objective": objective}
    weights = {f"{name}.{key}": v for name, part in parts.items() for key, v in part.state_dict().items()}
    return EnergyCheckpoint(EnergyMeta(**values()), weights)


def test_what_is_written_is_read(checkpoint, tmp_path):
    save_energy_checkpoint(tmp_path / "model.skm", checkpoint)
    again = load_energy_checkpoint(tmp_path / "model.skm")
    assert again.meta == checkpoint.meta
    assert all(torch.equal(again.weights[name], tensor) for name, tensor in checkpoint.weights.items())
    assert set(again.part("objective")) == {"log_k"}


def test_files_of_other_kinds_are_refused(checkpoint, tmp_path):
    path = tmp_path / "model.skm"
    save_energy_checkpoint(path, checkpoint)
    with pytest.raises(CheckpointError, match=f"format '{ENERGY_FORMAT}'.*measures energies.*reconstruct"):
        load_checkpoint(path)
    torch.save({"format": ENERGY_FORMAT, "meta": "{}", "weights": {}}, path)
    with pytest.raises(CheckpointError, match="key 'name' is missing"):
        load_energy_checkpoint(path)
    with pytest.raises(CheckpointError, match="no such file"):
        load_energy_checkpoint(tmp_path / "none.skm")


def test_weights_that_are_no_numbers_or_of_another_network_are_refused(checkpoint, tmp_path):
    name = "network.output.bias"
    save_energy_checkpoint(
        tmp_path / "nan.skm",
        replace(checkpoint, weights={**checkpoint.weights, name: torch.tensor([float("nan")])}),
    )
    with pytest.raises(CheckpointError, match="NaN"):
        load_energy_checkpoint(tmp_path / "nan.skm")
    for weights in ({}, {**checkpoint.weights, name: torch.zeros(3)}):
        with pytest.raises(CheckpointError, match="weights of another network") as caught:
            measurement_of(replace(checkpoint, weights=weights))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"objective": None},
        {"baseline": {"kind": "linear-total"}},
        {"model": LinearCalibrationConfig()},
        {"energy_high_gev": 0.0},
    ],
)
def test_parts_that_do_not_belong_together_are_refused(changes):
    with pytest.raises(ValueError, match=r"baseline|above"):
        EnergyMeta(**values(**changes))
