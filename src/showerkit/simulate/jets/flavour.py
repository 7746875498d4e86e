"""What parton a jet comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.simulate.jets.kinematics import azimuth, pseudorapidity, wrapped
from showerkit.simulate.jets.visible_particles import runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.simulate.jets.calibration_events import Partons
    from showerkit.simulate.jets.clustering import FoundJets


def jet_flavour(jets: FoundJets, partons: Partons, radius: float) -> NDArray[np.int32]:
    """Find the hardest parton within a radius of each jet.

    Partons before and after radiation are looked at alike, so that it is the one that all others in the
    jet come from, wherever it lies in the jet. A gluon that splits to b quarks within the jet is a gluon.

    Parameters
    ----------
    jets
        The jets.
    partons
        The partons of their events.
    radius
        Largest distance in (eta, phi).

    Returns
    -------
    numpy.ndarray
        Codes of the partons, 0 where there is none, shape (J,).
    """
    index = runs(partons.counts, jets.event)
    jet = np.repeat(np.arange(len(jets)), partons.counts[jets.event])
    momenta, axis = partons.momenta_gev[index], jets.momenta_gev
    distance = np.hypot(
        pseudorapidity(momenta) - pseudorapidity(axis)[jet], wrapped(azimuth(momenta) - azimuth(axis)[jet])
    )
    near = distance < radius
    index, jet, momenta = index[near], jet[near], momenta[near]
    order = np.lexsort((-np.hypot(momenta[:, 0], momenta[:, 1]), jet))
    with_parton, first = np.unique(jet[order], return_index=True)
    flavour = np.zeros(len(jets), dtype=np.int32)
    flavour[with_parton] = partons.pdg[index[order][first]]
    return flavour
