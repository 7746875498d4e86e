"""Measure the shapes of a sample in three passes over it, in bounded memory.

The first pass gives the mean energy per layer, the second the transverse profiles around the lines of flight
(whose expectation needs the first), the third their scatter around the fit and the fits of single showers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from showerkit.errors import DataError
from showerkit.evaluate.shower_shapes.energy_bins import bin_of
from showerkit.evaluate.shower_shapes.energy_dependence import common_value, logarithmic_rise
from showerkit.evaluate.shower_shapes.layer_depths import layer_depths
from showerkit.evaluate.shower_shapes.longitudinal_profile import (
    LongitudinalProfiles,
    fit_each_shower,
    fit_longitudinal,
)
from showerkit.evaluate.shower_shapes.longitudinal_shape import expected_maximum_x0
from showerkit.evaluate.shower_shapes.running_covariance import RunningCovariance
from showerkit.evaluate.shower_shapes.shapes import EnergyBin, LongitudinalBin, ShowerShapes, TransverseBin
from showerkit.evaluate.shower_shapes.transverse_profile import (
    TransverseGrid,
    TransverseProfile,
    fit_transverse,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from showerkit.data.records import Showers
    from showerkit.evaluate.shower_shapes.energy_dependence import CommonValue
    from showerkit.evaluate.shower_shapes.longitudinal_profile import LayerDepths
    from showerkit.evaluate.shower_shapes.mean_profile_fit import ProfileFit
    from showerkit.evaluate.shower_shapes.settings import ShapeConfig
    from showerkit.geometry.calorimeter import Calorimeter
    from showerkit.typing import FloatArray, IntArray

_PHOTON = 22
_FEWEST_LAYERS = 5


class _Selection:
    """The showers of a batch that count, and their bins."""

    def __init__(
        self, showers: Showers, detector: Calorimeter, edges_mev: FloatArray, config: ShapeConfig
    ) -> None:
        incident = showers.incident
        energy = incident.energy_mev.astype(np.float64)
        entry = incident.entry_point_mm()
        inside = (np.abs(entry[:, 0]) < 0.5 * detector.width_x_mm) & (
            np.abs(entry[:, 1]) < 0.5 * detector.width_y_mm
        )
        number = bin_of(energy, edges_mev)
        upright = incident.theta_rad <= np.radians(config.max_theta_deg) + 1.0e-9
        chosen = np.flatnonzero(inside & upright & (number >= 0) & (energy > 0))
        self.bin: IntArray = number[chosen]
        self.energy_mev = energy[chosen]
        self.photons = int((incident.pdg[chosen] == _PHOTON).sum())
        direction = incident.direction[chosen]
        self.path_factor = 1.0 / direction[:, 2]
        slope = direction[:, :2] / direction[:, 2:]
        axis = entry[chosen, :, None] + slope[:, :, None] * detector.layer_z_mm
        self.axis_x_mm, self.axis_y_mm = axis[:, 0], axis[:, 1]
        cells = showers.energy_mev[chosen].astype(np.float64)
        self.cells_mev = cells.reshape(len(chosen), detector.shape[0], detector.n_cells // detector.shape[0])


def measure_shapes(
    batches: Callable[[], Iterable[Showers]],
    detector: Calorimeter,
    edges_mev: FloatArray,
    config: ShapeConfig,
) -> ShowerShapes:
    """Measure longitudinal and transverse shapes per energy bin and fit them.

    Parameters
    ----------
    batches
        Gives the sample in batches; called three times.
    detector
        The calorimeter.
    edges_mev
        Edges of the bins of incident energy in MeV, shape (bins + 1,).
    config
        The settings.

    Returns
    -------
    ShowerShapes
        The shapes.

    Raises
    ------
    DataError
        If no bin holds enough showers.
    GeometryError
        If the cells are no regular grid.
    """
    detector.require_grid("shapes of showers")
    bins, depths = len(edges_mev) - 1, layer_depths(detector)
    profiles = LongitudinalProfiles(bins, detector.shape[0])
    seen = photons = 0
    for showers in batches():
        part = _Selection(showers, detector, edges_mev, config)
        profiles.add(part.bin, part.cells_mev.sum(axis=2), part.energy_mev, part.path_factor)
        seen += len(showers)
        photons += part.photons
    used = [k for k in range(bins) if profiles.share[k].count >= config.min_showers]
    used = [k for k in used if profiles.share[k].mean.sum() > 0]
    counted = sum(profiles.share[k].count for k in range(bins))
    if not used:
        raise DataError(
            "shower shapes",
            got=f"{counted} of {seen} showers within {config.max_theta_deg:g} degrees and the energy bins",
            expected=f"an energy bin with at least {config.min_showers}",
            mend="use more showers, fewer energy bins or a larger angle",
        )
    notes = []
    if len(used) < bins:
        notes.append(f"{bins - len(used)} energy bins with under {config.min_showers} showers are left out")
    energy = {
        k: EnergyBin(
            float(edges_mev[k]),
            float(edges_mev[k + 1]),
            profiles.mean_energy_mev(k),
            profiles.share[k].count,
        )
        for k in used
    }
    longitudinal: tuple[LongitudinalBin, ...] = ()
    if detector.shape[0] >= _FEWEST_LAYERS:
        longitudinal = _longitudinal(profiles, energy, detector)
    else:
        notes.append(
            f"{detector.name} has {detector.shape[0]} layer(s): no longitudinal profile"
            f" (it needs {_FEWEST_LAYERS}); the transverse one alone"
        )
    grid = TransverseGrid(detector, config.ring_width_mm, config.max_radius_mm)
    groups = np.array_split(np.arange(detector.shape[0]), min(config.depth_slices, detector.shape[0]))
    transverse = {
        (k, g): TransverseProfile(grid, profiles.share[k].mean[group])
        for k in used
        for g, group in enumerate(groups)
        if profiles.share[k].mean[group].sum() > 0
    }
    fits: dict[tuple[int, int], ProfileFit] = {}
    single: dict[int, RunningCovariance] = {k: RunningCovariance(2) for k in used}
    for residuals in (False, True):
        for showers in batches():
            part = _Selection(showers, detector, edges_mev, config)
            nodes = grid.node_of(detector.cell_x, detector.cell_y, part.axis_x_mm, part.axis_y_mm)
            nodes = nodes.reshape(part.cells_mev.shape)
            for (k, g), profile in transverse.items():
                chosen = np.flatnonzero(part.bin == k)
                share = part.cells_mev[chosen][:, groups[g]] / part.energy_mev[chosen, None, None]
                near = nodes[chosen][:, groups[g]]
                if residuals:
                    profile.add_residuals(near, share, fits[k, g])
                else:
                    profile.add(near, share)
            if residuals and config.each_shower:
                _add_single(single, longitudinal, used, part, depths)
        fits = {key: fit_transverse(profile) for key, profile in transverse.items()}
    if config.each_shower and longitudinal:
        longitudinal = tuple(
            replace(one, single=_summary(single[k])) for one, k in zip(longitudinal, used, strict=True)
        )
    critical = detector.material(detector.layers[0].active_material).critical_energy_mev
    points = np.array([one.energy.mean_mev for one in longitudinal])
    beta = maximum = None
    if longitudinal:
        beta = _common_beta([one.free for one in longitudinal])
        maximum = logarithmic_rise(
            points / 1000.0,
            np.array([one.free.value("T0") for one in longitudinal]),
            np.array([one.free.error("T0") for one in longitudinal]),
        )
    return ShowerShapes(
        longitudinal=longitudinal,
        transverse=tuple(
            TransverseBin(
                energy[k],
                int(groups[g][0]),
                int(groups[g][-1]),
                grid.edges_mm,
                profile.share.mean,
                np.sqrt(np.diag(profile.residual.covariance_of_mean)),
                profile.cells_in_ring,
                fits[k, g],
            )
            for (k, g), profile in transverse.items()
        ),
        beta=beta,
        maximum=maximum,
        expected_maximum=expected_maximum_x0(points, critical, photon=2 * photons > counted),
        critical_energy_mev=critical,
        showers_used=counted,
        showers_seen=seen,
        notes=tuple(notes),
    )


def _common_beta(fits: list[ProfileFit]) -> CommonValue:
    values = np.array([fit.value("beta") for fit in fits])
    return common_value(values, np.array([fit.error("beta") for fit in fits]))


def _longitudinal(
    profiles: LongitudinalProfiles, energy: dict[int, EnergyBin], detector: Calorimeter
) -> tuple[LongitudinalBin, ...]:
    """Fit every bin with beta free, then with beta held at the common value."""
    depths = {k: layer_depths(detector).along(profiles.path_factor(k)) for k in energy}
    free = {k: fit_longitudinal(profiles.share[k], depths[k]) for k in energy}
    beta = _common_beta(list(free.values())).value
    return tuple(
        LongitudinalBin(
            energy[k],
            depths[k],
            profiles.share[k].mean,
            np.sqrt(np.diag(profiles.share[k].covariance_of_mean)),
            free[k],
            fit_longitudinal(profiles.share[k], depths[k], beta),
        )
        for k in energy
    )


def _add_single(
    single: dict[int, RunningCovariance],
    longitudinal: tuple[LongitudinalBin, ...],
    used: list[int],
    part: _Selection,
    depths: LayerDepths,
) -> None:
    """Fit the single showers of a batch and add those whose fit converged."""
    if not longitudinal:
        return
    beta = _common_beta([one.free for one in longitudinal]).value
    for k, one in zip(used, longitudinal, strict=True):
        chosen = np.flatnonzero(part.bin == k)
        if len(chosen) == 0:
            continue
        share = part.cells_mev[chosen].sum(axis=2) / part.energy_mev[chosen, None]
        fits = fit_each_shower(share, depths, beta, one.share, part.path_factor[chosen])
        good = fits.converged
        single[k].add(np.stack([fits.energy[good], fits.maximum_x0[good]], axis=1))


def _summary(pairs: RunningCovariance) -> dict[str, float]:
    """Mean, error and spread of E0 and T0 of single showers."""
    spread, error = np.sqrt(np.diag(pairs.covariance)), np.sqrt(np.diag(pairs.covariance_of_mean))
    summary: dict[str, float] = {"showers": pairs.count}
    for number, name in enumerate(("E0", "T0")):
        summary |= {
            name: float(pairs.mean[number]),
            f"{name}_error": float(error[number]),
            f"{name}_spread": float(spread[number]),
        }
    return summary
