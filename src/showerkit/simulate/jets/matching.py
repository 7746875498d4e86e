"""Which of the jets come from the hard scattering."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.simulate.jets.kinematics import azimuth, pseudorapidity, wrapped
from showerkit.simulate.jets.pythia_settings import STARTING_PARTICLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.simulate.jets.clustering import FoundJets
    from showerkit.simulate.jets.config import JetProcessConfig
    from showerkit.simulate.jets.events import EventBlock


def matched_jets(jets: FoundJets, block: EventBlock, config: JetProcessConfig) -> NDArray[np.int64]:
    """Choose the jets within the cuts that belong to an outgoing particle of the hard scattering.

    A jet belongs to the nearer one of the two, if their distance sqrt(deta^2 + dphi^2) is at most the
    matching distance and that particle is one that starts jets of the process; of several jets of one
    particle the hardest is kept.

    Parameters
    ----------
    jets
        The jets, by falling transverse momentum within an event.
    block
        Their events.
    config
        The cuts.

    Returns
    -------
    numpy.ndarray
        Indices of the chosen jets.
    """
    eta, phi = pseudorapidity(jets.momenta_gev), azimuth(jets.momenta_gev)
    hard = block.hard_momenta_gev[jets.event]
    distance = np.hypot(pseudorapidity(hard) - eta[:, None], wrapped(azimuth(hard) - phi[:, None]))
    nearest = np.argmin(distance, axis=1)
    rows = np.arange(len(jets))
    started_by = np.abs(block.hard_pdg[jets.event, nearest])
    pt = np.hypot(jets.momenta_gev[:, 0], jets.momenta_gev[:, 1])
    low, high = config.jet_pt_gev
    kept = (
        (distance[rows, nearest] <= config.matching_distance * config.cone_radius)
        & np.isin(started_by, STARTING_PARTICLES[config.process])
        & (pt > low)
        & (pt < high)
        & (np.abs(eta) < config.jet_abs_eta_max)
    )
    chosen = np.flatnonzero(kept)
    # np.unique gives the first of each, which is the hardest.
    _, hardest = np.unique(2 * jets.event[chosen] + nearest[chosen], return_index=True)
    return chosen[np.sort(hardest)]
