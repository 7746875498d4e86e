"""A geometry in GDML, the format in which Geant4 exchanges detectors, and what is read out of it."""

from __future__ import annotations

from pydantic import Field

from showerkit.configuration import StrictConfig

#: Longest GDML text, which travels with every file.
MAX_GDML_CHARACTERS = 8_000_000


class GdmlGeometry(StrictConfig):
    """A GDML text, and where in it the calorimeter is.

    Parameters
    ----------
    text
        The text of the file.
    sensitive
        Names of the volumes whose deposits are read out.
    face_mm
        Where the detector's own frame has its origin (the centre of the front face), in the frame of the GDML
        file's world, in mm. The axes of both are the same.
    """

    text: str = Field(max_length=MAX_GDML_CHARACTERS)
    sensitive: tuple[str, ...] = Field(min_length=1)
    face_mm: tuple[float, float, float]
