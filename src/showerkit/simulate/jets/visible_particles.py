"""Particles that a detector could see, of many events in flat arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.simulate.jets.pythia_run import record_momenta

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NEUTRINOS: Final = (12, 14, 16)


@dataclass(frozen=True)
class VisibleParticles:
    """The particles of some events that a detector could see, in flat arrays.

    Parameters
    ----------
    pdg
        Particle Data Group codes, shape (M,).
    momenta_gev
        px, py, pz in GeV, shape (M, 3).
    energy_gev
        Energies in GeV, shape (M,).
    counts
        Number of particles of each event, shape (events,).
    """

    pdg: NDArray[np.int32]
    momenta_gev: NDArray[np.float64]
    energy_gev: NDArray[np.float64]
    counts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.pdg)

    @property
    def event(self) -> NDArray[np.int64]:
        """Index of each particle's event, shape (M,)."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    def chosen(self, kept: NDArray[np.bool_]) -> VisibleParticles:
        """Keep the particles where `kept`, shape (M,), is True."""
        return VisibleParticles(
            self.pdg[kept],
            self.momenta_gev[kept],
            self.energy_gev[kept],
            np.bincount(self.event[kept], minlength=len(self.counts)),
        )

    def of_events(self, events: NDArray[np.int64]) -> VisibleParticles:
        """Take some events, in the order of their indices `events`, which may be repeated."""
        index = runs(self.counts, events)
        return VisibleParticles(
            self.pdg[index], self.momenta_gev[index], self.energy_gev[index], self.counts[events]
        )

    def overlaid(self, other: VisibleParticles) -> VisibleParticles:
        """Join the particles of the same events, those of `other` last."""
        event = np.concatenate([self.event, other.event])
        order = np.argsort(event, kind="stable")
        return VisibleParticles(
            np.concatenate([self.pdg, other.pdg])[order],
            np.concatenate([self.momenta_gev, other.momenta_gev])[order],
            np.concatenate([self.energy_gev, other.energy_gev])[order],
            self.counts + other.counts,
        )


def runs(counts: NDArray[np.int64], chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Indices into flat arrays of all members of some of the groups that lie one after the other.

    Parameters
    ----------
    counts
        Number of members of each group, shape (groups,).
    chosen
        Indices of the groups wanted, in any order.

    Examples
    --------
    >>> runs(np.array([2, 1, 3]), np.array([2, 0])).tolist()
    [3, 4, 5, 0, 1]
    """
    sizes = counts[chosen]
    first = (np.cumsum(counts) - counts)[chosen]
    within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.asarray(np.repeat(first, sizes) + within, dtype=np.int64)


def visible_particles(record: Any, counts: NDArray[np.int64]) -> VisibleParticles:
    """Take what a detector could see from a flat event record: all final particles but neutrinos.

    Parameters
    ----------
    record
        The entries of some events, one after the other.
    counts
        Number of entries of each event, shape (events,).
    """
    pdg = np.asarray(record.id)
    seen = (np.asarray(record.status) > 0) & ~np.isin(np.abs(pdg), _NEUTRINOS)
    event = np.repeat(np.arange(len(counts)), counts)
    return VisibleParticles(
        pdg[seen],
        record_momenta(record, seen),
        np.asarray(record.p.e)[seen],
        np.bincount(event[seen], minlength=len(counts)),
    )
