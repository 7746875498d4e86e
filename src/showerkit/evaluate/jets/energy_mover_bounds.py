"""Bounds of the energy mover's distance from below, by the duality of Kantorovich."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.evaluate.jets.energy_mover import transport_problems

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.typing import FloatArray

_DIRECTIONS = 8
_STRIPS = (-0.1, 0.0, 0.1)
_CENTRES = np.linspace(-0.6, 0.6, 7)
_PAIRS = 128  # pairs at once: their distances of particles stay in a processor's cache
_SMOOTHING = 0.2  # of the distance: finer needs more steps
_STEPS = 6
_LEAST = np.float32(1e-30)  # keeps divisions finite


def function_bounds(one: FloatArray, two: FloatArray) -> FloatArray:
    r"""Bound the energy mover's distances of all pairs of jets from below.

    .. math:: \mathrm{EMD} \ge \Big| \sum_i p_{Ti}\, g(x_i) - \sum_j p'_{Tj}\, g(x'_j) \Big|

    for every function g with a slope of at most 1 and values in [-1, 1]. The greatest of some 80 planes,
    strips and cones is about four fifths of the distance.

    Parameters
    ----------
    one, two
        Jets, shapes (N, P, 3) and (M, P', 3); particles without pT do not count.

    Returns
    -------
    numpy.ndarray
        Bounds, shape (N, M).

    Examples
    --------
    >>> at = np.array([[[0.0, 0.0, 1.0]]])
    >>> float(function_bounds(at, at + [0.25, 0.0, 0.0])[0, 0])
    0.25
    """
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(_averages(one), _averages(two), "chebyshev"))


def _averages(jets: FloatArray) -> FloatArray:
    """Sums of pT times each function, shape (N, functions)."""
    eta, phi, pt = np.moveaxis(jets, 2, 0)
    functions = [np.ones_like(pt)]
    for angle in np.arange(_DIRECTIONS) * np.pi / _DIRECTIONS:
        along = eta * np.cos(angle) + phi * np.sin(angle)
        functions.append(np.clip(along, -1.0, 1.0))
        functions += [np.minimum(np.abs(along - strip), 2.0) - 1.0 for strip in _STRIPS]
    for x in _CENTRES:
        functions += [np.minimum(np.hypot(eta - x, phi - y), 2.0) - 1.0 for y in _CENTRES]
    return np.stack([(pt * values).sum(axis=1) for values in functions], axis=1)


def dual_bounds(one: FloatArray, two: FloatArray, about: FloatArray) -> FloatArray:
    r"""Bound the energy mover's distance of each pair of jets closely from below.

    .. math:: \mathrm{EMD} \ge \sum_i p_{Ti}\, f_i + \sum_j p'_{Tj}\, g_j, \qquad
        f_i = \min_j (\theta_{ij} - g_j), \quad g_j = \min_i (\theta_{ij} - f_i)

    whatever g the first minimum starts from. A few of Sinkhorn's steps on the smoothed transport find one
    that leaves a few per cent to the distance. Source: M. Cuturi, arXiv:1306.0895.

    Parameters
    ----------
    one, two
        Jets, shapes (N, P, 3) and (N, P', 3); particles without pT do not count.
    about
        Distances as far as they are known, which set the smoothing, shape (N,).

    Returns
    -------
    numpy.ndarray
        Bounds, shape (N,); minus infinity where the steps fail.

    Examples
    --------
    >>> at = np.array([[[0.0, 0.0, 1.0]]])
    >>> float(dual_bounds(at, at + [0.25, 0.0, 0.0], np.array([0.2]))[0].round(12))
    0.25
    """
    found = [
        _of_chunk(*(array[start : start + _PAIRS] for array in (one, two, about)))
        for start in range(0, len(one), _PAIRS)
    ]
    return np.concatenate([np.empty(0), *found])


def _of_chunk(one: FloatArray, two: FloatArray, about: FloatArray) -> FloatArray:
    supply, demand, cost = transport_problems(one, two)
    total = supply.sum(axis=1, keepdims=True)
    with np.errstate(all="ignore"):  # what is not finite is no bound
        smoothing = np.clip(_SMOOTHING * about[:, None] / total, 0.01, 0.05)
        guess = _potentials(supply / total, demand / total, cost, smoothing)
        # A particle without pT asks for nothing.
        first = np.where(supply > 0.0, (cost - guess[:, None, :]).min(axis=2), -np.inf)
        second = (cost - first[:, :, None]).min(axis=1)
        bounds = np.where(supply > 0.0, first * supply, 0.0).sum(axis=1)
        bounds += np.where(demand > 0.0, second * demand, 0.0).sum(axis=1)
    return np.where(np.isfinite(bounds), bounds, -np.inf)


def _potentials(
    supply: FloatArray, demand: FloatArray, cost: FloatArray, smoothing: FloatArray
) -> FloatArray:
    """Potentials of what is wanted by Sinkhorn's steps; single precision does for a guess."""
    there, wanted = supply.astype(np.float32), demand.astype(np.float32)
    kernel = np.exp((cost * (-1.0 / smoothing[:, :, None])).astype(np.float32))
    turned = kernel.transpose(0, 2, 1)
    v: NDArray[np.floating[Any]] = np.ones_like(wanted)
    for _ in range(_STEPS):
        u = there / np.maximum((kernel @ v[:, :, None])[:, :, 0], _LEAST)
        v = wanted / np.maximum((turned @ u[:, :, None])[:, :, 0], _LEAST)
    guess: FloatArray = smoothing * np.log(v.astype(np.float64))
    return guess
