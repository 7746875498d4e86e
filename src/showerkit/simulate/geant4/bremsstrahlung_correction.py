"""A smooth, fitted correction to the bremsstrahlung formula, in ln T, ln Z and k/T."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.errors import PhysicsDataError
from showerkit.units import ELECTRON_MASS_MEV

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

COEFFICIENT_FILE: Final = Path(__file__).with_name("bremsstrahlung_correction.json")
LOWEST_ENERGY_MEV: Final = 1e-3
HIGHEST_ENERGY_MEV: Final = 1e4
HIGHEST_Z: Final = 92

Z_DEGREE: Final = 10
ENERGY_DEGREE: Final = 14
RATIO_DEGREE: Final = 3
_SOFT_WIDTH: Final = 0.01
_RATIO_FUNCTIONS: Final = RATIO_DEGREE + 1 + 3


def correction(z: int, kinetic_energy_mev: ArrayLike, k_over_t: ArrayLike) -> NDArray[np.float64]:
    r"""Logarithm of the factor that takes the formula to the accurate cross section.

    .. math:: c(Z, T, k) = \sum_{ijl} c_{ijl} \, T_i(z) \, T_j(t) \, f_l(k / T, T),
        \quad \frac{i}{10} + \frac{j}{14} \le 1

    with Chebyshev polynomials :math:`T_i` of the scaled :math:`\ln Z` and :math:`\ln T` (see
    `ratio_functions` for the last factor). The coefficients were fitted to the cross sections of
    S. M. Seltzer and M. J. Berger, Nucl. Instrum. Methods B 12 (1985) 95.

    Parameters
    ----------
    z
        Atomic number, 1 to 92.
    kinetic_energy_mev
        Kinetic energies in MeV, broadcast against `k_over_t`; outside 1 keV to 10 GeV the correction
        of the nearer end holds.
    k_over_t
        Photon energy over kinetic energy, 0 to 1.

    Returns
    -------
    numpy.ndarray
        The logarithm of the correction factor.

    Raises
    ------
    PhysicsDataError
        If the file of coefficients is damaged.

    Examples
    --------
    >>> bool(abs(correction(47, 5000.0, 0.3)) < 0.03)  # the formula is right at high energy
    True
    """
    t = np.clip(np.asarray(kinetic_energy_mev, dtype=np.float64), LOWEST_ENERGY_MEV, HIGHEST_ENERGY_MEV)
    t, x = np.broadcast_arrays(t, np.asarray(k_over_t, dtype=np.float64))
    i, j, ratio = term_indices().T
    weights = np.zeros((ENERGY_DEGREE + 1, _RATIO_FUNCTIONS))
    np.add.at(weights, (j, ratio), coefficients() * z_polynomials(np.array([z]))[0, i])
    flat_t, flat_x = t.ravel(), x.ravel()
    in_ratio = energy_polynomials(flat_t) @ weights
    return np.asarray((in_ratio * ratio_functions(flat_t, flat_x)).sum(axis=-1).reshape(t.shape))


def term_indices() -> NDArray[np.int64]:
    """List the terms of the sum, in the order of the coefficients.

    Returns
    -------
    numpy.ndarray
        Degree in ln Z, degree in ln T and number of the ratio function, shape (terms, 3).

    Examples
    --------
    >>> term_indices()[0].tolist()
    [0, 0, 0]
    """
    i, j, ratio = np.indices((Z_DEGREE + 1, ENERGY_DEGREE + 1, _RATIO_FUNCTIONS)).reshape(3, -1)
    kept = i * ENERGY_DEGREE + j * Z_DEGREE <= Z_DEGREE * ENERGY_DEGREE
    return np.stack([i[kept], j[kept], ratio[kept]], axis=1)


def z_polynomials(z: NDArray[np.int64]) -> NDArray[np.float64]:
    """Chebyshev polynomials of ln Z, scaled to -1 at Z = 1 and +1 at Z = 92, shape (..., degree + 1).

    Examples
    --------
    >>> z_polynomials(np.array([92]))[0, :3].tolist()
    [1.0, 1.0, 1.0]
    """
    scaled = 2.0 * np.log(z) / np.log(HIGHEST_Z) - 1.0
    return np.polynomial.chebyshev.chebvander(scaled, Z_DEGREE)


def energy_polynomials(kinetic_energy_mev: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chebyshev polynomials of ln T, scaled to -1 at 1 keV and +1 at 10 GeV, shape (..., degree + 1).

    Examples
    --------
    >>> energy_polynomials(np.array([1e4]))[0, :2].round(6).tolist()
    [1.0, 1.0]
    """
    span = np.log(HIGHEST_ENERGY_MEV / LOWEST_ENERGY_MEV)
    scaled = 2.0 * np.log(kinetic_energy_mev / LOWEST_ENERGY_MEV) / span - 1.0
    return np.polynomial.chebyshev.chebvander(scaled, ENERGY_DEGREE)


def ratio_functions(
    kinetic_energy_mev: NDArray[np.float64], k_over_t: NDArray[np.float64]
) -> NDArray[np.float64]:
    r"""Functions of the photon's share of the energy.

    Chebyshev polynomials of k/T; a soft end :math:`e^{-100 k / T}`; and powers 1 and 3 of a function g
    that rises from 0 at k = 0 to 1 at k = T and depends on the energy left to the electron in units of
    its mass, :math:`\tau = (T - k) / m_e`: g is :math:`1 / (1 + \tau)`, shifted and scaled. It follows
    the Coulomb field's hold on slow outgoing electrons at every T.

    Parameters
    ----------
    kinetic_energy_mev
        Kinetic energies in MeV.
    k_over_t
        Photon energy over kinetic energy, same shape.

    Returns
    -------
    numpy.ndarray
        Values, one more axis at the end.

    Examples
    --------
    >>> ratio_functions(np.array([1.0]), np.array([1.0]))[0, -2:].tolist()
    [1.0, 1.0]
    """
    polynomials = np.polynomial.chebyshev.chebvander(2.0 * k_over_t - 1.0, RATIO_DEGREE)
    soft = np.exp(-k_over_t / _SOFT_WIDTH)
    t = kinetic_energy_mev / ELECTRON_MASS_MEV
    held = k_over_t / (1.0 + t * (1.0 - k_over_t))
    return np.concatenate([polynomials, np.stack([soft, held, held**3], axis=-1)], axis=-1)


@cache
def coefficients() -> NDArray[np.float64]:
    """Read the fitted coefficients.

    Returns
    -------
    numpy.ndarray
        Coefficients in the order of `term_indices`.

    Raises
    ------
    PhysicsDataError
        If the file is missing or holds another number of coefficients.

    Examples
    --------
    >>> len(coefficients()) == len(term_indices())
    True
    """
    try:
        values = np.array(
            json.loads(COEFFICIENT_FILE.read_text(encoding="utf-8"))["coefficients"], dtype=float
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PhysicsDataError(
            f"coefficients of bremsstrahlung in {COEFFICIENT_FILE} cannot be read",
            got=str(error),
            mend="install showerkit again",
        ) from error
    if values.shape != (len(term_indices()),):
        raise PhysicsDataError(
            f"coefficients of bremsstrahlung in {COEFFICIENT_FILE}",
            got=f"{values.size} numbers",
            expected=f"{len(term_indices())} numbers",
            mend="install showerkit again",
        )
    return values
