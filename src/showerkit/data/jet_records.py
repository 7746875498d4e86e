"""The record of jets that every part of showerkit exchanges; imports nothing but errors and checks."""

from __future__ import annotations

from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from showerkit.data.checked_array import checked_array
from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: What starts a jet, with the code that stands for it in arrays and files; a quark "q" is a light one, and
#: "qcd" is any quark or gluon as it comes in hard scattering.
JET_TYPES: Final[Mapping[str, int]] = MappingProxyType({"g": 0, "q": 1, "t": 2, "w": 3, "z": 4, "qcd": 5})


@dataclass(frozen=True, eq=False)
class Jets:
    """Jets with their hardest particles, in coordinates relative to the jet.

    With eta_i, phi_i and pT_i of a particle and those of its jet,

        eta_rel = eta_i - eta,  phi_rel = phi_i - phi in (-pi, pi],  pt_rel = pT_i / pT.

    Energies, momenta and masses of jets are in GeV, as everywhere in the field.

    Parameters
    ----------
    particles
        eta_rel, phi_rel and pt_rel of the particles by falling pT, 0 where there is none, shape (N, P, 3).
    mask
        Where there is a particle, shape (N, P).
    jet_type
        Codes of `JET_TYPES`, shape (N,).
    pt_gev
        Transverse momenta of the whole jets in GeV, shape (N,).
    eta
        Pseudorapidities of the whole jets, shape (N,).
    mass_gev
        Masses of the whole jets in GeV, shape (N,).
    event_id
        Numbers of the events that the jets come from, shape (N,); two jets may share one.
    momenta_gev
        px, py and pz of the particles in GeV, 0 where there is none, shape (N, P, 3), or None.

    Raises
    ------
    DataError
        If shapes disagree, a value is not finite or out of range, or a place without a particle is not 0.

    Examples
    --------
    >>> one = Jets([[[0.1, 0.0, 0.9], [0.0, 0.0, 0.0]]], [[True, False]], [0], [1000.0], [0.0], [80.0], [0])
    >>> len(one), one.n_particles.tolist()
    (1, [1])
    """

    particles: NDArray[np.float32]
    mask: NDArray[np.bool_]
    jet_type: NDArray[np.int32]
    pt_gev: NDArray[np.float32]
    eta: NDArray[np.float32]
    mass_gev: NDArray[np.float32]
    event_id: NDArray[np.int64]
    momenta_gev: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        particles = checked_array("particles", self.particles, (None, None, 3), np.float32)
        n, places = particles.shape[:2]
        object.__setattr__(self, "particles", particles)
        object.__setattr__(self, "mask", checked_array("mask", self.mask, (n, places), np.bool_))
        object.__setattr__(self, "jet_type", checked_array("jet_type", self.jet_type, (n,), np.int32))
        for name in ("pt_gev", "eta", "mass_gev"):
            object.__setattr__(self, name, checked_array(name, getattr(self, name), (n,), np.float32))
        object.__setattr__(self, "event_id", checked_array("event_id", self.event_id, (n,), np.int64))
        if self.momenta_gev is not None:
            momenta = checked_array("momenta_gev", self.momenta_gev, (n, places, 3), np.float32)
            object.__setattr__(self, "momenta_gev", momenta)
        self._check_values()

    def _check_values(self) -> None:
        for name, wrong, expected in (
            ("jet_type", (self.jet_type < 0) | (self.jet_type >= len(JET_TYPES)), "a code of JET_TYPES"),
            ("pt_gev", self.pt_gev < 0, "a value >= 0"),
            ("mass_gev", self.mass_gev < 0, "a value >= 0"),
        ):
            if wrong.any():
                bad = int(np.argmax(wrong))
                raise DataError(f"{name}[{bad}]", got=getattr(self, name)[bad].item(), expected=expected)
        for name in ("particles", "momenta_gev"):
            values = getattr(self, name)
            if values is not None and values[~self.mask].any():
                raise DataError(f"{name} where the mask is False", got="other values", expected="0")

    def __len__(self) -> int:
        return len(self.particles)

    def __getitem__(self, index: slice | NDArray[np.generic]) -> Jets:
        chosen: dict[str, Any] = {}
        for field in fields(self):
            values = getattr(self, field.name)
            chosen[field.name] = None if values is None else values[index]
        return Jets(**chosen)

    @property
    def n_particles(self) -> NDArray[np.int64]:
        """Number of particles kept, shape (N,)."""
        return np.asarray(self.mask.sum(axis=1), dtype=np.int64)

    @property
    def places(self) -> int:
        """Most particles a jet can have here, P."""
        return int(self.particles.shape[1])


def concatenate_jets(parts: Sequence[Jets]) -> Jets:
    """Join jets in order.

    Parameters
    ----------
    parts
        Jets with the same number of places; all with absolute momenta, or none.

    Returns
    -------
    Jets
        All of them.

    Raises
    ------
    DataError
        If there are no parts, their numbers of places differ, or some have absolute momenta and some not.
    """
    if not parts:
        raise DataError("jets", got="no parts", expected="at least one")
    places = sorted({part.places for part in parts})
    if len(places) > 1:
        raise DataError("jets", got=f"{places[0]} and {places[-1]} particles a jet", expected="one number")
    if len({part.momenta_gev is None for part in parts}) > 1:
        raise DataError("momenta_gev", got="present in some parts only", expected="in all parts or in none")
    columns: dict[str, Any] = {}
    for field in fields(Jets):
        values = [getattr(part, field.name) for part in parts]
        columns[field.name] = None if values[0] is None else np.concatenate(values)
    return Jets(**columns)
