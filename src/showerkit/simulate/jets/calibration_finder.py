"""From events to pairs of a jet of stable particles and the jet that a detector saw of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.data.calibration_jets import CalibrationJets
from showerkit.simulate.jets.candidates import jet_candidates
from showerkit.simulate.jets.clustering import FoundJets, anti_kt
from showerkit.simulate.jets.energy_density import median_density
from showerkit.simulate.jets.flavour import jet_flavour
from showerkit.simulate.jets.jet_pairs import isolated, matched_pairs, rank_in_event, transverse
from showerkit.simulate.jets.kinematics import azimuth, pseudorapidity
from showerkit.simulate.jets.smearing import DETECTORS, leaves_track, smeared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.simulate.jets.calibration_config import CalibrationJetConfig
    from showerkit.simulate.jets.calibration_events import DijetEvents
    from showerkit.simulate.jets.visible_particles import VisibleParticles

#: FastJet sums momenta in another order: it is asked for jets a little below the limit.
_SLACK: Final = 0.999
#: Jets of the detector are looked at from this share of the lowest true pT on: no true jet loses more.
_SOFTEST_SEEN: Final = 0.1


@dataclass(frozen=True)
class Overlay:
    """Further collisions on top of some events.

    Parameters
    ----------
    numbers
        How many there are, shape (events,).
    particles
        Their particles, by event.
    """

    numbers: NDArray[np.int64]
    particles: VisibleParticles


def calibration_jets(
    events: DijetEvents,
    config: CalibrationJetConfig,
    random: np.random.Generator,
    overlay: Overlay | None = None,
) -> CalibrationJets:
    """Find the matched jets of some events.

    Parameters
    ----------
    events
        The events.
    config
        How jets are found and which are kept.
    random
        Source of the detector's random numbers.
    overlay
        Further collisions, which only the detector sees, or None.

    Returns
    -------
    CalibrationJets
        The pairs, event after event, by falling true pT within an event.
    """
    n_events = len(events.event_id)
    low, high = config.true_pt_gev
    true = anti_kt(events.visible, config.cone_radius, _SLACK * config.isolation_fraction * low)
    particles = seen_by_detector(events.visible, config, random, overlay)
    seen = anti_kt(particles, config.cone_radius, _SOFTEST_SEEN * low)
    of_true, of_seen = matched_pairs(true, seen, n_events, config.matching_distance)
    wanted = _wanted(true, n_events, config, low, high)[of_true]
    true, seen = true.chosen(of_true[wanted]), seen.chosen(of_seen[wanted])
    candidates, mask = jet_candidates(seen, particles, config.constituents)
    numbers = np.zeros(n_events) if overlay is None else overlay.numbers
    return CalibrationJets(
        candidates,
        mask,
        **_kinematics(true, "true_"),
        **_kinematics(seen),
        flavour=jet_flavour(true, events.partons, config.cone_radius),
        pile_up=numbers[true.event].astype(np.float32),
        weight=events.weight[true.event],
        event_id=events.event_id[true.event],
        rho_gev=median_density(particles)[true.event].astype(np.float32),
        n_candidates=seen.counts.astype(np.int32),
    )


def seen_by_detector(
    visible: VisibleParticles,
    config: CalibrationJetConfig,
    random: np.random.Generator,
    overlay: Overlay | None,
) -> VisibleParticles:
    """Give what the detector sees of events and of the collisions on top of them.

    Tracks of the latter are left out where the vertex tells them; what they leave in the calorimeters,
    and the neutral particles, stay.
    """
    detector = None if config.detector is None else DETECTORS[config.detector]
    if overlay is not None:
        others = overlay.particles
        if config.charged_subtraction:
            tracker = (detector or DETECTORS["particle-flow"]).tracker
            others = others.chosen(~leaves_track(others, pseudorapidity(others.momenta_gev), tracker))
        visible = visible.overlaid(others)
    return visible if detector is None else smeared(visible, detector, random)


def _wanted(
    true: FoundJets, n_events: int, config: CalibrationJetConfig, low: float, high: float
) -> NDArray[np.bool_]:
    """Which jets of stable particles are kept; nothing here knows of the detector."""
    pt = transverse(true)
    return np.asarray(
        (rank_in_event(true.event) < config.hardest)
        & (pt > low)
        & (pt < high)
        & (np.abs(pseudorapidity(true.momenta_gev)) < config.jet_abs_eta_max)
        & isolated(true, n_events, config.isolation_distance, config.isolation_fraction),
        dtype=np.bool_,
    )


def _kinematics(jets: FoundJets, prefix: str = "") -> dict[str, Any]:
    """pT, eta, phi and mass, named as in the record."""
    columns = {
        "pt_gev": transverse(jets),
        "eta": pseudorapidity(jets.momenta_gev),
        "phi": azimuth(jets.momenta_gev),
        "mass_gev": jets.mass_gev,
    }
    return {f"{prefix}{name}": values.astype(np.float32) for name, values in columns.items()}
