"""Mean longitudinal profiles and their fits with the gamma form (equation 1 of the ZDC reports)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.shower_shapes.levenberg_marquardt import minimise
from showerkit.evaluate.shower_shapes.longitudinal_shape import energy_before
from showerkit.evaluate.shower_shapes.mean_profile_fit import ProfileFit, fit_mean_profile
from showerkit.evaluate.shower_shapes.running_covariance import RunningCovariance

if TYPE_CHECKING:
    from showerkit.typing import BoolArray, FloatArray, IntArray

PARAMETERS = ("E0", "T0", "beta")


@dataclass(frozen=True, eq=False)
class LayerDepths:
    """Where the active part of each layer begins and ends, in radiation lengths along z.

    Parameters
    ----------
    start_x0, stop_x0
        Shape (layers,).
    """

    start_x0: FloatArray
    stop_x0: FloatArray

    def along(self, path_factor: float) -> LayerDepths:
        """The same along a line of flight whose path is `path_factor` = 1/cos(theta) times as long."""
        return LayerDepths(self.start_x0 * path_factor, self.stop_x0 * path_factor)

    @property
    def width_x0(self) -> FloatArray:
        """Thickness of the active parts in radiation lengths, shape (layers,)."""
        return self.stop_x0 - self.start_x0

    def energies(self, energy: float, maximum_x0: float, beta: float) -> FloatArray:
        """Energy in each layer: the gamma form integrated over its active part, shape (layers,)."""
        ends = np.stack([self.start_x0, self.stop_x0])
        before = energy_before(ends, energy, maximum_x0, beta)
        return np.asarray(before[1] - before[0])


class LongitudinalProfiles:
    """Accumulates, per energy bin, the mean share of the incident energy in each layer.

    Parameters
    ----------
    bins
        Number of energy bins.
    layers
        Number of layers.
    """

    def __init__(self, bins: int, layers: int) -> None:
        self.share = [RunningCovariance(layers) for _ in range(bins)]
        self._log_energy = np.zeros(bins)
        self._path_factor = np.zeros(bins)

    def add(
        self, bin_number: IntArray, layer_mev: FloatArray, incident_mev: FloatArray, path_factor: FloatArray
    ) -> None:
        """Add showers.

        Parameters
        ----------
        bin_number
            Energy bin of each shower, shape (N,).
        layer_mev
            Deposited energy per layer in MeV, shape (N, layers).
        incident_mev
            Incident energy in MeV, shape (N,).
        path_factor
            1/cos(theta), shape (N,).
        """
        for number in np.unique(bin_number):
            chosen = bin_number == number
            self.share[number].add(layer_mev[chosen] / incident_mev[chosen, None])
            self._log_energy[number] += np.log(incident_mev[chosen]).sum()
            self._path_factor[number] += path_factor[chosen].sum()

    def mean_energy_mev(self, number: int) -> float:
        """Geometric mean of the incident energies of a bin in MeV."""
        return float(np.exp(self._log_energy[number] / max(self.share[number].count, 1)))

    def path_factor(self, number: int) -> float:
        """Mean of 1/cos(theta) of a bin."""
        return float(self._path_factor[number] / max(self.share[number].count, 1))


def fit_longitudinal(share: RunningCovariance, depths: LayerDepths, beta: float | None = None) -> ProfileFit:
    """Fit the gamma form to a mean longitudinal profile, integrated over each layer.

    Parameters
    ----------
    share
        Mean share of the incident energy per layer.
    depths
        Depths of the layers along the line of flight.
    beta
        Value at which beta is held, in inverse radiation lengths; None fits it as well.

    Returns
    -------
    ProfileFit
        Parameters E0 (share of the incident energy, integrated over all depths), T0 (depth of the maximum
        in radiation lengths) and, unless held, beta.

    Examples
    --------
    >>> edges = np.linspace(0.0, 20.0, 11)
    >>> depths = LayerDepths(edges[:-1], edges[1:])
    >>> noise = np.random.default_rng(1).normal(1.0, 0.02, (200, 10))
    >>> share = RunningCovariance(10)
    >>> share.add(depths.energies(0.9, 6.0, 0.5) * noise)
    >>> fit = fit_longitudinal(share, depths)
    >>> bool(abs(fit.value("T0") - 6.0) < 4.0 * fit.error("T0"))
    True
    """
    mean = share.mean
    width = np.where(depths.width_x0 > 0, depths.width_x0, 1.0)
    peak = int(np.argmax(mean / width))
    maximum = max(0.5 * (depths.start_x0[peak] + depths.stop_x0[peak]), 0.3)
    first_beta = beta if beta is not None else 0.5
    contained = float(depths.energies(1.0, maximum, first_beta).sum())
    start = np.log([max(float(mean.sum()), 1.0e-12) / max(contained, 0.05), maximum, first_beta])

    def form(parameters: FloatArray) -> FloatArray:
        scale = float(parameters[2]) if beta is None else beta
        return depths.energies(float(parameters[0]), float(parameters[1]), scale)

    free = len(PARAMETERS) if beta is None else 2
    return fit_mean_profile(
        form, PARAMETERS[:free], start[:free], np.exp, mean, share.covariance_of_mean, share.count
    )


@dataclass(frozen=True, eq=False)
class SingleShowerFits:
    """Parameters of single showers.

    Parameters
    ----------
    energy
        E0 in the unit of the layers' energies, shape (N,).
    maximum_x0
        T0 in radiation lengths, shape (N,).
    converged
        Whether the fit found its minimum inside the range of depths, shape (N,).
    """

    energy: FloatArray
    maximum_x0: FloatArray
    converged: BoolArray


def fit_each_shower(
    layer_energy: FloatArray,
    depths: LayerDepths,
    beta: float,
    expected: FloatArray,
    path_factor: FloatArray | None = None,
) -> SingleShowerFits:
    """Fit E0 and T0 of every shower, with beta held, as the ZDC reports do.

    Parameters
    ----------
    layer_energy
        Energy per layer, shape (N, layers).
    depths
        Depths of the layers along z.
    beta
        The value at which beta is held, in inverse radiation lengths.
    expected
        Mean energies per layer, shape (layers,), to which the variances are taken to be proportional.
    path_factor
        1/cos(theta) of each shower, shape (N,); 1 by default.

    Returns
    -------
    SingleShowerFits
        The parameters of all showers.

    Examples
    --------
    >>> edges = np.linspace(0.0, 25.0, 26)
    >>> depths = LayerDepths(edges[:-1], edges[1:])
    >>> truth = depths.energies(5.0, 6.0, 0.5)
    >>> fits = fit_each_shower(truth[None], depths, 0.5, truth)
    >>> fits.energy.round(4).tolist(), fits.maximum_x0.round(4).tolist()
    ([5.0], [6.0])
    """
    n = len(layer_energy)
    factor = np.ones(n) if path_factor is None else path_factor
    total = layer_energy.sum(axis=1)
    lit = total > 0
    floor = 1.0e-3 * float(expected.max(initial=0.0))
    sigma = np.sqrt(np.maximum(expected, floor) / max(float(expected.sum()), 1.0e-300))
    scaled = layer_energy / np.where(lit, total, 1.0)[:, None]

    def form(parameters: FloatArray, rows: IntArray) -> FloatArray:
        energy, maximum = np.exp(parameters[:, :1]), np.exp(parameters[:, 1:])
        if np.array_equal(depths.start_x0[1:], depths.stop_x0[:-1]):
            edges = np.append(depths.start_x0, depths.stop_x0[-1])
            return np.diff(energy_before(edges * factor[rows, None], energy, maximum, beta), axis=1)
        low = energy_before(depths.start_x0 * factor[rows, None], energy, maximum, beta)
        return np.asarray(energy_before(depths.stop_x0 * factor[rows, None], energy, maximum, beta) - low)

    centre = 0.5 * (depths.start_x0 + depths.stop_x0)
    mean_depth = scaled @ centre * factor
    start = np.stack([np.full(n, 0.05), np.log(np.maximum(mean_depth - 1.0 / beta, 0.5))], axis=1)
    solution = minimise(
        form, start, scaled, np.broadcast_to(1.0 / sigma, scaled.shape), max_steps=60, tolerance=1.0e-7
    )
    energy = np.exp(np.clip(solution.parameters[:, 0], -50.0, 50.0)) * total
    maximum = np.exp(np.clip(solution.parameters[:, 1], -50.0, 50.0))
    inside = (maximum < depths.stop_x0[-1] * factor) & lit
    return SingleShowerFits(energy, maximum, solution.converged & inside)
