"""From events to jets with their hardest particles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.jet_records import JET_TYPES, Jets
from showerkit.rng import generator
from showerkit.simulate.jets.clustering import FoundJets, anti_kt
from showerkit.simulate.jets.kinematics import pseudorapidity, relative_coordinates
from showerkit.simulate.jets.matching import matched_jets
from showerkit.simulate.jets.smearing import DETECTORS, smeared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.simulate.jets.config import JetProcessConfig
    from showerkit.simulate.jets.events import EventBlock
    from showerkit.simulate.jets.visible_particles import VisibleParticles

#: FastJet sums momenta in another order: it is asked for jets a little below the limit, applied afterwards.
_SLACK: Final = 0.999


def jets_of_block(block: EventBlock, config: JetProcessConfig, seed: int) -> Jets:
    """Find the jets of a block of events.

    Parameters
    ----------
    block
        The events.
    config
        How jets are found and which are kept.
    seed
        The seed of the sample, for the detector.

    Returns
    -------
    Jets
        The jets, event after event, by falling transverse momentum within an event.
    """
    particles = block.visible
    if config.smearing is not None:
        random = generator(seed, "jet detector", int(block.event_id[0]))
        particles = smeared(particles, DETECTORS[config.smearing], random)
    found = anti_kt(particles, config.cone_radius, _SLACK * config.jet_pt_gev[0])
    found = found.chosen(matched_jets(found, block, config))
    return jet_record(
        found, particles, block.event_id[found.event], JET_TYPES[config.process], config.constituents
    )


def jet_record(
    found: FoundJets,
    particles: VisibleParticles,
    event_id: NDArray[np.int64],
    jet_type: int,
    constituents: int,
) -> Jets:
    """Keep the hardest constituents of each jet, with their coordinates relative to the whole jet.

    Parameters
    ----------
    found
        The jets.
    particles
        The particles that they consist of.
    event_id
        Numbers of the jets' events, shape (J,).
    jet_type
        Code of what started them.
    constituents
        Most particles kept of a jet.

    Returns
    -------
    Jets
        The jets; pT, eta and mass are those of all constituents.
    """
    n = len(found)
    jet = np.repeat(np.arange(n), found.counts)
    momenta = particles.momenta_gev[found.constituent]
    order = np.lexsort((-np.hypot(momenta[:, 0], momenta[:, 1]), jet))
    rank = np.arange(len(jet)) - np.repeat(np.cumsum(found.counts) - found.counts, found.counts)
    jet, momenta = jet[order], momenta[order]
    kept = rank < constituents
    jet, rank, momenta = jet[kept], rank[kept], momenta[kept]
    relative = np.zeros((n, constituents, 3))
    absolute = np.zeros((n, constituents, 3))
    mask = np.zeros((n, constituents), dtype=np.bool_)
    relative[jet, rank] = relative_coordinates(momenta, found.momenta_gev[jet])
    absolute[jet, rank] = momenta
    mask[jet, rank] = True
    return Jets(
        relative.astype(np.float32),
        mask,
        np.full(n, jet_type, dtype=np.int32),
        np.hypot(found.momenta_gev[:, 0], found.momenta_gev[:, 1]).astype(np.float32),
        pseudorapidity(found.momenta_gev).astype(np.float32),
        found.mass_gev.astype(np.float32),
        event_id,
        absolute.astype(np.float32),
    )
