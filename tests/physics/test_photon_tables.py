"""Photoelectric and Rayleigh tables against attenuation coefficients published by NIST, and limits."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.simulate.geant4.photon_tables import (
    coulomb_limit_ratio,
    photoelectric_table,
    rayleigh_table,
    sauter_cross_section_b,
)
from showerkit.units import ELECTRON_MASS_MEV

ATOMS_PER_MOL = 6.02214076e23
CM2_PER_B = 1e-24
ATOMIC_MASS = {13: 26.982, 26: 55.845, 29: 63.546, 82: 207.2}
THOMSON_B = 0.66524587

# NIST, J. H. Hubbell and S. M. Seltzer (NISTIR 5632): total attenuation coefficient in cm2/g.
ATTENUATION = [
    (13, 0.01, 26.23),
    (26, 0.01, 170.6),
    (29, 0.01, 215.9),
    (82, 0.1, 5.549),
    (82, 0.3, 0.4031),
    (82, 0.5, 0.1614),
    (82, 1.0, 0.07102),
]


def at(table: tuple[np.ndarray, np.ndarray], energy_mev: float, power: int) -> float:
    """Interpolate as Geant4 does: linearly, in the cross section times a power of the energy."""
    energies_mev, sigma_b = table
    return float(np.interp(energy_mev, energies_mev, sigma_b * energies_mev**power) / energy_mev**power)


def klein_nishina_b(energy_mev: float) -> float:
    k = energy_mev / ELECTRON_MASS_MEV
    logarithm = np.log1p(2 * k)
    first = (1 + k) / k**2 * (2 * (1 + k) / (1 + 2 * k) - logarithm / k)
    return float(0.75 * THOMSON_B * (first + logarithm / (2 * k) - (1 + 3 * k) / (1 + 2 * k) ** 2))


@pytest.mark.parametrize(("z", "energy_mev", "published_cm2_g"), ATTENUATION)
def test_attenuation_is_that_of_nist(z: int, energy_mev: float, published_cm2_g: float) -> None:
    sigma_b = at(photoelectric_table(z), energy_mev, 3) + at(rayleigh_table(z), energy_mev, 2)
    sigma_b += z * klein_nishina_b(energy_mev)
    attenuation_cm2_g = ATOMS_PER_MOL / ATOMIC_MASS[z] * sigma_b * CM2_PER_B
    # 2.5 %: Compton scattering is taken on free electrons here, and evaluations differ by up to 2 %
    assert attenuation_cm2_g == pytest.approx(published_cm2_g, rel=0.025)


def test_k_edge_of_lead_is_where_and_as_high_as_published() -> None:
    energies_mev, sigma_b = photoelectric_table(82)
    above = int(np.argmax(sigma_b[1:] / sigma_b[:-1] * (energies_mev[1:] > 0.02))) + 1
    assert energies_mev[above] == pytest.approx(0.0880045, rel=1e-4)
    # 7.683 / 1.910 in total attenuation, less the share of scattering
    assert sigma_b[above] / sigma_b[above - 1] == pytest.approx(4.6, rel=0.05)


def test_sauter_formula_ends_in_the_born_limit_at_low_energy() -> None:
    energy_mev = np.array([1e-4])
    alpha = 1 / 137.035999
    expected = 4 * np.sqrt(2) * alpha**4 * 13.0**5 * (ELECTRON_MASS_MEV / energy_mev) ** 3.5 * THOMSON_B
    np.testing.assert_allclose(sauter_cross_section_b(13, energy_mev), expected, rtol=2e-3)


def test_sauter_formula_falls_as_one_over_energy_at_high_energy() -> None:
    alpha = 1 / 137.035999
    energy_mev = np.array([1e6])
    expected = 1.5 * THOMSON_B * alpha**4 * 82.0**5 * ELECTRON_MASS_MEV / energy_mev
    np.testing.assert_allclose(sauter_cross_section_b(82, energy_mev), expected, rtol=1e-4)


@pytest.mark.parametrize("z", [1, 8, 29, 82, 92])
def test_photoelectric_table_joins_without_a_step_and_ends_in_the_coulomb_limit(z: int) -> None:
    energies_mev, sigma_b = photoelectric_table(z)
    assert (np.diff(energies_mev) > 0).all()
    assert (sigma_b > 0).all()
    slope = np.diff(np.log(sigma_b)) / np.diff(np.log(energies_mev))
    around = (energies_mev[1:] > 0.6) & (energies_mev[1:] < 1.1)
    # the logarithmic slope, about -2, changes by 0.02 to 0.1 from point to point anyway; the data end in a
    # cubic spline that straightens at its end, which in light elements is another 0.1
    assert np.abs(np.diff(slope[around])).max() < 0.15
    limit = sigma_b[-1] / sauter_cross_section_b(z, energies_mev[-1:])[0]
    assert limit == pytest.approx(coulomb_limit_ratio(z), rel=1e-3)


@pytest.mark.parametrize("z", [1, 29, 92])
def test_rayleigh_scattering_is_coherent_thomson_scattering_for_soft_photons(z: int) -> None:
    _, sigma_b = rayleigh_table(z)
    # Z electrons in phase: at most Z^2 times Thomson's cross section
    assert 0.5 * z**2 * THOMSON_B < sigma_b[0] < 1.05 * z**2 * THOMSON_B
