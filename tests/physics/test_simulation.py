"""Simulated showers against conservation, symmetry and published numbers."""

from __future__ import annotations

import numpy as np
import pytest
import xraylib

from showerkit.data.shower_file import read_showers
from showerkit.geometry import Calorimeter, Layer, load_detector
from showerkit.geometry.detectors.shared_materials import AIR, LYSO, PBWO4
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.units import ELECTRON_MASS_MEV
from showerkit.workflow.simulate import simulate

# Review of Particle Physics, atomic and nuclear properties of PbWO4.
PBWO4_X0_MM = 8.904
PBWO4_CRITICAL_ENERGY_MEV = 9.64


def block(material, thicknesses_mm, width_mm=400.0):
    """A solid block of one cell a layer."""
    return Calorimeter(
        name="block",
        cells_x=1,
        cells_y=1,
        pitch_x_mm=width_mm,
        pitch_y_mm=width_mm,
        cell_x_mm=width_mm,
        cell_y_mm=width_mm,
        materials=(AIR, material),
        layers=tuple(
            Layer(active_material=material.name, thickness_mm=thickness) for thickness in thicknesses_mm
        ),
    )


@pytest.fixture(scope="module")
def showers_of(tmp_path_factory):
    """Simulate a sample and read it."""

    def simulated(detector, n, **primaries):
        path = tmp_path_factory.mktemp("sample") / "showers.h5"
        simulate(detector, path, n=n, primaries=PrimaryConfig(**primaries), seed=11)
        return read_showers(path)

    return simulated


def standard_error(values):
    return values.std(ddof=1) / np.sqrt(len(values))


@pytest.fixture(scope="module")
def zdc_showers(showers_of):
    return showers_of("zdc-ecal", 300, particles=("e-", "e+", "gamma"), energy_gev=(0.1, 3.0))


def test_no_more_energy_is_deposited_than_came_in(zdc_showers):
    """A positron may add twice the electron's mass when it annihilates."""
    energy = zdc_showers.incident.energy_mev.astype(float)
    positron = zdc_showers.incident.pdg == -11
    limit = energy + np.where(positron, 2 * ELECTRON_MASS_MEV, 0.0)
    assert (zdc_showers.total_mev <= limit * (1 + 1e-5)).all()
    assert positron.sum() > 50


def test_showers_are_symmetric(zdc_showers):
    """The detector and the gun are symmetric under x -> -x and y -> -y."""
    position = load_detector("zdc-ecal").cell_positions_mm
    total = zdc_showers.total_mev
    seen = total > 0  # some photons pass the six radiation lengths
    for axis in (0, 1):
        centre = zdc_showers.energy_mev[seen] @ position[:, axis] / total[seen]
        assert abs(centre.mean()) < 4 * standard_error(centre)


def test_a_shower_is_where_its_particle_went(showers_of):
    """Particles at (+x, -y) light cells there: index, sign and order of the axes agree."""
    detector = load_detector("zdc-ecal")
    at = (3.5 * 30.3, -6.5 * 30.3)
    showers = showers_of("zdc-ecal", 20, energy_gev=1.0, position_mm=at)
    hottest = detector.cell_positions_mm[showers.energy_mev.mean(axis=0).argmax()]
    np.testing.assert_allclose(hottest[:2], at, atol=1e-6)


@pytest.fixture(scope="module")
def deep_block():
    return block(PBWO4, [0.5 * PBWO4_X0_MM] * 50)


def test_a_deep_block_keeps_the_energy_and_has_the_shower_maximum_where_it_should(showers_of, deep_block):
    """The mean profile peaks at t_max = ln(E / E_c) - 0.5 in X0 (PDG, eq. 34.37 with C_e = -0.5)."""
    energy_mev = 5000.0
    showers = showers_of(deep_block, 40, energy_gev=5.0, position_mm=(0, 0))
    contained = showers.total_mev / energy_mev
    assert (contained <= 1 + 1e-5).all()
    assert contained.mean() > 0.97
    profile = showers.energy_mev.mean(axis=0, dtype=np.float64)
    depth = 0.25 + 0.5 * np.arange(50)
    near = slice(profile.argmax() - 4, profile.argmax() + 5)
    curvature, slope, _ = np.polyfit(depth[near], profile[near], 2)
    expected = np.log(energy_mev / PBWO4_CRITICAL_ENERGY_MEV) - 0.5
    assert -slope / (2 * curvature) == pytest.approx(expected, abs=0.7)


# Minimum ionisation of PbWO4: PDG, 1.229 MeV cm2/g; of LYSO: 9.6 MeV/cm at 7.40 g/cm3 (PDG, inorganic
# scintillators).
@pytest.mark.parametrize(
    ("material", "mev_per_mm"),
    [(PBWO4, 1.229 * 8.30 / 10.0), (LYSO, 9.6 / 7.40 * 7.125 / 10.0)],
    ids=["PbWO4", "LYSO"],
)
def test_muons_lose_what_minimum_ionising_particles_lose(showers_of, material, mev_per_mm):
    """Between 300 and 350 MeV a muon is within 1 % of the minimum."""
    showers = showers_of(
        block(material, [20.0]), 400, particles=("mu-",), energy_gev=0.35, position_mm=(0, 0)
    )
    loss = showers.total_mev / 20.0
    assert abs(loss.mean() / mev_per_mm - 1) < 0.05 + 4 * standard_error(loss) / mev_per_mm


def test_photons_are_attenuated_exponentially(showers_of):
    """The share that leaves nothing is exp(-mu t), with mu for all processes but Rayleigh scattering."""
    energy_kev, thickness_mm, n = 662.0, 8.0, 2000
    showers = showers_of(
        block(LYSO, [thickness_mm]), n, particles=("gamma",), energy_gev=energy_kev * 1e-6, position_mm=(0, 0)
    )
    mu_cm2_g = sum(
        fraction * (xraylib.CS_Photo(z, energy_kev) + xraylib.CS_Compt(z, energy_kev))
        for symbol, fraction in LYSO.mass_fractions.items()
        for z in [xraylib.SymbolToAtomicNumber(symbol)]
    )
    expected = np.exp(-mu_cm2_g * LYSO.density_g_cm3 * thickness_mm / 10)
    untouched = (showers.total_mev == 0).mean()
    assert abs(untouched - expected) < 4 * np.sqrt(expected * (1 - expected) / n) + 0.01


@pytest.fixture(scope="module")
def toy_electrons(showers_of):
    return showers_of("toy-hcal", 160, energies_gev=(1.0, 4.0), position_mm=(15, 15))


def test_the_sampling_calorimeter_is_linear(toy_electrons):
    energy = toy_electrons.incident.energy_mev
    at_1, at_4 = (toy_electrons.total_mev[energy == e] for e in (1000.0, 4000.0))
    ratio = at_4.mean() / at_1.mean()
    error = ratio * np.hypot(standard_error(at_4) / at_4.mean(), standard_error(at_1) / at_1.mean())
    assert abs(ratio - 4.0) < 4 * error + 0.2


def test_the_sampling_fraction_is_that_of_ionisation_in_order_of_magnitude(toy_electrons):
    """Electrons are sampled somewhat less than minimum ionising particles (e/mip of 0.6 to 1)."""
    scintillator = 3.7 * 1.936 * 1.06 / 10  # MeV in a layer: PDG, polystyrene 1.936 MeV cm2/g
    absorber = 50.5 * 1.40 * 8.53 / 10  # PDG, copper 1.403 and zinc 1.411 MeV cm2/g
    mip = scintillator / (scintillator + absorber)
    electron = (toy_electrons.total_mev / toy_electrons.incident.energy_mev).mean()
    assert 0.5 < electron / mip < 1.2


def test_charged_tracks_are_counted(toy_electrons):
    tracks = toy_electrons.charged_tracks
    assert (tracks == np.rint(tracks)).all()
    assert (tracks >= 0).all()
    # A deposit without a charged track that entered comes from photons that interact in the cell.
    assert ((tracks > 0) & (toy_electrons.energy_mev > 0)).sum() > 0.5 * (tracks > 0).sum()


def test_a_muon_crosses_every_layer(showers_of):
    detector = load_detector("toy-hcal")
    showers = showers_of(detector, 20, particles=("mu-",), energy_gev=20.0, position_mm=(15, 15))
    column = showers.charged_tracks.reshape(-1, *detector.shape)[:, :, 4, 4]
    assert (column >= 1).mean() > 0.95
    assert showers.charged_tracks.reshape(-1, *detector.shape).sum(axis=(2, 3)).min() >= 1
