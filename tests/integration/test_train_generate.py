"""The chain from a file of showers to a trained model and the showers that it makes."""

from __future__ import annotations

import csv
import json
import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from showerkit.data.records import Showers
from showerkit.data.schema import FileMetadata
from showerkit.data.shower_file import ShowerFile, read_showers
from showerkit.data.shower_writer import ShowerWriter
from showerkit.data.timing import read_timing
from showerkit.errors import CheckpointError, ConfigurationError, OutOfRangeError
from showerkit.geometry import load_detector
from showerkit.models.mask_value_config import MaskValueConfig
from showerkit.progress import SilentProgress
from showerkit.rng import generator
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.train.checkpoint import load_checkpoint
from showerkit.train.recipe import TrainingRecipe
from showerkit.workflow.generate import generate
from showerkit.workflow.train import train

N_EVENTS = 600
SIX = ["energy", "px", "py", "pz", "theta", "phi"]


def write_toy_showers(path: Path, n: int, detector_name: str = "zdc-ecal") -> Path:
    """Showers whose energy falls off around the entry point, with gamma-distributed cells."""
    detector = load_detector(detector_name)
    primaries = PrimaryConfig(particles=("e-", "e+"), energy_gev=(0.0, 20.0), theta_deg=(-25.0, 25.0))
    ids = np.arange(n)
    incident = primaries.sample(3, ids, detector)
    centre = incident.entry_point_mm() + 35.0 * incident.direction[:, :2]
    distance = np.linalg.norm(detector.cell_positions_mm[None, :, :2] - centre[:, None], axis=-1)
    mean = 0.02 * incident.energy_mev[:, None] * np.exp(-distance / 20.0)
    energy = generator(3, "toy").gamma(0.7, 1.0, mean.shape) * mean / 0.7
    energy[energy < 0.1] = 0.0
    settings = {"primaries": primaries.model_dump(mode="json", exclude_unset=True)}
    metadata = FileMetadata(generator="toy", kind="model", detector=detector, seed=3, settings=settings)
    with ShowerWriter(path, metadata) as writer:
        writer.append(Showers(incident, energy.astype(np.float32), ids))
    return path


@pytest.fixture(scope="module")
def showers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_showers(tmp_path_factory.mktemp("showers") / "toy.h5", N_EVENTS)


def small_recipe(**training: object) -> TrainingRecipe:
    return TrainingRecipe.model_validate(
        {
            "name": "small",
            "model": {"hidden": 4, "inputs": SIX, "dropout": 0.1},
            "training": {"epochs": 4, "batch_size": 64, **training},
        }
    )


@pytest.fixture(scope="module")
def run(showers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "whole"
    train(small_recipe(), showers, folder)
    return folder


class StopAfter(SilentProgress):
    """A user who stops the training in the middle of an epoch."""

    def __init__(self, events: int) -> None:
        self.left = events

    def advance(self, done: int) -> None:
        self.left -= done
        if self.left < 0:
            self.left = 10**9
            raise KeyboardInterrupt


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(folder / "model.skm").weights


def test_run_directory_holds_what_the_reader_needs(run: Path, showers: Path) -> None:
    recipe = TrainingRecipe.model_validate(yaml.safe_load((run / "recipe.yaml").read_text()))
    assert recipe == small_recipe()
    with ShowerFile(showers) as sample:
        assert json.loads((run / "environment.json").read_text())["data_fingerprint"] == sample.fingerprint()
    status = json.loads((run / "status.json").read_text())
    assert (status["state"], status["epochs_done"], status["epochs"]) == ("finished", 4, 4)
    with (run / "metrics.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3, 4]
    for row in rows:
        for part in ("train", "validation"):
            total = float(row[f"{part}_mask"]) + float(row[f"{part}_value"])
            assert float(row[f"{part}_loss"]) == pytest.approx(total, rel=1e-5)
    assert float(rows[-1]["validation_loss"]) < float(rows[0]["validation_loss"])
    best = min(float(row["validation_loss"]) for row in rows)
    assert status["best_loss"] == pytest.approx(best)
    assert list((run / "tensorboard").glob("events.out.tfevents.*"))
    assert {path.name for path in (run / "checkpoints").iterdir()} == {"best.ckpt", "last.ckpt"}


@pytest.mark.parametrize("schedule", [{"kind": "one-cycle"}, {"kind": "cyclic"}])
def test_stopped_and_resumed_training_gives_the_same_weights(
    schedule: dict[str, str], showers: Path, tmp_path: Path
) -> None:
    recipe = small_recipe(schedule=schedule, keep="last")
    train(recipe, showers, tmp_path / "whole")
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, showers, tmp_path / "stopped", progress=StopAfter(2 * N_EVENTS))
    assert signal.getsignal(signal.SIGINT) is handler
    status = json.loads((tmp_path / "stopped" / "status.json").read_text())
    assert status["state"] == "interrupted"
    assert 0 < status["epochs_done"] < 4
    assert not (tmp_path / "stopped" / "model.skm").exists()
    train(recipe, showers, tmp_path / "stopped", resume=True)
    whole, resumed = weights(tmp_path / "whole"), weights(tmp_path / "stopped")
    for name, tensor in whole.items():
        assert torch.equal(tensor, resumed[name]), name
    tables = [(tmp_path / folder / "metrics.csv").read_text() for folder in ("whole", "stopped")]
    without_times = [[row[:9] for row in csv.reader(table.splitlines())] for table in tables]
    assert without_times[0] == without_times[1]


def test_training_leaves_the_callers_random_state(showers: Path, tmp_path: Path) -> None:
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    train(small_recipe(epochs=1), showers, tmp_path / "run")
    assert torch.equal(torch.get_rng_state(), torch_before)
    assert (np.random.get_state()[1] == numpy_before).all()  # noqa: NPY002


def test_same_seed_same_weights_other_seed_others(showers: Path, run: Path, tmp_path: Path) -> None:
    train(small_recipe(), showers, tmp_path / "again")
    train(small_recipe(seed=2), showers, tmp_path / "other")
    name = "mask_head.weight"
    assert torch.equal(weights(run)[name], weights(tmp_path / "again")[name])
    assert not torch.equal(weights(run)[name], weights(tmp_path / "other")[name])


def test_finished_training_is_not_repeated_by_resume(showers: Path, run: Path) -> None:
    before = (run / "model.skm").stat().st_mtime_ns
    assert train(small_recipe(), showers, run, resume=True) == run / "model.skm"
    assert (run / "model.skm").stat().st_mtime_ns == before


def test_early_stopping_ends_a_training_that_does_not_improve(showers: Path, tmp_path: Path) -> None:
    recipe = small_recipe(
        epochs=30,
        schedule={"kind": "constant", "learning_rate": 1e-3},
        early_stopping={"patience": 1, "min_delta": 10.0},
    )
    train(recipe, showers, tmp_path / "run")
    status = json.loads((tmp_path / "run" / "status.json").read_text())
    assert (status["state"], status["epochs_done"]) == ("finished", 2)


def test_a_folder_that_is_taken_or_another_training_is_refused(
    showers: Path, run: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=r"holds a training already.*--resume"):
        train(small_recipe(), showers, run)
    with pytest.raises(CheckpointError, match=r"section 'training'.*other settings"):
        train(small_recipe(epochs=5), showers, run, resume=True)
    other = write_toy_showers(tmp_path / "other.h5", 50)
    with pytest.raises(CheckpointError, match=r"showers: got others than the training began with"):
        train(small_recipe(), other, run, resume=True)


def test_a_damaged_training_state_is_named(showers: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(small_recipe(), showers, tmp_path / "run", progress=StopAfter(N_EVENTS))
    (tmp_path / "run" / "checkpoints" / "last.ckpt").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(CheckpointError, match=r"last\.ckpt: got a file that is damaged"):
        train(small_recipe(), showers, tmp_path / "run", resume=True)


def test_divergence_is_one_clear_error(showers: Path, tmp_path: Path) -> None:
    recipe = small_recipe(schedule={"kind": "constant", "learning_rate": 1e30}, gradient_clip=None, epochs=30)
    with pytest.raises(ConfigurationError, match=r"no finite number.*lower the learning rate"):
        train(recipe, showers, tmp_path / "run")
    assert json.loads((tmp_path / "run" / "status.json").read_text())["state"] == "failed"


def test_overrides_are_typed_and_unknown_keys_name_the_nearest(showers: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"unknown key 'training.epoch'.*did you mean 'epochs'"):
        train(small_recipe(), showers, tmp_path / "run", overrides={"training.epoch": 1})
    with pytest.raises(ConfigurationError, match=r"'training\.epochs'.*got 'many'"):
        train(small_recipe(), showers, tmp_path / "run", overrides={"training.epochs": "many"})
    assert not (tmp_path / "run").exists()


def test_another_detector_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    sample = write_toy_showers(tmp_path / "hcal.h5", 20, "toy-hcal")
    with pytest.raises(ConfigurationError, match="1 layer of 20 x 20"):
        train(small_recipe(), sample, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_generated_file_is_deterministic_and_follows_the_model(
    run: Path, showers: Path, tmp_path: Path
) -> None:
    for name in ("a.h5", "b.h5"):
        generate(run, tmp_path / name, like=showers, seed=5, with_mask=True)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    made, real = read_showers(tmp_path / "a.h5"), read_showers(showers)
    assert (made.event_id == real.event_id).all()
    assert (made.incident.momentum_mev == real.incident.momentum_mev).all()
    hit = made.energy_mev > 0.1
    assert ((made.energy_mev == 0.0) | hit).all()
    # Hits are drawn with their probability: the number of hits in all has the variance sum p (1 - p).
    probability = made.mask_probability
    assert probability is not None
    p = probability.astype(np.float64)
    deviation = (hit.sum() - p.sum()) / np.sqrt((p * (1 - p)).sum())
    assert abs(deviation) < 4.0
    assert hit[p < 0.5].any()  # never a threshold at one half
    timing = read_timing(tmp_path / "a.h5")
    assert timing is not None
    assert timing.n_showers == N_EVENTS
    with ShowerFile(tmp_path / "a.h5") as file:
        assert (file.metadata.kind, file.metadata.generator, file.metadata.seed) == ("model", "small", 5)


def test_without_a_file_to_follow_particles_are_those_of_the_training(run: Path, tmp_path: Path) -> None:
    generate(run, tmp_path / "n.h5", n=500, seed=11)
    made = read_showers(tmp_path / "n.h5")
    assert len(made) == 500
    assert set(made.incident.pdg.tolist()) == {11, -11}
    assert 0.0 < made.incident.energy_mev.min() < 1000.0
    assert 19000.0 < made.incident.energy_mev.max() <= 20000.0
    assert 20.0 < np.degrees(made.incident.theta_rad.max()) <= 25.001


def test_training_follows_the_true_hit_probability(showers: Path, tmp_path: Path) -> None:
    """A trained model knows the mean hit map of held-out showers far better than a constant does."""
    recipe = small_recipe(epochs=12, batch_size=16)
    recipe = recipe.model_copy(update={"model": MaskValueConfig(hidden=8, inputs=("energy",))})
    train(recipe, showers, tmp_path / "run")
    generate(tmp_path / "run", tmp_path / "made.h5", like=showers, with_mask=True)
    made, real = read_showers(tmp_path / "made.h5"), read_showers(showers)
    assert made.mask_probability is not None
    truth = (real.energy_mev > 0.1).mean(axis=0)
    error = np.square(made.mask_probability.mean(axis=0) - truth).mean()
    constant = np.square(truth.mean() - truth).mean()
    assert error < 0.1 * constant


def test_requests_outside_the_training_are_refused_or_warned_about(run: Path, tmp_path: Path) -> None:
    detector = load_detector("zdc-ecal")
    primaries = PrimaryConfig(particles=("e-",), energy_gev=(30.0, 40.0))
    ids = np.arange(5)
    metadata = FileMetadata(generator="toy", kind="model", detector=detector, seed=1)
    with ShowerWriter(tmp_path / "high.h5", metadata) as writer:
        writer.append(Showers(primaries.sample(1, ids, detector), np.zeros((5, 400)), ids))
    with pytest.raises(OutOfRangeError, match=r"energy.*GeV.*model 'small' was trained on.*to 19.*GeV"):
        generate(run, tmp_path / "out.h5", like=tmp_path / "high.h5")
    assert not (tmp_path / "out.h5").exists()
    with pytest.warns(UserWarning, match=r"energy .* GeV lies outside"):
        generate(run, tmp_path / "out.h5", like=tmp_path / "high.h5", allow_out_of_range=True)
    assert (tmp_path / "out.h5").exists()


def test_generate_says_what_is_missing(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="give -n or --like"):
        generate(run, tmp_path / "out.h5")
    with pytest.raises(CheckpointError, match="model 'nowhere'"):
        generate("nowhere", tmp_path / "out.h5", n=1)
    hcal = write_toy_showers(tmp_path / "hcal.h5", 5, "toy-hcal")
    with pytest.raises(ConfigurationError, match="detector: got toy-hcal; expected zdc-ecal"):
        generate(run, tmp_path / "out.h5", like=hcal)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs signals to threads")
def test_ctrl_c_stops_a_training_that_can_be_resumed(showers: Path, tmp_path: Path) -> None:
    """A real signal, not an exception of our own."""
    sent = threading.Event()

    class Interrupting(SilentProgress):
        def note(self, message: str) -> None:
            if message.startswith("epoch 2/") and not sent.is_set():
                sent.set()
                os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(small_recipe(), showers, tmp_path / "run", progress=Interrupting())
    assert sent.is_set()
    train(small_recipe(), showers, tmp_path / "run", resume=True)
    assert (tmp_path / "run" / "model.skm").is_file()
