"""Find descriptions of voxels: shipped by name, a YAML file, or the CaloChallenge's XML."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from showerkit.configuration import load_yaml, parse_config
from showerkit.errors import GeometryError, suggest
from showerkit.geometry.voxels import VoxelGeometry

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

_FOLDER: Final = "voxel_geometries"
_MOST_BYTES: Final = 10_000_000


def voxel_geometry_names() -> tuple[str, ...]:
    """Names of the shipped descriptions.

    Examples
    --------
    >>> voxel_geometry_names()[:2]
    ('calochallenge-1-photons', 'calochallenge-1-pions')
    """
    found = files("showerkit.geometry").joinpath(_FOLDER).iterdir()
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in found if entry.name.endswith(".yaml")))


def load_voxel_geometry(name: str | Path) -> VoxelGeometry:
    """Load a description of voxels.

    Parameters
    ----------
    name
        A shipped name, a YAML file of the same form, or a binning file of the CaloChallenge (XML), for which
        the threshold is 1 MeV and histograms reach to the outer radius.

    Returns
    -------
    VoxelGeometry
        The description.

    Raises
    ------
    GeometryError
        If there is no such name or file, or it does not say what it must.

    Examples
    --------
    >>> load_voxel_geometry("calochallenge-2").regular_shape
    (45, 16, 9)
    """
    text = str(name)
    if text in voxel_geometry_names():
        with_path = files("showerkit.geometry").joinpath(_FOLDER, f"{text}.yaml")
        values = load_yaml(Path(str(with_path)), error=GeometryError)
        return parse_config(VoxelGeometry, values, source=text, error=GeometryError)
    path = Path(name)
    if path.suffix == ".xml":
        return parse_config(VoxelGeometry, _from_xml(path), source=text, error=GeometryError)
    if path.suffix in (".yaml", ".yml"):
        values = load_yaml(path, error=GeometryError)
        return parse_config(VoxelGeometry, values, source=text, error=GeometryError)
    mend = suggest(text, voxel_geometry_names()) + " (or give a YAML or XML file)"
    raise GeometryError(f"geometry {text!r}", got="no shipped description of voxels", mend=mend)


def guess_voxel_geometry(voxels: int) -> VoxelGeometry | None:
    """Find the shipped description with so many voxels; None if there is none.

    Parameters
    ----------
    voxels
        Number of voxels a shower.

    Examples
    --------
    >>> guess_voxel_geometry(6480).name
    'calochallenge-2'
    >>> guess_voxel_geometry(6481)
    """
    fits = [g for name in voxel_geometry_names() if (g := load_voxel_geometry(name)).n_voxels == voxels]
    return fits[0] if len(fits) == 1 else None


def _from_xml(path: Path) -> dict[str, Any]:
    """Read ``<Bins><Bin name=...><Layer id= r_edges= n_bin_alpha= /></Bin></Bins>``."""
    from xml.parsers import expat

    try:
        content = path.read_bytes()
    except OSError as missing:
        raise GeometryError(f"{path}", got=missing.strerror, expected="a readable XML file") from None
    if len(content) > _MOST_BYTES:
        raise GeometryError(f"{path}", got=f"{len(content)} bytes", expected="a short binning file")
    bins: list[list[dict[str, str]]] = []

    def element(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Bin":
            bins.append([])
        elif tag == "Layer" and bins:
            bins[-1].append(attributes)

    parser: XMLParserType = expat.ParserCreate()
    parser.StartElementHandler = element
    # A document type could define entities that grow without end, or name other files.
    parser.StartDoctypeDeclHandler = _refuse_document_type
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as broken:
        raise GeometryError(f"{path}", got=f"no valid XML ({broken})", expected="a binning file") from None
    if len(bins) != 1:
        raise GeometryError(f"{path}", got=f"{len(bins)} elements 'Bin'", expected="one")
    layers = [_layer(path, attributes) for attributes in bins[0]]
    return {
        "name": path.stem,
        "title": f"From {path.name}",
        "threshold_mev": 1.0,
        "layers": [layer for layer in layers if len(layer["radial_edges_mm"]) > 1],
    }


def _layer(path: Path, attributes: dict[str, str]) -> dict[str, Any]:
    try:
        return {
            "number": int(attributes["id"]),
            "radial_edges_mm": [float(edge) for edge in attributes["r_edges"].split(",")],
            "angular_bins": int(attributes["n_bin_alpha"]),
        }
    except KeyError as missing:
        raise GeometryError(f"{path}: attribute {missing} of a layer is missing") from None
    except ValueError as wrong:
        raise GeometryError(f"{path}: a layer", got=str(wrong), expected="numbers") from None


def _refuse_document_type(name: str, *rest: object) -> None:
    raise ValueError(f"a document type '{name}', which is not allowed")
