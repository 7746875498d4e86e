"""Neutron cross sections of an element at all energies, joined from the models of their ranges."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from showerkit.simulate.geant4.nuclear.elements import NeutronElement, element
from showerkit.simulate.geant4.nuclear.hydrogen import neutron_proton
from showerkit.simulate.geant4.nuclear.optical_model import optical_cross_sections

if TYPE_CHECKING:
    from numpy.typing import NDArray

_THERMAL_MEV: Final = 0.0253e-6
# Ends of the ranges in which one model goes over into the next, in MeV.
_SLOW_TO_OPTICAL: Final = (1e-6, 0.02)
_SLOW_TO_OPTICAL_LIGHT: Final = (0.05, 1.0)
_LIGHT_A: Final = 24.0
_OPTICAL_TO_HIGH: Final = (100.0, 250.0)
_OPTICAL_NODES_MEV: Final = np.geomspace(_SLOW_TO_OPTICAL[1], 200.0, 61)
#: How fast inelastic channels open above the first level, in MeV.
_OPENING_MEV: Final = 1.8
# Total cross section above 1 GeV, fitted to the nuclear collision lengths of the Review of Particle Physics
# (Be, C, Al, Fe, Cu, W, Pb, U; within 2 %).
_HIGH_TOTAL_MB: Final = 50.63
_HIGH_TOTAL_POWER: Final = 0.7679
_RESONANCE_MEV: Final = 0.3e-6
_STRONG_ABSORPTION_B: Final = 80.0
_FAST_CAPTURE_B: Final = 0.1
_HEAVY_A: Final = 110.0
_CLOSED_SHELLS: Final = {82: 0.03, 83: 0.03}


class NeutronCrossSections(NamedTuple):
    """Cross sections per atom in b, each of shape (n,)."""

    elastic_b: NDArray[np.float64]
    inelastic_b: NDArray[np.float64]
    capture_b: NDArray[np.float64]


def neutron_cross_sections(z: int, energy_mev: NDArray[np.float64]) -> NeutronCrossSections:
    r"""Elastic, inelastic and capture cross section of an element of natural isotopes.

    Elastic: measured on slow neutrons up to 1 eV, from 20 keV on :math:`\sigma_T - \sigma_{inel}`; between
    these, where resonances are, a straight line in the logarithms. Nuclei with A below 24 have few resonances
    and the ends are 50 keV and 1 MeV. Inelastic (all reactions but capture):

    .. math:: \sigma_{inel} = \sigma_R \left( 1 - e^{-(E - E_1) / 1.8\,\mathrm{MeV}} \right)

    above the first level at :math:`E_1`. :math:`\sigma_T, \sigma_R` are those of `optical_cross_sections` up
    to 100 MeV and of `high_energy_cross_sections` from 250 MeV on. Hydrogen: `neutron_proton`.

    Parameters
    ----------
    z
        Atomic number, 1 to 92.
    energy_mev
        Kinetic energies in MeV, above 0, shape (n,).

    Returns
    -------
    NeutronCrossSections
        The three cross sections.

    Examples
    --------
    >>> iron = neutron_cross_sections(26, np.array([14.0]))
    >>> bool(1.3 < iron.inelastic_b[0] < 1.55)  # measured: 1.4
    True
    """
    target = element(z)
    capture_b = capture_cross_section(target, energy_mev)
    if z == 1:
        return NeutronCrossSections(*neutron_proton(energy_mev), capture_b)
    log_energy, log_nodes = np.log(energy_mev), np.log(_OPTICAL_NODES_MEV)
    total_b, reaction_b = _optical_at_nodes(z)
    total_b = np.exp(np.interp(log_energy, log_nodes, np.log(total_b)))
    reaction_b = np.exp(np.interp(log_energy, log_nodes, np.log(reaction_b)))
    threshold_mev = target.first_level_mev * (1.0 + 1.0 / target.mass_u)
    above_mev = np.maximum(energy_mev - threshold_mev, 0.0)
    inelastic_b = reaction_b * -np.expm1(-above_mev / _OPENING_MEV)
    high_total_b, high_inelastic_b = high_energy_cross_sections(z, target.mass_u, energy_mev)
    share = _share(log_energy, _OPTICAL_TO_HIGH)
    total_b = total_b ** (1.0 - share) * high_total_b**share
    inelastic_b = (1.0 - share) * inelastic_b + share * high_inelastic_b
    share = _share(log_energy, _SLOW_TO_OPTICAL_LIGHT if target.mass_u < _LIGHT_A else _SLOW_TO_OPTICAL)
    elastic_b = target.free_scattering_b ** (1.0 - share) * (total_b - inelastic_b) ** share
    return NeutronCrossSections(elastic_b, inelastic_b, capture_b)


def high_energy_cross_sections(
    z: int, mass_u: float, energy_mev: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Total and inelastic cross section above some 100 MeV.

    .. math:: \sigma_{inel} = 45 A^{0.7} \left[ 1 + 0.016 \sin(5.3 - 2.63 \ln A) \right]
        \left[ 1 - 0.62\, e^{-E/200} \sin(10.9\, E^{-0.28}) \right] \mathrm{mb}

    with E in MeV and the factors for helium and beryllium of J. R. Letaw, R. Silberberg and C. H. Tsao,
    Astrophys. J. Suppl. 51 (1983) 271; the total one is constant, :math:`50.6\,A^{0.768}` mb.

    Parameters
    ----------
    z
        Atomic number, at least 2.
    mass_u
        Mass in atomic mass units.
    energy_mev
        Kinetic energies in MeV, shape (n,).

    Returns
    -------
    tuple
        Total and inelastic cross sections in b, each of shape (n,).

    Examples
    --------
    >>> total_b, inelastic_b = high_energy_cross_sections(82, 207.2, np.array([1e4]))
    >>> bool(1.7 < inelastic_b[0] < 1.9)
    True
    """
    limit_mb = 45.0 * mass_u**0.7 * (1.0 + 0.016 * np.sin(5.3 - 2.63 * np.log(mass_u)))
    shape = 1.0 - 0.62 * np.exp(-energy_mev / 200.0) * np.sin(10.9 * energy_mev**-0.28)
    if z == 2:
        shape = 0.8 * shape
    elif z == 4:
        shape = shape * (1.0 + 0.75 * np.exp(-energy_mev / 75.0))
    total_mb = np.full_like(energy_mev, _HIGH_TOTAL_MB * mass_u**_HIGH_TOTAL_POWER)
    return total_mb * 1e-3, limit_mb * shape * 1e-3


def capture_cross_section(target: NeutronElement, energy_mev: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Capture cross section.

    Slow neutrons: the measured absorption as :math:`1/v`; where it is above 80 b (but for Li and B) it is the
    tail of a resonance, taken to end at 0.3 eV. Fast ones: 100 mb at 1 MeV for A above 110 and falling by ten
    for every 40 units below (D. J. Hughes, R. C. Garth and J. S. Levin, Phys. Rev. 91 (1953) 1423), 3 %
    of that for the closed shells of Pb and Bi, as :math:`E^{-1/2}` below and :math:`E^{-1}` above 1 MeV.
    Absorption that ends in charged particles or fission (Li, B, U) is in here.

    Parameters
    ----------
    target
        The element.
    energy_mev
        Kinetic energies in MeV, shape (n,).

    Returns
    -------
    numpy.ndarray
        Cross sections in b, shape (n,).

    Examples
    --------
    >>> iron = capture_cross_section(element(26), np.array([0.0253e-6]))
    >>> round(float(iron[0]), 2)
    2.56
    """
    slow_b = target.absorption_b * np.sqrt(_THERMAL_MEV / energy_mev)
    if target.absorption_b > _STRONG_ABSORPTION_B and target.z > 10:
        slow_b = slow_b * (1.0 + _THERMAL_MEV / _RESONANCE_MEV) / (1.0 + energy_mev / _RESONANCE_MEV)
    decades = min((target.mass_u - _HEAVY_A) / 40.0, 0.0)
    fast_b = _FAST_CAPTURE_B * 10.0**decades * _CLOSED_SHELLS.get(target.z, 1.0)
    shape = np.where(energy_mev < 1.0, energy_mev**-0.5, 1.0 / energy_mev)
    # The average over resonances begins where these do.
    return np.asarray(slow_b + fast_b * shape * _share(np.log(energy_mev), _SLOW_TO_OPTICAL))


@lru_cache(maxsize=1)
def _optical_at_nodes(z: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Solve for slow and for fast neutrons apart: the slow ones need few waves."""
    target = element(z)
    parts = np.array_split(_OPTICAL_NODES_MEV, 3)
    solved = [optical_cross_sections(target.z, target.mass_u, part) for part in parts]
    return np.concatenate([s[0] for s in solved]), np.concatenate([s[1] for s in solved])


def _share(log_energy: NDArray[np.float64], ends_mev: tuple[float, float]) -> NDArray[np.float64]:
    """Weight of the upper of two models, from 0 to 1, linear in ln E."""
    return np.asarray(np.interp(log_energy, np.log(ends_mev), (0.0, 1.0)))
