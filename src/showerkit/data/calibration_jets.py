"""The record of matched jets for energy calibration; imports nothing but errors and checks."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from showerkit.data.checked_array import checked_array
from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: What a candidate of the detector is taken for, with the code that stands for it in arrays and files.
CANDIDATE_CLASSES: Final[Mapping[str, int]] = MappingProxyType(
    {"charged hadron": 0, "photon": 1, "neutral hadron": 2, "electron": 3, "muon": 4}
)
#: What the last axis of the candidates holds.
CANDIDATE_FEATURES: Final = ("pt_gev", "eta", "phi", "charge", "class")
#: Codes of the Particle Data Group for partons that start jets; 0 where none is known.
FLAVOURS: Final = (0, 1, 2, 3, 4, 5, 21)
_LARGEST_PHI: Final = float(np.float32(np.pi))
#: Fields of one number a jet, in float32.
_JET_FIELDS: Final = (
    "true_pt_gev",
    "true_eta",
    "true_phi",
    "true_mass_gev",
    "pt_gev",
    "eta",
    "phi",
    "mass_gev",
)


def _none() -> NDArray[Any]:
    return np.zeros(0, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class CalibrationJets:
    """Pairs of a jet of stable particles, the truth, and the jet that a detector saw of it.

    Energies, momenta and masses are in GeV. The response of a jet is R = pT / pT_true.

    Parameters
    ----------
    candidates
        pT in GeV, eta, phi, charge and class (`CANDIDATE_CLASSES`) of what the detector saw in the jet, by
        falling pT, 0 where there is none, shape (N, P, 5).
    mask
        Where there is a candidate, shape (N, P).
    true_pt_gev, true_eta, true_phi, true_mass_gev
        The jets of stable particles: transverse momenta and masses in GeV, pseudorapidities and azimuths,
        shape (N,).
    pt_gev, eta, phi, mass_gev
        The same of the jets that the detector saw, uncalibrated, of all their candidates, shape (N,).
    flavour
        Codes of the partons that started the jets: 21 for a gluon, 1 to 5 for quarks (antiquarks too),
        0 where none is known, shape (N,).
    pile_up
        Numbers of further collisions on top of the jets' events, shape (N,).
    weight
        Weights of the jets' events, shape (N,): with them, and not without, spectra are those of nature.
    event_id
        Numbers of the jets' events, shape (N,); jets may share one.
    rho_gev
        Median density of transverse momentum in the jets' events, in GeV per unit of area in (eta, phi),
        shape (N,); by default 0.
    n_candidates
        Numbers of candidates that the jets have, also of those that found no place, shape (N,); by default
        those of the mask.

    Raises
    ------
    DataError
        If shapes disagree, a value is not finite or out of range, or a place without a candidate is not 0.

    Examples
    --------
    >>> jet = CalibrationJets(
    ...     candidates=[[[20.0, 0.1, 3.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0]]], mask=[[True, False]],
    ...     true_pt_gev=[25.0], true_eta=[0.1], true_phi=[3.0], true_mass_gev=[4.0],
    ...     pt_gev=[20.0], eta=[0.1], phi=[3.0], mass_gev=[0.0],
    ...     flavour=[21], pile_up=[0.0], weight=[1.0], event_id=[0])
    >>> len(jet), float(jet.response[0]), jet.n_candidates.tolist()
    (1, 0.8, [1])
    """

    candidates: NDArray[np.float32]
    mask: NDArray[np.bool_]
    true_pt_gev: NDArray[np.float32]
    true_eta: NDArray[np.float32]
    true_phi: NDArray[np.float32]
    true_mass_gev: NDArray[np.float32]
    pt_gev: NDArray[np.float32]
    eta: NDArray[np.float32]
    phi: NDArray[np.float32]
    mass_gev: NDArray[np.float32]
    flavour: NDArray[np.int32]
    pile_up: NDArray[np.float32]
    weight: NDArray[np.float64]
    event_id: NDArray[np.int64]
    rho_gev: NDArray[np.float32] = field(default_factory=_none)
    n_candidates: NDArray[np.int32] = field(default_factory=_none)

    def __post_init__(self) -> None:
        candidates = checked_array("candidates", self.candidates, (None, None, 5), np.float32)
        n, places = candidates.shape[:2]
        mask = checked_array("mask", self.mask, (n, places), np.bool_)
        if np.size(self.rho_gev) == 0:
            object.__setattr__(self, "rho_gev", np.zeros(n))
        if np.size(self.n_candidates) == 0:
            object.__setattr__(self, "n_candidates", mask.sum(axis=1))
        object.__setattr__(self, "candidates", candidates)
        object.__setattr__(self, "mask", mask)
        columns: tuple[tuple[str, type[np.generic]], ...] = (
            *((name, np.float32) for name in _JET_FIELDS),
            ("flavour", np.int32),
            ("pile_up", np.float32),
            ("weight", np.float64),
            ("event_id", np.int64),
            ("rho_gev", np.float32),
            ("n_candidates", np.int32),
        )
        for name, dtype in columns:
            object.__setattr__(self, name, checked_array(name, getattr(self, name), (n,), dtype))
        self._check_values()

    def _check_values(self) -> None:
        positive, angle = "a value > 0", "an angle from -pi to pi"
        not_negative = "a value >= 0"
        for name, wrong, expected in (
            ("true_pt_gev", self.true_pt_gev <= 0, positive),
            ("pt_gev", self.pt_gev < 0, not_negative),
            ("true_mass_gev", self.true_mass_gev < 0, not_negative),
            ("mass_gev", self.mass_gev < 0, not_negative),
            ("true_phi", np.abs(self.true_phi) > _LARGEST_PHI, angle),
            ("phi", np.abs(self.phi) > _LARGEST_PHI, angle),
            ("flavour", ~np.isin(self.flavour, FLAVOURS), "0 to 5, or 21"),
            ("pile_up", self.pile_up < 0, not_negative),
            ("rho_gev", self.rho_gev < 0, not_negative),
            ("n_candidates", self.n_candidates < self.mask.sum(axis=1), "at least those of the mask"),
        ):
            if wrong.any():
                bad = int(np.argmax(wrong))
                raise DataError(f"{name}[{bad}]", got=getattr(self, name)[bad].item(), expected=expected)
        if self.candidates[~self.mask].any():
            raise DataError("candidates where the mask is False", got="other values", expected="0")

    def __len__(self) -> int:
        return len(self.candidates)

    def __getitem__(self, index: slice | NDArray[np.generic]) -> CalibrationJets:
        chosen: dict[str, Any] = {column.name: getattr(self, column.name)[index] for column in fields(self)}
        return CalibrationJets(**chosen)

    @property
    def places(self) -> int:
        """Most candidates that are kept of a jet, P."""
        return int(self.candidates.shape[1])

    @property
    def response(self) -> NDArray[np.float64]:
        """Response R = pT / pT_true of each jet, shape (N,)."""
        return np.asarray(self.pt_gev.astype(np.float64) / self.true_pt_gev, dtype=np.float64)


def concatenate_calibration_jets(parts: Sequence[CalibrationJets]) -> CalibrationJets:
    """Join jets in order.

    Parameters
    ----------
    parts
        Jets with the same number of places.

    Returns
    -------
    CalibrationJets
        All of them.

    Raises
    ------
    DataError
        If there are no parts, or their numbers of places differ.
    """
    if not parts:
        raise DataError("calibration jets", got="no parts", expected="at least one")
    places = sorted({part.places for part in parts})
    if len(places) > 1:
        raise DataError(
            "calibration jets", got=f"{places[0]} and {places[-1]} candidates a jet", expected="one number"
        )
    columns: dict[str, Any] = {
        column.name: np.concatenate([getattr(part, column.name) for part in parts])
        for column in fields(CalibrationJets)
    }
    return CalibrationJets(**columns)
