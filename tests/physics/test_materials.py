"""Shower scales of materials against the Particle Data Group's published values."""

from __future__ import annotations

import pytest

from showerkit.geometry.detectors.shared_materials import SHIPPED_MATERIALS
from showerkit.geometry.elements import ELEMENT_SYMBOLS, atomic_weight
from showerkit.geometry.material import Material
from showerkit.geometry.radiation import radiation_length_g_cm2

# Radiation length (g/cm2), Moliere radius (cm), minimum ionisation (MeV cm2/g): Particle Data Group,
# atomic and nuclear properties of materials.
ELEMENTS = {
    "Al": (2.699, 24.01, 4.419, 1.615),
    "Si": (2.329, 21.82, 4.944, 1.664),
    "Fe": (7.874, 13.84, 1.719, 1.451),
    "Cu": (8.960, 12.86, 1.568, 1.403),
    "W": (19.30, 6.76, 0.9327, 1.145),
    "Pb": (11.350, 6.37, 1.602, 1.122),
    "U": (18.950, 6.00, 1.009, 1.081),
}
# Radiation length and Moliere radius in cm. The Review quotes LYSO with X0 = 1.14 cm and R_M = 2.07 cm
# at 7.4 g/cm3 and another share of yttrium; this one is lighter, hence the wider bounds below.
MIXTURES = {
    "pbwo4": (0.8904, 1.959),
    "bgo": (1.118, 2.259),
    "csi": (1.860, 3.531),
    "polystyrene": (41.31, 9.55),
    "water": (36.08, 9.77),
}
#: How well the forms hold: Tsai's radiation length with its Coulomb correction, the fit of the critical
#: energy (spread of the points around the curve in the Review), and Bethe without the density effect.
RADIATION_LENGTH, CRITICAL_ENERGY, BETHE = 0.003, 0.05, 0.05


@pytest.mark.parametrize("symbol", ELEMENTS)
def test_elements(symbol):
    density, x0_g_cm2, moliere_cm, loss = ELEMENTS[symbol]
    material = Material(name=symbol, density_g_cm3=density, mass_fractions={symbol: 1.0})
    assert material.radiation_length_g_cm2 == pytest.approx(x0_g_cm2, rel=RADIATION_LENGTH)
    assert material.radiation_length_mm == pytest.approx(10 * x0_g_cm2 / density, rel=RADIATION_LENGTH)
    assert material.moliere_radius_mm == pytest.approx(10 * moliere_cm, rel=CRITICAL_ENERGY)
    assert material.minimum_ionisation_mev_mm == pytest.approx(loss * density / 10, rel=BETHE)


@pytest.mark.parametrize("name", MIXTURES)
def test_mixtures(name):
    x0_cm, moliere_cm = MIXTURES[name]
    material = SHIPPED_MATERIALS[name]
    assert material.radiation_length_mm == pytest.approx(10 * x0_cm, rel=2 * RADIATION_LENGTH)
    assert material.moliere_radius_mm == pytest.approx(10 * moliere_cm, rel=CRITICAL_ENERGY)


def test_lyso_lies_where_its_density_puts_it():
    lyso = SHIPPED_MATERIALS["lyso"]
    assert 11.4 < lyso.radiation_length_mm < 12.4
    assert lyso.moliere_radius_mm == pytest.approx(20.7 * 7.4 / lyso.density_g_cm3, rel=CRITICAL_ENERGY)


def test_air():
    air = SHIPPED_MATERIALS["air"]
    assert air.radiation_length_g_cm2 == pytest.approx(36.62, rel=0.005)
    assert air.critical_energy_mev == pytest.approx(87.92, rel=CRITICAL_ENERGY)


def test_polystyrene_is_41_cm():
    assert SHIPPED_MATERIALS["polystyrene"].radiation_length_mm == pytest.approx(413.1, rel=RADIATION_LENGTH)


def test_a_mixture_of_one_element_is_that_element():
    lead = Material(name="a", density_g_cm3=11.35, mass_fractions={"Pb": 1.0})
    assert lead.radiation_length_g_cm2 == pytest.approx(radiation_length_g_cm2(82, atomic_weight("Pb")))
    assert lead.critical_energy_mev == pytest.approx(610 / 83.24)


def test_a_mixture_lies_between_its_elements():
    brass = SHIPPED_MATERIALS["brass"]
    ends = [radiation_length_g_cm2(z, atomic_weight(s)) for z, s in ((29, "Cu"), (30, "Zn"))]
    assert min(ends) < brass.radiation_length_g_cm2 < max(ends)


def test_lengths_scale_with_density():
    heavy = SHIPPED_MATERIALS["iron"]
    light = heavy.model_copy(update={"density_g_cm3": heavy.density_g_cm3 / 2})
    for name in ("radiation_length_mm", "moliere_radius_mm"):
        assert getattr(light, name) == pytest.approx(2 * getattr(heavy, name), rel=1e-12)


def test_radiation_length_falls_with_the_atomic_number():
    """From carbon on, apart from where atomic weights jump by more than 5 %."""
    for z in range(6, 92):
        here, after = (radiation_length_g_cm2(n, atomic_weight(ELEMENT_SYMBOLS[n - 1])) for n in (z, z + 1))
        ratio = atomic_weight(ELEMENT_SYMBOLS[z]) / atomic_weight(ELEMENT_SYMBOLS[z - 1])
        assert after < here * max(1.0, ratio / (1 + 1 / z) ** 1.5)
