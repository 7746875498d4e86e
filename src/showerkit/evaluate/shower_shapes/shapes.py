"""The measured shapes of a sample, as plain records that can be drawn and written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from showerkit.evaluate.shower_shapes.energy_dependence import CommonValue, LogarithmicRise
    from showerkit.evaluate.shower_shapes.longitudinal_profile import LayerDepths
    from showerkit.evaluate.shower_shapes.mean_profile_fit import ProfileFit
    from showerkit.typing import FloatArray


@dataclass(frozen=True, eq=False)
class EnergyBin:
    """One bin of incident energy.

    Parameters
    ----------
    low_mev, high_mev
        Its edges in MeV.
    mean_mev
        Geometric mean of the incident energies in MeV.
    showers
        Number of showers.
    """

    low_mev: float
    high_mev: float
    mean_mev: float
    showers: int


@dataclass(frozen=True, eq=False)
class LongitudinalBin:
    """Longitudinal profile of one energy bin.

    Parameters
    ----------
    energy
        The bin.
    depths
        Depths of the layers along the mean line of flight.
    share, share_error
        Mean share of the incident energy in each layer and its standard error, shape (layers,).
    free
        Fit of E0, T0 and beta.
    common_beta
        Fit of E0 and T0 with beta held at the value common to all bins.
    single
        Mean, standard error of the mean and spread of E0 (share) and T0 of single showers, or None.
    """

    energy: EnergyBin
    depths: LayerDepths
    share: FloatArray
    share_error: FloatArray
    free: ProfileFit
    common_beta: ProfileFit
    single: dict[str, float] | None = None


@dataclass(frozen=True, eq=False)
class TransverseBin:
    """Transverse profile of one energy bin in one group of layers.

    Parameters
    ----------
    energy
        The bin.
    first_layer, last_layer
        The layers of the group.
    edges_mm
        Edges of the rings in mm, shape (rings + 1,).
    share, share_error
        Mean share of the incident energy in each ring and its standard error, shape (rings,).
    cells_in_ring
        Mean number of cells whose centres lie in the ring, shape (rings,).
    fit
        Fit of core and tail.
    """

    energy: EnergyBin
    first_layer: int
    last_layer: int
    edges_mm: FloatArray
    share: FloatArray
    share_error: FloatArray
    cells_in_ring: FloatArray
    fit: ProfileFit


@dataclass(frozen=True, eq=False)
class ShowerShapes:
    """Shapes of the showers of a sample.

    Parameters
    ----------
    longitudinal, transverse
        Per energy bin (and group of layers).
    beta
        The common beta, or None with a single layer.
    maximum
        T0 against ln E, or None.
    expected_maximum
        T0 that the Particle Data Group gives for the mean energy of each longitudinal bin, shape (bins,).
    critical_energy_mev
        Critical energy of the first layer's active material in MeV.
    showers_used, showers_seen
        Number of showers within the angle and energy bins, and of all.
    notes
        What a reader must know about this sample.
    """

    longitudinal: tuple[LongitudinalBin, ...]
    transverse: tuple[TransverseBin, ...]
    beta: CommonValue | None
    maximum: LogarithmicRise | None
    expected_maximum: FloatArray
    critical_energy_mev: float
    showers_used: int
    showers_seen: int
    notes: tuple[str, ...]


def as_json(value: Any) -> Any:
    """Turn records, arrays and numbers into what JSON can hold.

    Examples
    --------
    >>> as_json({"a": np.array([1.0, 2.0])})
    {'a': [1.0, 2.0]}
    """
    if isinstance(value, np.ndarray):
        return as_json(value.tolist())
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if hasattr(value, "__dataclass_fields__"):
        return {name: as_json(getattr(value, name)) for name in value.__dataclass_fields__}
    return value
