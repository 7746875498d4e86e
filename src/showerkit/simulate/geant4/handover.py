"""Which particles leave Geant4 at the calorimeter's face, their showers to be made by a model."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig

#: Electrons, positrons and photons, by Particle Data Group code.
SHOWERING: dict[str, int] = {"e-": 11, "e+": -11, "gamma": 22}
#: Below this polar angle in rad the azimuth means nothing.
_ALONG_BEAM_RAD = 2.0e-3

Range = tuple[float, float]


class Handover(StrictConfig):
    """Conditions on particles that enter the calorimeter through its front face.

    All must hold for a particle to be taken out of Geant4; the others are tracked on.

    Parameters
    ----------
    particles
        Their Particle Data Group codes: 11, -11 or 22.
    energy_mev
        Lowest and highest kinetic energy in MeV.
    theta_rad, phi_rad
        Lowest and highest polar angle and azimuth of the direction; the azimuth counts off the axis only.
    face_x_mm, face_y_mm
        Lowest and highest coordinate of the point of entry, from the face's centre.
    """

    particles: tuple[Literal[11, -11, 22], ...] = Field(min_length=1)
    energy_mev: tuple[Annotated[float, Field(gt=0.0)], float]
    theta_rad: Range
    phi_rad: Range = (-math.pi, math.pi)
    face_x_mm: Range
    face_y_mm: Range

    @model_validator(mode="after")
    def _from_low_to_high(self) -> Self:
        for name in ("energy_mev", "theta_rad", "phi_rad", "face_x_mm", "face_y_mm"):
            low, high = getattr(self, name)
            if high < low:
                raise ValueError(f"a range of {name} from low to high (it is {low:g} to {high:g})")
        return self

    def takes(
        self, pdg: int, energy_mev: float, face_mm: tuple[float, float], direction: tuple[float, float, float]
    ) -> bool:
        """Decide on one particle, by its kinetic energy, point of entry and direction.

        Examples
        --------
        >>> handover = Handover(
        ...     particles=(11,),
        ...     energy_mev=(100, 2e4),
        ...     theta_rad=(0, 0.4),
        ...     face_x_mm=(-90, 90),
        ...     face_y_mm=(-90, 90),
        ... )
        >>> [handover.takes(11, energy_mev, (3.0, 4.0), (0.0, 0.0, 1.0)) for energy_mev in (500.0, 50.0)]
        [True, False]
        """
        x, y = face_mm
        across, along = math.hypot(direction[0], direction[1]), direction[2]
        theta = math.atan2(across, along)
        return (
            pdg in self.particles
            and along > 0.0
            and self.energy_mev[0] <= energy_mev <= self.energy_mev[1]
            and self.face_x_mm[0] <= x <= self.face_x_mm[1]
            and self.face_y_mm[0] <= y <= self.face_y_mm[1]
            and self.theta_rad[0] <= theta <= self.theta_rad[1]
            and (
                theta <= _ALONG_BEAM_RAD
                or self.phi_rad[0] <= math.atan2(direction[1], direction[0]) <= self.phi_rad[1]
            )
        )
