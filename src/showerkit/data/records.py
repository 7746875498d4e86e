"""The record types that every part of showerkit exchanges; imports nothing but errors and checks."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from showerkit.data.checked_array import checked_array
from showerkit.errors import DataError


@dataclass(frozen=True, eq=False)
class IncidentParticles:
    """The particles that start showers, one an event, in the detector's own frame.

    The frame has z along the beam, z = 0 at the front face and (0, 0) at the face's centre.

    Parameters
    ----------
    pdg
        Particle Data Group codes, shape (N,).
    energy_mev
        Kinetic energies in MeV, shape (N,).
    momentum_mev
        Momenta in MeV, shape (N, 3).
    position_mm
        Start positions in mm, shape (N, 3).

    Raises
    ------
    DataError
        If shapes disagree, a value is not finite, or an energy is negative.

    Examples
    --------
    >>> one = IncidentParticles([11], [1000.0], [[0.0, 0.0, 1000.5]], [[0.0, 0.0, -202.0]])
    >>> one.direction.round(3).tolist()
    [[0.0, 0.0, 1.0]]
    """

    pdg: NDArray[np.int32]
    energy_mev: NDArray[np.float32]
    momentum_mev: NDArray[np.float32]
    position_mm: NDArray[np.float32]

    def __post_init__(self) -> None:
        pdg = checked_array("pdg", self.pdg, (None,), np.int32)
        n = len(pdg)
        object.__setattr__(self, "pdg", pdg)
        object.__setattr__(self, "energy_mev", checked_array("energy_mev", self.energy_mev, (n,), np.float32))
        object.__setattr__(
            self, "momentum_mev", checked_array("momentum_mev", self.momentum_mev, (n, 3), np.float32)
        )
        object.__setattr__(
            self, "position_mm", checked_array("position_mm", self.position_mm, (n, 3), np.float32)
        )
        if (self.energy_mev < 0).any():
            bad = int(np.argmax(self.energy_mev < 0))
            raise DataError(f"energy_mev[{bad}]", got=float(self.energy_mev[bad]), expected="a value >= 0")

    def __len__(self) -> int:
        return len(self.pdg)

    def __getitem__(self, index: slice | NDArray[np.generic]) -> IncidentParticles:
        return IncidentParticles(*(getattr(self, field.name)[index] for field in fields(self)))

    @property
    def direction(self) -> NDArray[np.float64]:
        """Unit vectors of the momenta, shape (N, 3); (0, 0, 1) where the momentum is zero."""
        momentum = self.momentum_mev.astype(np.float64)
        norm = np.linalg.norm(momentum, axis=1, keepdims=True)
        forward = np.array([0.0, 0.0, 1.0])
        return np.where(norm > 0, momentum / np.where(norm > 0, norm, 1.0), forward)

    @property
    def theta_rad(self) -> NDArray[np.float64]:
        """Polar angles to the z axis in rad, in [0, pi], shape (N,)."""
        direction = self.direction
        return np.arctan2(np.hypot(direction[:, 0], direction[:, 1]), direction[:, 2])

    @property
    def phi_rad(self) -> NDArray[np.float64]:
        """Azimuths in rad, in (-pi, pi], shape (N,)."""
        direction = self.direction
        return np.arctan2(direction[:, 1], direction[:, 0])

    def entry_point_mm(self) -> NDArray[np.float64]:
        """Where the straight lines of flight cross the front face z = 0, in mm, shape (N, 2).

        A particle that does not fly towards the face gets NaN.
        """
        direction = self.direction
        position = self.position_mm.astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            path = -position[:, 2] / direction[:, 2]
            entry = position[:, :2] + path[:, None] * direction[:, :2]
        reaches: NDArray[np.bool_] = (direction[:, 2:] > 0) & (path[:, None] >= 0)
        return np.asarray(np.where(reaches, entry, np.nan), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Showers:
    """Showers with what started them.

    Parameters
    ----------
    incident
        The incident particles, N of them.
    energy_mev
        Deposited energy per cell in MeV, shape (N, cells), cells in the detector's order.
    event_id
        Event numbers, shape (N,).
    charged_tracks
        Number of charged tracks that crossed each cell, shape (N, cells), or None.
    mask_probability
        A model's probability that each cell is hit, shape (N, cells), or None.

    Raises
    ------
    DataError
        If shapes disagree, a value is not finite, or a deposit is negative.

    Examples
    --------
    >>> one = IncidentParticles([11], [5000.0], [[0.0, 0.0, 5000.5]], [[0.0, 0.0, -202.0]])
    >>> shower = Showers(one, [[0.0, 3.0, 1.5]], [0])
    >>> shower.energy_mev.shape, shower.total_mev.tolist()
    ((1, 3), [4.5])
    """

    incident: IncidentParticles
    energy_mev: NDArray[np.float32]
    event_id: NDArray[np.int64]
    charged_tracks: NDArray[np.float32] | None = None
    mask_probability: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        n = len(self.incident)
        energy = checked_array("showers", self.energy_mev, (n, None), np.float32)
        cells = energy.shape[1]
        object.__setattr__(self, "energy_mev", energy)
        object.__setattr__(self, "event_id", checked_array("event_id", self.event_id, (n,), np.int64))
        for name in ("charged_tracks", "mask_probability"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, checked_array(name, values, (n, cells), np.float32))
        if (energy < 0).any():
            bad = np.argwhere(energy < 0)[0].tolist()
            raise DataError(f"showers{bad}", got=float(energy[tuple(bad)]), expected="a value >= 0")

    def __len__(self) -> int:
        return len(self.incident)

    def __getitem__(self, index: slice | NDArray[np.generic]) -> Showers:
        return replace(
            self,
            incident=self.incident[index],
            energy_mev=self.energy_mev[index],
            event_id=self.event_id[index],
            charged_tracks=None if self.charged_tracks is None else self.charged_tracks[index],
            mask_probability=None if self.mask_probability is None else self.mask_probability[index],
        )

    @property
    def total_mev(self) -> NDArray[np.float64]:
        """Deposited energy per event in MeV, summed in double precision, shape (N,)."""
        return np.asarray(self.energy_mev.sum(axis=1, dtype=np.float64), dtype=np.float64)


def concatenate(parts: list[Showers]) -> Showers:
    """Join showers of one detector in order.

    Raises
    ------
    DataError
        If there are no parts, or one has a quantity that another lacks.
    """
    if not parts:
        raise DataError("showers", got="no parts", expected="at least one")

    def joined(name: str) -> NDArray[np.float32] | None:
        have = [getattr(part, name) for part in parts]
        if all(values is None for values in have):
            return None
        if any(values is None for values in have):
            raise DataError(name, got="present in some parts only", expected="in all parts or in none")
        return np.concatenate(have)

    incident = IncidentParticles(
        *(
            np.concatenate([getattr(part.incident, field.name) for part in parts])
            for field in fields(IncidentParticles)
        )
    )
    return Showers(
        incident,
        np.concatenate([part.energy_mev for part in parts]),
        np.concatenate([part.event_id for part in parts]),
        joined("charged_tracks"),
        joined("mask_probability"),
    )
