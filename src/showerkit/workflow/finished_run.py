"""Read what a finished run of a recipe left."""

from __future__ import annotations

import json
import shlex
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydantic import ConfigDict

from showerkit.configuration import StrictConfig, load_yaml, parse_config
from showerkit.errors import CheckpointError, ConfigurationError, DataError
from showerkit.train.shipped_recipes import shipped_recipes
from showerkit.workflow.recipe import find_recipe, load_recipe, parse_recipe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.report.run_record import RunRecord
    from showerkit.report.training_stages import TrainingStage
    from showerkit.train.run_directory import RunDirectory, RunStatus

#: A folder inside a run's folder.
_MODEL: Final = "model"


class _RecipeName(StrictConfig):
    """What makes a mapping a recipe of a chain."""

    model_config = ConfigDict(extra="ignore")

    name: str
    detector: str


def read_run(folder: Path, name: str) -> RunRecord:
    """Read what a finished run left.

    Parameters
    ----------
    folder
        The run's folder.
    name
        What to call it.

    Returns
    -------
    RunRecord
        The run.

    Raises
    ------
    ShowerkitError
        If it holds no run, or one that is not finished or damaged.
    """
    from showerkit.evaluate.stored_result import read_metrics
    from showerkit.report.run_record import RunRecord
    from showerkit.train.run_directory import RunDirectory

    if not folder.is_dir():
        raise DataError(f"{folder}", got="no such folder", expected="the folder of a finished run")
    resolved = folder / "recipe.yaml"
    if not resolved.is_file():
        raise DataError(f"{folder}", got="no recipe.yaml in it", expected="the folder of a finished run")
    stored = load_yaml(resolved, error=DataError)
    recipe = parse_config(_RecipeName, stored, source=str(resolved), error=DataError)
    values = _every_setting(stored)
    metrics = folder / "report" / "metrics.json"
    if not metrics.is_file():
        raise DataError(
            f"{folder}",
            got="a run without report/metrics.json",
            expected="a finished run",
            mend="finish it with 'showerkit run --resume'",
        )
    training = RunDirectory(folder / _MODEL)
    status = training.read_status()
    if status is None:
        raise CheckpointError(f"{training.path}", got="no status.json", expected="a finished training")
    evaluation = read_metrics(metrics)
    if len(evaluation.candidates) != 1:
        raise DataError(
            f"{metrics}",
            got=f"{len(evaluation.candidates)} candidates",
            expected="one, the run's own showers",
        )
    environment = _environment(training.environment)
    start = _without_folder(values)
    shipped = _shipped(recipe.name)
    return RunRecord(
        name=name,
        recipe=recipe.name,
        ancestors=_ancestors(recipe.name),
        command=_repeat(recipe.name, values, shipped, name),
        values=values,
        shipped=shipped,
        environment=environment,
        stages=_stages(training, status, values, environment),
        start=start,
        diverged=status.diverged,
        source=metrics,
        evaluation=evaluation,
    )


def _every_setting(stored: dict[str, Any]) -> dict[str, Any]:
    """Write all settings out; a recipe with some that are gone by now stays as it was stored."""
    try:
        return parse_recipe(stored, source="recipe").model_dump(mode="json")
    except ConfigurationError:
        return stored


def _stages(
    training: RunDirectory, status: RunStatus, values: Mapping[str, Any], environment: Mapping[str, Any]
) -> tuple[TrainingStage, ...]:
    """The stages that were trained in this run, each with its table of losses."""
    from showerkit.report.training_stages import TrainingStage
    from showerkit.train.loss_history import read_losses

    sample, fraction = environment.get("data_events"), _section(values, "data").get("validation_fraction")
    events = None
    if isinstance(sample, int) and 0 <= sample < 2**63 and isinstance(fraction, float):
        events = round(sample * (1.0 - fraction))
    stages = []
    adversarial = values.get("adversarial")
    if not isinstance(adversarial, dict) or adversarial.get("start") is None:
        losses = read_losses(training.metrics)
        stages.append(TrainingStage("regression", losses, _section(values, "training"), events))
    if isinstance(adversarial, dict):
        table = training.adversarial_stage().metrics
        # A training that runs away in its first epoch has written no table.
        nothing = status.diverged is not None and not table.is_file()
        losses = {"epoch": np.array([])} if nothing else read_losses(table)
        stages.append(TrainingStage("adversarial", losses, adversarial, events))
    return tuple(stages)


def _section(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = values.get(name)
    return section if isinstance(section, dict) else {}


def _without_folder(values: Mapping[str, Any]) -> str | None:
    """Name the run where stage 1 was trained, and forget where on this machine it lies."""
    stage = values.get("adversarial")
    if not isinstance(stage, dict) or not isinstance(stage.get("start"), str):
        return None
    parts = [part for part in Path(stage["start"]).parts if part != _MODEL and Path(part).suffix != ".skm"]
    name = parts[-1] if parts else Path(stage["start"]).stem
    stage["start"] = f"runs/{name}" if len(Path(stage["start"]).parts) > 1 else name
    return name


@cache
def _ancestors(recipe: str) -> tuple[str, ...]:
    """Names of the shipped recipes that a shipped recipe builds on, the nearest first."""
    found: list[str] = []
    shipped = shipped_recipes()
    file = shipped.get(recipe)
    while file is not None:
        base = load_yaml(file).get("base")
        if not isinstance(base, str):
            break
        beside = file.parent / base
        file = beside if beside.is_file() else find_recipe(base)
        if file.stem in found:
            break
        found.append(file.stem)
    return tuple(found)


def _environment(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise CheckpointError(f"{path}", got="no readable JSON", expected="what the training wrote") from None
    if not isinstance(values, dict):
        raise CheckpointError(f"{path}", got="no mapping", expected="what the training wrote")
    return values


@cache
def _shipped(recipe: str) -> dict[str, Any] | None:
    """All settings of a shipped recipe; None: there is none of that name."""
    return load_recipe(recipe).model_dump(mode="json") if recipe in shipped_recipes() else None


def _repeat(recipe: str, values: Mapping[str, Any], shipped: Mapping[str, Any] | None, name: str) -> str:
    """The command that repeats a run: a shipped recipe and what was changed in it, or the run's own file."""
    from showerkit.report.run_record import flat_settings

    if shipped is None:
        return shlex.join(["showerkit", "run", f"{name}/recipe.yaml", "-o", f"runs/{name}"])
    mine, known = flat_settings(values), flat_settings(shipped)
    words = ["showerkit", "run", recipe]
    for key in sorted(mine):
        if key not in ("name", "description") and mine[key] != known.get(key):
            words += ["--set", f"{key}={'null' if mine[key] == 'none' else mine[key]}"]
    return shlex.join([*words, "-o", f"runs/{name}"])
