"""Two processes that train together learn what one does with the same batches."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

from showerkit.errors import ConfigurationError, TrainingProcessError
from showerkit.progress import SilentProgress
from showerkit.train.checkpoint import load_checkpoint
from showerkit.train.loss_history import read_losses
from showerkit.train.recipe import TrainingRecipe
from showerkit.workflow.train import train
from tests.integration.test_train_generate import write_toy_showers

EPOCHS = 3
#: Relative difference of losses by rounding, well below what three epochs change.
_SAME = 2e-4


def ranks() -> list[psutil.Process]:
    """Processes of this one that train."""
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            if any(word.endswith("rank_process") for word in child.cmdline()):
                found.append(child)
    return found


@pytest.fixture(scope="module")
def showers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_showers(tmp_path_factory.mktemp("showers") / "toy.h5", 450)


def recipe(**training: object) -> TrainingRecipe:
    """Nothing in it depends on how a batch is shared: no dropout, no statistics of a batch."""
    return TrainingRecipe.model_validate(
        {
            "name": "small",
            "model": {"hidden": 2, "dropout": 0.0, "normalisation": "none"},
            "loss": {"value_cells": "all"},
            "training": {
                "epochs": EPOCHS,
                "epoch_showers": 320,
                "batch_size": 40,
                "keep": "last",
                "value_spread": False,
                "device": "cpu",
                **training,
            },
        }
    )


class StopIn(SilentProgress):
    """Does something once, when so many showers were learnt from."""

    def __init__(self, showers: int, action: object) -> None:
        self.left = showers
        self.action = action
        self.notes: list[str] = []

    def advance(self, done: int) -> None:
        before, self.left = self.left, self.left - done
        if before > 0 >= self.left:
            self.action()

    def note(self, message: str) -> None:
        self.notes.append(message)


def compare(one: Path, other: Path) -> None:
    """Losses and weights agree but for rounding, which a training of some tens of steps hardly amplifies."""
    mine, theirs = read_losses(one / "metrics.csv"), read_losses(other / "metrics.csv")
    assert len(mine["epoch"]) == EPOCHS
    for name in ("train_loss", "train_mask", "train_value", "validation_loss"):
        np.testing.assert_allclose(mine[name], theirs[name], rtol=_SAME)
    assert mine["train_loss"][0] - mine["train_loss"][-1] > 10 * _SAME * mine["train_loss"][0]
    weights = [load_checkpoint(run / "model.skm").weights for run in (one, other)]
    for name, tensor in weights[0].items():
        torch.testing.assert_close(tensor, weights[1][name], rtol=1e-3, atol=1e-4)


@pytest.fixture(scope="module")
def alone(showers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "alone"
    train(recipe(), showers, folder)
    return folder


def test_two_processes_learn_what_one_does(alone: Path, showers: Path, tmp_path: Path) -> None:
    progress = StopIn(1, lambda: None)
    train(recipe(devices=2), showers, tmp_path / "together", progress=progress)
    compare(alone, tmp_path / "together")
    status = json.loads((tmp_path / "together" / "status.json").read_text())
    assert (status["state"], status["epochs_done"]) == ("finished", EPOCHS)
    assert sum(note.startswith("epoch ") for note in progress.notes) == EPOCHS
    assert not ranks()


@pytest.mark.slow
@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1)])
def test_a_training_goes_on_with_another_number_of_devices(
    before: int, after: int, alone: Path, showers: Path, tmp_path: Path
) -> None:
    """Stopped inside the second epoch by Ctrl-C."""
    progress = StopIn(500, lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        train(recipe(devices=before), showers, tmp_path / "run", progress=progress)
    status = json.loads((tmp_path / "run" / "status.json").read_text())
    assert (status["state"], status["epochs_done"]) == ("interrupted", 1)
    state = torch.load(tmp_path / "run" / "checkpoints" / "last.ckpt", weights_only=True)
    assert 8 < state["global_step"] < 16
    assert not ranks()
    train(recipe(devices=after), showers, tmp_path / "run", resume=True)
    compare(alone, tmp_path / "run")


@pytest.mark.slow
def test_a_process_that_is_killed_ends_all_with_one_line_each(showers: Path, tmp_path: Path) -> None:
    progress = StopIn(400, lambda: ranks()[1].kill())
    with pytest.raises(TrainingProcessError, match=r"^training, process 2 of 2: .*by SIGKILL$"):
        train(recipe(devices=2), showers, tmp_path / "run", progress=progress)
    told = [note for note in progress.notes if not note.startswith("epoch")]
    assert told in ([], ["training, process 1 of 2: got it lost the others"])
    assert not ranks()
    train(recipe(devices=1), showers, tmp_path / "run", resume=True)


def test_what_cannot_be_shared_is_refused_before_anything_is_learnt(showers: Path, tmp_path: Path) -> None:
    staged = recipe(devices=2).model_dump(mode="json") | {"adversarial": {}, "loss": {"value_cells": "hit"}}
    with pytest.raises(ConfigurationError, match=r"devices: got 2; expected 1 in .*adversarial"):
        train(TrainingRecipe.model_validate(staged), showers, tmp_path / "run")
    with pytest.raises(ConfigurationError, match=r"training.batch_size: got 40; expected a multiple of 3"):
        train(recipe(devices=3), showers, tmp_path / "run")
    assert not (tmp_path / "run").exists()
