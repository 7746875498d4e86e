"""A parametric detector: resolutions, granularity and thresholds, without showers or material."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
from pydantic import Field

from showerkit.configuration import StrictConfig
from showerkit.simulate.jets.hadron_response import HadronResponseConfig
from showerkit.simulate.jets.kinematics import azimuth, pseudorapidity
from showerkit.simulate.jets.visible_particles import VisibleParticles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_ELECTROMAGNETIC: Final = (11, 22)
_ELECTRON: Final = 11
_MUON: Final = 13
#: Hadrons without charge that reach a calorimeter; K0_S and Lambda have mostly decayed.
_NEUTRAL_HADRONS: Final = (130, 310, 2112, 3122, 3322)


class TrackerConfig(StrictConfig):
    """Tracks of charged particles: sigma(pT)/pT = slope pT (+) constant.

    Parameters
    ----------
    slope_per_gev
        Growth of the relative resolution with pT, in 1/GeV.
    constant
        Relative resolution at low pT.
    lowest_pt_gev
        Particles below this transverse momentum, in GeV, are lost.
    abs_eta_max
        Particles beyond are seen by the calorimeters only.
    hadron_efficiency, electron_efficiency, muon_efficiency
        Shares of these particles that leave a track; the calorimeters see the other hadrons and electrons.
    """

    slope_per_gev: float = Field(ge=0.0)
    constant: float = Field(ge=0.0)
    lowest_pt_gev: float = Field(ge=0.0)
    abs_eta_max: float = Field(gt=0.0)
    hadron_efficiency: float = Field(default=1.0, ge=0.0, le=1.0)
    electron_efficiency: float = Field(default=1.0, ge=0.0, le=1.0)
    muon_efficiency: float = Field(default=1.0, ge=0.0, le=1.0)


class CalorimeterConfig(StrictConfig):
    """Cells of a calorimeter: sigma/E = a/sqrt(E) (+) b/E (+) c, E in GeV.

    Parameters
    ----------
    stochastic
        The term a, in sqrt(GeV).
    noise_gev
        The term b, in GeV.
    constant
        The term c.
    cell
        Edge of the square cells in eta and phi; particles in one cell are seen as one.
    lowest_energy_gev
        Cells below this energy, in GeV, are dropped.
    abs_eta_max
        Particles beyond are lost.
    efficiency
        Share of the particles that leave their energy there.
    response
        Mean response to hadrons; None: each is read with its energy on average.
    linking_sigma
        Hadrons with a track leave their energy too, and what a cell has beyond the energies of the tracks
        that point at it is a particle where it is above so many standard deviations of what the cell reads
        of such energies (CMS collaboration, JINST 12 (2017) P10003, arXiv:1706.04965); None: they leave
        nothing.
    """

    stochastic: float = Field(ge=0.0)
    noise_gev: float = Field(ge=0.0)
    constant: float = Field(ge=0.0)
    cell: float = Field(gt=0.0)
    lowest_energy_gev: float = Field(ge=0.0)
    abs_eta_max: float = Field(gt=0.0)
    efficiency: float = Field(default=1.0, ge=0.0, le=1.0)
    response: HadronResponseConfig | None = None
    linking_sigma: float | None = Field(default=None, ge=0.0)

    def sigma_gev(self, energy_gev: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the resolution of energies, all in GeV."""
        square = self.stochastic**2 * energy_gev + self.noise_gev**2 + (self.constant * energy_gev) ** 2
        return np.asarray(np.sqrt(square), dtype=np.float64)


class SmearingConfig(StrictConfig):
    """A parametric detector.

    Parameters
    ----------
    tracker
        Sees charged particles.
    ecal
        Sees photons, and electrons that have no track.
    hcal
        Sees hadrons without a track.
    """

    tracker: TrackerConfig
    ecal: CalorimeterConfig
    hcal: CalorimeterConfig


#: Named detectors; the numbers of "cms-like" are design figures of the CMS technical design report (2006).
#: "particle-flow" has the same resolutions, and losses: tracks that are not found, particles that stop in
#: material before a calorimeter, a higher threshold for neutral hadrons, and the response to them that
#: e/h = 1.4 gives in cells that are right for hadrons of 50 GeV; what tracked hadrons leave in the cells is
#: told from neutral ones by the tracks' energies alone.
DETECTORS: Final[Mapping[str, SmearingConfig]] = MappingProxyType(
    {
        "cms-like": SmearingConfig(
            tracker=TrackerConfig(slope_per_gev=1.5e-4, constant=0.005, lowest_pt_gev=0.5, abs_eta_max=2.5),
            ecal=CalorimeterConfig(
                stochastic=0.028,
                noise_gev=0.12,
                constant=0.003,
                cell=0.0174,
                lowest_energy_gev=0.3,
                abs_eta_max=3.0,
            ),
            hcal=CalorimeterConfig(
                stochastic=1.0,
                noise_gev=0.0,
                constant=0.05,
                cell=0.087,
                lowest_energy_gev=0.7,
                abs_eta_max=5.0,
            ),
        ),
        "particle-flow": SmearingConfig(
            tracker=TrackerConfig(
                slope_per_gev=1.5e-4,
                constant=0.007,
                lowest_pt_gev=0.5,
                abs_eta_max=2.5,
                hadron_efficiency=0.9,
                electron_efficiency=0.95,
                muon_efficiency=0.98,
            ),
            ecal=CalorimeterConfig(
                stochastic=0.028,
                noise_gev=0.12,
                constant=0.003,
                cell=0.0174,
                lowest_energy_gev=0.5,
                abs_eta_max=3.0,
                efficiency=0.97,
            ),
            hcal=CalorimeterConfig(
                stochastic=1.0,
                noise_gev=0.0,
                constant=0.05,
                cell=0.087,
                lowest_energy_gev=1.0,
                abs_eta_max=5.0,
                efficiency=0.95,
                response=HadronResponseConfig(),
                linking_sigma=1.0,
            ),
        ),
    }
)


def smeared(
    particles: VisibleParticles, detector: SmearingConfig, random: np.random.Generator
) -> VisibleParticles:
    """Give what a parametric detector sees of particles.

    Charged particles within the tracker keep their direction, and their pT is smeared. All others are
    summed in the cells of their calorimeter, smeared there, and become massless particles that point at
    the middle of the cell.

    Parameters
    ----------
    particles
        The particles.
    detector
        The detector.
    random
        Source of the random numbers.

    Returns
    -------
    VisibleParticles
        Tracks and cells; the cells bear code 22 (ECAL) and 130 (HCAL).
    """
    code = np.abs(particles.pdg)
    eta = pseudorapidity(particles.momenta_gev)
    electromagnetic = np.isin(code, _ELECTROMAGNETIC)
    hadronic = ~electromagnetic & (code != _MUON)
    tracked = leaves_track(particles, eta, detector.tracker)
    tracked &= _found(tracked, _track_efficiency(code, detector.tracker), random)
    parts = [
        _tracks(particles, tracked, detector.tracker, random),
        _cells(particles, ~tracked & electromagnetic, eta, detector.ecal, 22, random),
        _cells(particles, ~tracked & hadronic, eta, detector.hcal, 130, random, tracked & hadronic),
    ]
    event = np.concatenate([part[0] for part in parts])
    order = np.argsort(event, kind="stable")
    return VisibleParticles(
        np.concatenate([part[1] for part in parts])[order],
        np.concatenate([part[2] for part in parts])[order],
        np.concatenate([part[3] for part in parts])[order],
        np.bincount(event, minlength=len(particles.counts)),
    )


def leaves_track(
    particles: VisibleParticles, eta: NDArray[np.float64], tracker: TrackerConfig
) -> NDArray[np.bool_]:
    """Whether particles of these pseudorapidities are charged and cross the tracker, shape (M,)."""
    charged = ~np.isin(np.abs(particles.pdg), (22, *_NEUTRAL_HADRONS))
    return np.asarray(charged & (np.abs(eta) < tracker.abs_eta_max), dtype=np.bool_)


def _track_efficiency(code: NDArray[np.int32], tracker: TrackerConfig) -> NDArray[np.float64]:
    """Share of the particles of these absolute codes that leave a track."""
    return np.select(
        [code == _ELECTRON, code == _MUON],
        [tracker.electron_efficiency, tracker.muon_efficiency],
        tracker.hadron_efficiency,
    )


def _found(
    chosen: NDArray[np.bool_], efficiency: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.bool_]:
    """Choose each particle with its efficiency; a detector without losses draws no numbers."""
    if np.all(efficiency[chosen] == 1.0):
        return chosen
    return np.asarray(random.random(len(chosen)) < efficiency, dtype=np.bool_)


_Part = tuple["NDArray[np.int64]", "NDArray[np.int32]", "NDArray[np.float64]", "NDArray[np.float64]"]


def _tracks(
    particles: VisibleParticles,
    chosen: NDArray[np.bool_],
    tracker: TrackerConfig,
    random: np.random.Generator,
) -> _Part:
    """Events, codes, momenta and energies of tracks."""
    momenta, energy = particles.momenta_gev[chosen], particles.energy_gev[chosen]
    pt = np.hypot(momenta[:, 0], momenta[:, 1])
    resolution = np.hypot(tracker.slope_per_gev * pt, tracker.constant)
    scale = 1.0 + resolution * random.standard_normal(len(pt))
    mass_square = np.maximum(energy**2 - np.sum(momenta**2, axis=1), 0.0)
    momenta = momenta * scale[:, None]
    seen = (scale > 0.0) & (scale * pt >= tracker.lowest_pt_gev)
    energy = np.sqrt(mass_square + np.sum(momenta**2, axis=1))
    return particles.event[chosen][seen], particles.pdg[chosen][seen], momenta[seen], energy[seen]


def _cells(
    particles: VisibleParticles,
    chosen: NDArray[np.bool_],
    eta: NDArray[np.float64],
    calorimeter: CalorimeterConfig,
    code: int,
    random: np.random.Generator,
    linked: NDArray[np.bool_] | None = None,
) -> _Part:
    """Events, codes, momenta and energies of the cells of one calorimeter that are hit."""
    inside = np.abs(eta) < calorimeter.abs_eta_max
    chosen = chosen & inside
    if linked is not None and calorimeter.linking_sigma is not None:
        linked = linked & inside
        chosen = chosen | linked
    else:
        linked = None
    leaves = chosen & _found(chosen, np.full(len(chosen), calorimeter.efficiency), random)
    # A track points at its cell whether or not its particle reached it.
    chosen = leaves if linked is None else leaves | linked
    columns = round(2.0 * np.pi / calorimeter.cell)
    width = 2.0 * np.pi / columns
    in_eta = np.floor(eta[chosen] / calorimeter.cell).astype(np.int64)
    in_phi = np.floor(azimuth(particles.momenta_gev[chosen]) / width).astype(np.int64) % columns
    rows = 2 * int(np.ceil(calorimeter.abs_eta_max / calorimeter.cell)) + 2
    key = (particles.event[chosen] * rows + in_eta + rows // 2) * columns + in_phi
    cells, cell = np.unique(key, return_inverse=True)
    entering = np.where(leaves, particles.energy_gev, 0.0)[chosen]
    if calorimeter.response is not None:
        entering = entering * calorimeter.response.mean(entering)
    true = np.asarray(np.bincount(cell, weights=entering, minlength=len(cells)), dtype=np.float64)
    energy = true + calorimeter.sigma_gev(true) * random.standard_normal(len(cells))
    if linked is not None:
        of_tracks = np.where(linked, particles.energy_gev, 0.0)[chosen]
        tracks = np.asarray(np.bincount(cell, weights=of_tracks, minlength=len(cells)), dtype=np.float64)
        excess, significance = energy - tracks, calorimeter.linking_sigma or 0.0
        least = np.where(tracks > 0.0, significance * calorimeter.sigma_gev(tracks), -np.inf)
        energy = np.where(excess > least, excess, 0.0)
    seen = energy >= max(calorimeter.lowest_energy_gev, np.finfo(np.float64).tiny)
    cells, energy = cells[seen], energy[seen]
    middle_phi = (cells % columns + 0.5) * width
    middle_eta = (cells // columns % rows - rows // 2 + 0.5) * calorimeter.cell
    pt = energy / np.cosh(middle_eta)
    momenta = np.stack([pt * np.cos(middle_phi), pt * np.sin(middle_phi), pt * np.sinh(middle_eta)], axis=1)
    return cells // columns // rows, np.full(len(cells), code, dtype=np.int32), momenta, energy
