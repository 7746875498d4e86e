"""The bremsstrahlung cross section against published stopping powers, limits and the fitted table."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from showerkit.simulate.geant4.bremsstrahlung import (
    ALPHA_RE2_MB,
    FINE_STRUCTURE,
    born_bracket,
    coulomb_correction,
    scaled_cross_section_mb,
    screened_bethe_heitler_mb,
)
from showerkit.simulate.geant4.embedded_tables import BREMSSTRAHLUNG_ENERGIES_MEV, BREMSSTRAHLUNG_K_OVER_T
from showerkit.simulate.geant4.seltzer_berger import read_seltzer_berger
from showerkit.units import ELECTRON_MASS_MEV

ATOMS_PER_MOL = 6.02214076e23
CM2_PER_MB = 1e-27
ATOMIC_MASS = {1: 1.008, 6: 12.011, 13: 26.982, 26: 55.845, 82: 207.2, 92: 238.03}

# NIST ESTAR (SRD 124): kinetic energy in MeV to radiative stopping power in MeV cm2/g.
ESTAR = {
    6: {
        0.5: 0.005935,
        1.0: 0.01053,
        2.0: 0.02213,
        5.0: 0.06576,
        10.0: 0.1513,
        20.0: 0.3417,
        100.0: 2.046,
        1e3: 22.62,
    },
    13: {
        0.5: 0.0123,
        1.0: 0.02119,
        2.0: 0.0435,
        5.0: 0.1263,
        10.0: 0.2858,
        20.0: 0.6357,
        100.0: 3.714,
        1e3: 40.42,
    },
    26: {
        0.5: 0.02489,
        1.0: 0.0416,
        2.0: 0.08315,
        5.0: 0.2346,
        10.0: 0.5216,
        20.0: 1.145,
        100.0: 6.584,
        1e3: 71.16,
    },
    82: {
        0.5: 0.08228,
        1.0: 0.129,
        2.0: 0.2319,
        5.0: 0.5773,
        10.0: 1.206,
        20.0: 2.554,
        100.0: 14.36,
        1e3: 153.9,
    },
}


def beta_squared(kinetic_mev: float) -> float:
    return kinetic_mev * (kinetic_mev + 2 * ELECTRON_MASS_MEV) / (kinetic_mev + ELECTRON_MASS_MEV) ** 2


def radiative_stopping_power(z: int, kinetic_mev: float) -> float:
    """In MeV cm2/g: atoms per gram times the integral of k dsigma."""
    scaled_mb = scaled_cross_section_mb(z, kinetic_mev, BREMSSTRAHLUNG_K_OVER_T)
    integral_mb = np.trapezoid(scaled_mb, BREMSSTRAHLUNG_K_OVER_T) * z**2 / beta_squared(kinetic_mev)
    return float(ATOMS_PER_MOL / ATOMIC_MASS[z] * kinetic_mev * integral_mb * CM2_PER_MB)


@pytest.mark.parametrize("z", ESTAR)
def test_radiative_stopping_powers_are_those_of_nist(z: int) -> None:
    # 1 % for the fit and 0.5 % by which NIST's interpolation differs from the table it rests on
    for kinetic_mev, published in ESTAR[z].items():
        assert radiative_stopping_power(z, kinetic_mev) == pytest.approx(published, rel=0.015), kinetic_mev


@pytest.mark.parametrize("z", [6, 13, 26, 82, 92])
def test_stopping_power_at_high_energy_is_that_of_complete_screening(z: int) -> None:
    # Tsai: k dsigma/dk integrates over y to 4 alpha r_e^2 E [Z^2 (L - f) + Z L' + (Z^2 + Z) / 18]
    radiation, electrons = np.log(184.15 * z ** (-1 / 3)), np.log(1194.0 * z ** (-2 / 3))
    limit = z**2 * (radiation - coulomb_correction(z)) + z * electrons + (z**2 + z) / 18
    kinetic_mev = 1e4
    fine = np.linspace(0.0, 1.0, 4001)
    integral_mb = np.trapezoid(scaled_cross_section_mb(z, kinetic_mev, fine), fine) * z**2
    # 3 %: at 10 GeV the last percent of the spectrum is not screened completely, and Seltzer and
    # Berger's atoms are not Thomas-Fermi's
    assert integral_mb / (4 * ALPHA_RE2_MB) == pytest.approx(limit, rel=0.03)


def test_born_bracket_is_bethe_and_heitlers_at_high_energy() -> None:
    gamma, x = 1e5, np.array([0.1, 0.3, 0.5, 0.7, 0.9])
    energy = gamma + 1
    y = x * gamma / energy
    shape = 4 / 3 * (1 - y) + y**2
    expected = 4 * shape * (np.log(2 * energy * (1 - y) / y) - 0.5)
    np.testing.assert_allclose(born_bracket(gamma * ELECTRON_MASS_MEV, x), expected, rtol=1e-3)


def test_born_bracket_is_sommerfelds_at_low_energy() -> None:
    # Slow electrons: k dsigma/dk = (16 / 3) (1 / beta^2) ln((p0 + p)^2 / (p0^2 - p^2)) alpha r_e^2 Z^2
    kinetic_mev, x = 1e-5, np.array([0.1, 0.5, 0.9])
    ratio = np.sqrt(1 - x)
    expected = 16 / 3 / beta_squared(kinetic_mev) * np.log((1 + ratio) ** 2 / x)
    np.testing.assert_allclose(born_bracket(kinetic_mev, x), expected, rtol=1e-3)


def test_tip_stays_finite_and_positive_by_the_coulomb_attraction() -> None:
    for z in (1, 13, 82):
        tip_mb = scaled_cross_section_mb(z, BREMSSTRAHLUNG_ENERGIES_MEV, 1.0)
        assert np.isfinite(tip_mb).all()
        assert (tip_mb > 0).all()
    # Elwert: for beta0 near 1 and weak charge the tip is proportional to Z in units of Z^2
    light, heavy = (screened_bethe_heitler_mb(z, 20.0, 1.0) for z in (1, 4))
    assert heavy / light == pytest.approx(4.0, rel=0.1)


def test_soft_end_does_not_depend_on_energy_when_screening_is_complete() -> None:
    soft_mb = screened_bethe_heitler_mb(47, [1e3, 1e4, 1e5], 0.0)
    np.testing.assert_allclose(soft_mb, soft_mb[-1], rtol=2e-3)


def test_cross_section_is_smooth_in_z_energy_and_ratio() -> None:
    z = np.arange(1, 93)
    table = np.array(
        [scaled_cross_section_mb(n, BREMSSTRAHLUNG_ENERGIES_MEV[:, None], BREMSSTRAHLUNG_K_OVER_T) for n in z]
    )
    assert np.isfinite(table).all()
    assert (table > 0).all()
    # neighbours in Z: the largest step is that from hydrogen's tip, proportional to 1 / Z
    step = np.abs(np.diff(np.log(table[4:, :, BREMSSTRAHLUNG_K_OVER_T < 0.951]), axis=0))
    assert step.max() < 0.15


def test_fine_structure_constant_and_electron_radius_give_the_known_product() -> None:
    # classical electron radius 2.8179403 fm
    assert pytest.approx(FINE_STRUCTURE * 2.8179403**2 * 10.0, rel=1e-6) == ALPHA_RE2_MB


@pytest.fixture(scope="module")
def reference() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    path = os.environ.get("SHOWERKIT_SELTZER_BERGER")
    if not path:
        pytest.skip("SHOWERKIT_SELTZER_BERGER does not name Seltzer and Berger's table")
    energy_mev, ratio, table_mb = read_seltzer_berger(Path(path))
    return energy_mev, ratio, table_mb[:92]


def test_whole_table_of_seltzer_and_berger(reference: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    energy_mev, ratio, table_mb = reference
    ours_mb = np.array([scaled_cross_section_mb(z, energy_mev[:, None], ratio) for z in range(1, 93)])
    stopping = np.trapezoid(ours_mb, ratio) / np.trapezoid(table_mb, ratio) - 1
    assert np.abs(stopping[:, energy_mev >= 0.499]).max() < 0.01
    assert np.abs(stopping).max() < 0.05
    middle = (ratio > 0.049) & (ratio < 0.951)
    differential = (ours_mb / table_mb - 1)[:, :, middle]
    assert np.abs(differential[:, energy_mev >= 1.999]).max() < 0.05
    assert np.abs(differential[:, energy_mev >= 0.0499]).max() < 0.10


def test_nodes_of_the_written_tables_are_those_of_seltzer_and_berger(
    reference: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    np.testing.assert_allclose(BREMSSTRAHLUNG_ENERGIES_MEV, reference[0], rtol=1e-9)
    np.testing.assert_allclose(BREMSSTRAHLUNG_K_OVER_T, reference[1], atol=1e-9)
