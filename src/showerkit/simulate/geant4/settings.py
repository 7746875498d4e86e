"""What a worker process needs to know to simulate."""

from __future__ import annotations

from pydantic import Field

from showerkit.configuration import StrictConfig
from showerkit.geometry import Calorimeter
from showerkit.simulate.geant4.handover import Handover


class Geant4Settings(StrictConfig):
    """Settings of a Geant4 simulation that decide its result.

    Parameters
    ----------
    detector
        The calorimeter.
    cut_mm
        Range cut for the production of secondary particles, in mm.
    seed
        The seed of the sample.
    hadronic
        Whether hadrons interact, which needs more of Geant4's data.
    handover
        Which particles are taken out at the calorimeter's face, if any.
    """

    detector: Calorimeter
    cut_mm: float = Field(default=0.7, gt=0.0, le=1000.0)
    seed: int = Field(default=1, ge=0)
    hadronic: bool = False
    handover: Handover | None = None
