"""The detectors that are shipped, one file each, and the loading of a user's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from showerkit.errors import GeometryError, suggest
from showerkit.geometry.detector_file import read_detector_file
from showerkit.geometry.detectors import pbwo4_block, staggered_ecal, toy_hcal, zdc_ecal

if TYPE_CHECKING:
    from collections.abc import Callable

    from showerkit.geometry.calorimeter import Calorimeter

_SHIPPED: dict[str, Callable[[], Calorimeter]] = {
    "zdc-ecal": zdc_ecal.zdc_ecal,
    "zdc-ecal-pbwo4": zdc_ecal.zdc_ecal_pbwo4,
    "zdc-ecal-segmented": zdc_ecal.zdc_ecal_segmented,
    "pbwo4-block": pbwo4_block.pbwo4_block,
    "toy-hcal": toy_hcal.toy_hcal,
    "staggered-ecal": staggered_ecal.staggered_ecal,
}


def detector_names() -> list[str]:
    """Names of the shipped detectors.

    Examples
    --------
    >>> detector_names()[:2]
    ['zdc-ecal', 'zdc-ecal-pbwo4']
    """
    return list(_SHIPPED)


def load_detector(name: str | Path) -> Calorimeter:
    """Load a shipped detector by name, or a user's own from a YAML file.

    Raises
    ------
    GeometryError
        If the name is unknown or the file describes no valid detector.

    Examples
    --------
    >>> load_detector("toy-hcal").shape
    (17, 8, 8)
    >>> try:
    ...     load_detector("zdc-ecl")
    ... except GeometryError as error:
    ...     print(error.mend)
    did you mean 'zdc-ecal'?
    """
    key = str(name)
    if key in _SHIPPED:
        return _SHIPPED[key]()
    if key.endswith((".yaml", ".yml")):
        return read_detector_file(key)
    if key.endswith(".gdml"):
        from showerkit.geometry.gdml_file import read_gdml_file

        return read_gdml_file(key)
    raise GeometryError(
        f"unknown detector '{key}'",
        expected="a shipped detector's name, a YAML file or a GDML file",
        mend=suggest(key, _SHIPPED),
    )
