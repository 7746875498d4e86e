"""The folder of one training: what was asked for, how far it is, what came out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from showerkit.configuration import StrictConfig, load_yaml, parse_config
from showerkit.data.atomic_file import replacing, write_error
from showerkit.errors import CheckpointError, ConfigurationError
from showerkit.train.hardware_config import without_hardware

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.train.families import AnyTrainingRecipe


#: The stages of trainings: the first one, and those that some trainings have after it.
Stage: TypeAlias = Literal["regression", "adversarial", "latent-flow", "distillation"]


class RunStatus(StrictConfig):
    """How far a training is.

    Parameters
    ----------
    stage
        ``regression`` or, after it, ``adversarial``, ``latent-flow`` or ``distillation``; the other
        figures are those of this stage.
    state
        ``running``, ``interrupted`` (can be resumed), ``failed`` or ``finished``.
    epochs_done, epochs
        Epochs finished and asked for.
    best_epoch, best_loss
        Epoch (from 0) with the lowest validation loss (or distance, if that decides), and its value.
    diverged
        Where and how the training ran away; None: it did not.
    """

    stage: Stage = "regression"
    state: Literal["running", "interrupted", "failed", "finished"]
    epochs_done: int = 0
    epochs: int
    best_epoch: int | None = None
    best_loss: float | None = None
    diverged: str | None = None


class RunDirectory:
    """Names of the files of one training.

    Parameters
    ----------
    path
        The folder.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.status = self.path / "status.json"
        self.recipe = self.path / "recipe.yaml"
        self.environment = self.path / "environment.json"
        self.metrics = self.path / "metrics.csv"
        self.model = self.path / "model.skm"
        self.tensorboard = self.path / "tensorboard"
        self.checkpoints = self.path / "checkpoints"
        self.last = self.checkpoints / "last.ckpt"
        self.best = self.checkpoints / "best.ckpt"
        self.regression = self.path / "regression.skm"

    def adversarial_stage(self) -> RunDirectory:
        """Give the folder of the adversarial stage, whose status is that of the whole training."""
        return self.stage("adversarial")

    def stage(self, name: str) -> RunDirectory:
        """Give the folder of a stage after the first, whose status is that of the whole training."""
        stage = RunDirectory(self.path / name)
        stage.status = self.status
        return stage

    def begin(self, recipe: AnyTrainingRecipe, environment: Mapping[str, Any]) -> None:
        """Make the folder and write down what is going to happen.

        Raises
        ------
        ConfigurationError
            If the folder already holds a training, or cannot be made.
        """
        if self.recipe.exists():
            raise ConfigurationError(
                f"{self.path}",
                got="a folder that holds a training already",
                expected="a new folder",
                mend="choose another, or go on with --resume",
            )
        if self.path.exists() and not self.path.is_dir():
            raise ConfigurationError(f"{self.path}", got="a file", expected="a folder for the training")
        try:
            self.checkpoints.mkdir(parents=True, exist_ok=True)
        except OSError as failure:
            raise ConfigurationError(f"{self.path}", got=failure.strerror, expected="a folder") from None
        _write(self.environment, json.dumps(environment, indent=1, sort_keys=True) + "\n")
        _write(self.recipe, recipe_text(recipe))

    def check_resumable(self, recipe: AnyTrainingRecipe, environment: Mapping[str, Any]) -> None:
        """Refuse to go on with another recipe or other showers than the training began with.

        Raises
        ------
        CheckpointError
            If something differs, or there is no training in the folder.
        """
        from showerkit.train.families import parse_training_recipe

        if not self.recipe.is_file():
            raise CheckpointError(
                f"{self.path}", got="no training to go on with", mend="start without --resume"
            )
        before = parse_training_recipe(load_yaml(self.recipe), source=str(self.recipe), error=CheckpointError)
        if before.model.kind != recipe.model.kind:
            raise CheckpointError(
                f"{self.path}: kind of model",
                got=f"{recipe.model.kind}, but the training began with {before.model.kind}",
                mend="resume with the same recipe, or start in a new folder",
            )
        for section in type(recipe).model_fields:
            if section in ("name", "description"):
                continue
            if without_hardware(getattr(before, section)) != without_hardware(getattr(recipe, section)):
                raise CheckpointError(
                    f"{self.path}: section '{section}' of the recipe",
                    got="other settings than the training began with",
                    mend="resume with the same recipe, or start in a new folder",
                )
        began = _read_json(self.environment)
        if began.get("data_fingerprint") != environment["data_fingerprint"]:
            raise CheckpointError(
                f"{self.path}: showers",
                got="others than the training began with",
                mend="resume with the same file, or start in a new folder",
            )
        if began.get("start_fingerprint") != environment.get("start_fingerprint"):
            raise CheckpointError(
                f"{self.path}: model that the adversarial stage starts from",
                got="another than the training began with",
                mend="resume with the same model, or start in a new folder",
            )

    def read_environment(self) -> dict[str, Any]:
        """What was known of the surroundings and of the sample when the training began."""
        return _read_json(self.environment)

    def read_status(self) -> RunStatus | None:
        """How far the training is, or None if that was never written."""
        if not self.status.is_file():
            return None
        return parse_config(
            RunStatus, _read_json(self.status), source=str(self.status), error=CheckpointError
        )

    def write_status(self, status: RunStatus) -> None:
        """Write down how far the training is."""
        _write(self.status, status.model_dump_json(indent=1) + "\n")


def recipe_text(recipe: AnyTrainingRecipe) -> str:
    """A recipe with every setting written out, as YAML."""
    import yaml

    return yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=110)


def _write(path: Path, text: str) -> None:
    try:
        with replacing(path) as partial:
            partial.write_text(text, encoding="utf-8")
    except OSError as failure:
        raise write_error(path, failure) from None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise CheckpointError(f"{path}", got="no readable JSON", expected="what the training wrote") from None
    if not isinstance(values, dict):
        raise CheckpointError(f"{path}", got="no mapping", expected="what the training wrote")
    return values
