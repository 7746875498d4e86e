"""Made-up models of the families that can be exported."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from showerkit.generate.window_frame import window_frame
from showerkit.geometry import load_detector
from showerkit.losses.energy_score_config import EnergyScoreConfig
from showerkit.losses.flow_matching_config import FlowMatchingConfig
from showerkit.losses.mask_value_config import MaskValueLossConfig
from showerkit.models.entry_window_config import EntryWindowConfig
from showerkit.models.mask_value_config import MaskValueConfig
from showerkit.models.registry import build_model
from showerkit.models.shower_flow import ShowerFlow
from showerkit.models.shower_flow_config import ShowerFlowConfig
from showerkit.models.total_energy_flow import build_flow
from showerkit.models.total_energy_flow_config import TotalEnergyFlowConfig
from showerkit.train.checkpoint import Checkpoint, CheckpointMeta
from showerkit.train.value_spread import ValueSpread

INPUTS = ("energy", "px", "pz", "theta", "phi", "x")


def meta(detector: str, **values: object) -> CheckpointMeta:
    common = {
        "name": "made-up",
        "detector": load_detector(detector),
        "threshold_mev": 0.1,
        "valid_range": {
            "energy": (1.0, 20000.0),
            "theta": (0.0, np.radians(25.0)),
            "phi": (-np.pi, np.pi),
            "x": (-15.15, 15.15),
            "y": (-15.15, 15.15),
        },
        "particles": (11,),
        "seed": 1,
        "data_fingerprint": "abc",
        "n_train": 100_000,
        "versions": {"torch": "1"},
    }
    return CheckpointMeta.model_validate({**common, **values})


@pytest.fixture(scope="session")
def window_model() -> Callable[..., Checkpoint]:
    """A generator of windows with random weights that hits about half of the cells."""

    def make(detector: str = "zdc-ecal", **settings: object) -> Checkpoint:
        shape = {"cells_across": 5, "hidden": 8, "random_inputs": 3, "depth_mm": 10.0, **settings}
        config = EntryWindowConfig.model_validate(shape)
        described = meta(
            detector,
            model=config,
            loss=EnergyScoreConfig(),
            condition_transform={
                "mean": [1e4, 8.9, 0.1, 0.1, 0.0, 0.0],
                "width": [5e3, 1.0, 0.1, 0.0, 0.3, 0.3],
            },
            energy_transform={},
        )
        network = build_model(config, seed=2, layers=len(described.detector.layers))
        random = torch.Generator().manual_seed(3)
        if config.noise_reach:
            for noise in (network.mask_noise, network.value_noise):
                noise.kernel.data += 0.2 * torch.randn(noise.kernel.shape, generator=random)
        for head in (network.mask_head, network.location_head):
            head.weight.data *= 5.0
        return Checkpoint(described, dict(network.state_dict()))

    return make


@pytest.fixture(scope="session")
def mask_value_model() -> Callable[..., Checkpoint]:
    """A mask-and-value generator with random weights."""

    def make(
        *,
        detector: str = "zdc-ecal",
        kind: str = "linear",
        value_cells: str = "hit",
        spread: bool = False,
        total: str = "none",
        noise_inputs: int = 0,
        particles: tuple[int, ...] = (11,),
    ) -> Checkpoint:
        config = MaskValueConfig(hidden=4, inputs=INPUTS, noise_inputs=noise_inputs)
        weights = dict(build_model(config, seed=1).state_dict())
        for head, factor in (("mask_head", 300.0), ("value_head", 30.0)):
            weights[f"{head}.weight"] = factor * weights[f"{head}.weight"]
        if noise_inputs:
            weights["noise_in.weight"] = torch.ones_like(weights["noise_in.weight"])
        random = np.random.default_rng(4)
        predicted = random.normal(0.0, 0.5, 20_000)
        scatter = ValueSpread.fit(predicted, random.normal(0.0, 0.05, 20_000))
        in_total = ValueSpread.fit(random.uniform(3.0, 9.0, 20_000), random.normal(0.0, 0.1, 20_000))
        described = meta(
            detector,
            model=config,
            loss=MaskValueLossConfig.model_validate({"value_cells": value_cells}),
            condition_transform={
                "inputs": list(INPUTS),
                "normalisation": "s2",
                "offset": [0.0, 10.0, 9e3, 0.2, 0.0, 0.1],
                "scale": [2e4, 2e3, 5e3, 0.1, 1.8, 8.0],
            },
            energy_transform={
                "kind": kind,
                "threshold_mev": 0.1,
                **({"scale_mev": 8000.0} if kind == "linear" else {}),
                **({"mean": 3.0, "width": 1.5} if kind == "log" else {}),
            },
            value_spread=scatter if spread else None,
            total_energy=in_total if total == "quantiles" else None,
            particles=particles,
        )
        made = Checkpoint(described, weights)
        if total != "flow":
            return made
        flow = build_flow(TotalEnergyFlowConfig(n_inputs=len(INPUTS), hidden=8, bins=4), seed=1)
        shape = flow.knots.weight.shape
        flow.knots.weight.data = 0.3 * torch.randn(shape, generator=torch.Generator().manual_seed(2))
        flow.mean.fill_(-0.7)
        flow.log_width.fill_(-1.0)
        return made.with_flow(flow)

    return make


@pytest.fixture(scope="session")
def flow_model() -> Callable[..., Checkpoint]:
    """A flow of showers with random weights in all its parts."""

    def make(
        detector: str = "zdc-ecal", *, particles: tuple[int, ...] = (11,), **settings: object
    ) -> Checkpoint:
        shape = {
            **({} if settings.get("frame") == "fixed" else {"cells_across": 5}),
            "depth_mm": 10.0,
            "shape": {"hidden": 8, "transforms": 2},
            "energies": {"hidden": 8, "transforms": 2},
            "marginals": {"hidden": 16},
            "network": {"kind": "dense", "hidden": 16, "code": 8},
            "solver": {"kind": "midpoint", "steps": 2},
        }
        config = ShowerFlowConfig.model_validate({**shape, **settings})
        near_gaps = [] if config.gaps_mm is None else [0.05, 0.05]
        described = meta(
            detector,
            model=config,
            loss=FlowMatchingConfig(),
            particles=particles,
            condition_transform={
                "mean": [1e4, 8.9, 0.1, 0.1, 0.0, 0.0, *near_gaps],
                "width": [5e3, 1.0, 0.1, 0.1, 0.3, 0.3, *near_gaps],
            },
            energy_transform={},
        )
        random = torch.Generator().manual_seed(5)
        with torch.random.fork_rng():
            torch.manual_seed(6)
            network = ShowerFlow(
                config,
                layout=window_frame(config, described.detector).layout,
                particles=len(particles),
                threshold_mev=described.threshold_mev,
            )
        with torch.no_grad():
            for weights in network.parameters():
                # Heads start at 0; here all is to depend on all.
                weights += 0.1 * torch.randn(weights.shape, generator=random)
            network.energies.log_mean.fill_(2.0)
            network.marginals.mean_decades.fill_(1.3)
            if network.shower_shape is not None:
                flow = network.shower_shape.flow
                flow.mean.copy_(torch.tensor([2.0, 0.5, 0.0, 0.0, 0.0]))
                flow.width.copy_(torch.tensor([0.5, 1.0, 0.3, 0.3, 0.5]))
        return Checkpoint(described, dict(network.state_dict()))

    return make
