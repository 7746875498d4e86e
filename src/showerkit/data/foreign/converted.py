"""What a shower file that was made of a foreign file says about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from showerkit.configuration import parse_config
from showerkit.data.foreign.unrolled_voxels import UNROLLED, UnrolledVoxels
from showerkit.data.schema import FileMetadata
from showerkit.errors import FileFormatError
from showerkit.geometry.voxel_file import load_voxel_geometry, voxel_geometry_names
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


def voxels_setting(geometry: VoxelGeometry) -> dict[str, Any]:
    """What is said under ``converted`` of cells that stand for voxels."""
    return {"voxels": geometry.model_dump(mode="json", exclude_defaults=True)}


def with_voxels(metadata: FileMetadata, geometry: VoxelGeometry) -> FileMetadata:
    """Say of a shower file that its cells stand for these voxels."""
    settings = {**metadata.settings, _SETTING: voxels_setting(geometry)}
    return metadata.model_copy(update={"settings": settings})


def converted_voxels(metadata: FileMetadata) -> VoxelGeometry | None:
    """Voxels that the cells of a file stand for; None if they stand for themselves.

    The settings say it, or the detector is that of a shipped description of voxels, unrolled: a model
    that was trained on such a file makes showers of that detector.
    """
    converted = metadata.settings.get(_SETTING)
    voxels = converted.get("voxels") if isinstance(converted, dict) else None
    if isinstance(voxels, dict):
        return parse_config(VoxelGeometry, voxels, source="settings.converted.voxels", error=FileFormatError)
    name = metadata.detector.name.removesuffix(UNROLLED)
    if name == metadata.detector.name or name not in voxel_geometry_names():
        return None
    geometry = load_voxel_geometry(name)
    return geometry if UnrolledVoxels(geometry).detector == metadata.detector else None
