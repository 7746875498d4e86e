"""True and reconstructed clouds of a trained model, read from a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from showerkit.data.jet_records import Jets, concatenate_jets
from showerkit.data.sparse_images import SparseImages
from showerkit.errors import ConfigurationError
from showerkit.evaluate.training_record import read_training

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.evaluate.training_record import TrainingRecord

#: Clouds that are reconstructed at most.
_MOST: Final = 5000


@dataclass(frozen=True, eq=False)
class ModelRecord:
    """A model that a report tells of.

    Parameters
    ----------
    training
        Its name and losses.
    pairs
        True and reconstructed clouds, row by row; None for a network that encodes nothing.
    """

    training: TrainingRecord
    pairs: tuple[Any, Any] | None


def model_record(model: Path | str, sample: Path | str, content: Literal["jets", "images"]) -> ModelRecord:
    """Read how a model was trained, and let it reconstruct clouds of a sample.

    Parameters
    ----------
    model
        The folder of a training, or a model file.
    sample
        The true clouds: a file or a folder of files.
    content
        What the clouds are.

    Returns
    -------
    ModelRecord
        Losses, and pairs of clouds.

    Raises
    ------
    CheckpointError
        If the model cannot be read.
    ConfigurationError
        If it makes something else than the sample holds.
    """
    from showerkit.generate.reconstruction import (
        CloudReconstructor,
        reconstructed_images,
        reconstructed_jets,
    )
    from showerkit.train.cloud_checkpoint import load_cloud_checkpoint
    from showerkit.train.model_store import resolve_model

    checkpoint = load_cloud_checkpoint(resolve_model(model))
    name = checkpoint.meta.name
    if checkpoint.meta.content != content:
        raise ConfigurationError(
            f"model '{name}'", got=f"one that makes {checkpoint.meta.content}", expected=content
        )
    training = read_training(model, name)
    reconstructor = CloudReconstructor.from_checkpoint(checkpoint)
    if not reconstructor.encodes:
        return ModelRecord(training, None)
    again = reconstructed_jets if content == "jets" else reconstructed_images
    found: list[Any] = [again(reconstructor, clouds) for clouds in reconstructor.blocks(sample, _MOST)]
    true, made = ([pair[side] for pair in found] for side in (0, 1))
    return ModelRecord(training, (_joined(true), _joined(made)))


def _joined(parts: list[Any]) -> Jets | SparseImages:
    if isinstance(parts[0], Jets):
        return concatenate_jets(parts)
    columns = [
        np.concatenate([getattr(part, name) for part in parts]) for name in ("points", "mask", "label")
    ]
    return SparseImages(columns[0], columns[1], columns[2], parts[0].image_shape)
