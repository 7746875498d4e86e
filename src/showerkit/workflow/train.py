"""Train a recipe on showers: from a sample to a model file."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from showerkit.configuration import parse_config
from showerkit.progress import SilentProgress
from showerkit.train.model_store import resolve_model
from showerkit.train.recipe import TrainingRecipe, with_overrides
from showerkit.train.run_directory import RunDirectory
from showerkit.workflow.recipe import CHAIN_SECTIONS, find_recipe, recipe_values

if TYPE_CHECKING:
    from showerkit.data.shower_file import ShowerFile
    from showerkit.progress import Progress


def train(
    recipe: TrainingRecipe | Path | str,
    data: Path | str,
    output: Path | str,
    *,
    overrides: Mapping[str, Any] | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Train the network of a recipe on a sample of showers.

    The run directory holds the resolved recipe, losses per epoch, logs, the last and the best state, and at
    the end the model. With an adversarial stage the regression comes first, its model is kept as
    ``regression.skm``, and the folder ``adversarial`` holds losses and states of the second stage. Stopped
    and resumed, a training gives the weights that it would have given in one go.

    Parameters
    ----------
    recipe
        A training recipe, the YAML file of one or of a whole chain, or a shipped recipe's name.
    data
        A shower file or a folder of shards.
    output
        The run directory, a new folder unless resumed.
    overrides
        Settings that replace the recipe's, by dotted key.
    resume
        Go on with the training that the folder holds, or begin one if it holds none.
    progress
        Where to report.

    Returns
    -------
    pathlib.Path
        The model file.

    Raises
    ------
    ConfigurationError
        If the recipe is wrong, does not fit the detector, or the folder is taken.
    DataError
        If the showers cannot be read or are too few.
    CheckpointError
        If the training in the folder is not this one.
    """
    from showerkit.data.shower_file import ShowerFile
    from showerkit.models.mask_value import require_image
    from showerkit.train.checkpoint import save_checkpoint
    from showerkit.workflow.adversarial_stage import regression_to_start_from, train_adversarially
    from showerkit.workflow.regression_stage import train_regression
    from showerkit.workflow.training_sample import TrainingSample

    progress = progress or SilentProgress()
    resolved = _resolve(recipe, overrides or {})
    run = RunDirectory(output)
    with ShowerFile(data) as file:
        require_image(file.detector)
        environment = _environment(file, resolved)
        if resume and run.recipe.exists():
            run.check_resumable(resolved, environment)
            status = run.read_status()
            if status is not None and status.state == "finished" and run.model.is_file():
                progress.note(f"{run.path}: this training is finished")
                return run.model
        else:
            run.begin(resolved, environment)
        sample = TrainingSample(file, resolved, environment)
        begun = regression_to_start_from(resolved, run, sample)
        if begun is None:
            begun, status_file = train_regression(resolved, sample, run, resume=resume, progress=progress)
        if resolved.adversarial is None:
            model = begun
        else:
            model, status_file = train_adversarially(
                resolved, resolved.adversarial, begun, sample, run, resume=resume, progress=progress
            )
    save_checkpoint(run.model, model)
    status_file.finished()
    return run.model


def _resolve(recipe: TrainingRecipe | Path | str, overrides: Mapping[str, Any]) -> TrainingRecipe:
    if isinstance(recipe, TrainingRecipe):
        if not overrides:
            return recipe
        values = with_overrides(recipe.model_dump(mode="json"), overrides)
        return parse_config(TrainingRecipe, values, source=f"recipe '{recipe.name}'")
    path = find_recipe(recipe)
    own = {key: value for key, value in recipe_values(path).items() if key not in CHAIN_SECTIONS}
    return parse_config(TrainingRecipe, with_overrides(own, overrides), source=str(path))


def _environment(sample: ShowerFile, recipe: TrainingRecipe) -> dict[str, Any]:
    """What a reader needs to repeat the training elsewhere."""
    import torch

    from showerkit.data.timing import machine_name

    start = None if recipe.adversarial is None else recipe.adversarial.start
    return {
        "versions": {name: version(name) for name in ("showerkit", "torch", "lightning", "numpy", "h5py")}
        | {"python": platform.python_version()},
        "platform": platform.platform(),
        "machine": machine_name(),
        "processors": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "graphics_processor": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "data_file": sample.path.name,
        "data_generator": sample.metadata.generator,
        "data_fingerprint": sample.fingerprint(),
        "data_events": len(sample),
        **({} if start is None else {"start_fingerprint": _fingerprint(resolve_model(start))}),
    }


def _fingerprint(file: Path) -> str:
    """SHA-256 of a file."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
