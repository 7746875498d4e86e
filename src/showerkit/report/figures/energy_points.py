"""Points of several models over an energy axis, told apart by colour, marker and a small shift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.report.figures.style import CANDIDATE_COLOURS, LINES, MARKERS, candidate_colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from showerkit.evaluate.result import Curve
    from showerkit.typing import FloatArray

TRUE_ENERGY: Final = "True energy [GeV]"
PREDICTED_ENERGY: Final = "Reconstructed energy [GeV]"
_GEV: Final = 1e-3
#: Points of all models together spread over this part of a bin.
_SPREAD: Final = 0.45


def model_marker(number: int) -> str:
    """Marker of the model of that number, another one when colours begin anew."""
    return MARKERS[(number + number // len(CANDIDATE_COLOURS)) % len(MARKERS)]


def model_line(number: int) -> str:
    """Line of the model of that number, another one when colours begin anew."""
    return LINES[number // len(CANDIDATE_COLOURS) % len(LINES)]


def draw_points(
    axes: Axes,
    curve: Curve,
    number: int,
    models: int,
    *,
    factor: float = 1.0,
    label: str | None = None,
    shifted: bool = True,
) -> None:
    """Draw a curve over the energy, with its errors.

    Parameters
    ----------
    axes
        Where.
    curve
        The curve, its x in MeV.
    number, models
        Number of the model, and how many there are.
    factor
        Factor from the curve's y to the label's unit.
    label
        Entry of the legend.
    shifted
        Shift the points within their bins.
    """
    shown = np.isfinite(curve.y) & np.isfinite(curve.x)
    energy = shifted_energy(curve, number, models) if shifted else _GEV * curve.x
    axes.errorbar(
        energy[shown],
        factor * curve.y[shown],
        yerr=factor * np.nan_to_num(curve.error[shown]),
        fmt=model_marker(number),
        color=candidate_colour(number),
        markersize=4.5,
        linewidth=1.2,
        label=label,
    )


def shifted_energy(curve: Curve, number: int, models: int) -> FloatArray:
    """Energies in GeV, shifted within their bins so that points of several models do not hide each other."""
    width = np.diff(curve.edges) if curve.edges is not None else np.zeros_like(curve.x)
    shift = _SPREAD * ((number + 0.5) / models - 0.5)
    return np.asarray(_GEV * (curve.x + shift * width), dtype=np.float64)


def limit_to_measured(
    axes: Axes,
    curves: list[Curve],
    *,
    about: float,
    factor: float = 1.0,
    least: float = 0.0,
    share: float = 0.95,
    within_gev: tuple[float, float] = (-np.inf, np.inf),
) -> None:
    """Limit the y axis to what most points need, about a value.

    Parameters
    ----------
    axes
        Where.
    curves
        The curves drawn.
    about
        A value that is in the axis.
    factor
        Factor from the curves' y to the label's unit.
    least
        Least height of the axis on either side.
    share
        Share of the points that have to be seen.
    within_gev
        Energies of the points that count, in GeV.
    """
    energy = np.concatenate([_GEV * curve.x for curve in curves])
    offset = np.concatenate([factor * curve.y - about for curve in curves])
    error = np.concatenate([factor * np.nan_to_num(curve.error) for curve in curves])
    counts = np.isfinite(offset) & (energy >= within_gev[0]) & (energy <= within_gev[1])
    if not counts.any():
        return
    below = -float(np.quantile((offset - error)[counts], 1.0 - share))
    above = float(np.quantile((offset + error)[counts], share))
    # The shorter side is not shortened to nothing, so that a shift to one side is seen as one.
    longer = max(below, above, least)
    axes.set_ylim(
        about - 1.15 * max(below, 0.3 * longer, least), about + 1.15 * max(above, 0.3 * longer, least)
    )
