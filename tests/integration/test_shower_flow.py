"""A flow of showers: trained, resumed, generated from by different solvers, with several particles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from showerkit.data.records import Showers
from showerkit.data.schema import FileMetadata
from showerkit.data.shower_file import ShowerFile, read_showers
from showerkit.data.shower_writer import ShowerWriter
from showerkit.errors import CheckpointError, ConfigurationError, OutOfRangeError
from showerkit.generate.generator import shower_generator
from showerkit.geometry import load_detector
from showerkit.progress import SilentProgress
from showerkit.rng import generator
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from showerkit.train.shower_flow_recipe import ShowerFlowRecipe
from showerkit.workflow.generate import generate
from showerkit.workflow.train import train
from showerkit.workflow.validate import validate

N_EVENTS = 300


@pytest.fixture(scope="module", params=["zdc-ecal", "zdc-ecal-segmented"])
def showers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Showers of electrons in one layer, or of electrons and photons in several; some are empty."""
    path = tmp_path_factory.mktemp("showers") / "toy.h5"
    detector = load_detector(request.param)
    ids = np.arange(N_EVENTS)
    primaries = PrimaryConfig(
        particles=("e-",) if len(detector.layers) == 1 else ("e-", "gamma"),
        energy_gev=(0.0, 20.0),
        theta_deg=(-25.0, 25.0),
        phi_deg=(0.0, 180.0),
    )
    incident = primaries.sample(3, ids, detector)
    distance = np.linalg.norm(
        detector.cell_positions_mm[None, :, :2] - incident.entry_point_mm()[:, None], axis=-1
    )
    mean = 0.02 * incident.energy_mev[:, None] * np.exp(-distance / 20.0) / len(detector.layers)
    energy = generator(3, "toy").gamma(0.7, 1.0, mean.shape) * mean / 0.7
    energy[energy < 0.1] = 0.0
    energy[:5] = 0.0
    metadata = FileMetadata(generator="toy", kind="model", detector=detector, seed=3)
    with ShowerWriter(path, metadata) as writer:
        writer.append(Showers(incident, energy.astype(np.float32), ids))
    return path


def recipe(**training: Any) -> ShowerFlowRecipe:
    return ShowerFlowRecipe.model_validate(
        {
            "name": "small",
            "model": {
                "cells_across": 7,
                "depth_mm": 35,
                "energies": {"transforms": 1, "hidden": 8, "layers": 1},
                "shape": {"transforms": 1, "hidden": 8, "layers": 1},
                "marginals": {"hidden": 8},
                "network": {"kind": "dense", "hidden": 8, "blocks": 1, "code": 8},
                "solver": {"kind": "euler", "steps": 2},
            },
            "training": {"epochs": 2, "batch_size": 64, "marginals": {"epochs": 2, "batch_size": 64}}
            | training,
        }
    )


class Listener(SilentProgress):
    """May stop the training after so many events."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.left = stop_after

    def advance(self, done: int) -> None:
        if self.left is not None:
            self.left -= done
            if self.left < 0:
                self.left = None
                raise KeyboardInterrupt


@pytest.fixture(scope="module")
def run(showers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "whole"
    train(recipe(), showers, folder)
    return folder


def test_generated_showers_keep_to_the_rules(run: Path, showers: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        generate(run, tmp_path / f"{name}.h5", like=showers, seed=5, with_mask=True)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    assert validate(tmp_path / "a.h5") == []
    made = read_showers(tmp_path / "a.h5")
    energy, hits = made.energy_mev, (made.energy_mev > 0.0).sum(axis=1)
    assert bool(((energy == 0.0) | (energy > 0.1)).all())
    # Photons and electrons deposit no more than they have, but for rounding.
    assert bool((energy.sum(axis=1) <= made.incident.energy_mev * (1.0 + 1e-5) + 1e-5 * hits).all())
    assert made.mask_probability is not None
    assert not (energy[made.mask_probability == 0.0] > 0.0).any()
    generate(run, tmp_path / "c.h5", like=showers, seed=6)
    assert not np.array_equal(read_showers(tmp_path / "c.h5").energy_mev, energy)


def test_an_event_does_not_depend_on_its_company(run: Path, showers: Path) -> None:
    maker = shower_generator(load_checkpoint(run / "model.skm"), device="cpu")
    asked = read_showers(showers)
    whole = maker.generate(asked.incident, asked.event_id, seed=2).energy_mev
    some = np.array([7, 290, 3])
    alone = maker.generate(asked.incident[some], asked.event_id[some], seed=2).energy_mev
    # Velocities have single precision, whose last digit may tell where in its block an event stood.
    np.testing.assert_allclose(alone, whole[some], rtol=1e-3, atol=1e-6)


def test_solver_and_steps_are_a_knob(run: Path, showers: Path, tmp_path: Path) -> None:
    generate(run, tmp_path / "own.h5", like=showers, n=20)
    generate(run, tmp_path / "same.h5", like=showers, n=20, solver="euler", steps=2)
    generate(run, tmp_path / "other.h5", like=showers, n=20, solver="rk4", steps=5)
    own, same, other = (read_showers(tmp_path / f"{name}.h5").energy_mev for name in ("own", "same", "other"))
    assert np.array_equal(own, same)
    assert not np.array_equal(own, other)
    # What is drawn first does not depend on the solver.
    np.testing.assert_allclose(own.sum(axis=1), other.sum(axis=1), rtol=1e-5, atol=0.05)
    with ShowerFile(tmp_path / "other.h5") as file:
        assert file.metadata.settings["solver"] == {"kind": "rk4", "steps": 5, "crowding": 1.3}
    with pytest.raises(ConfigurationError, match="one step"):
        generate("zdc-ecal-gan", tmp_path / "none.h5", n=2, steps=4)


@pytest.mark.parametrize("events", [300, 700])
def test_stopped_and_resumed_before_the_flow_and_in_it(
    events: int, run: Path, showers: Path, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(recipe(), showers, tmp_path / "run", progress=Listener(events))
    train(recipe(), showers, tmp_path / "run", resume=True)
    assert json.loads((tmp_path / "run" / "status.json").read_text())["state"] == "finished"
    whole, resumed = (load_checkpoint(folder / "model.skm").weights for folder in (run, tmp_path / "run"))
    for name, tensor in whole.items():
        assert torch.equal(tensor, resumed[name]), name


def test_the_nearest_epoch_is_kept_where_that_is_asked_for(showers: Path, tmp_path: Path) -> None:
    train(recipe(keep={"kind": "distance", "events": 200}), showers, tmp_path / "run")
    metrics = load_checkpoint(tmp_path / "run" / "model.skm").meta.metrics
    assert metrics["epoch_of_the_model"] in (1.0, 2.0)
    assert metrics["best_validation_distance"] > 0.0


def test_what_a_model_cannot_do_is_refused(run: Path, showers: Path, tmp_path: Path) -> None:
    model = load_checkpoint(run / "model.skm")
    name = "velocity.cells_in.weight"
    save_checkpoint(
        tmp_path / "bad.skm", Checkpoint(model.meta, {**model.weights, name: model.weights[name][:1]})
    )
    with pytest.raises(CheckpointError, match="those of the network"):
        shower_generator(load_checkpoint(tmp_path / "bad.skm"))
    asked = read_showers(showers)[:1]
    maker = shower_generator(model)
    fast = type(asked.incident)(
        asked.incident.pdg, [9e5], asked.incident.momentum_mev * 100.0, asked.incident.position_mm
    )
    with pytest.raises(OutOfRangeError, match="energy"):
        maker.generate(fast, asked.event_id, 1)


def test_cells_cannot_be_paired_anew() -> None:
    with pytest.raises(ValueError, match="cells have places"):
        ShowerFlowRecipe.model_validate({"name": "small", "loss": {"coupling": "assignment"}})


def test_a_trained_flow_goes_on_and_is_distilled(run: Path, showers: Path, tmp_path: Path) -> None:
    train(recipe(start=str(run), epochs=1), showers, tmp_path / "on")
    before, after = (load_checkpoint(folder / "model.skm") for folder in (run, tmp_path / "on"))
    for name, tensor in before.weights.items():
        assert torch.equal(tensor, after.weights[name]) == (not name.startswith("velocity.")), name
    distillation = {"start": str(run), "steps": 2, "epochs": 2, "showers": 200, "passes": 2}
    values = recipe().model_dump() | {"distillation": distillation}
    train(ShowerFlowRecipe.model_validate(values), showers, tmp_path / "fast")
    student = load_checkpoint(tmp_path / "fast" / "model.skm")
    assert student.meta.model.solver.evaluations == 2
    assert student.meta.model.jumps == 2
    generate(tmp_path / "fast", tmp_path / "fast.h5", like=showers)
    assert validate(tmp_path / "fast.h5") == []
    with pytest.raises(ConfigurationError, match="taught to go 2 steps and no other"):
        generate(tmp_path / "fast", tmp_path / "other.h5", n=2, steps=4)
    small = values["model"] | {
        "marginals": {"hidden": 4},
        "shape": {"transforms": 1, "hidden": 4, "layers": 1, "network": 4},
        "network": {"kind": "dense", "hidden": 4, "blocks": 1, "code": 4},
    }
    train(ShowerFlowRecipe.model_validate(values | {"model": small}), showers, tmp_path / "small")
    smaller = load_checkpoint(tmp_path / "small" / "model.skm")
    assert smaller.weights["velocity.cells_in.weight"].shape[0] == 4
    assert torch.equal(smaller.weights["energies.log_mean"], before.weights["energies.log_mean"])
    generate(tmp_path / "small", tmp_path / "small.h5", like=showers)
    assert validate(tmp_path / "small.h5") == []
    other = ShowerFlowRecipe.model_validate(values | {"model": values["model"] | {"cells_across": 5}})
    with pytest.raises(ConfigurationError, match=r"to start from: section 'model'"):
        train(other, showers, tmp_path / "other")
