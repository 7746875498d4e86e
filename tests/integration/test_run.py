"""A chain can be stopped anywhere and goes on; what is finished is kept, what changed is done again."""

from __future__ import annotations

import json
import shutil
import sys

import h5py
import numpy as np
import pytest
import yaml

from showerkit.errors import ConfigurationError
from showerkit.progress import SilentProgress
from showerkit.workflow import run
from showerkit.workflow.recipe import load_recipe, parse_recipe

REDUCED = {
    "simulate.train": 40,
    "simulate.test": 16,
    "training.epochs": 1,
    "training.batch_size": 8,
    "model.hidden": 4,
    "evaluate.bootstrap": 10,
    "evaluate.event_images": 1,
}


class Notes(SilentProgress):
    """Remembers the notes."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, message: str) -> None:
        self.said.append(message)

    @property
    def kept(self) -> int:
        return sum("finished before" in message for message in self.said)


def quick_evaluate(reference, candidates, output, *, floor, threshold_mev, **settings):
    """Stand in for the evaluation, which the tests of the recipes run for real, in no time."""
    output.mkdir(parents=True, exist_ok=True)
    (output / "report.html").write_text(f"<html>{threshold_mev}</html>")
    sample = {"n_events": 16, "generator": "Geant4", "timing": None}
    mse = {"label": "Hit probability MSE", "unit": "", "kind": "squared", "value": 0.03, "error": 0.001}
    judged = {**sample, "measures": {"hit_probability.mse": mse}}
    metrics = {"reference": sample, "floor": judged, "candidates": [judged]}
    (output / "metrics.json").write_text(json.dumps(metrics))
    return output / "report.html"


@pytest.fixture(scope="module", autouse=True)
def _no_long_evaluation():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["showerkit.workflow.evaluate"], "evaluate", quick_evaluate)
        yield


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run."""
    return run("demo", tmp_path_factory.mktemp("finished") / "run", overrides=REDUCED, workers=1).folder


@pytest.fixture
def copied(finished, tmp_path):
    """A copy of the finished run, to be spoilt."""
    return shutil.copytree(finished, tmp_path / "run")


def again(folder, **changes):
    notes = Notes()
    overrides = {**REDUCED, **{key.replace("__", "."): value for key, value in changes.items()}}
    run("demo", folder, overrides=overrides, workers=1, resume=True, progress=notes)
    return notes


def test_a_finished_run_is_kept_whole(copied):
    before = {path: path.stat().st_mtime_ns for path in copied.rglob("*.h5")}
    assert again(copied).kept == 6
    assert {path: path.stat().st_mtime_ns for path in copied.rglob("*.h5")} == before


@pytest.mark.parametrize(
    ("change", "kept"),
    [({"evaluate__threshold_mev": 0.5}, 5), ({"generate__seed": 2}, 4), ({"training__seed": 2}, 3)],
)
def test_a_changed_setting_does_again_what_builds_on_it(copied, change, kept):
    assert again(copied, **change).kept == kept


def test_a_lost_file_is_made_again_the_same(finished, copied):
    (copied / "data" / "test.h5").unlink()
    assert again(copied).kept == 5
    assert (copied / "data" / "test.h5").read_bytes() == (finished / "data" / "test.h5").read_bytes()


def test_an_interrupted_run_goes_on_to_the_same_end(finished, tmp_path, monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["showerkit.workflow.generate"], "generate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run("demo", tmp_path / "run", data=finished / "data", overrides=REDUCED, workers=1)
    monkeypatch.undo()
    notes = Notes()
    run("demo", tmp_path / "run", data=finished / "data", overrides=REDUCED, resume=True, progress=notes)
    assert notes.kept == 4
    assert "generate: going on" in notes.said
    with h5py.File(finished / "generated.h5") as one, h5py.File(tmp_path / "run" / "generated.h5") as other:
        assert np.array_equal(one["showers"][:], other["showers"][:])


def test_the_recipe_is_kept_as_it_was_resolved(finished):
    written = parse_recipe(yaml.safe_load((finished / "recipe.yaml").read_text()), source="recipe.yaml")
    assert written == load_recipe("demo", REDUCED)


def test_samples_of_one_run_serve_another(finished, tmp_path):
    notes = Notes()
    overrides = {**REDUCED, "loss.cells": 2.0}
    run("demo", tmp_path / "other", data=finished / "data", overrides=overrides, progress=notes)
    assert notes.kept == 3
    assert not (tmp_path / "other" / "data").exists()


def test_other_samples_are_never_replaced(finished, tmp_path):
    with pytest.raises(ConfigurationError, match=r"train\.h5.*name another folder"):
        run("demo", tmp_path / "o", data=finished / "data", overrides={**REDUCED, "simulate.seed": 5})


def test_a_run_is_not_begun_in_a_folder_that_holds_something(finished, tmp_path):
    with pytest.raises(ConfigurationError, match="--resume"):
        run("demo", finished, overrides=REDUCED)
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(ConfigurationError, match="holds other things"):
        run("demo", tmp_path, overrides=REDUCED, resume=True)
    with pytest.raises(ConfigurationError, match="a file"):
        run("demo", tmp_path / "thesis.tex", overrides=REDUCED)


def test_the_command_ends_with_figures_and_report(finished, showerkit_command):
    words = [word for key, value in REDUCED.items() for word in ("--set", f"{key}={value}")]
    shown = showerkit_command("run", "demo", "-o", finished, "--resume", *words)
    assert shown.code == 0
    lines = shown.out.strip().splitlines()
    assert lines[-1] == f"report: {finished / 'report' / 'report.html'}"
    assert any("Hit probability MSE: 0.0300 ± 0.0010 (floor 0.0300 ± 0.0010)" in line for line in lines)
