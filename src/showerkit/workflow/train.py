"""Train a recipe on showers: from a sample to a model file."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from showerkit.configuration import parse_config
from showerkit.progress import SilentProgress
from showerkit.train.recipe import TrainingRecipe, load_training_recipe, with_overrides
from showerkit.train.run_directory import RunDirectory
from showerkit.workflow.recipe import CHAIN_SECTIONS, find_recipe

if TYPE_CHECKING:
    from showerkit.data.datasets import FittedTransforms
    from showerkit.data.shower_file import ShowerFile
    from showerkit.progress import Progress
    from showerkit.train.checkpoint import CheckpointMeta
    from showerkit.train.value_spread import ValueSpread


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
    the end the model. Stopped and resumed, it gives the weights that it would have given in one go.

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
    from showerkit.data.datasets import ShowerBatches, fit_transforms
    from showerkit.data.shower_file import ShowerFile
    from showerkit.data.splits import SplitConfig
    from showerkit.models.mask_value import require_image
    from showerkit.models.registry import build_model
    from showerkit.train.checkpoint import Checkpoint, save_checkpoint
    from showerkit.train.fitting import fit
    from showerkit.train.measured_spread import measure_value_spread
    from showerkit.train.regression import MaskValueRegression
    from showerkit.train.target_batches import TargetBatches
    from showerkit.train.training_state import load_weights

    progress = progress or SilentProgress()
    resolved = _resolve(recipe, overrides or {})
    run = RunDirectory(output)
    settings, training = resolved.data, resolved.training
    with ShowerFile(data) as sample:
        require_image(sample.detector)
        environment = _environment(sample)
        if resume and run.recipe.exists():
            run.check_resumable(resolved, environment)
            status = run.read_status()
            if status is not None and status.state == "finished" and run.model.is_file():
                progress.note(f"{run.path}: this training is finished")
                return run.model
        else:
            run.begin(resolved, environment)
        split = SplitConfig(validation=settings.validation_fraction)
        transforms = fit_transforms(
            data,
            split,
            inputs=resolved.model.inputs,
            normalisation=settings.normalisation,
            cell_energy=settings.cell_energy,
            threshold_mev=settings.threshold_mev,
        )

        def batches(part: Any) -> ShowerBatches:
            return ShowerBatches(
                data,
                transforms.condition,
                batch_size=training.batch_size if part == "train" else max(256, training.batch_size),
                split=split,
                part=part,
                seed=training.seed,
                shuffle=part == "train",
                buffer_events=settings.shuffle_buffer,
            )

        network = build_model(resolved.model, seed=training.seed)
        validation = TargetBatches(batches("validation"), transforms.cell_energy, settings.threshold_mev)
        module = MaskValueRegression(network, resolved.loss, training)
        status_file = fit(
            module,
            TargetBatches(
                batches("train"),
                transforms.cell_energy,
                settings.threshold_mev,
                lambda: module.current_epoch,
            ),
            validation,
            run,
            resolved,
            resume=resume,
            progress=progress,
        )
        weights = load_weights(run.best if training.keep == "best" else run.last)
        network.load_state_dict(weights)
        spread = None
        if training.value_spread:
            progress.note("learning how cell energies scatter about their expectation")
            spread = measure_value_spread(network, validation, resolved.loss)
        metrics = {"epochs": float(status_file.now.epochs_done)}
        if status_file.now.best_loss is not None:
            metrics["best_validation_loss"] = status_file.now.best_loss
        meta = _describe(resolved, transforms, sample, environment, metrics, spread)
    save_checkpoint(run.model, Checkpoint(meta, weights))
    status_file.finished()
    return run.model


def _resolve(recipe: TrainingRecipe | Path | str, overrides: Mapping[str, Any]) -> TrainingRecipe:
    if isinstance(recipe, TrainingRecipe):
        if not overrides:
            return recipe
        values = with_overrides(recipe.model_dump(mode="json"), overrides)
        return parse_config(TrainingRecipe, values, source=f"recipe '{recipe.name}'")
    return load_training_recipe(find_recipe(recipe), overrides, ignore=CHAIN_SECTIONS)


def _environment(sample: ShowerFile) -> dict[str, Any]:
    """What a reader needs to repeat the training elsewhere."""
    import torch

    return {
        "versions": {name: version(name) for name in ("showerkit", "torch", "lightning", "numpy", "h5py")}
        | {"python": platform.python_version()},
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "graphics_processor": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "data_file": sample.path.name,
        "data_generator": sample.metadata.generator,
        "data_fingerprint": sample.fingerprint(),
        "data_events": len(sample),
    }


def _describe(
    recipe: TrainingRecipe,
    transforms: FittedTransforms,
    sample: ShowerFile,
    environment: Mapping[str, Any],
    metrics: dict[str, float],
    spread: ValueSpread | None,
) -> CheckpointMeta:
    from showerkit.train.checkpoint import CheckpointMeta

    primaries = sample.metadata.settings.get("primaries")
    return CheckpointMeta(
        name=recipe.name,
        description=recipe.description,
        model=recipe.model,
        loss=recipe.loss,
        condition_transform=transforms.condition.to_dict(),
        energy_transform=transforms.cell_energy.to_dict(),
        detector=sample.detector,
        threshold_mev=recipe.data.threshold_mev,
        value_spread=spread,
        primaries=primaries if isinstance(primaries, dict) else None,
        valid_range=transforms.ranges,
        particles=transforms.particles,
        seed=recipe.training.seed,
        data_fingerprint=environment["data_fingerprint"],
        n_train=transforms.n_events,
        metrics=metrics,
        versions=environment["versions"],
    )
