"""Studies of hyperparameters on real, if small, trainings."""

from __future__ import annotations

import csv
import json
import statistics
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from showerkit.configuration import load_yaml, parse_config
from showerkit.data.records import Showers
from showerkit.data.schema import FileMetadata
from showerkit.data.shower_writer import ShowerWriter
from showerkit.errors import CheckpointError, ConfigurationError, DataError, MissingDependencyError
from showerkit.geometry import load_detector
from showerkit.progress import SilentProgress
from showerkit.rng import generator
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.train.checkpoint import load_checkpoint
from showerkit.train.families import parse_training_recipe, with_settings
from showerkit.train.search_space import SearchSpace
from showerkit.train.shipped_recipes import shipped_recipes, shipped_search_spaces
from showerkit.train.trial_record import TrialRecord
from showerkit.workflow.recipe import load_recipe, recipe_values
from showerkit.workflow.train import train
from showerkit.workflow.tune import TuningResult, tune

TRIALS = 6
SPACE: dict[str, Any] = {
    "parameters": {
        "training.batch_size": {"kind": "int", "low": 16, "high": 64, "log": True},
        "training.weight_decay": {"kind": "float", "low": 0.0, "high": 0.2, "step": 0.1},
        "training.schedule": {
            "kind": "choice",
            "choices": [
                {"kind": "one-cycle", "max_learning_rate": 0.03},
                {"kind": "constant", "learning_rate": 1.0e-6},
            ],
        },
    },
    "startup_trials": 3,
    "pruning": {"kind": "median", "startup_trials": 2, "warmup_epochs": 0},
}
RECIPE: dict[str, Any] = {
    "name": "small",
    "detector": "zdc-ecal",
    "simulate": {"train": 20, "test": 10},
    "model": {"hidden": 2},
    # Longer than the choice's: choosing a section replaces it whole.
    "training": {"epochs": 3, "schedule": {"kind": "one-cycle", "max_learning_rate": 0.01, "pct_start": 0.4}},
}


class Stop(SilentProgress):
    """A user who stops the study while a trial trains."""

    def __init__(self, trial: int) -> None:
        self.trial = f"trial {trial}/"
        self.here = False
        self.notes: list[str] = []

    def start(self, what: str, total: int, unit: str) -> None:
        self.here = what.startswith(self.trial)

    def advance(self, done: int) -> None:
        if self.here:
            raise KeyboardInterrupt

    def note(self, message: str) -> None:
        self.notes.append(message)


@pytest.fixture(scope="module")
def showers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Showers of gamma-distributed cells that fall off from the face's centre."""
    path, detector, ids = (
        tmp_path_factory.mktemp("showers") / "toy.h5",
        load_detector("zdc-ecal"),
        np.arange(250),
    )
    incident = PrimaryConfig(particles=("e-",), energy_gev=(1.0, 20.0)).sample(3, ids, detector)
    distance = np.linalg.norm(detector.cell_positions_mm[:, :2], axis=-1)
    mean = 0.02 * incident.energy_mev[:, None] * np.exp(-distance / 20.0)
    energy = generator(3, "toy").gamma(0.7, 1.0, mean.shape) * mean
    energy[energy < 0.1] = 0.0
    metadata = FileMetadata(generator="toy", kind="model", detector=detector, seed=3)
    with ShowerWriter(path, metadata) as writer:
        writer.append(Showers(incident, energy.astype(np.float32), ids))
    return path


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipes") / "small.yaml"
    path.write_text(yaml.safe_dump({**RECIPE, "tune": SPACE}))
    return path


@pytest.fixture(scope="module")
def study(recipe: Path, showers: Path, tmp_path_factory: pytest.TempPathFactory) -> TuningResult:
    return tune(recipe, tmp_path_factory.mktemp("studies") / "whole", trials=TRIALS, data=showers)


def essentials(trials: tuple[TrialRecord, ...]) -> list[TrialRecord]:
    return [replace(trial, seconds=0.0) for trial in trials]


def test_the_folder_holds_what_the_reader_needs(study: TuningResult) -> None:
    with (study.folder / "trials.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert [int(row["trial"]) for row in rows] == list(range(1, TRIALS + 1))
    for row, trial in zip(rows, study.trials, strict=True):
        assert row["outcome"] == trial.outcome
        assert (float(row["value"]) if row["value"] else None) == trial.value
        assert int(row["training.batch_size"]) == trial.settings["training.batch_size"]
        assert json.loads(row["training.schedule"]) == trial.settings["training.schedule"]
        # What the study knows is what the training wrote down.
        run = study.folder / "trials" / f"{trial.number + 1:04d}"
        with (run / "metrics.csv").open() as handle:
            losses = [float(epoch["validation_loss"]) for epoch in csv.DictReader(handle)]
        assert [trial.figures[n + 1] for n in range(trial.epochs)] == pytest.approx(losses, rel=1e-6)
        if trial.value is not None:
            assert trial.value == pytest.approx(min(losses), rel=1e-6)
        kept = {path.relative_to(run).as_posix() for path in run.rglob("*")}
        best = {"model.skm"} if trial == study.best else set()
        assert kept == {"recipe.yaml", "environment.json", "status.json", "metrics.csv"} | best
    assert study.best is not None
    assert study.best.value == min(trial.value for trial in study.trials if trial.value is not None)
    page = study.report.read_text()
    for picture in study.folder.glob("report-*.png"):
        assert f"]({picture.name})" in page
    assert (study.folder / "report-history.png").is_file()
    assert f"Trial {study.best.number + 1}, validation_loss" in page


def test_trials_are_pruned_that_are_worse_than_the_median(study: TuningResult) -> None:
    pruned = [trial for trial in study.trials if trial.outcome == "pruned"]
    assert pruned
    for trial in pruned:
        assert trial.epochs < 3
        others = [t.figures[trial.epochs] for t in study.trials[: trial.number] if t.outcome == "finished"]
        assert min(trial.figures.values()) > statistics.median(others)
        status = json.loads((study.folder / "trials" / f"{trial.number + 1:04d}" / "status.json").read_text())
        assert (status["state"], status["epochs_done"]) == ("interrupted", trial.epochs)


def test_the_best_recipe_is_that_of_the_best_trial(
    study: TuningResult, showers: Path, tmp_path: Path
) -> None:
    assert study.best is not None
    best = load_recipe(study.recipe).training_recipe()
    run = study.folder / "trials" / f"{study.best.number + 1:04d}"
    tried = parse_training_recipe(yaml.safe_load((run / "recipe.yaml").read_text()), source="trial")
    assert best.name == "small-tuned"
    assert best.model_copy(update={"name": tried.name, "description": tried.description}) == tried
    # The same seed, the same showers: the same figure.
    model = load_checkpoint(train(study.recipe, showers, tmp_path / "again"))
    assert model.meta.metrics["best_validation_loss"] == pytest.approx(study.best.value, rel=1e-6)


def test_a_recipe_that_is_tuned_can_be_trained_as_it_is(recipe: Path) -> None:
    assert load_recipe(recipe).training_recipe().training.epochs == 3


def test_interrupted_and_resumed_it_is_the_same_study(
    study: TuningResult, recipe: Path, showers: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "parts"
    stop = Stop(trial=3)
    with pytest.raises(KeyboardInterrupt):
        tune(recipe, folder, trials=4, data=showers, resume=True, progress=stop)
    with (folder / "trials.csv").open() as handle:
        assert len(list(csv.DictReader(handle))) == 2
    assert (folder / "best.yaml").is_file()
    first = (folder / "trials" / "0001" / "metrics.csv").stat().st_mtime_ns
    tune(recipe, folder, trials=4, data=showers, resume=True)
    resumed = tune(recipe, folder, trials=TRIALS, data=showers, resume=True)
    assert essentials(resumed.trials) == essentials(study.trials)
    assert (folder / "best.yaml").read_text() == study.recipe.read_text()
    assert (folder / "importance.json").read_text() == (study.folder / "importance.json").read_text()
    assert (folder / "trials" / "0001" / "metrics.csv").stat().st_mtime_ns == first
    # Nothing is left to do: no trial begins.
    again = tune(recipe, folder, trials=TRIALS, data=showers, resume=True, progress=Stop(trial=TRIALS + 1))
    assert again.trials == resumed.trials
    with pytest.raises(ConfigurationError, match="holds a study already"):
        tune(recipe, folder, trials=TRIALS, data=showers)
    with pytest.raises(CheckpointError, match="recipe: got another"):
        tune(recipe, folder, trials=7, data=showers, resume=True, overrides={"model.hidden": 3})
    space = tmp_path / "space.yaml"
    space.write_text(yaml.safe_dump({**SPACE, "seed": 5}))
    with pytest.raises(CheckpointError, match="search space: got another"):
        tune(recipe, folder, trials=7, data=showers, resume=True, space=space)


def test_what_runs_away_is_recorded_and_the_study_goes_on(
    recipe: Path, showers: Path, tmp_path: Path
) -> None:
    space = tmp_path / "space.yaml"
    rates = {"kind": "choice", "choices": [1.0e-3, 1.0e38]}
    space.write_text(
        yaml.safe_dump(
            {
                "parameters": {"training.schedule.max_learning_rate": rates},
                "objective": "validation_value",
                "pruning": {"kind": "none"},
                "seed": 3,
            }
        )
    )
    result = tune(
        recipe,
        tmp_path / "study",
        trials=4,
        data=showers,
        space=space,
        overrides={"training.gradient_clip": None},
    )
    outcomes = {
        trial.settings["training.schedule.max_learning_rate"]: trial.outcome for trial in result.trials
    }
    assert outcomes == {1.0e-3: "finished", 1.0e38: "diverged"}
    assert all(
        ("finite" in t.failure or "nan" in t.failure) == (t.outcome == "diverged") for t in result.trials
    )
    assert all("\n" not in trial.failure for trial in result.trials)
    assert {trial.objective for trial in result.trials if trial.value} == {"validation_value"}


def test_the_family_of_windows(showers: Path, tmp_path: Path) -> None:
    model = {"kind": "entry-window", "cells_across": 5, "random_inputs": 4, "hidden": 8, "hidden_layers": 1}
    values = {"name": "windows", "model": model, "training": {"epochs": 1, "keep": {"kind": "last"}}}
    space = {"parameters": {"model.hidden": {"kind": "choice", "choices": [4, 8]}}}
    result = tune(
        parse_training_recipe(values, source="windows"),
        tmp_path / "study",
        trials=2,
        data=showers,
        space=_written(tmp_path / "space.yaml", space),
        timeout_min=60.0,
    )
    assert [trial.outcome for trial in result.trials] == ["finished", "finished"]
    best = yaml.safe_load(result.recipe.read_text())
    assert best["base"] == "recipe.yaml"
    assert set(best) == {"base", "name", "description", "model"}


def test_the_shipped_space_of_a_network_that_measures_energies(tmp_path: Path) -> None:
    detector, ids = load_detector("toy-hcal"), np.arange(80)
    incident = PrimaryConfig(particles=("e-",), energy_gev=(1.0, 10.0)).sample(3, ids, detector)
    share = generator(3, "toy").dirichlet(np.ones(detector.n_cells), len(ids))
    energy = (incident.energy_mev[:, None] * share).astype(np.float32)
    path = tmp_path / "toy.h5"
    with ShowerWriter(path, FileMetadata(generator="toy", kind="model", detector=detector, seed=3)) as writer:
        writer.append(Showers(incident, energy, ids))
    values = {
        "name": "energies",
        "model": {"kind": "cnn3d", "inputs": ["deposits"]},
        "data": {"validation_fraction": 0.2, "calibration_fraction": 0.2},
        "training": {"epochs": 2, "pretraining_epochs": 1},
        "intervals": {"bins": 1},
    }
    recipe = parse_training_recipe(values, source="energies")
    result = tune(recipe, tmp_path / "study", trials=2, data=path, space="cnn3d")
    assert [trial.outcome for trial in result.trials] == ["finished", "finished"]
    assert {trial.objective for trial in result.trials} == {"validation_loss"}
    parse_training_recipe(recipe_values(result.recipe), source="best")


def test_the_shipped_space_fits_the_shipped_recipe() -> None:
    space = parse_config(SearchSpace, load_yaml(shipped_search_spaces()["cnn3d"]), source="cnn3d")
    values = load_recipe("cnn3d").training_recipe().model_dump(mode="json")
    for key, parameter in space.parameters.items():
        for value in parameter.extremes():
            changed = parse_training_recipe(with_settings(values, {key: value}), source=key)
            assert type(changed).__name__ == "EnergyRecipe"
    assert "cnn3d" in shipped_recipes()
    assert shipped_recipes()["cnn3d"].parent.name == "regression"


def test_no_trial_begins_after_the_time_is_up(recipe: Path, showers: Path, tmp_path: Path) -> None:
    folder, stop = tmp_path / "study", Stop(trial=2)
    tune(recipe, folder, trials=1, data=showers)
    result = tune(recipe, folder, trials=9, data=showers, timeout_min=1e-9, resume=True, progress=stop)
    assert len(result.trials) == 1
    assert "the time is up after 1 of 9 trials" in stop.notes


def _written(path: Path, values: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(values))
    return path


def _varied(key: str, **parameter: object) -> dict[str, Any]:
    return {"parameters": {key: parameter or {"kind": "int", "low": 1, "high": 2}}}


@pytest.mark.parametrize(
    ("space", "words"),
    [
        (_varied("training.epoch"), "unknown key 'training.epoch'.*did you mean 'epochs'"),
        (_varied("trainig.epochs"), "unknown key 'trainig'.*did you mean 'training'"),
        (_varied("simulate.train"), "unknown key 'simulate'"),
        (_varied("name.first"), "name.first"),
        (_varied("training.batch_size", kind="int", low=0, high=8), "training.batch_size.*got 0"),
        (_varied("training.batch_size", kind="float", low=1.5, high=2.5), "training.batch_size.*1.5"),
        (_varied("training.schedule", kind="choice", choices=[{"kind": "x"}, None]), "training.schedule"),
        ({"parameters": {}}, "parameters"),
        ({"paramaters": {}}, "did you mean 'parameters'"),
        ({**SPACE, "pruning": {"kind": "hyperbnd"}}, "pruning.kind.*use one of: halving, median, none"),
    ],
)
def test_a_wrong_space_is_told_before_any_trial(
    space: dict[str, Any], words: str, recipe: Path, showers: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "study"
    with pytest.raises(ConfigurationError, match=words):
        tune(recipe, folder, trials=2, data=showers, space=_written(tmp_path / "space.yaml", space))
    assert not folder.exists()


def test_an_unknown_objective_names_the_known_ones(recipe: Path, showers: Path, tmp_path: Path) -> None:
    space = _written(tmp_path / "space.yaml", {**SPACE, "objective": "validation_los"})
    with pytest.raises(ConfigurationError, match="did you mean 'validation_loss'"):
        tune(recipe, tmp_path / "study", trials=2, data=showers, space=space)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda a: {**a, "data": a["output"].with_name("none.h5")}, DataError, "none.h5"),
        (lambda a: {**a, "space": a["output"].with_name("none.yaml")}, ConfigurationError, "none.yaml"),
        (lambda a: {**a, "space": "cnn3"}, ConfigurationError, "space 'cnn3'.*did you mean 'cnn3d'"),
        (lambda a: {**a, "trials": 0}, ConfigurationError, "trials: got 0"),
        (lambda a: {**a, "timeout_min": -1.0}, ConfigurationError, "timeout_min: got -1.0"),
        (lambda a: {**a, "recipe": "demo"}, ConfigurationError, "'tune' is missing.*--space"),
    ],
)
def test_wrong_arguments(
    change: Callable[[dict[str, Any]], dict[str, Any]],
    error: type[Exception],
    words: str,
    recipe: Path,
    showers: Path,
    tmp_path: Path,
) -> None:
    arguments = {"recipe": recipe, "output": tmp_path / "study", "trials": 1, "data": showers}
    with pytest.raises(error, match=words):
        tune(**change(arguments))
    assert not (tmp_path / "study").exists()


def test_without_the_library_one_line_says_so(
    recipe: Path, showers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'showerkit\[tune\]'"):
        tune(recipe, tmp_path / "study", trials=1, data=showers)
