"""A trained model in Geant4's place: showers of particles that were taken out at the calorimeter's face."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.records import IncidentParticles
from showerkit.errors import CheckpointError, ConfigurationError, DataError
from showerkit.generate.valid_range import range_limits
from showerkit.simulate.geant4.handover import SHOWERING, Handover
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.data.records import Showers
    from showerkit.generate.generator import Generator
    from showerkit.geometry import Calorimeter
    from showerkit.simulate.face_particles import FaceParticles
    from showerkit.train.checkpoint import CheckpointMeta

#: Showers made at a time, which bounds the memory.
_AT_ONCE: Final = 1024
#: Binary digits of a particle's number within its event, beside those of the event.
_NUMBER_BITS: Final = 20
_MOST_EVENT: Final = 2 ** (62 - _NUMBER_BITS)
_NEEDED: Final = ("energy", "theta", "x", "y")


class FastSimulation:
    """Showers of a model for what reaches the face of one calorimeter.

    The model was trained with particles from a gun; a particle at the face is followed back along its line of
    flight to the plane of that gun. The cells repeat from pitch to pitch, so that particle and shower may be
    moved together by whole pitches: thereby the start comes into the square where the gun stood. Entry points
    nearer to the sides than any of the training stay with Geant4, as does all else that the model never saw.

    Parameters
    ----------
    generator
        The trained model.
    detector
        The calorimeter that is simulated; from the face on it must be the model's.
    minimum_gev
        Particles of less kinetic energy stay with Geant4, in GeV.
    also
        Names of particles that the model never saw and that are to be taken all the same, as if they were of
        the first kind that it knows: positrons, for a model of electrons.

    Raises
    ------
    ConfigurationError
        If the model is of another calorimeter, knows no electrons, positrons or photons, or is asked for what
        it cannot do.
    CheckpointError
        If the model does not say what it is valid for.
    """

    def __init__(
        self,
        generator: Generator,
        detector: Calorimeter,
        *,
        minimum_gev: float = 0.1,
        also: tuple[str, ...] = (),
    ) -> None:
        self._generator = generator
        self._detector = detector
        meta = generator.meta
        _check_detector(meta, detector)
        self._stand_in = _stand_in(meta, also)
        #: Which particles Geant4 hands over.
        self.handover = _handover(meta, detector, minimum_gev, tuple(self._stand_in))

    def add(self, showers: Showers, at_face: FaceParticles, seed: int) -> Showers:
        """Add the showers of particles at the face to what Geant4 deposited.

        Random numbers depend on the seed, the event's number and the particle's number in its event alone.

        Parameters
        ----------
        showers
            Geant4's part of N events.
        at_face
            The particles that were taken out of them.
        seed
            The seed of the sample.

        Returns
        -------
        Showers
            The whole events.

        Raises
        ------
        DataError
            If an event's number, or the number of its particles, is too large to draw random numbers for.
        """
        if len(at_face) == 0:
            return showers
        ids = _particle_ids(showers.event_id[at_face.row], at_face.number)
        at_gun, moved = self._followed_back(at_face.incident)
        total = showers.energy_mev.astype(np.float64).reshape(-1)
        for start in range(0, len(ids), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            made = self._generator.generate(at_gun[some], ids[some], seed)
            which, cell = np.nonzero(made.energy_mev)
            column, row = moved[some][which].T
            landed, inside = self._moved_cells(cell, column, row)
            place = at_face.row[some][which] * self._detector.n_cells + landed
            deposits = made.energy_mev[which, cell].astype(np.float64)
            total += np.bincount(place[inside], weights=deposits[inside], minlength=len(total))
        energy_mev = total.reshape(showers.energy_mev.shape).astype(np.float32)
        return replace(showers, energy_mev=energy_mev)

    def _followed_back(self, incident: IncidentParticles) -> tuple[IncidentParticles, NDArray[np.int64]]:
        """Particles in the plane of the model's gun, and by how many cells (x, y) they were moved there."""
        meta = self._generator.meta
        limits = range_limits(meta)
        low, high = np.array([limits["x"], limits["y"]]).T
        direction = incident.direction
        slope = direction[:, :2] / direction[:, 2:]
        back_mm = meta.detector.gun_distance_mm
        face_mm = incident.position_mm[:, :2].astype(np.float64)
        start_mm = face_mm - back_mm * slope
        pitch_mm = np.array([self._detector.pitch_x_mm, self._detector.pitch_y_mm])
        outside = (start_mm < low) | (start_mm > high)
        cells = np.where(outside, np.rint((start_mm - 0.5 * (low + high)) / pitch_mm), 0.0)
        start_mm -= cells * pitch_mm
        position_mm = np.column_stack([start_mm, np.full(len(start_mm), -back_mm)])
        pdg = incident.pdg.copy()
        for code, known in self._stand_in.items():
            pdg[incident.pdg == code] = known
        at_gun = IncidentParticles(
            pdg, incident.energy_mev, incident.momentum_mev, position_mm.astype(np.float32)
        )
        return at_gun, cells.astype(np.int64)

    def _moved_cells(
        self, cell: NDArray[np.int64], columns: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Indices of cells moved by columns and rows, and whether they lie in the detector."""
        _, cells_y, cells_x = self._detector.shape
        layer, iy, ix = self._detector.cell(cell)
        iy, ix = iy + rows, ix + columns
        inside = (iy >= 0) & (iy < cells_y) & (ix >= 0) & (ix < cells_x)
        return self._detector.index(layer, iy, ix), inside


def _particle_ids(event_id: NDArray[np.int64], number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give each particle a number of its own, made of its event's number and its number in the event."""
    for what, values, most in (
        ("event number", event_id, _MOST_EVENT),
        ("number of particles at the face in one event", number, 2**_NUMBER_BITS),
    ):
        if len(values) and (values.max() >= most or values.min() < 0):
            raise DataError(what, got=int(values.max()), expected=f"at least 0, below {most}")
    return (event_id << _NUMBER_BITS) | number


def _check_detector(meta: CheckpointMeta, detector: Calorimeter) -> None:
    """Refuse a model of another calorimeter, and detectors in which more than deposits is counted."""
    detector.require_grid("fast simulation")
    if not detector.same_showers(meta.detector):
        raise ConfigurationError(
            f"model '{meta.name}' for detector {detector.name}",
            got=f"a model of {meta.detector.name}",
            expected="one of the same cells, layers and materials",
            mend="only what stands in front of the face may differ",
        )
    if detector.counts_charged_tracks:
        raise ConfigurationError(
            f"fast simulation of {detector.name}",
            got="a detector that counts charged tracks",
            expected="one that only counts deposits, since models make no tracks",
            mend="set counts_charged_tracks to false",
        )


def _stand_in(meta: CheckpointMeta, also: tuple[str, ...]) -> dict[int, int]:
    """Which particle of the model each particle that is handed over counts as, by code."""
    known = [code for code in meta.particles if code in SHOWERING.values()]
    if not known:
        raise ConfigurationError(
            f"model '{meta.name}' for fast simulation",
            got="particles (PDG codes) " + ", ".join(str(code) for code in meta.particles),
            expected="electrons, positrons or photons",
        )
    counts_as = {code: code for code in known}
    for name in also:
        if name not in SHOWERING:
            raise ConfigurationError(
                f"fast simulation of {name}", expected="one of " + ", ".join(SHOWERING), mend="leave it out"
            )
        counts_as.setdefault(SHOWERING[name], known[0])
    return counts_as


def _handover(
    meta: CheckpointMeta, detector: Calorimeter, minimum_gev: float, particles: tuple[int, ...]
) -> Handover:
    """What Geant4 may hand over, so that every particle lies within the model's valid range."""
    limits = range_limits(meta)
    for name in _NEEDED:
        if name not in limits:
            raise CheckpointError(f"model '{meta.name}'", got=f"no valid range of {name}")
    for name, (low, high), pitch_mm in (
        ("x", limits["x"], detector.pitch_x_mm),
        ("y", limits["y"], detector.pitch_y_mm),
    ):
        if high - low < pitch_mm:
            raise ConfigurationError(
                f"start position {name} of model '{meta.name}'",
                got=f"{low:.4g} to {high:.4g} mm",
                expected=f"a range of at least one pitch of the cells, {pitch_mm:g} mm",
                mend="train with the gun spread over a pitch",
            )
    low_mev, high_mev = max(limits["energy"][0], minimum_gev * MEV_PER_GEV), limits["energy"][1]
    if not 0.0 < low_mev < high_mev:
        raise ConfigurationError(
            "the lowest energy for fast simulation",
            got=f"{minimum_gev:g} GeV",
            expected=f"above 0 and below {high_mev / MEV_PER_GEV:.4g} GeV, where model '{meta.name}' ends",
        )
    theta_rad = (max(limits["theta"][0], 0.0), min(limits["theta"][1], 0.5 * np.pi))
    phi_rad = limits.get("phi", (-np.pi, np.pi))
    azimuths = np.linspace(max(phi_rad[0], -np.pi), min(phi_rad[1], np.pi), 721)
    lever_mm = meta.detector.gun_distance_mm * np.tan(meta.valid_range["theta"][1])
    return Handover(
        particles=particles,
        energy_mev=(low_mev, high_mev),
        theta_rad=theta_rad,
        phi_rad=phi_rad,
        face_x_mm=_reached(meta.valid_range["x"], lever_mm * np.cos(azimuths), 0.5 * detector.width_x_mm),
        face_y_mm=_reached(meta.valid_range["y"], lever_mm * np.sin(azimuths), 0.5 * detector.width_y_mm),
    )


def _reached(
    start_mm: tuple[float, float], drift_mm: NDArray[np.float64], half_width_mm: float
) -> tuple[float, float]:
    """Lowest and highest coordinate at which the training's particles entered the face."""
    low = start_mm[0] + min(0.0, float(drift_mm.min()))
    high = start_mm[1] + max(0.0, float(drift_mm.max()))
    return max(low, -half_width_mm), min(high, half_width_mm)
