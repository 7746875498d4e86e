"""What a detector takes the particles for that it sees in jets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.calibration_jets import CANDIDATE_CLASSES
from showerkit.simulate.jets.kinematics import azimuth, pseudorapidity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.simulate.jets.clustering import FoundJets
    from showerkit.simulate.jets.visible_particles import VisibleParticles

_ELECTRON: Final = 11
_MUON: Final = 13
_PHOTON: Final = 22
#: Hadrons without charge that are in Pythia's final states.
_NEUTRAL: Final = (130, 310, 2112, 3122, 3212, 3322)
#: Charged leptons and hyperons whose code has the sign opposite to their charge.
_NEGATIVE: Final = (11, 13, 15, 3112, 3312, 3334)


def candidate_class(pdg: NDArray[np.int32]) -> NDArray[np.int32]:
    """Give the codes of `CANDIDATE_CLASSES` for particles; charged hadrons are not told apart.

    Examples
    --------
    >>> candidate_class(np.array([211, 22, 130, -11, 13])).tolist()
    [0, 1, 2, 3, 4]
    """
    code = np.abs(pdg)
    classes = CANDIDATE_CLASSES
    return np.select(
        [code == _PHOTON, np.isin(code, _NEUTRAL), code == _ELECTRON, code == _MUON],
        [classes["photon"], classes["neutral hadron"], classes["electron"], classes["muon"]],
        classes["charged hadron"],
    ).astype(np.int32)


def electric_charge(pdg: NDArray[np.int32]) -> NDArray[np.int32]:
    """Give the charges of particles that live long enough to be seen, in units of the positron's.

    Examples
    --------
    >>> electric_charge(np.array([211, -2212, 11, 3112, 22, 130])).tolist()
    [1, -1, -1, -1, 0, 0]
    """
    code = np.abs(pdg)
    neutral = np.isin(code, (_PHOTON, *_NEUTRAL))
    sign = np.where(np.isin(code, _NEGATIVE), -1, 1) * np.sign(pdg)
    return np.where(neutral, 0, sign).astype(np.int32)


def jet_candidates(
    jets: FoundJets, particles: VisibleParticles, places: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """List the hardest candidates of each jet.

    Parameters
    ----------
    jets
        The jets.
    particles
        What they consist of.
    places
        Most candidates kept of a jet.

    Returns
    -------
    tuple
        pT in GeV, eta, phi, charge and class by falling pT, shape (J, places, 5), and the mask.
    """
    n = len(jets)
    jet = np.repeat(np.arange(n), jets.counts)
    pt = np.hypot(particles.momenta_gev[jets.constituent, 0], particles.momenta_gev[jets.constituent, 1])
    order = np.lexsort((-pt, jet))
    rank = np.arange(len(jet)) - np.repeat(np.cumsum(jets.counts) - jets.counts, jets.counts)
    kept = rank < places
    order, rank = order[kept], rank[kept]
    jet = jet[order]
    index = jets.constituent[order]
    momenta, pdg = particles.momenta_gev[index], particles.pdg[index]
    candidates = np.zeros((n, places, 5), dtype=np.float32)
    mask = np.zeros((n, places), dtype=np.bool_)
    columns = (
        pt[order],
        pseudorapidity(momenta),
        azimuth(momenta),
        electric_charge(pdg),
        candidate_class(pdg),
    )
    candidates[jet, rank] = np.stack(columns, axis=1)
    mask[jet, rank] = True
    return candidates, mask
