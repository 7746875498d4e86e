"""Trainings of energy measurements on showers whose law is known: what they reach, how they go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from showerkit.data.records import Showers
from showerkit.data.schema import FileMetadata
from showerkit.data.shower_file import read_showers
from showerkit.data.shower_writer import ShowerWriter
from showerkit.errors import CheckpointError, ConfigurationError, DataError
from showerkit.geometry import load_detector
from showerkit.progress import SilentProgress
from showerkit.reconstruct.energy_reconstructor import load_reconstructor
from showerkit.rng import generator
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.train.energy_checkpoint import load_energy_checkpoint
from showerkit.train.families import parse_training_recipe
from showerkit.workflow.generate import generate
from showerkit.workflow.train import train

#: Tracks for each GeV, so that sigma/sqrt(E) is 1/sqrt(TRACKS_PER_GEV) at best.
TRACKS_PER_GEV = 9.0
N_EVENTS = 2400


def write_showers(path: Path, *, n: int = N_EVENTS, seed: int = 3, tracks: bool = True) -> Path:
    """Poisson numbers of tracks, in proportion to the energy, in the middle of the toy calorimeter."""
    detector = load_detector("toy-hcal")
    primaries = PrimaryConfig(particles=("e-",), energy_gev=(0.0, 10.0), position_mm=(0.0, 0.0))
    incident = primaries.sample(seed, np.arange(n), detector)
    x, y, _ = detector.cell_positions_mm.reshape(-1, 3).T
    layer = np.arange(detector.n_cells) // (detector.cells_x * detector.cells_y)
    share = np.exp(-np.hypot(x, y) / 20.0) * (layer + 1) ** 2 * np.exp(-layer / 2.0)
    mean = TRACKS_PER_GEV * incident.energy_mev[:, None] / 1000.0 * share / share.sum()
    counts = generator(seed, "toy").poisson(mean).astype(np.float32)
    metadata = FileMetadata(
        generator="toy",
        kind="model",
        detector=detector,
        seed=seed,
        physics_data="approximate hadronic tables of a test",
        settings={"primaries": primaries.model_dump(mode="json")},
    )
    with ShowerWriter(path, metadata) as writer:
        writer.append(Showers(incident, 0.8 * counts, np.arange(n), counts if tracks else None))
    return path


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_showers(tmp_path_factory.mktemp("toy") / "train.h5")


@pytest.fixture(scope="module")
def test_sample(tmp_path_factory: pytest.TempPathFactory) -> Showers:
    return read_showers(write_showers(tmp_path_factory.mktemp("toy") / "test.h5", seed=4))


def recipe(kind: str = "layer-profile", **changes: Any) -> Any:
    training = {"epochs": 4, "pretraining_epochs": 2, "batch_size": 64, **changes.pop("training", {})}
    small = {"hidden": 16, "hidden_layers": 1} if kind == "layer-profile" else {}
    values = {
        "name": "toy",
        "model": {"kind": kind, **small},
        "data": {"validation_fraction": 0.1, "calibration_fraction": 0.2},
        "training": training,
        "intervals": {"bins": 2},
    }
    return parse_training_recipe({**values, **changes}, source="test")


def baseline(kind: str, **changes: Any) -> Any:
    values = {"name": "toy", "model": {"kind": kind, **changes}, "data": {"calibration_fraction": 0.2}}
    return parse_training_recipe({**values, "intervals": {"bins": 2}}, source="test")


class StopAfter(SilentProgress):
    """A user who stops the training in the middle of an epoch."""

    def __init__(self, events: int) -> None:
        self.left = events

    def advance(self, done: int) -> None:
        self.left -= done
        if self.left < 0:
            self.left = 10**9
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("made", "spare"),
    [
        # Least squares lose nothing on Poisson numbers but the pull of the ends towards the middle.
        (baseline("linear-total"), 1.0),
        (baseline("linear-layers"), 1.02),
        (baseline("boosted-trees", trees=20), 1.1),
        (recipe(objective={"kind": "mean-squared-error"}, training={"pretraining_epochs": 0}), 1.1),
        (recipe(objective={"kind": "root-energy-likelihood", "k_sqrt_gev": 0.33}), 1.1),
        (recipe(objective={"kind": "gaussian-likelihood"}), 1.15),
        (recipe(objective={"kind": "quantiles"}, training={"average": {"decay": 0.99}}), 1.15),
    ],
    ids=lambda value: f"{value.model.kind}-{value.objective.kind}" if hasattr(value, "objective") else None,
)
def test_a_measurement_is_as_good_as_the_law_allows(
    made: Any, spare: float, sample: Path, test_sample: Showers, tmp_path: Path
) -> None:
    train(made, sample, tmp_path / "run")
    reconstructor = load_reconstructor(tmp_path / "run")
    found = reconstructor.reconstruct(test_sample)
    true = test_sample.incident.energy_mev.astype(np.float64)
    n = len(true)
    scaled = (found.energy_mev - true) / np.sqrt(1000.0 * true)
    best = 1.0 / np.sqrt(TRACKS_PER_GEV)
    away_from_zero = true > 1000.0
    # A standard deviation has the relative error 1 / sqrt(2 n).
    slack = 1.0 + 4.0 / np.sqrt(2 * n)
    assert best / slack * 0.9 < scaled[away_from_zero].std() < best * spare * slack
    pulls = (found.energy_mev - true) / found.sigma_mev
    # The calibration events scatter as well, and tails are longer than a Gaussian's.
    n_calibration = reconstructor.meta.n_calibration
    assert abs(pulls.std() - 1.0) < 5.0 * np.sqrt(1 / n + 1 / n_calibration)
    covered = ((found.low_mev <= true) & (true <= found.high_mev)).mean()
    assert abs(covered - 0.68) < 4.0 * np.sqrt(0.68 * 0.32 * (1 / n + 1 / n_calibration)) + 2 / n_calibration


def test_a_model_says_what_it_was_trained_on(sample: Path, tmp_path: Path) -> None:
    path = train(baseline("linear-layers"), sample, tmp_path / "run")
    meta = load_energy_checkpoint(path).meta
    assert (meta.energy_low_gev, meta.energy_high_gev) == (0.0, 10.0)
    assert (meta.particles, meta.approximate_physics) == ((11,), True)
    assert meta.n_calibration == pytest.approx(0.2 * N_EVENTS, abs=5 * np.sqrt(0.16 * N_EVENTS))
    assert meta.n_train + meta.n_calibration == N_EVENTS
    assert 0.0 <= meta.valid_range["energy"][0] < 100.0 < 9900.0 < meta.valid_range["energy"][1] <= 10000.0
    told = load_reconstructor(path).describe()
    assert (told["name"], told["kind"], told["coverage"]) == ("toy", "linear-layers", 0.68)
    assert told["detector"]["name"] == "toy-hcal"
    assert json.loads((tmp_path / "run" / "status.json").read_text())["state"] == "finished"
    assert train(baseline("linear-layers"), sample, tmp_path / "run", resume=True) == path


@pytest.mark.parametrize("kind", ["cnn3d", "deep-sets-hits", "layer-profile", "residual3d"])
def test_an_energy_does_not_depend_on_the_other_showers(
    kind: str, sample: Path, test_sample: Showers, tmp_path: Path
) -> None:
    training = {"epochs": 2, "pretraining_epochs": 1, "epoch_showers": 128}
    train(recipe(kind, training=training), sample, tmp_path / "run")
    reconstructor = load_reconstructor(tmp_path / "run")
    whole = reconstructor.reconstruct(test_sample[:300])
    alone = reconstructor.reconstruct(test_sample[250:260])
    # Deep Sets sum as many places as the fullest shower has hits: the order of sums differs.
    np.testing.assert_allclose(alone.energy_mev, whole.energy_mev[250:260], rtol=2e-5)
    np.testing.assert_array_equal(alone.event_id, np.arange(250, 260))
    assert len(reconstructor.reconstruct(test_sample[:0])) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"augmentation": {"flip": True, "rotate": True, "max_shift_cells": 1}},
        {"independence": {"kind": "pivot"}, "augmentation": None},
        {"independence": {"kind": "distance-correlation"}, "training": {"average": {"decay": 0.9}}},
        {"objective": {"kind": "root-energy-likelihood", "learn_k": True}},
    ],
    ids=["symmetries", "pivot", "correlation", "learnt-k"],
)
def test_stopped_and_resumed_gives_the_same_weights(
    changes: dict[str, Any], sample: Path, tmp_path: Path
) -> None:
    made = recipe(**changes)
    whole = load_energy_checkpoint(train(made, sample, tmp_path / "whole"))
    with pytest.raises(KeyboardInterrupt):
        train(made, sample, tmp_path / "stopped", progress=StopAfter(int(2.5 * whole.meta.n_train)))
    status = json.loads((tmp_path / "stopped" / "status.json").read_text())
    assert (status["state"], status["epochs_done"]) == ("interrupted", 2)
    resumed = load_energy_checkpoint(train(made, sample, tmp_path / "stopped", resume=True))
    assert set(resumed.weights) == set(whole.weights)
    for name, tensor in whole.weights.items():
        assert torch.equal(tensor, resumed.weights[name]), name
    assert resumed.meta == whole.meta
    if "objective" in changes:
        assert whole.part("objective")["log_k"].exp() != 0.31


def test_the_pretraining_is_by_squared_error(sample: Path, tmp_path: Path) -> None:
    """Whatever the objective, the first epochs are the same."""
    training = {"epochs": 3, "pretraining_epochs": 2, "schedule": {"kind": "constant"}}
    rows = []
    for objective in ("root-energy-likelihood", "mean-squared-error"):
        changes = {"objective": {"kind": objective}}
        if objective == "mean-squared-error":
            training = {**training, "pretraining_epochs": 0}
        train(recipe(training=training, **changes), sample, tmp_path / objective)
        lines = (tmp_path / objective / "metrics.csv").read_text().splitlines()
        place = lines[0].split(",").index("train_loss")
        rows.append([line.split(",")[place] for line in lines[1:]])
    assert rows[0][:2] == rows[1][:2]
    assert rows[0][2] != rows[1][2]


def test_a_network_begins_as_the_linear_fit(sample: Path, test_sample: Showers, tmp_path: Path) -> None:
    still = {"epochs": 1, "pretraining_epochs": 0, "schedule": {"kind": "constant", "learning_rate": 1e-12}}
    made = recipe(objective={"kind": "mean-squared-error"}, training=still)
    train(made, sample, tmp_path / "network")
    network = load_reconstructor(tmp_path / "network").reconstruct(test_sample)
    energy = test_sample.incident.energy_mev
    tracks = test_sample.charged_tracks.reshape(len(energy), 17, 64).sum(axis=2, dtype=np.float64)
    counted = np.column_stack([tracks, np.ones(len(energy))])
    fitted, *_ = np.linalg.lstsq(counted, network.energy_mev, rcond=None)
    np.testing.assert_allclose(counted @ fitted, network.energy_mev, atol=0.5)
    assert np.corrcoef(network.energy_mev, energy)[0, 1] > 0.95


def test_what_does_not_fit_is_one_line(sample: Path, tmp_path: Path) -> None:
    blind = write_showers(tmp_path / "blind.h5", n=300, tracks=False)
    with pytest.raises(DataError, match="showers without them"):
        train(baseline("linear-total"), blind, tmp_path / "one")
    with pytest.raises(DataError, match="showers without them"):
        train(recipe(), blind, tmp_path / "two")
    few = write_showers(tmp_path / "few.h5", n=150)
    with pytest.raises(DataError, match="calibration events in bin"):
        train(
            parse_training_recipe(
                {"name": "x", "model": {"kind": "linear-total"}, "intervals": {"bins": 10}}, source="test"
            ),
            few,
            tmp_path / "three",
        )
    with pytest.raises(ConfigurationError, match="cnn3d"):
        recipe("cnn3d", training={"start_from_linear": True})


def test_models_of_other_kinds_are_refused(sample: Path, tmp_path: Path) -> None:
    path = train(baseline("linear-total"), sample, tmp_path / "run")
    with pytest.raises(CheckpointError, match="showerkit-energy-1"):
        generate(path, tmp_path / "made.h5", n=3)
    other = Path(__file__).parents[2] / "src" / "showerkit" / "zoo" / "zdc-ecal-gan" / "model.skm"
    with pytest.raises(CheckpointError, match=r"format 'showerkit-checkpoint-1'.*measures energies"):
        load_reconstructor(other)
    damaged = tmp_path / "damaged.skm"
    damaged.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(CheckpointError, match="damaged"):
        load_reconstructor(damaged)
