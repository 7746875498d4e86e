"""High-level features of showers, as the CaloChallenge's classifier, FPD and KPD use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.incident_features import INCIDENT_FEATURES, incident_features
from showerkit.evaluate.low_level_features import log_cells
from showerkit.evaluate.observables import shower_observables

if TYPE_CHECKING:
    from showerkit.data.records import Showers
    from showerkit.geometry.calorimeter import Calorimeter
    from showerkit.typing import FloatArray

_OF_EVENT = ("response", "hottest_share")
_OF_LAYERED_EVENT = ("hits", "offset_x_mm", "offset_y_mm", "width_mm", "depth_mm")
_OF_LAYER = ("log10_energy", "hit_share", "offset_x_mm", "offset_y_mm", "width_x_mm", "width_y_mm")


def high_level_feature_names(detector: Calorimeter) -> tuple[str, ...]:
    """Names of the columns of `high_level_features`.

    Examples
    --------
    >>> from showerkit.geometry import load_detector
    >>> high_level_feature_names(load_detector("zdc-ecal"))[5:8]
    ('response', 'hottest_share', 'layer_0_log10_energy')
    """
    layers = len(detector.layers)
    of_event = _OF_EVENT + (_OF_LAYERED_EVENT if layers > 1 else ())
    of_layers = (f"layer_{layer}_{name}" for name in _OF_LAYER for layer in range(layers))
    return (*INCIDENT_FEATURES, *of_event, *of_layers)


def high_level_features(showers: Showers, detector: Calorimeter, threshold_mev: float = 0.1) -> FloatArray:
    r"""Compute the high-level features of showers.

    As in the CaloChallenge (arXiv:2410.21611): the incident energy, and in each layer the energy, the
    centre, the widths and the share of cells hit; besides them the direction and point of entry, the
    response, the hottest cell's share and, with several layers, hits, centre, width and depth of the whole
    shower. Centres are taken from the point of entry, since directions vary here. Widths are

    .. math:: \sigma_x = \sqrt{\langle x^2 \rangle_E - \langle x \rangle_E^2}

    Parameters
    ----------
    showers
        N showers.
    detector
        Their calorimeter.
    threshold_mev
        A cell is hit where its deposit is above this, in MeV; above 0.

    Returns
    -------
    numpy.ndarray
        Features named by `high_level_feature_names`, shape (N, features); centres and widths of an empty
        shower or layer are 0, which its energy of 0 tells apart.

    Raises
    ------
    ConfigurationError
        If the threshold is not above 0.

    Examples
    --------
    >>> from showerkit.data.records import IncidentParticles, Showers
    >>> from showerkit.geometry import load_detector
    >>> zdc = load_detector("zdc-ecal")
    >>> energy = np.zeros((1, zdc.n_cells))
    >>> energy[0, zdc.index(0, 10, 10)] = 500.0
    >>> one = IncidentParticles([11], [1000.0], [[0.0, 0.0, 1000.5]], [[0.0, 0.0, -202.0]])
    >>> table = high_level_features(Showers(one, energy, [0]), zdc)
    >>> dict(zip(high_level_feature_names(zdc), table[0].round(3).tolist()))["layer_0_offset_x_mm"]
    15.15
    """
    seen = shower_observables(showers, detector, threshold_mev)
    layers = len(detector.layers)
    names = _OF_EVENT + (_OF_LAYERED_EVENT if layers > 1 else ())
    of_event = np.column_stack([seen.values(name) for name in names])
    table = [
        incident_features(showers.incident),
        of_event,
        *_layer_features(showers, detector, threshold_mev),
    ]
    return np.nan_to_num(np.concatenate(table, axis=1))


def _layer_features(showers: Showers, detector: Calorimeter, threshold_mev: float) -> list[FloatArray]:
    """Compute the features of each layer, one table (N, layers) for each name in `_OF_LAYER`."""
    if not detector.is_grid:
        return _own_layer_features(showers, detector, threshold_mev)
    image = showers.energy_mev.reshape(len(showers), *detector.shape)
    entry = showers.incident.entry_point_mm()
    hit_share = (image > threshold_mev).mean(axis=(2, 3))
    energy = image.sum(axis=(2, 3), dtype=np.float64)
    centres, widths = [], []
    for axis, (across, position) in enumerate(((2, detector.cell_x), (3, detector.cell_y))):
        projected = image.sum(axis=across, dtype=np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = projected @ position / energy
            square = projected @ position**2 / energy
        centres.append(mean - entry[:, axis, None])
        # Rounding can make the variance of a single cell slightly negative.
        widths.append(np.sqrt(np.maximum(square - mean**2, 0.0)))
    return [log_cells(energy, threshold_mev), hit_share, *centres, *widths]


def _own_layer_features(showers: Showers, detector: Calorimeter, threshold_mev: float) -> list[FloatArray]:
    """Compute the same where layers have cells of their own, from the cells' positions."""
    layers = len(detector.layers)
    cells = showers.energy_mev.reshape(len(showers), layers, -1)
    present = detector.cell_map.present.reshape(layers, -1)
    entry = showers.incident.entry_point_mm()
    hit_share = (cells > threshold_mev).sum(axis=2) / present.sum(axis=1)
    energy = cells.sum(axis=2, dtype=np.float64)
    position = detector.cell_positions_mm.reshape(layers, -1, 3)
    centres, widths = [], []
    for axis in (0, 1):
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.einsum("nlc,lc->nl", cells, position[..., axis]) / energy
            square = np.einsum("nlc,lc->nl", cells, position[..., axis] ** 2) / energy
        centres.append(mean - entry[:, axis, None])
        widths.append(np.sqrt(np.maximum(square - mean**2, 0.0)))
    return [log_cells(energy, threshold_mev), hit_share, *centres, *widths]
