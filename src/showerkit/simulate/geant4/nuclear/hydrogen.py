"""Neutrons on protons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Scattering lengths and effective ranges of the triplet and the singlet, in fm, rounded:
# R. W. Hackenburg, Phys. Rev. C 73 (2006) 044002.
_TRIPLET_FM: Final = (5.411, 1.744)
_SINGLET_FM: Final = (-23.71, 2.75)
_K2_PER_MEV: Final = 1.0 / 82.94  # k^2 in fm^-2 over the kinetic energy in the laboratory
_BARN_PER_FM2: Final = 0.01

# Measured total and inelastic cross sections in mb, rounded: Review of Particle Physics, figures of the
# neutron-proton total cross section; inelastic ones begin where a pion can be made, at 280 MeV.
_TOTAL: Final = (
    (30.0, 50.0, 100.0, 200.0, 300.0, 400.0, 600.0, 800.0, 1000.0, 2000.0, 5000.0, 10000.0),
    (307.0, 168.0, 73.0, 42.5, 35.5, 33.5, 36.0, 38.0, 39.0, 42.5, 41.0, 39.5),
)
_INELASTIC: Final = (
    (280.0, 400.0, 600.0, 800.0, 1000.0, 1500.0, 2000.0, 5000.0, 10000.0),
    (0.0, 1.0, 6.5, 13.0, 18.0, 24.0, 26.0, 29.5, 31.0),
)
_RANGE_ENDS_MEV: Final = (10.0, 30.0)


def neutron_proton(energy_mev: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Elastic and inelastic cross section of neutrons on protons.

    Below 10 MeV in the effective-range approximation (H. A. Bethe, Phys. Rev. 76 (1949) 38),

    .. math:: \sigma = \frac{3 \pi}{k^2 + (1/a_t - r_t k^2 / 2)^2}
        + \frac{\pi}{k^2 + (1/a_s - r_s k^2 / 2)^2},

    above 30 MeV interpolated between measured values, which are held beyond 10 GeV.

    Parameters
    ----------
    energy_mev
        Kinetic energies in MeV, shape (n,).

    Returns
    -------
    tuple
        Elastic and inelastic cross sections in b, each of shape (n,).

    Examples
    --------
    >>> elastic_b, inelastic_b = neutron_proton(np.array([1e-8]))
    >>> round(float(elastic_b[0]), 1), float(inelastic_b[0])
    (20.4, 0.0)
    """
    k2 = energy_mev * _K2_PER_MEV
    waves = sum(
        weight * np.pi / (k2 + (1.0 / length - 0.5 * reach * k2) ** 2)
        for weight, (length, reach) in ((3.0, _TRIPLET_FM), (1.0, _SINGLET_FM))
    )
    low_b = waves * _BARN_PER_FM2
    measured_b = np.exp(np.interp(np.log(energy_mev), np.log(_TOTAL[0]), np.log(_TOTAL[1]))) * 1e-3
    share = np.clip(np.interp(np.log(energy_mev), np.log(_RANGE_ENDS_MEV), (0.0, 1.0)), 0.0, 1.0)
    inelastic_b = np.interp(np.log(energy_mev), np.log(_INELASTIC[0]), _INELASTIC[1]) * 1e-3
    return low_b ** (1.0 - share) * measured_b**share - inelastic_b, inelastic_b
