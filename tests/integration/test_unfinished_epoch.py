"""A training that is stopped inside an epoch goes on with the batches that were left, to the same weights."""

from __future__ import annotations

import csv
import json
import os
import signal
from functools import partial
from pathlib import Path

import pytest
import torch

from showerkit.data.datasets import ShowerBatches
from showerkit.progress import SilentProgress
from showerkit.train import unfinished_epoch
from showerkit.train.checkpoint import load_checkpoint
from showerkit.train.recipe import TrainingRecipe
from showerkit.train.target_batches import TargetBatches
from showerkit.workflow import training_sample
from showerkit.workflow.train import train
from tests.integration.test_train_generate import write_toy_showers

N_EVENTS = 700
BATCH = 50


@pytest.fixture(scope="module")
def showers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_showers(tmp_path_factory.mktemp("showers") / "toy.h5", N_EVENTS)


def recipe() -> TrainingRecipe:
    return TrainingRecipe.model_validate(
        {
            "name": "small",
            "model": {"hidden": 2, "dropout": 0.2},
            "data": {"shuffle_buffer": 256},
            "training": {"epochs": 2, "batch_size": BATCH, "keep": "last", "value_spread": False},
        }
    )


class SignalAt(SilentProgress):
    """Somebody who sends signals after so many batches; what `advance` is told at a resumption is kept."""

    def __init__(self, batch: int, *signals: int) -> None:
        self.left = batch
        self.signals = signals
        self.told: list[int] = []

    def advance(self, done: int) -> None:
        self.told.append(done)
        self.left -= 1
        if self.left == 0:
            for each in self.signals:
                os.kill(os.getpid(), each)


def figures(folder: Path) -> list[list[str]]:
    """The table of losses without its times."""
    with (folder / "metrics.csv").open() as handle:
        return [row[:9] for row in csv.reader(handle)]


@pytest.fixture
def seen(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[list[float]]:
    """The energies of the batches that are learnt from, with events in memory or read from the disk."""
    if request.param == "streamed":
        monkeypatch.setattr(training_sample, "ShowerBatches", partial(ShowerBatches, memory_mb=0.0))
    batches: list[list[float]] = []
    learned_from = TargetBatches.learned_from

    def watched(self: TargetBatches, batch: dict[str, torch.Tensor]) -> object:
        if self.events.part == "train":
            batches.append(batch["incident_energy"].tolist())
        return learned_from(self, batch)

    monkeypatch.setattr(TargetBatches, "learned_from", watched)
    return batches


@pytest.mark.parametrize(
    ("seen", "sent"), [("kept", signal.SIGINT), ("streamed", signal.SIGTERM)], indirect=["seen"]
)
def test_stopped_inside_an_epoch_and_resumed(
    seen: list[list[float]], sent: signal.Signals, showers: Path, tmp_path: Path
) -> None:
    train(recipe(), showers, tmp_path / "whole")
    whole = seen.copy()
    per_epoch = len(whole) // 2
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    seen.clear()
    with pytest.raises(KeyboardInterrupt):
        train(recipe(), showers, tmp_path / "stopped", progress=SignalAt(per_epoch + 3, sent))
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == handlers
    status = json.loads((tmp_path / "stopped" / "status.json").read_text())
    assert (status["state"], status["epochs_done"]) == ("interrupted", 1)
    assert len(seen) == per_epoch + 4  # the batch after the signal was read, but not learnt from
    seen.clear()
    progress = SignalAt(0)
    train(recipe(), showers, tmp_path / "stopped", resume=True, progress=progress)
    assert seen == whole[per_epoch + 3 :]
    n_train = sum(len(batch) for batch in whole[:per_epoch])
    assert progress.told[0] == n_train + n_train * 3 // per_epoch
    whole_weights, resumed = (
        load_checkpoint(tmp_path / name / "model.skm").weights for name in ("whole", "stopped")
    )
    for name, tensor in whole_weights.items():
        assert torch.equal(tensor, resumed[name]), name
    assert figures(tmp_path / "whole") == figures(tmp_path / "stopped")


def test_a_killed_training_goes_on_from_the_state_that_was_kept_inside_the_epoch(
    showers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(recipe(), showers, tmp_path / "whole")
    monkeypatch.setattr(unfinished_epoch.KeepUnfinishedEpoch.__init__, "__defaults__", (0.0,))

    class Dies(SignalAt):
        def advance(self, done: int) -> None:
            super().advance(done)
            if self.left == 0:
                raise RuntimeError("gone")

    with pytest.raises(RuntimeError, match="gone"):
        train(recipe(), showers, tmp_path / "killed", progress=Dies(8))
    state = torch.load(tmp_path / "killed" / "checkpoints" / "last.ckpt", weights_only=True)
    assert (state["epoch"], state["global_step"]) == (0, 7)
    train(recipe(), showers, tmp_path / "killed", resume=True)
    assert figures(tmp_path / "whole") == figures(tmp_path / "killed")


def test_a_second_signal_is_answered_at_once(showers: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(recipe(), showers, tmp_path / "run", progress=SignalAt(3, signal.SIGINT, signal.SIGINT))
    assert not (tmp_path / "run" / "checkpoints" / "last.ckpt").exists()
