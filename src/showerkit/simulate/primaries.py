"""The incident particles of a sample: which, how fast, from where and whither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from showerkit.configuration import StrictConfig
from showerkit.data.records import IncidentParticles
from showerkit.rng import generator
from showerkit.simulate.particles import PARTICLES, particle_named
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from showerkit.geometry import Calorimeter

#: Events that share one random stream; an event's draw depends on its number alone.
_BLOCK = 1024
_COLUMNS = 6

#: Upper end of the models in G4EmStandardPhysics, 100 TeV (G4EmParameters::MaxKinEnergy).
_MOST_GEV = 1.0e5


Range = tuple[float, float]


def _known(name: str) -> str:
    names = [particle.name for particle in PARTICLES]
    if name not in names:
        raise ValueError("one of " + ", ".join(names))
    return name


class PrimaryConfig(StrictConfig):
    """Distributions of the incident particles, one an event.

    The gun stands in the plane z = -gun_distance of the detector's frame. The direction is
    (sin theta cos phi, sin theta sin phi, cos theta); theta may be negative, so that theta in
    (-25, 25) with phi in (0, 180) covers the full circle.

    Parameters
    ----------
    particles
        Names of the particles, mixed uniformly.
    energy_gev
        Kinetic energy in GeV: a value, or the two ends of a range.
    energies_gev
        A list of kinetic energies in GeV, drawn with equal shares, instead of `energy_gev`.
    spectrum
        Over a range: ``"uniform"`` in energy, or ``"log"``, uniform in its logarithm.
    theta_deg, phi_deg
        Polar angle and azimuth in degrees: a value, or the two ends of a range (uniform).
    position_mm
        (x, y) of the gun in mm, each a value or the two ends of a range (uniform); None is uniform
        over one cell pitch around the centre of the face.

    Examples
    --------
    >>> PrimaryConfig(particles=("e-", "e+"), energy_gev=(0, 20)).energy_gev
    (0.0, 20.0)
    """

    particles: tuple[Annotated[str, AfterValidator(_known)], ...] = Field(default=("e-",), min_length=1)
    energy_gev: float | Range = (0.0, 20.0)
    energies_gev: tuple[Annotated[float, Field(gt=0.0)], ...] | None = Field(default=None, min_length=1)
    spectrum: Literal["uniform", "log"] = "uniform"
    theta_deg: float | Range = 0.0
    phi_deg: float | Range = 0.0
    position_mm: tuple[float | Range, float | Range] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for name, low, high in self._ranges():
            if high < low:
                raise ValueError(f"a range of {name} from low to high (it is {low:g}:{high:g})")
        if self.energies_gev is not None:
            if "energy_gev" in self.model_fields_set:
                raise ValueError("either energy_gev or energies_gev, not both")
            if self.spectrum != "uniform":
                raise ValueError("no spectrum with a list of energies")
            low, high = min(self.energies_gev), max(self.energies_gev)
        else:
            low, high = _limits(self.energy_gev)
        if low < 0.0 or high <= 0.0:
            raise ValueError(f"energies above 0 GeV (got {low:g}{'' if high == low else f':{high:g}'})")
        if high > _MOST_GEV:
            raise ValueError(f"energies of at most {_MOST_GEV:g} GeV, the end of Geant4's models")
        if self.spectrum == "log" and low <= 0.0:
            raise ValueError("a lower end above 0 GeV for a logarithmic spectrum")
        steepest = max(_limits(self.theta_deg), key=abs)
        if abs(steepest) >= 90.0:
            raise ValueError(
                f"theta_deg within 90 degrees (got {steepest:g}); beyond it particles fly off backwards"
            )
        return self

    def _ranges(self) -> Iterator[tuple[str, float, float]]:
        """Names and ends of all ranges."""
        x, y = self.position_mm if self.position_mm is not None else (0.0, 0.0)
        for name, value in (
            ("energy_gev", self.energy_gev),
            ("theta_deg", self.theta_deg),
            ("phi_deg", self.phi_deg),
            ("position_mm", x),
            ("position_mm", y),
        ):
            yield name, *_limits(value)

    def sample(self, seed: int, event_ids: NDArray[np.int64], calorimeter: Calorimeter) -> IncidentParticles:
        """Draw the incident particles of given events.

        An event's particle depends on the seed and the event's number alone, not on which other
        events are drawn with it.

        Parameters
        ----------
        seed
            The seed of the sample.
        event_ids
            Event numbers, at least 0, shape (N,).
        calorimeter
            The detector, for the gun's distance and the cells' pitch.

        Returns
        -------
        IncidentParticles
            N particles, rounded to single precision.
        """
        ids = np.asarray(event_ids, dtype=np.int64)
        draw = _uniform_draws(seed, ids)
        kinds = [particle_named(name) for name in self.particles]
        kind = np.minimum((draw[:, 0] * len(kinds)).astype(np.int64), len(kinds) - 1)
        mass_mev = np.array([particle.mass_mev for particle in kinds])[kind]
        pdg = np.array([particle.pdg for particle in kinds], dtype=np.int32)[kind]
        energy_mev = self._energy_mev(draw[:, 1]).astype(np.float32).astype(np.float64)
        theta = np.deg2rad(_within(self.theta_deg, draw[:, 2]))
        phi = np.deg2rad(_within(self.phi_deg, draw[:, 3]))
        direction = np.stack(
            [np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=1
        )
        momentum_mev = np.sqrt(energy_mev * (energy_mev + 2.0 * mass_mev))[:, None] * direction
        x, y = self.position_mm if self.position_mm is not None else _one_pitch(calorimeter)
        position_mm = np.stack(
            [_within(x, draw[:, 4]), _within(y, draw[:, 5]), np.full(len(ids), -calorimeter.gun_distance_mm)],
            axis=1,
        )
        return IncidentParticles(
            pdg,
            energy_mev.astype(np.float32),
            momentum_mev.astype(np.float32),
            position_mm.astype(np.float32),
        )

    def corners(self, calorimeter: Calorimeter) -> IncidentParticles:
        """Give a particle at each corner of the rectangle where the gun may stand, for early checks."""
        x, y = self.position_mm if self.position_mm is not None else _one_pitch(calorimeter)
        where = [(at_x, at_y, -calorimeter.gun_distance_mm) for at_x in _limits(x) for at_y in _limits(y)]
        position_mm = np.array(where, dtype=np.float32)
        return IncidentParticles(
            np.full(len(where), particle_named(self.particles[0]).pdg, np.int32),
            np.zeros(len(where), np.float32),
            np.zeros_like(position_mm),
            position_mm,
        )

    def _energy_mev(self, draw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Kinetic energies in MeV for uniform draws; never the lower end itself, which may be 0."""
        if self.energies_gev is not None:
            chosen = np.minimum((draw * len(self.energies_gev)).astype(np.int64), len(self.energies_gev) - 1)
            return np.asarray(self.energies_gev)[chosen] * MEV_PER_GEV
        low, high = _limits(self.energy_gev)
        if self.spectrum == "log":
            return np.asarray(high * (low / high) ** draw * MEV_PER_GEV, dtype=np.float64)
        return np.asarray((high - (high - low) * draw) * MEV_PER_GEV, dtype=np.float64)


def _uniform_draws(seed: int, event_ids: NDArray[np.int64]) -> NDArray[np.float64]:
    """Uniform numbers in [0, 1), one row an event, shape (N, columns)."""
    draws = np.empty((len(event_ids), _COLUMNS))
    blocks, rows = np.divmod(event_ids, _BLOCK)
    for block in np.unique(blocks).tolist():
        chosen = blocks == block
        table = generator(seed, "primaries", block).random((_BLOCK, _COLUMNS))
        draws[chosen] = table[rows[chosen]]
    return draws


def _limits(value: float | tuple[float, float]) -> tuple[float, float]:
    """Both ends of a value or range."""
    return value if isinstance(value, tuple) else (value, value)


def _within(value: float | tuple[float, float], draw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map uniform draws to a value or range."""
    low, high = _limits(value)
    return np.asarray(low + (high - low) * draw, dtype=np.float64)


def _one_pitch(calorimeter: Calorimeter) -> tuple[tuple[float, float], tuple[float, float]]:
    """One cell pitch around the centre of the face, in x and y, in mm."""
    half_x, half_y = 0.5 * calorimeter.pitch_x_mm, 0.5 * calorimeter.pitch_y_mm
    return (-half_x, half_x), (-half_y, half_y)
