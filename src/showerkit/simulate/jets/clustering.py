"""Jets of FastJet's anti-kT algorithm, all events of a block at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from showerkit.errors import MissingDependencyError
from showerkit.simulate.jets.visible_particles import runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.simulate.jets.visible_particles import VisibleParticles


@dataclass(frozen=True)
class FoundJets:
    """Jets of some events, in flat arrays.

    Parameters
    ----------
    event
        Index of each jet's event, shape (J,).
    momenta_gev
        Sums of the momenta of the constituents in GeV, shape (J, 3).
    energy_gev
        Sums of their energies in GeV, shape (J,).
    constituent
        Index of every constituent among the particles, jet after jet, shape (C,).
    counts
        Number of constituents of each jet, shape (J,).
    """

    event: NDArray[np.int64]
    momenta_gev: NDArray[np.float64]
    energy_gev: NDArray[np.float64]
    constituent: NDArray[np.int64]
    counts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.event)

    def chosen(self, jets: NDArray[np.int64]) -> FoundJets:
        """Keep some of the jets, in the order of their indices `jets`."""
        return FoundJets(
            self.event[jets],
            self.momenta_gev[jets],
            self.energy_gev[jets],
            self.constituent[runs(self.counts, jets)],
            self.counts[jets],
        )

    @property
    def mass_gev(self) -> NDArray[np.float64]:
        """Masses sqrt(E^2 - p^2) in GeV, shape (J,)."""
        square: NDArray[np.float64] = self.energy_gev**2 - np.sum(self.momenta_gev**2, axis=1)
        return np.asarray(np.sqrt(np.maximum(square, 0.0)), dtype=np.float64)


def anti_kt(particles: VisibleParticles, radius: float, lowest_pt_gev: float) -> FoundJets:
    """Find jets with the anti-kT algorithm and the E scheme (Cacciari, Salam and Soyez, 2008).

    Parameters
    ----------
    particles
        The particles of some events.
    radius
        The radius parameter R.
    lowest_pt_gev
        Jets below this transverse momentum, in GeV, are left out.

    Returns
    -------
    FoundJets
        The jets, event after event, by falling transverse momentum within an event.

    Raises
    ------
    MissingDependencyError
        If FastJet is not installed.
    """
    try:
        import awkward as ak
        import fastjet
    except ImportError:
        raise MissingDependencyError(
            "FastJet is not installed", mend="pip install 'showerkit[jets]'"
        ) from None
    momenta, energy = particles.momenta_gev, particles.energy_gev
    flat = ak.zip(
        {"px": momenta[:, 0], "py": momenta[:, 1], "pz": momenta[:, 2], "E": energy}, with_name="Momentum4D"
    )
    definition = fastjet.JetDefinition(fastjet.antikt_algorithm, radius)
    found = fastjet.ClusterSequence(ak.unflatten(flat, particles.counts), definition)
    index = found.constituent_index(lowest_pt_gev)
    jets_per_event = np.asarray(ak.num(index, axis=1), dtype=np.int64)
    event = np.repeat(np.arange(len(particles.counts)), jets_per_event)
    counts = np.asarray(ak.flatten(ak.num(index, axis=2)), dtype=np.int64)
    first_particle = np.cumsum(particles.counts) - particles.counts
    within = np.asarray(ak.flatten(index, axis=None), dtype=np.int64)
    constituent = within + np.repeat(first_particle[event], counts)
    if len(counts) == 0:
        return FoundJets(event, np.zeros((0, 3)), np.zeros(0), constituent, counts)
    starts = np.cumsum(counts) - counts
    jet_momenta = np.add.reduceat(momenta[constituent], starts, axis=0)
    jets = FoundJets(event, jet_momenta, np.add.reduceat(energy[constituent], starts), constituent, counts)
    return jets.chosen(np.lexsort((-np.hypot(jet_momenta[:, 0], jet_momenta[:, 1]), event)))
