"""Materials of the shipped detectors, by mass fractions (sources in each line's comment)."""

from __future__ import annotations

from showerkit.geometry.material import Material

AIR = Material(
    name="air",
    density_g_cm3=1.20479e-3,  # dry air at 20 C, 1 atm (PDG)
    mass_fractions={"C": 0.000124, "N": 0.755267, "O": 0.231781, "Ar": 0.012827},
)
LYSO = Material(
    name="lyso",
    density_g_cm3=7.125,
    mass_fractions={"Lu": 0.71813, "Y": 0.03613, "Si": 0.06338, "O": 0.18046, "Ce": 0.00190},
)
PBWO4 = Material(
    name="pbwo4",
    density_g_cm3=8.30,  # PDG
    mass_fractions={"Pb": 0.455347, "W": 0.404011, "O": 0.140642},
)
# Epoxy resin C18 H20 O3 (bisphenol-A type): a stand-in for the unspecified resin of the frame.
CARBON_FIBRE = Material(
    name="carbon-fibre",
    density_g_cm3=1.5,
    mass_fractions={"C": 0.65 + 0.35 * 0.7603, "H": 0.35 * 0.0709, "O": 0.35 * 0.1688},
)
POLYETHYLENE = Material(
    name="polyethylene", density_g_cm3=0.94, mass_fractions={"C": 0.856289, "H": 0.143711}
)
POLYSTYRENE = Material(name="polystyrene", density_g_cm3=1.06, mass_fractions={"C": 0.922582, "H": 0.077418})
STEEL = Material(
    name="steel",
    density_g_cm3=7.87,
    mass_fractions={"Fe": 0.9843, "C": 0.0017, "Mn": 0.0140},
)
# Densities and compositions of the rest: Particle Data Group, atomic and nuclear properties of materials.
IRON = Material(name="iron", density_g_cm3=7.874, mass_fractions={"Fe": 1.0})
COPPER = Material(name="copper", density_g_cm3=8.960, mass_fractions={"Cu": 1.0})
LEAD = Material(name="lead", density_g_cm3=11.350, mass_fractions={"Pb": 1.0})
TUNGSTEN = Material(name="tungsten", density_g_cm3=19.30, mass_fractions={"W": 1.0})
ALUMINIUM = Material(name="aluminium", density_g_cm3=2.699, mass_fractions={"Al": 1.0})
SILICON = Material(name="silicon", density_g_cm3=2.329, mass_fractions={"Si": 1.0})
WATER = Material(name="water", density_g_cm3=1.000, mass_fractions={"H": 0.111894, "O": 0.888106})
CSI = Material(name="csi", density_g_cm3=4.510, mass_fractions={"Cs": 0.511549, "I": 0.488451})
BGO = Material(
    name="bgo", density_g_cm3=7.130, mass_fractions={"Bi": 0.671054, "Ge": 0.174820, "O": 0.154126}
)
BRASS = Material(name="brass", density_g_cm3=8.53, mass_fractions={"Cu": 0.70, "Zn": 0.30})

#: Every shipped material by name.
SHIPPED_MATERIALS = {
    material.name: material
    for material in (
        AIR,
        ALUMINIUM,
        BGO,
        BRASS,
        CARBON_FIBRE,
        COPPER,
        CSI,
        IRON,
        LEAD,
        LYSO,
        PBWO4,
        POLYETHYLENE,
        POLYSTYRENE,
        SILICON,
        STEEL,
        TUNGSTEN,
        WATER,
    )
}
