"""What a shower file that was made of a foreign file says about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from showerkit.data.schema import FileMetadata
from showerkit.geometry.voxels import VoxelGeometry

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.data.foreign.options import ForeignOptions
    from showerkit.geometry.calorimeter import Calorimeter

_SETTING: Final = "converted"


def converted_metadata(
    path: Path, form: str, detector: Calorimeter, options: ForeignOptions, **further: Any
) -> FileMetadata:
    """Describe the showers of a foreign file; the seed is not known and given as 0.

    Parameters
    ----------
    path
        The foreign file.
    form
        What its form is called.
    detector
        The detector whose cells it holds.
    options
        What the user said about it.
    **further
        What else to say under ``converted`` in the settings.
    """
    from showerkit import __version__

    return FileMetadata(
        generator=f"{form} file {path.name}",
        kind=options.kind or "geant4",
        detector=detector,
        seed=0,
        versions={"showerkit": __version__},
        settings={_SETTING: {"form": form, "file": path.name, **further}},
    )


def is_converted(settings: object) -> bool:
    """Whether the settings of a shower file say that it was made of a foreign one."""
    return isinstance(settings, dict) and _SETTING in settings


def converted_voxels(metadata: FileMetadata) -> VoxelGeometry | None:
    """Voxels that the cells of a converted file stand for; None if they stand for themselves."""
    converted = metadata.settings.get(_SETTING)
    voxels = converted.get("voxels") if isinstance(converted, dict) else None
    return VoxelGeometry.model_validate(voxels) if isinstance(voxels, dict) else None
