"""The schema of a file of sparse images: its datasets and its attributes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from pydantic import Field, JsonValue

from showerkit.configuration import StrictConfig
from showerkit.data.column_writer import Column
from showerkit.data.file_attributes import parse_attributes, require_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGE_SCHEMA_NAME: Final = "showerkit-images"
IMAGE_SCHEMA_VERSION: Final = 1
#: Images in one compressed chunk, and in one portion that is written.
IMAGES_PER_CHUNK: Final = 512
_JSON_ATTRIBUTES: Final = ("versions", "settings")


def image_columns(n_points: int) -> list[Column]:
    """List the datasets of a file of sparse images, in the order they are written."""
    return [
        Column("points", np.dtype("<f4"), (n_points, 3), IMAGES_PER_CHUNK),
        Column("mask", np.dtype("u1"), (n_points,), IMAGES_PER_CHUNK),
        Column("label", np.dtype("<i8"), (), IMAGES_PER_CHUNK),
    ]


class ImageFileMetadata(StrictConfig):
    """What a file of sparse images says about itself.

    Parameters
    ----------
    schema_version
        Version of the file's schema.
    generator
        Where the images come from, or a model's name.
    kind
        ``"digits"`` for handwritten ones, ``"model"`` for those of a network.
    n_points
        Most points an image can have.
    rows, columns
        Size of the images that the points come from.
    seed
        The seed the file was made with; 0 where nothing is random.
    versions
        Versions of the software, by package.
    settings
        Further settings, such as which pixels were taken.
    """

    schema_version: int = Field(default=IMAGE_SCHEMA_VERSION, ge=1, le=IMAGE_SCHEMA_VERSION)
    generator: str = Field(min_length=1)
    kind: Literal["digits", "model"]
    n_points: int = Field(ge=1)
    rows: int = Field(default=28, ge=1)
    columns: int = Field(default=28, ge=1)
    seed: int = Field(default=0, ge=0, lt=2**63)
    versions: dict[str, str] = Field(default_factory=dict)
    settings: dict[str, JsonValue] = Field(default_factory=dict)

    def to_attributes(self) -> dict[str, str | int]:
        """Give the attributes of the HDF5 file, in the order they are written."""
        values = self.model_dump(mode="json")
        for name in _JSON_ATTRIBUTES:
            values[name] = json.dumps(values[name], sort_keys=True, allow_nan=False)
        return {"schema": IMAGE_SCHEMA_NAME, **values}


def image_metadata_from_attributes(attributes: Mapping[str, Any], source: str) -> ImageFileMetadata:
    """Rebuild the metadata of a file of sparse images from its attributes.

    Raises
    ------
    FileFormatError
        If the file is foreign, of a newer schema, or an attribute is missing or wrong.
    """
    require_schema(attributes, IMAGE_SCHEMA_NAME, source=source, mend=None)
    return parse_attributes(ImageFileMetadata, attributes, _JSON_ATTRIBUTES, source=source)
