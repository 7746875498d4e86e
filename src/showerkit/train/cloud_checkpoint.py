"""A trained network for point clouds in one self-describing file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig
from showerkit.data.cloud_features import CloudFeatures
from showerkit.data.point_scaling import PointScaling
from showerkit.train.cloud_condition import CloudCondition
from showerkit.train.cloud_population import CloudPopulation
from showerkit.train.cloud_recipe import AnyCloudConfig
from showerkit.train.model_file import is_model_file, joined_parts, part_of, read_model_file, write_model_file

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

#: What the file says it is; the number rises when old files could be misread.
CLOUD_FORMAT: Final = "showerkit-clouds-1"

_NETWORK, _POPULATION = "network", "population"


class CloudMeta(StrictConfig):
    """Everything in the file but the weights.

    Parameters
    ----------
    name, description, licence
        Name of the recipe, one line about the model, licence of its weights.
    model
        What the network is made of.
    content
        Whether it makes jets or images.
    features
        What describes a point.
    scaling
        How points are scaled.
    condition
        What the network is told: classes are codes of `JET_TYPES`, or what images show.
    drop_below
        A generated point of at most this pT in GeV, or intensity, is none.
    image_shape
        Rows and columns of the images; None for jets.
    valid_range
        Lowest and highest pT in GeV and eta of the jets of the training, and number of points.
    samples
        How the files of the sample were made, as far as they say.
    seed
        Seed of the training.
    data_fingerprint, n_train
        Fingerprint of the sample; how many clouds it was trained on.
    metrics
        Final figures, such as the validation loss.
    versions
        Versions of the software that trained it.
    """

    name: str
    description: str = ""
    licence: str = "BSD-3-Clause"
    model: AnyCloudConfig
    content: Literal["jets", "images"]
    features: CloudFeatures
    scaling: PointScaling
    condition: CloudCondition
    drop_below: float = Field(default=0.0, ge=0.0)
    image_shape: tuple[int, int] | None = None
    valid_range: dict[str, tuple[float, float]] = Field(default_factory=dict)
    samples: list[dict[str, Any]] = Field(default_factory=list)
    seed: int
    data_fingerprint: str
    n_train: int
    metrics: dict[str, float] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.content == "images") != (self.image_shape is not None):
            raise ValueError("an image_shape for images alone")
        if (self.content == "images") != (self.features == "pixels"):
            raise ValueError("features 'pixels' for images alone")
        return self


@dataclass(frozen=True, eq=False)
class CloudCheckpoint:
    """A trained network for point clouds.

    Parameters
    ----------
    meta
        What it is.
    network
        Tensors of the network by name.
    population
        Which clouds it was trained on.
    """

    meta: CloudMeta
    network: dict[str, Tensor] = field(repr=False)
    population: CloudPopulation = field(repr=False)


def is_cloud_model(path: Path | str) -> bool:
    """Whether a model file holds a network for jets or images; False for whatever cannot be read."""
    return is_model_file(path, CLOUD_FORMAT)


def save_cloud_checkpoint(path: Path | str, checkpoint: CloudCheckpoint) -> None:
    """Write a model beside its place and rename it there.

    Raises
    ------
    CheckpointError
        If the file cannot be written (nothing is left behind, an older file stays).
    """
    parts = {_NETWORK: checkpoint.network, _POPULATION: checkpoint.population.to_tensors()}
    write_model_file(path, CLOUD_FORMAT, checkpoint.meta, joined_parts(parts))


def load_cloud_checkpoint(path: Path | str) -> CloudCheckpoint:
    """Read a model; nothing in the file is ever executed.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, of another kind, or its parts do not fit together.
    """
    meta, tensors = read_model_file(path, CLOUD_FORMAT, CloudMeta, what="a model that makes jets or images")
    population = CloudPopulation.from_tensors(
        part_of(tensors, _POPULATION),
        classes=len(meta.condition.classes),
        places=meta.condition.places,
        source=str(path),
    )
    return CloudCheckpoint(meta, part_of(tensors, _NETWORK), population)
