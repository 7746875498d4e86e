"""Train what a recipe's family of models trains, on the kind of sample that it learns from."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from showerkit.data.only_writer import only_writer
from showerkit.geometry import detector_names
from showerkit.train.cloud_recipe import CloudRecipe
from showerkit.train.energy_baseline_recipe import EnergyBaselineRecipe
from showerkit.train.energy_recipe import EnergyRecipe
from showerkit.train.entry_window_recipe import EntryWindowRecipe
from showerkit.train.jet_baseline_recipe import JetBaselineRecipe
from showerkit.train.jet_energy_recipe import JetEnergyRecipe
from showerkit.train.model_store import resolve_model
from showerkit.train.ranks import present_ranks
from showerkit.train.recipe import TrainingRecipe
from showerkit.train.shower_flow_recipe import ShowerFlowRecipe
from showerkit.workflow.shared_training import devices_of, train_on_devices

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from showerkit.data.calibration_file import CalibrationJetFile
    from showerkit.data.cloud_sample import CloudSample
    from showerkit.data.shower_file import ShowerFile
    from showerkit.progress import Progress
    from showerkit.train.checkpoint import Checkpoint
    from showerkit.train.cloud_checkpoint import CloudCheckpoint
    from showerkit.train.energy_checkpoint import EnergyCheckpoint
    from showerkit.train.families import AnyTrainingRecipe
    from showerkit.train.jet_energy_checkpoint import JetEnergyCheckpoint
    from showerkit.train.run_directory import RunDirectory
    from showerkit.train.status_file import StatusFile

    AnyCheckpoint: TypeAlias = Checkpoint | EnergyCheckpoint | CloudCheckpoint | JetEnergyCheckpoint
    AnySample: TypeAlias = ShowerFile | CloudSample | CalibrationJetFile


def train_family(
    recipe: AnyTrainingRecipe,
    data: Path | str,
    run: RunDirectory,
    resume: bool,
    progress: Progress,
    *,
    detector: str | None = None,
) -> Path:
    """Train a recipe of any family.

    Parameters
    ----------
    recipe
        The recipe.
    data
        The sample that its family learns from: showers, jets or images, or matched jets.
    run
        The folder of the training.
    resume
        Go on with what the folder holds.
    progress
        Where to report.
    detector
        The detector whose showers the recipe was written for; if the sample's are of another one, it is told.

    Returns
    -------
    pathlib.Path
        The model file.
    """
    if isinstance(recipe, CloudRecipe):
        from showerkit.workflow.cloud_training import train_clouds
        from showerkit.workflow.prepared_clouds import check_start, fitted_to_sample, open_cloud_sample

        with open_cloud_sample(recipe, data) as sample:
            fitted = fitted_to_sample(recipe, sample)
            check_start(fitted, sample)
            return _record(fitted, sample, run, partial(train_clouds, fitted, sample), resume, progress)
    if isinstance(recipe, JetEnergyRecipe | JetBaselineRecipe):
        from showerkit.data.calibration_file import CalibrationJetFile

        with CalibrationJetFile(data) as jets:
            return _record(recipe, jets, run, partial(_learn_from_jets, recipe, jets), resume, progress)
    from showerkit.data.shower_file import ShowerFile

    with ShowerFile(data) as file:
        _require_detector(recipe, file)
        file.write_index()
        learn = partial(_learn_from_showers, recipe, file, detector=detector)
        return _record(recipe, file, run, learn, resume, progress)


def _record(
    recipe: AnyTrainingRecipe,
    sample: AnySample,
    run: RunDirectory,
    trained: Callable[..., tuple[AnyCheckpoint, StatusFile]],
    resume: bool,
    progress: Progress,
) -> Path:
    """Begin the run directory or find what is in it, train, and write the model."""
    if present_ranks().number > 1:
        # Whoever started this process has begun the folder, and holds it.
        model, status_file = trained(run.read_environment(), run, resume=resume, progress=progress)
        _save(run.model, model)
        status_file.finished()
        return run.model
    devices = devices_of(recipe)
    environment = _environment(sample, recipe)
    with only_writer(run.path):
        if resume and run.recipe.exists():
            run.check_resumable(recipe, environment)
            status = run.read_status()
            if status is not None and status.state == "finished" and run.model.is_file():
                progress.note(f"{run.path}: this training is finished")
                return run.model
        else:
            run.begin(recipe, environment)
        if devices > 1:
            train_on_devices(recipe, devices, sample.path, run, resume=resume, progress=progress)
            return run.model
        model, status_file = trained(environment, run, resume=resume, progress=progress)
        _save(run.model, model)
        status_file.finished()
    return run.model


def _require_detector(recipe: AnyTrainingRecipe, file: ShowerFile) -> None:
    """Refuse a detector that the family's networks cannot do, before anything is written."""
    if isinstance(recipe, TrainingRecipe):
        from showerkit.models.mask_value import require_image

        require_image(file.detector)


def _learn_from_showers(
    recipe: TrainingRecipe | EntryWindowRecipe | ShowerFlowRecipe | EnergyRecipe | EnergyBaselineRecipe,
    file: ShowerFile,
    environment: Mapping[str, Any],
    run: RunDirectory,
    *,
    detector: str | None,
    resume: bool,
    progress: Progress,
) -> tuple[Checkpoint | EnergyCheckpoint, StatusFile]:
    """Train on showers as the recipe's family does."""
    if detector in detector_names() and file.detector.name != detector:
        progress.note(
            f"{file.path}: showers of {file.detector.name}; recipe '{recipe.name}' was written for "
            f"{detector}, so that its sizes may not fit"
        )
    if isinstance(recipe, EnergyRecipe):
        from showerkit.workflow.energy_training import train_energy

        return train_energy(recipe, file, environment, run, resume=resume, progress=progress)
    if isinstance(recipe, EnergyBaselineRecipe):
        from showerkit.workflow.energy_baseline_fit import fit_energy_baseline

        return fit_energy_baseline(recipe, file, environment, run, progress=progress)
    if isinstance(recipe, EntryWindowRecipe):
        from showerkit.workflow.entry_window_training import train_entry_window

        return train_entry_window(recipe, file, environment, run, resume=resume, progress=progress)
    if isinstance(recipe, ShowerFlowRecipe):
        from showerkit.workflow.shower_flow_training import train_shower_flow

        return train_shower_flow(recipe, file, environment, run, resume=resume, progress=progress)
    from showerkit.workflow.mask_value_training import train_mask_value

    return train_mask_value(recipe, file, environment, run, resume=resume, progress=progress)


def _learn_from_jets(
    recipe: JetEnergyRecipe | JetBaselineRecipe,
    file: CalibrationJetFile,
    environment: Mapping[str, Any],
    run: RunDirectory,
    *,
    resume: bool,
    progress: Progress,
) -> tuple[JetEnergyCheckpoint, StatusFile]:
    """Learn from matched jets, by a network or without."""
    if isinstance(recipe, JetEnergyRecipe):
        from showerkit.workflow.jet_energy_training import train_jet_energy

        return train_jet_energy(recipe, file, environment, run, resume=resume, progress=progress)
    from showerkit.workflow.jet_baseline_fit import fit_jet_baseline

    return fit_jet_baseline(recipe, file, environment, run, progress=progress)


def _save(path: Path, model: AnyCheckpoint) -> None:
    from showerkit.train.checkpoint import Checkpoint, save_checkpoint
    from showerkit.train.cloud_checkpoint import CloudCheckpoint, save_cloud_checkpoint
    from showerkit.train.energy_checkpoint import save_energy_checkpoint
    from showerkit.train.jet_energy_checkpoint import JetEnergyCheckpoint, save_jet_energy_checkpoint

    if isinstance(model, Checkpoint):
        save_checkpoint(path, model)
    elif isinstance(model, CloudCheckpoint):
        save_cloud_checkpoint(path, model)
    elif isinstance(model, JetEnergyCheckpoint):
        save_jet_energy_checkpoint(path, model)
    else:
        save_energy_checkpoint(path, model)


def _environment(sample: AnySample, recipe: AnyTrainingRecipe) -> dict[str, Any]:
    """What a reader needs to repeat the training elsewhere."""
    import torch

    from showerkit.data.timing import machine_name

    stage = recipe.adversarial if isinstance(recipe, TrainingRecipe | EntryWindowRecipe) else None
    start = None if stage is None else stage.start
    if isinstance(recipe, CloudRecipe):
        start = recipe.training.start
    if isinstance(recipe, ShowerFlowRecipe):
        start = recipe.training.start if recipe.distillation is None else recipe.distillation.start
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
