"""Single showers side by side: the same incident particle in every sample, or the nearest in energy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.cell_projection import front_view
from showerkit.evaluate.result import EventImage
from showerkit.typing import Float32Array, FloatArray

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.data.shower_file import ShowerFile


def choose_events(incident_mev: FloatArray, n: int) -> list[int]:
    """Choose showers whose energies lie evenly over the range, in rising energy.

    Parameters
    ----------
    incident_mev
        Incident energies in MeV, shape (N,).
    n
        How many to choose (fewer if the energies are few).

    Returns
    -------
    list of int
        Places in the file.

    Examples
    --------
    >>> choose_events(np.array([5.0, 1.0, 9.0, 3.0, 7.0]), 3)
    [1, 0, 2]
    """
    low, high = float(incident_mev.min()), float(incident_mev.max())
    chosen: list[int] = []
    for aim in np.linspace(low + 0.05 * (high - low), high, n):
        free = np.ones(len(incident_mev), dtype=bool)
        free[chosen] = False
        if not free.any():
            break
        chosen.append(int(np.argmin(np.where(free, np.abs(incident_mev - aim), np.inf))))
    return chosen


def event_images(
    reference: ShowerFile,
    others: Mapping[str, tuple[ShowerFile, FloatArray, bool]],
    reference_mev: FloatArray,
    n: int,
) -> tuple[EventImage, ...]:
    """Read a few showers of every sample.

    Parameters
    ----------
    reference
        The reference.
    others
        By column name: a sample, its incident energies in MeV and whether it is paired with the reference.
    reference_mev
        Incident energies of the reference in MeV, shape (N,).
    n
        How many showers.

    Returns
    -------
    tuple of EventImage
        In rising energy.
    """
    shared = min([len(reference_mev), *(len(mev) for _, mev, paired in others.values() if paired)])
    events = []
    for place in choose_events(reference_mev[:shared], n):
        shower = reference.read(place, place + 1)
        columns: dict[str, Float32Array] = {"Reference": _image(shower.energy_mev, reference)}
        totals = {"Reference": float(shower.total_mev[0])}
        masks = set()
        for name, (file, energies, paired) in others.items():
            row = place if paired else int(np.argmin(np.abs(energies - reference_mev[place])))
            other = file.read(row, row + 1)
            if other.mask_probability is not None:
                columns[f"{name}: MASK"] = _image(other.mask_probability, file, share=True)
                masks.add(f"{name}: MASK")
            columns[name] = _image(other.energy_mev, file)
            totals[name] = float(other.total_mev[0])
        events.append(
            EventImage(
                energy_mev=float(shower.incident.energy_mev[0]),
                theta_deg=float(np.degrees(shower.incident.theta_rad[0])),
                pdg=int(shower.incident.pdg[0]),
                images=columns,
                masks=frozenset(masks),
                totals_mev=totals,
            )
        )
    return tuple(events)


def _image(cells: Float32Array, file: ShowerFile, *, share: bool = False) -> Float32Array:
    """One event's cells as an image: deposits summed over the layers, or the largest probability of them."""
    return front_view(cells[0], file.detector, largest=share).astype(np.float32)
