"""Checks of the values in a shower file, portion by portion."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.simulate.particles import PARTICLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

#: Relative difference that float32 rounding of energy and momentum can make, with a margin.
_ROUNDING: Final = 1e-5
#: Event ids kept at once when looking for repeated ones.
_IDS_AT_ONCE: Final = 2**22

_CODES = np.array(sorted(p.pdg for p in PARTICLES))
_MASSES = np.array([p.mass_mev for p in sorted(PARTICLES, key=lambda p: p.pdg)])


@dataclass
class Offences:
    """Counts the values that break each rule and remembers the first one."""

    counts: dict[str, int] = field(default_factory=dict)
    firsts: dict[str, str] = field(default_factory=dict)

    def note(self, rule: str, broken: NDArray[np.bool_], values: NDArray[Any], first_event: int) -> None:
        """Note where a rule is broken.

        Parameters
        ----------
        rule
            What is wrong, starting with the dataset.
        broken
            True where the rule is broken, shape (N, ...).
        values
            The values, of the same shape.
        first_event
            Row of the first of these events in the file.
        """
        n = int(np.count_nonzero(broken))
        if n == 0:
            return
        if rule not in self.counts:
            place = np.unravel_index(int(np.argmax(broken)), broken.shape)
            row, *cell = (int(number) for number in place)
            where = ", ".join(str(number) for number in (first_event + row, *cell))
            self.firsts[rule] = f"[{where}]: {values[place]:.6g}"
        self.counts[rule] = self.counts.get(rule, 0) + n

    def lines(self) -> list[str]:
        """Give one line for each rule that is broken."""
        return [
            f"{rule} ({count} value{'s' if count > 1 else ''}, the first at {self.firsts[rule]})"
            for rule, count in self.counts.items()
        ]


def check_values(
    columns: dict[str, NDArray[Any]], first_event: int, offences: Offences, *, simulated: bool
) -> None:
    """Check a portion of events.

    Parameters
    ----------
    columns
        Those datasets that have the right shape, by name.
    first_event
        Row of the first of these events in the file.
    offences
        Where to note what is wrong.
    simulated
        Whether the showers come from a simulation, which conserves energy; a surrogate may not.
    """
    for name, values in columns.items():
        if values.dtype.kind != "f":
            continue
        offences.note(f"{name}: NaN or infinity", ~np.isfinite(values), values, first_event)
        if name not in ("incident_momentum", "incident_position"):
            offences.note(f"{name}: negative", values < 0, values, first_event)
    if "mask_probability" in columns:
        mask = columns["mask_probability"]
        offences.note("mask_probability: above 1", mask > 1, mask, first_event)
    if "event_id" in columns:
        offences.note("event_id: negative", columns["event_id"] < 0, columns["event_id"], first_event)
    if {"incident_energies", "incident_pdg"} <= columns.keys():
        _check_kinematics(columns, first_event, offences, simulated=simulated)


def _check_kinematics(
    columns: dict[str, NDArray[Any]], first_event: int, offences: Offences, *, simulated: bool
) -> None:
    """Check p^2 = T (T + 2 m), and that no more is deposited than T + 2 m (annihilation included)."""
    pdg = columns["incident_pdg"]
    place = np.minimum(np.searchsorted(_CODES, pdg), len(_CODES) - 1)
    known = _CODES[place] == pdg
    mass = np.where(known, _MASSES[place], 0.0)
    kinetic = columns["incident_energies"][:, 0].astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        if "incident_momentum" in columns:
            momentum = np.linalg.norm(columns["incident_momentum"].astype(np.float64), axis=1)
            expected = np.sqrt(np.maximum(kinetic * (kinetic + 2.0 * mass), 0.0))
            # A slow particle's momentum feels the rounding of its energy through the mass.
            off = np.abs(momentum - expected) > _ROUNDING * (expected + momentum)
            offences.note(
                "incident_momentum: its length in MeV does not fit the kinetic energy and the mass",
                known & off,
                momentum,
                first_event,
            )
        if "showers" in columns and simulated:
            total = columns["showers"].sum(axis=1, dtype=np.float64)
            excess = total > (kinetic + 2.0 * mass) * (1.0 + _ROUNDING)
            offences.note(
                "showers: total deposit in MeV above the incident energy (with twice the rest energy)",
                known & excess,
                total,
                first_event,
            )


def repeated_ids(portions: Iterable[NDArray[np.int64]], n: int) -> int:
    """Count event ids that occur more than once, in bounded memory.

    Rising ids, as showerkit writes them, need one pass and no memory; any others are divided by
    their remainder into buckets small enough to be sorted.

    Parameters
    ----------
    portions
        The event ids in portions: something that can be iterated over more than once.
    n
        Number of events.

    Returns
    -------
    int
        Number of surplus events.

    Examples
    --------
    >>> repeated_ids([np.array([0, 5]), np.array([3, 5])], 4)
    1
    """
    last, rising = -(2**63), True
    for ids in portions:
        if len(ids) == 0:
            continue
        if int(ids[0]) <= last or (np.diff(ids) <= 0).any():
            rising = False
            break
        last = int(ids[-1])
    if rising:
        return 0
    buckets = -(-n // _IDS_AT_ONCE)
    surplus = 0
    for bucket in range(buckets):
        chosen = np.concatenate([ids[ids % buckets == bucket] for ids in portions])
        surplus += len(chosen) - len(np.unique(chosen))
    return surplus
