"""A checkpoint of any family becomes a generator of the same manners."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from showerkit.errors import CheckpointError, OutOfRangeError
from showerkit.generate.entry_window_showers import EntryWindowShowerGenerator
from showerkit.generate.generator import shower_generator
from showerkit.generate.showers import ShowerGenerator
from showerkit.geometry import load_detector
from showerkit.losses.energy_score_config import EnergyScoreConfig
from showerkit.losses.mask_value_config import MaskValueLossConfig
from showerkit.models.entry_window_config import EntryWindowConfig
from showerkit.models.mask_value_config import MaskValueConfig
from showerkit.models.registry import build_model
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.train.checkpoint import Checkpoint, CheckpointMeta

DETECTOR = load_detector("zdc-ecal")
PRIMARIES = PrimaryConfig(particles=("e-",), energy_gev=(1.0, 20.0))
MASK_VALUE: dict[str, Any] = {
    "model": MaskValueConfig(hidden=2),
    "loss": MaskValueLossConfig(value_cells="hit"),
    "condition_transform": {
        "inputs": ["energy"],
        "normalisation": "s2",
        "offset": [0.0],
        "scale": [2e4],
    },
    "energy_transform": {"kind": "linear", "threshold_mev": 0.1, "scale_mev": 8000.0},
}
ENTRY_WINDOW: dict[str, Any] = {
    "model": EntryWindowConfig(cells_across=3, random_inputs=2, hidden=4, hidden_layers=1),
    "loss": EnergyScoreConfig(),
    "condition_transform": {"mean": [1e4, 9.0, 0, 0, 0, 0], "width": [5e3, 1.0, 0, 0, 0, 0]},
    "energy_transform": {},
}


def checkpoint(family: dict[str, Any]) -> Checkpoint:
    meta = CheckpointMeta(
        name="made-up",
        **family,
        detector=DETECTOR,
        threshold_mev=0.1,
        valid_range={"energy": (1e3, 2e4)},
        particles=(11,),
        seed=1,
        data_fingerprint="abc",
        n_train=1000,
    )
    return Checkpoint(meta, build_model(family["model"], seed=1).state_dict())


@pytest.mark.parametrize(
    ("family", "cls"), [(MASK_VALUE, ShowerGenerator), (ENTRY_WINDOW, EntryWindowShowerGenerator)]
)
def test_every_family_makes_showers(family: dict[str, Any], cls: type) -> None:
    made = shower_generator(checkpoint(family), device="cpu")
    assert type(made) is cls
    assert made.meta.model == family["model"]
    assert made.threads == torch.get_num_threads()
    ids = np.arange(20)
    incident = PRIMARIES.sample(1, ids, DETECTOR)
    showers = made.generate(incident, ids, 7, with_mask=True)
    assert showers.energy_mev.shape == (20, DETECTOR.n_cells)
    assert showers.energy_mev.any()
    assert showers.mask_probability is not None
    again = made.generate(incident[5:], ids[5:], 7)
    assert np.array_equal(again.energy_mev, showers.energy_mev[5:])
    assert again.mask_probability is None
    foreign = PrimaryConfig(particles=("gamma",)).sample(1, ids, DETECTOR)
    with pytest.raises(OutOfRangeError, match="particle"):
        made.generate(foreign, ids, 7)
    with pytest.warns(UserWarning, match="lies outside the training's") as warned:
        made.generate(foreign, ids, 7, allow_out_of_range=True)
    assert warned[0].filename == __file__


@pytest.mark.parametrize("family", [MASK_VALUE, ENTRY_WINDOW])
def test_foreign_weights_are_named(family: dict[str, Any]) -> None:
    with pytest.raises(CheckpointError, match="weights of model 'made-up'"):
        shower_generator(replace(checkpoint(family), weights={"a": torch.zeros(1)}))


def test_a_generator_refuses_a_model_of_another_family() -> None:
    with pytest.raises(CheckpointError, match=r"got one of kind 'entry-window'; expected .*'mask-value'"):
        ShowerGenerator.from_checkpoint(checkpoint(ENTRY_WINDOW))
