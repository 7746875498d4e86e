from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from showerkit.errors import CheckpointError
from showerkit.generate.event_random import event_normals
from showerkit.generate.showers import ShowerGenerator
from showerkit.generate.total_energy import DrawnTotal
from showerkit.geometry import load_detector
from showerkit.losses.mask_value_config import MaskValueLossConfig
from showerkit.models.mask_value_config import MaskValueConfig
from showerkit.models.registry import build_model
from showerkit.models.total_energy_flow import TotalEnergyFlow, build_flow
from showerkit.models.total_energy_flow_config import TotalEnergyFlowConfig
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.train.checkpoint import Checkpoint, CheckpointMeta, load_checkpoint, save_checkpoint

DETECTOR = load_detector("zdc-ecal")


def a_flow() -> TotalEnergyFlow:
    """A flow about a third of the incident energy, which depends on its input."""
    flow = build_flow(TotalEnergyFlowConfig(n_inputs=1, hidden=8, bins=4), seed=1)
    random = torch.Generator().manual_seed(2)
    flow.knots.weight.data = 0.3 * torch.randn(flow.knots.weight.shape, generator=random)
    flow.mean.fill_(-0.7)
    flow.log_width.fill_(-1.0)
    return flow


def a_model(*, hit_probability: float = 0.5, noise_inputs: int = 0) -> Checkpoint:
    """A model without a flow whose cells are hit with one probability and hold 2 MeV or so."""
    config = MaskValueConfig(hidden=4, noise_inputs=noise_inputs)
    weights = dict(build_model(config, seed=1).state_dict())
    logit = float(np.log(hit_probability / (1.0 - hit_probability)))
    for head, constant in (("mask_head", logit), ("value_head", 2.5e-4)):
        weights[f"{head}.weight"] = torch.zeros_like(weights[f"{head}.weight"])
        weights[f"{head}.bias"] = torch.full_like(weights[f"{head}.bias"], constant)
    meta = CheckpointMeta(
        name="made-up",
        model=config,
        loss=MaskValueLossConfig(value_cells="hit"),
        condition_transform={"inputs": ["energy"], "normalisation": "s2", "offset": [0.0], "scale": [2e4]},
        energy_transform={"kind": "linear", "threshold_mev": 0.1, "scale_mev": 8000.0},
        detector=DETECTOR,
        threshold_mev=0.1,
        valid_range={
            "energy": (1.0, 20000.0),
            "theta": (0.0, 0.5),
            "phi": (-np.pi, np.pi),
            "x": (-16.0, 16.0),
            "y": (-16.0, 16.0),
        },
        particles=(11,),
        seed=1,
        data_fingerprint="abc",
        n_train=1000,
    )
    return Checkpoint(meta, weights)


def electrons(n: int):
    settings = {"particles": ("e-",), "energy_gev": (1.0, 20.0)}
    return PrimaryConfig.model_validate(settings).sample(1, np.arange(n), DETECTOR)


@pytest.mark.parametrize("noise_inputs", [0, 3])
def test_a_shower_has_the_total_that_the_flow_draws_for_it(noise_inputs: int) -> None:
    model = a_model(noise_inputs=noise_inputs)
    generator = ShowerGenerator.from_checkpoint(model.with_flow(a_flow()), device="cpu")
    incident, ids = electrons(300), np.arange(300)
    made = generator.generate(incident, ids, 7)
    energy_mev = incident.energy_mev.astype(np.float64)
    with torch.inference_mode():
        expected = a_flow().total_mev(
            torch.from_numpy(incident.energy_mev[:, None] / np.float32(2e4)),
            torch.from_numpy(incident.energy_mev),
            torch.from_numpy(event_normals(7, "total", ids, 1)[:, 0]).float(),
        )
    np.testing.assert_allclose(made.energy_mev.sum(axis=1, dtype=np.float64), expected.numpy(), rtol=1e-5)
    assert np.ptp(expected.numpy() / energy_mev) > 0.1
    # The hits are those of the model without a flow.
    without = ShowerGenerator.from_checkpoint(model, device="cpu").generate(incident, ids, 7)
    assert ((made.energy_mev > 0.0) == (without.energy_mev > 0.0)).all()


def test_a_shower_without_hits_stays_so() -> None:
    model = a_model(hit_probability=0.002).with_flow(a_flow())
    made = ShowerGenerator.from_checkpoint(model, device="cpu").generate(electrons(500), np.arange(500), 1)
    total_mev = made.energy_mev.sum(axis=1)
    # 400 cells at 0.002: half of the showers have none, within four standard errors.
    none = 0.998**400
    assert abs((total_mev == 0.0).mean() - none) < 4.0 * np.sqrt(none * (1.0 - none) / 500)
    assert np.isfinite(made.energy_mev).all()


def test_an_event_does_not_depend_on_what_is_made_with_it() -> None:
    generator = ShowerGenerator.from_checkpoint(a_model().with_flow(a_flow()), device="cpu")
    incident, ids = electrons(600), np.arange(600)
    whole = generator.generate(incident, ids, 5)
    for size in (1, 37, 256, 300):
        for start in range(0, 600 if size > 30 else 5, size):
            rows = slice(start, start + size)
            assert (
                generator.generate(incident[rows], ids[rows], 5).energy_mev == whole.energy_mev[rows]
            ).all()
    other = generator.generate(incident, ids, 6)
    assert (other.energy_mev.sum(axis=1) != whole.energy_mev.sum(axis=1)).all()


def test_drawing_leaves_the_flow_as_it_was() -> None:
    flow = a_flow()
    DrawnTotal(flow, most_events=4)(np.zeros((2, 1), np.float32), np.ones(2), np.zeros(2))
    assert flow.knots.weight.dtype == torch.float32
    assert flow.training


def test_a_checkpoint_gives_the_same_showers_again(tmp_path: Path) -> None:
    model = a_model().with_flow(a_flow())
    save_checkpoint(tmp_path / "model.skm", model)
    again = load_checkpoint(tmp_path / "model.skm")
    assert again.meta == model.meta
    assert set(again.network_weights) == set(a_model().weights)
    assert set(again.flow_weights) == set(a_flow().state_dict())
    incident, ids = electrons(20), np.arange(20)
    one, two = (ShowerGenerator.from_checkpoint(m).generate(incident, ids, 1) for m in (model, again))
    assert (one.energy_mev == two.energy_mev).all()


def test_weights_that_do_not_fit_are_one_error() -> None:
    model = a_model().with_flow(a_flow())
    for broken in (
        replace(model, weights=a_model().weights),
        replace(model, weights={**model.weights, "total_energy_flow.knots.bias": torch.zeros(3)}),
        replace(model, weights={**model.weights, "total_energy_flow.other": torch.zeros(3)}),
        replace(model, meta=a_model().meta),
    ):
        with pytest.raises(CheckpointError, match="weights of model 'made-up'"):
            ShowerGenerator.from_checkpoint(broken)
