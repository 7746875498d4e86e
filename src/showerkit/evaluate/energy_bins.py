"""Bins of true and of predicted energy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from showerkit.typing import FloatArray

#: Bins of predicted energy beyond either end of the true energies.
_MOST_BEYOND: Final = 5


def true_energy_edges(energy_mev: FloatArray, settings: Mapping[str, JsonValue], bins: int) -> FloatArray:
    """Edges of equal bins over the energies that a sample was made with.

    Parameters
    ----------
    energy_mev
        True energies in MeV, shape (N,).
    settings
        Settings of the shower file; the range of energies in its ``primaries`` counts if it holds all
        energies, else the lowest and highest energy.
    bins
        Number of bins.

    Returns
    -------
    numpy.ndarray
        Edges in MeV, shape (bins + 1,).

    Examples
    --------
    >>> true_energy_edges(np.array([12.0, 3990.0]), {"primaries": {"energy_gev": [0.0, 4.0]}}, 4).tolist()
    [0.0, 1000.0, 2000.0, 3000.0, 4000.0]
    >>> true_energy_edges(np.array([10.0, 50.0]), {}, 2).tolist()
    [10.0, 30.0, 50.0]
    """
    low, high = float(energy_mev.min()), float(energy_mev.max())
    primaries = settings.get("primaries")
    told = primaries.get("energy_gev") if isinstance(primaries, dict) else None
    if isinstance(told, list | tuple) and len(told) == 2:
        ends = [float(end) * MEV_PER_GEV for end in told if isinstance(end, int | float)]
        # Energies are single precision.
        if len(ends) == 2 and ends[0] <= low * (1 + 1e-6) and high * (1 - 1e-6) <= ends[1]:
            low, high = min(low, ends[0]), max(high, ends[1])
    if high <= low:
        low, high = 0.5 * low, 1.5 * high
    return np.linspace(low, high, bins + 1)


def predicted_energy_edges(edges_mev: FloatArray, predicted_mev: FloatArray) -> FloatArray:
    """Edges of bins of predicted energy: those of the true energy, and some more where predictions lie.

    Examples
    --------
    >>> predicted_energy_edges(np.array([0.0, 10.0, 20.0]), np.array([-3.0, 5.0, 41.0])).tolist()
    [-10.0, 0.0, 10.0, 20.0, 30.0, 40.0, 50.0]
    """
    width = float(edges_mev[1] - edges_mev[0])
    below = int(np.clip(np.ceil((edges_mev[0] - predicted_mev.min()) / width), 0, _MOST_BEYOND))
    above = int(np.clip(np.ceil((predicted_mev.max() - edges_mev[-1]) / width), 0, _MOST_BEYOND))
    return np.concatenate(
        [
            edges_mev[0] - width * np.arange(below, 0, -1),
            edges_mev,
            edges_mev[-1] + width * np.arange(1, above + 1),
        ]
    )
