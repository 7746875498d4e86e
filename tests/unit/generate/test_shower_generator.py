from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from showerkit.data.records import IncidentParticles
from showerkit.errors import CheckpointError, DataError, OutOfRangeError
from showerkit.generate.showers import ShowerGenerator
from showerkit.geometry import load_detector
from showerkit.losses.mask_value_config import MaskValueLossConfig
from showerkit.models.mask_value_config import MaskValueConfig
from showerkit.models.registry import build_model
from showerkit.rng import generator
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.train.checkpoint import Checkpoint, CheckpointMeta
from showerkit.train.value_spread import ValueSpread

DETECTOR = load_detector("zdc-ecal")
SCALE_MEV = 8000.0


def incident(n: int, **settings: object) -> IncidentParticles:
    values = {"theta_deg": (0.0, 25.0), "phi_deg": (-180.0, 180.0), **settings}
    return PrimaryConfig.model_validate(values).sample(1, np.arange(n), DETECTOR)


def checkpoint(
    *,
    kind: str = "linear",
    value_cells: str = "hit",
    probability: float | None = None,
    value: float | None = None,
    spread: ValueSpread | None = None,
    noise_inputs: int = 0,
) -> Checkpoint:
    """A model whose two heads give constants where they are asked for, and are random otherwise."""
    config = MaskValueConfig(hidden=4, noise_inputs=noise_inputs)
    weights = dict(build_model(config, seed=1).state_dict())
    weights["mask_head.weight"] = weights["mask_head.weight"] * 300.0
    if noise_inputs:
        weights["noise_in.weight"] = torch.ones_like(weights["noise_in.weight"])
    for head, constant in (("mask_head", probability), ("value_head", value)):
        if constant is not None:
            weights[f"{head}.weight"] = torch.zeros_like(weights[f"{head}.weight"])
            logit = np.log(constant / (1 - constant)) if head == "mask_head" else constant
            weights[f"{head}.bias"] = torch.full_like(weights[f"{head}.bias"], float(logit))
    meta = CheckpointMeta(
        name="made-up",
        model=config,
        loss=MaskValueLossConfig.model_validate({"value_cells": value_cells}),
        condition_transform={"inputs": ["energy"], "normalisation": "s2", "offset": [0.0], "scale": [2e4]},
        energy_transform={"kind": kind, "threshold_mev": 0.1, "scale_mev": SCALE_MEV},
        detector=DETECTOR,
        threshold_mev=0.1,
        value_spread=spread,
        valid_range={
            "energy": (1.0, 20000.0),
            "theta": (0.0, np.radians(25.0)),
            "phi": (-np.pi, np.pi),
            "x": (-15.15, 15.15),
            "y": (-15.15, 15.15),
        },
        particles=(11,),
        seed=1,
        data_fingerprint="abc",
        n_train=100_000,
    )
    return Checkpoint(meta, weights)


@pytest.mark.parametrize("noise_inputs", [0, 3])
def test_an_event_does_not_depend_on_what_is_made_with_it(noise_inputs: int) -> None:
    made = ShowerGenerator.from_checkpoint(checkpoint(noise_inputs=noise_inputs), device="cpu")
    particles, ids = incident(700), np.arange(700)
    whole = made.generate(particles, ids, 5, with_mask=True)
    assert whole.mask_probability is not None
    assert 0.02 < (whole.energy_mev > 0).mean() < 0.98
    for size in (1, 37, 256, 300):
        for start in range(0, 700 if size > 30 else 5, size):
            rows = slice(start, start + size)
            part = made.generate(particles[rows], ids[rows], 5, with_mask=True)
            assert part.mask_probability is not None
            assert (part.mask_probability == whole.mask_probability[rows]).all()
            assert (part.energy_mev == whole.energy_mev[rows]).all()
    backwards = made.generate(particles[::-1], ids[::-1], 5)
    assert (backwards.energy_mev[::-1] == whole.energy_mev).all()


def test_another_seed_gives_other_showers_with_the_same_probabilities() -> None:
    made = ShowerGenerator.from_checkpoint(checkpoint(), device="cpu")
    one, other = (made.generate(incident(50), np.arange(50), seed, with_mask=True) for seed in (1, 2))
    assert one.mask_probability is not None
    assert other.mask_probability is not None
    assert (one.mask_probability == other.mask_probability).all()
    assert (one.energy_mev != other.energy_mev).any()


@pytest.mark.parametrize("probability", [0.05, 0.3, 0.97])
def test_hits_are_drawn_with_their_probability(probability: float) -> None:
    made = ShowerGenerator.from_checkpoint(checkpoint(probability=probability, value=0.5), device="cpu")
    n = 500
    hit = made.generate(incident(n), np.arange(n), 3).energy_mev > 0.1
    deviation = np.sqrt(probability * (1 - probability) / hit.size)
    assert abs(hit.mean() - probability) < 4 * deviation
    per_event = hit.sum(axis=1)
    # A sum of independent draws: variance 400 p (1 - p), known to a relative sqrt(2 / n).
    assert per_event.var() == pytest.approx(400 * probability * (1 - probability), rel=4 * np.sqrt(2 / n))


@pytest.mark.parametrize(
    ("kind", "value_cells", "value", "expected"),
    [
        ("linear", "hit", 0.01, lambda e: 0.01 * SCALE_MEV + 0 * e),
        ("linear", "all", 0.01, lambda e: 0.01 / 0.4 * SCALE_MEV + 0 * e),
        ("fraction", "hit", 0.01, lambda e: 0.01 * e),
        ("fraction", "all", 0.01, lambda e: 0.01 / 0.4 * e),
        ("log", "hit", 2.0, lambda e: 0.1 * np.exp(2.0) + 0 * e),
        ("log", "all", 0.8, lambda e: 0.1 * np.exp(0.8 / 0.4) + 0 * e),
    ],
)
def test_energies_are_rescaled_to_units(kind: str, value_cells: str, value: float, expected) -> None:  # type: ignore[no-untyped-def]
    made = ShowerGenerator.from_checkpoint(
        checkpoint(kind=kind, value_cells=value_cells, probability=0.4, value=value), device="cpu"
    )
    particles = incident(300, energy_gev=(1.0, 20.0))
    showers = made.generate(particles, np.arange(300), 1)
    row, column = np.nonzero(showers.energy_mev)
    wanted = expected(particles.energy_mev.astype(np.float64))[row]
    assert showers.energy_mev[row, column] == pytest.approx(wanted, rel=1e-5)


def test_a_hit_is_always_above_the_threshold() -> None:
    made = ShowerGenerator.from_checkpoint(checkpoint(probability=0.5, value=-1.0), device="cpu")
    energy = made.generate(incident(50), np.arange(50), 1).energy_mev
    assert ((energy == 0.0) | (energy > 0.1)).all()
    assert (energy > 0.1).any()
    assert energy.max() == pytest.approx(0.1, rel=1e-6)


def test_no_cell_holds_more_than_came_in() -> None:
    made = ShowerGenerator.from_checkpoint(checkpoint(probability=0.5, value=1.0), device="cpu")
    particles = incident(100, energy_gev=(0.1, 16.0))
    energy = made.generate(particles, np.arange(100), 1).energy_mev
    # VALUE alone would say 8 GeV everywhere.
    assert energy.max(axis=1) == pytest.approx(np.minimum(particles.energy_mev, SCALE_MEV), rel=1e-6)


def test_measured_scatter_is_drawn() -> None:
    residual = generator(1, "test").uniform(-0.005, 0.005, 20_000)
    spread = ValueSpread.fit(np.full(20_000, 0.01), residual)
    made = ShowerGenerator.from_checkpoint(
        checkpoint(probability=0.5, value=0.01, spread=spread), device="cpu"
    )
    energy = made.generate(incident(200, energy_gev=(1.0, 20.0)), np.arange(200), 1).energy_mev
    hit = energy[energy > 0]
    width = 0.01 * SCALE_MEV / np.sqrt(12)
    assert hit.mean() == pytest.approx(0.01 * SCALE_MEV, abs=4 * width * np.sqrt(1 / len(hit) + 1 / 20_000))
    # The relative variance of a uniform distribution's sample variance is 0.8 / n.
    assert hit.var() == pytest.approx(width**2, rel=4 * np.sqrt(0.8 / len(hit) + 0.8 / 20_000) + 0.01)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"energy_gev": (25.0, 30.0)}, r"energy .* GeV; expected .*0\.001 to 20 GeV"),
        ({"theta_deg": (30.0, 40.0)}, r"theta .* degrees; expected .*0 to 25 degrees"),
        ({"position_mm": (100.0, 0.0)}, r"x .*got 100 mm; expected .*-15\.15 to 15\.15 mm"),
        ({"particles": ("gamma",)}, r"particle .*got 22; expected .*one of 11"),
    ],
)
def test_what_lies_outside_the_training_is_named(settings: dict[str, object], words: str) -> None:
    made = ShowerGenerator.from_checkpoint(checkpoint(), device="cpu")
    with pytest.raises(OutOfRangeError, match=words):
        made.generate(incident(5, **settings), np.arange(5), 1)
    with pytest.warns(UserWarning, match="lies outside the training's"):
        made.generate(incident(5, **settings), np.arange(5), 1, allow_out_of_range=True)


def test_fresh_particles_of_the_same_kind_are_within_range() -> None:
    made = ShowerGenerator.from_checkpoint(checkpoint(), device="cpu")
    assert len(made.generate(incident(2000), np.arange(2000), 1)) == 2000


def test_wrong_numbers_of_events_and_weights_are_named() -> None:
    made = ShowerGenerator.from_checkpoint(checkpoint(), device="cpu")
    with pytest.raises(DataError, match="event_id"):
        made.generate(incident(5), np.arange(4), 1)
    good = checkpoint()
    with pytest.raises(CheckpointError, match="weights of model 'made-up'"):
        ShowerGenerator.from_checkpoint(replace(good, weights={"a": torch.zeros(1)}))
