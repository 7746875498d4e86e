"""Neutron and photon cross sections against closed forms, sum rules and measured values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import spherical_jn, spherical_yn

from showerkit.errors import PhysicsDataError
from showerkit.simulate.geant4.nuclear import elements, optical_model
from showerkit.simulate.geant4.nuclear.elements import element
from showerkit.simulate.geant4.nuclear.hydrogen import neutron_proton
from showerkit.simulate.geant4.nuclear.neutrons import high_energy_cross_sections, neutron_cross_sections
from showerkit.simulate.geant4.nuclear.optical_model import optical_cross_sections
from showerkit.simulate.geant4.nuclear.photons import giant_dipole

THERMAL_MEV = 0.0253e-6
ENERGIES_MEV = np.geomspace(1e-11, 1e4, 151)

# Total cross sections of natural elements in b, read from the curves of evaluated data; smooth there.
MEASURED_TOTAL_B = [
    (6, 2.0, 1.70), (6, 50.0, 0.98), (13, 14.0, 1.75), (26, 5.0, 3.7), (26, 14.0, 2.6), (29, 14.0, 2.95),
    (48, 14.0, 4.4), (74, 14.0, 5.3), (82, 5.0, 7.3), (82, 14.0, 5.4), (82, 100.0, 4.5),
]  # fmt: skip
# Non-elastic ones.
MEASURED_INELASTIC_B = [(13, 14.0, 0.97), (26, 14.0, 1.37), (29, 14.0, 1.49), (82, 14.0, 2.5)]


@pytest.mark.parametrize(("z", "energy_mev", "total_b"), MEASURED_TOTAL_B)
def test_total_cross_sections_are_the_measured_ones(z, energy_mev, total_b):
    found = neutron_cross_sections(z, np.array([energy_mev]))
    assert found.elastic_b[0] + found.inelastic_b[0] == pytest.approx(total_b, rel=0.08)


@pytest.mark.parametrize(("z", "energy_mev", "inelastic_b"), MEASURED_INELASTIC_B)
def test_inelastic_cross_sections_are_the_measured_ones(z, energy_mev, inelastic_b):
    found = neutron_cross_sections(z, np.array([energy_mev]))
    assert found.inelastic_b[0] == pytest.approx(inelastic_b, rel=0.10)


@pytest.mark.parametrize("z", range(1, 93))
def test_cross_sections_are_finite_and_steady(z):
    found = neutron_cross_sections(z, ENERGIES_MEV)
    for values in found:
        assert np.isfinite(values).all()
        assert (values >= 0.0).all()
    assert (found.elastic_b > 0.0).all()
    # No jump between energies a factor 1.26 apart; helium, where it first breaks up, comes near to it.
    assert np.abs(np.diff(np.log(found.elastic_b))).max() < np.log(2.5)
    # What is absorbed bounds what is scattered: no target is more than black.
    fast = ENERGIES_MEV > 10.0
    assert (found.elastic_b > 0.15 * found.inelastic_b)[fast].all()


@pytest.mark.parametrize("z", [3, 14, 26, 48, 82])
def test_slow_neutrons_see_what_was_measured(z):
    found = neutron_cross_sections(z, np.array([THERMAL_MEV, 4 * THERMAL_MEV]))
    target = element(z)
    np.testing.assert_allclose(found.elastic_b, target.free_scattering_b)
    assert found.capture_b[0] == pytest.approx(target.absorption_b)
    if target.absorption_b < 80.0:
        assert found.capture_b[0] / found.capture_b[1] == pytest.approx(2.0)  # 1 / v
    assert (found.inelastic_b == 0.0).all()


def test_inelastic_scattering_begins_at_the_first_level():
    level_mev = element(26).first_level_mev * (1.0 + 1.0 / element(26).mass_u)
    found = neutron_cross_sections(26, np.array([0.999, 1.001]) * level_mev)
    assert found.inelastic_b[0] == 0.0
    assert found.inelastic_b[1] > 0.0
    # Hydrogen has no level: nothing happens below the production of pions, at twice their mass and more.
    assert (neutron_proton(np.array([1.0, 270.0]))[1] == 0.0).all()


def test_neutrons_and_protons_at_rest_scatter_as_measured():
    elastic_b, _ = neutron_proton(np.array([1e-9]))
    assert elastic_b[0] == pytest.approx(20.49, rel=0.01)
    # The same from the table of slow neutrons, where the proton is bound: (A / (A + 1))^2, that is a quarter.
    assert element(1).free_scattering_b == pytest.approx(elastic_b[0], rel=0.02)


def test_scattering_matrix_of_a_square_well(monkeypatch):
    """A deep well with a sharp edge: s waves have S = exp(-2 i k R) (K cot KR + i k) / (K cot KR - i k)."""
    k, depth_mev, radius_fm = 0.2, 40.0, 4.2
    energy_mev = 20.736 * k**2
    inside = k * np.sqrt(1.0 + depth_mev / energy_mev)
    well = optical_model._Potential(
        np.array([depth_mev]), np.zeros(1), np.zeros(1), radius_fm, 0.004, radius_fm, 0.004
    )
    monkeypatch.setattr(optical_model, "_STEP_FM", 0.004)
    monkeypatch.setattr(optical_model, "_DIFFUSENESSES_OUTSIDE", 300.0)
    found = optical_model._scattering_matrix(well, np.array([k]), np.array([energy_mev]))[0]
    slope = inside / np.tan(inside * radius_fm)
    expected = np.exp(-2j * k * radius_fm) * (slope + 1j * k) / (slope - 1j * k)
    assert abs(found[0] - expected) < 0.01
    # p waves: logarithmic derivatives matched at the edge.
    x, y = k * radius_fm, inside * radius_fm
    ratio = inside * spherical_jn(1, y, derivative=True) / spherical_jn(1, y)
    phase = np.arctan2(
        k * spherical_jn(1, x, derivative=True) - ratio * spherical_jn(1, x),
        k * spherical_yn(1, x, derivative=True) - ratio * spherical_yn(1, x),
    )
    assert abs(found[1] - np.exp(2j * phase)) < 0.01


def test_a_well_without_absorption_absorbs_nothing(monkeypatch):
    def real_alone(z, mass_number, energy_mev):
        return potential(z, mass_number, energy_mev)._replace(
            volume_mev=0.0 * energy_mev, surface_mev=0.0 * energy_mev
        )

    potential = optical_model._potential
    monkeypatch.setattr(optical_model, "_potential", real_alone)
    total_b, reaction_b = optical_cross_sections(26, 55.845, np.geomspace(0.02, 200.0, 12))
    assert (np.abs(reaction_b) < 1e-3 * total_b).all()


def test_optical_model_does_not_depend_on_its_step(monkeypatch):
    energies_mev = np.geomspace(0.02, 200.0, 12)
    coarse = optical_cross_sections(82, 207.2, energies_mev)
    monkeypatch.setattr(optical_model, "_STEP_FM", 0.06)
    fine = optical_cross_sections(82, 207.2, energies_mev)
    np.testing.assert_allclose(coarse, fine, rtol=0.005)


def test_high_energy_totals_are_the_published_collision_lengths():
    # Nuclear collision lengths in g/cm2, Review of Particle Physics; sigma = A / (N_A lambda).
    for z, length in ((6, 59.2), (13, 69.7), (26, 81.7), (29, 84.2), (74, 110.4), (82, 114.1)):
        mass_u = element(z).mass_u
        total_b, inelastic_b = high_energy_cross_sections(z, mass_u, np.array([1e4]))
        assert total_b[0] == pytest.approx(mass_u / (0.602214 * length), rel=0.03)
        assert 0.0 < inelastic_b[0] < total_b[0]


def test_giant_resonance_exhausts_its_sum_rule():
    energy_mev = np.linspace(0.0, 400.0, 40001)[1:]
    for z in (26, 82):
        mass_u = element(z).mass_u
        integral = giant_dipole(z, mass_u, energy_mev).sum() * 0.01
        sum_rule = 1.2 * 0.060 * (mass_u - z) * z / mass_u
        assert 0.85 * sum_rule < integral < 1.02 * sum_rule  # less what lies below the threshold


def test_damaged_table_of_elements_is_told(monkeypatch, tmp_path):
    damaged = tmp_path / "neutron_elements.json"
    damaged.write_text('{"elements": [[1, "H"')
    monkeypatch.setattr(elements, "ELEMENT_FILE", damaged)
    elements._rows.cache_clear()
    try:
        with pytest.raises(PhysicsDataError, match=r"neutron_elements\.json cannot be read"):
            element(1)
    finally:
        elements._rows.cache_clear()
