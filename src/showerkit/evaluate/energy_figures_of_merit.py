"""The figures of one candidate over all events: resolution, response and pulls, with errors and ratios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from showerkit.evaluate.binned_width import BinnedWidth, binned_width
from showerkit.evaluate.bootstrap import replica_error
from showerkit.evaluate.measurement import MeasureKind, Measurement
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.typing import FloatArray

#: An interval of one standard deviation of a Gaussian.
ONE_SIGMA: Final = 0.6826894921370859
SIGMA: Final = "\N{GREEK SMALL LETTER SIGMA}"


def measure(
    key: str, label: str, unit: str, group: str, replicas: FloatArray, kind: MeasureKind = "level"
) -> Measurement:
    """Make a figure from its replicas, entry 0 of which is measured."""
    return Measurement(
        key=key,
        label=label,
        unit=unit,
        group=group,
        kind=kind,
        value=float(replicas[0]),
        error=float(replica_error(replicas)),
    )


def scaled_residuals(true_mev: FloatArray, predicted_mev: FloatArray) -> FloatArray:
    r"""Residuals :math:`(\hat E - E)/\sqrt E` in root GeV, shape (N,).

    Examples
    --------
    >>> scaled_residuals(np.array([4000.0]), np.array([5000.0])).tolist()
    [0.5]
    """
    return np.asarray((predicted_mev - true_mev) / np.sqrt(true_mev * MEV_PER_GEV), dtype=np.float64)


def scaled_widths(true_mev: FloatArray, predicted_mev: FloatArray, weights: NDArray[np.uint8]) -> BinnedWidth:
    r"""Compute mean and widths of :math:`(\hat E - E)/\sqrt E` over all events, in root GeV.

    The standard deviation is the resolution :math:`\sigma/\sqrt E` of S. Schnake's thesis: one number for a
    whole range of energies, exact if there is a stochastic term alone.

    Parameters
    ----------
    true_mev, predicted_mev
        True and predicted energies in MeV, shape (N,).
    weights
        Bootstrap weights, shape (N, R).

    Returns
    -------
    BinnedWidth
        For a single bin.

    Examples
    --------
    >>> true = np.random.default_rng(1).uniform(1000.0, 9000.0, size=20_000)
    >>> noise = np.random.default_rng(2).normal(size=20_000)
    >>> found = scaled_widths(
    ...     true, true + 0.3 * np.sqrt(1000.0 * true) * noise, np.ones((20_000, 1), np.uint8)
    ... )
    >>> round(float(found.spread[0, 0]), 2), round(float(found.core[0, 0]), 2)
    (0.3, 0.3)
    """
    residual = scaled_residuals(true_mev, predicted_mev)
    return binned_width(np.zeros(len(residual), dtype=np.int64), 1, weights, residual)


def inner_resolution_measures(
    width: BinnedWidth, first: BinnedWidth, low_mev: float, high_mev: float
) -> dict[str, Measurement]:
    """Spread within a range of energies, and its ratio to the first candidate's.

    Near energy 0 an offset of some MeV is many times the root of the energy: a few such events can be most of
    the spread over all.

    Parameters
    ----------
    width, first
        Widths of the events within the range, the candidate's and the first candidate's.
    low_mev, high_mev
        The range in MeV.

    Returns
    -------
    dict
        Figures by key.
    """
    group = f"Resolution from {low_mev / MEV_PER_GEV:g} to {high_mev / MEV_PER_GEV:g} GeV"
    found = [
        measure(
            "resolution.inner",
            f"{SIGMA}/√E (standard deviation)",
            "√GeV",
            group,
            width.spread[:, 0],
            "distance",
        ),
        measure(
            "ratio.inner",
            f"Ratio to the first ({SIGMA}/√E)",
            "",
            group,
            width.spread[:, 0] / first.spread[:, 0],
        ),
    ]
    return {one.key: one for one in found}


def resolution_measures(width: BinnedWidth, first: BinnedWidth) -> dict[str, Measurement]:
    """Widths over all events, and their ratios to the first candidate's, replica by replica.

    Both are weighted alike in each replica, so that the ratio's error knows how alike the candidates are.

    Parameters
    ----------
    width, first
        The candidate's widths and the first candidate's.

    Returns
    -------
    dict
        Figures by key.
    """
    group, unit = "Resolution over all events", "√GeV"
    found = [
        measure(
            "resolution.spread",
            f"{SIGMA}/√E (standard deviation)",
            unit,
            group,
            width.spread[:, 0],
            "distance",
        ),
        measure("resolution.core", f"{SIGMA}/√E (central 68 %)", unit, group, width.core[:, 0], "distance"),
        measure(
            "ratio.spread",
            f"Ratio to the first ({SIGMA}/√E)",
            "",
            group,
            width.spread[:, 0] / first.spread[:, 0],
        ),
        measure(
            "ratio.core", "Ratio to the first (central 68 %)", "", group, width.core[:, 0] / first.core[:, 0]
        ),
        measure("bias.scaled", "Mean of (E_rec - E)/√E", unit, group, width.mean[:, 0], "shift"),
    ]
    return {one.key: one for one in found}


def bias_measures(
    bias: FloatArray,
    energy_mev: FloatArray,
    inner: NDArray[np.bool_],
    tolerated: float,
    given: Literal["true", "reconstructed"] = "true",
) -> dict[str, Measurement]:
    """The largest relative bias over inner bins, and the one that exceeds what is tolerated most surely.

    The largest of many noisy values is large by chance, too: read it beside its error.

    Parameters
    ----------
    bias
        Relative bias per replica and bin, shape (R, bins).
    energy_mev
        Mean energies of the bins in MeV, shape (bins,).
    inner
        Bins that count, shape (bins,).
    tolerated
        Relative bias that counts as none.
    given
        Energy that the bins are of: the keys begin with ``bias`` or ``calibration``.

    Returns
    -------
    dict
        Figures by key; empty without bins that count.
    """
    error = replica_error(bias)
    usable = np.flatnonzero(inner & np.isfinite(bias[0]) & (error > 0.0))
    if len(usable) == 0:
        return {}
    prefix = "bias" if given == "true" else "calibration"
    group = f"Bias given the {given} energy"
    size = np.abs(bias[0])
    largest = usable[int(np.argmax(size[usable]))]
    excess = (size[usable] - tolerated) / error[usable]
    surest = usable[int(np.argmax(excess))]
    return {
        f"{prefix}.largest": Measurement(
            f"{prefix}.largest",
            f"Largest |bias| (at {energy_mev[largest] / MEV_PER_GEV:.3g} GeV)",
            "%",
            group,
            "level",
            100.0 * float(size[largest]),
            100.0 * float(error[largest]),
        ),
        f"{prefix}.excess": Measurement(
            f"{prefix}.excess",
            f"|bias| above {100.0 * tolerated:g} % (at {energy_mev[surest] / MEV_PER_GEV:.3g} GeV)",
            "standard errors",
            group,
            "level",
            float(excess.max()),
            1.0,
        ),
    }
