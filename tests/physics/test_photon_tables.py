"""Photoelectric and Rayleigh tables against attenuation coefficients published by NIST, and limits."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.simulate.geant4.photon_tables import (
    photoelectric_table,
    rayleigh_table,
    sauter_cross_section_b,
    whole_atom_ratio,
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
def test_photoelectric_table_joins_without_a_step_and_ends_in_sauters_law(z: int) -> None:
    energies_mev, sigma_b = photoelectric_table(z)
    assert (np.diff(energies_mev) > 0).all()
    assert (sigma_b > 0).all()
    slope = np.diff(np.log(sigma_b)) / np.diff(np.log(energies_mev))
    around = (energies_mev[1:] > 0.6) & (energies_mev[1:] < 1.1)
    # the logarithmic slope, about -2, changes by 0.02 to 0.1 from point to point anyway; the data end in a
    # cubic spline that straightens at its end, which in hydrogen is another 0.2
    assert np.abs(np.diff(slope[around])).max() < 0.25
    # in the end the cross section falls as 1 / E
    assert sigma_b[-1] * energies_mev[-1] == pytest.approx(sigma_b[-61] * energies_mev[-61], rel=1e-3)


def test_whole_atom_ratio_starts_with_sommerfelds_factor() -> None:
    # exp(-pi alpha Z) to first order in the charge; the terms of few electrons are taken out
    energy_mev = np.array([1e5])
    first, second = (np.log(whole_atom_ratio(z, energy_mev)[0]) + 0.3394 / z + 0.2655 / z**2 for z in (5, 10))
    slope = (second - first) / (5 / 137.036)
    assert slope == pytest.approx(-np.pi + 2 * 1.77 * 7.5 / 137.036, rel=0.05)


# XCOM (NBSIR 87-3597) photoelectric cross sections in barn.
XCOM = [
    (8, 1.5, 5.054e-05),
    (8, 2.0, 3.179e-05),
    (8, 5.0, 9.242e-06),
    (8, 20.0, 1.961e-06),
    (26, 1.5, 0.01509),
    (26, 2.0, 0.009306),
    (26, 5.0, 0.002547),
    (26, 20.0, 0.0005151),
    (71, 1.5, 1.496),
    (71, 2.0, 0.9065),
    (71, 5.0, 0.23),
    (71, 20.0, 0.0431),
    (82, 1.5, 2.863),
    (82, 2.0, 1.732),
    (82, 5.0, 0.4344),
    (82, 20.0, 0.08029),
]


@pytest.mark.parametrize(("z", "energy_mev", "published_b"), XCOM)
def test_photoelectric_cross_section_above_the_data_is_that_of_xcom(
    z: int, energy_mev: float, published_b: float
) -> None:
    assert at(photoelectric_table(z), energy_mev, 3) == pytest.approx(published_b, rel=0.025)


@pytest.mark.parametrize("z", [1, 29, 92])
def test_rayleigh_scattering_is_coherent_thomson_scattering_for_soft_photons(z: int) -> None:
    _, sigma_b = rayleigh_table(z)
    # Z electrons in phase: at most Z^2 times Thomson's cross section
    assert 0.5 * z**2 * THOMSON_B < sigma_b[0] < 1.05 * z**2 * THOMSON_B
