"""Bins that fit a sample: the usual ones where there are enough showers, fewer and wider ones else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.evaluate.settings import EvaluationConfig, FittedEvaluationConfig
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from showerkit.typing import FloatArray

#: Showers that a bin of the hit probability should hold on average; with fewer its MSE is all statistics.
ENOUGH_PER_ENERGY_BIN: Final = 20
_ENOUGH_PER_RESPONSE_BIN: Final = 25
_ENOUGH_PER_HISTOGRAM_BIN: Final = 20
_USUAL_MEV: Final = 100.0
_USUAL_RESPONSE_BINS: Final = 20
_USUAL_HISTOGRAM_BINS: Final = 50
_FEWEST_HISTOGRAM_BINS: Final = 10


def fitted_to(config: EvaluationConfig, incident_mev: FloatArray) -> FittedEvaluationConfig:
    """Choose the bins that the settings leave open.

    Parameters
    ----------
    config
        The settings wanted; what they say of bins is kept.
    incident_mev
        Incident energies of the reference in MeV, shape (N,).

    Returns
    -------
    FittedEvaluationConfig
        By default bins of 100 MeV for the hit probability, 20 bins of response and 50 of each histogram; of
        few showers the narrowest bins of 200, 500, 1000, ... MeV that hold 20 showers on average (of those
        that hold any), and bins of response and histograms for 25 and 20 showers each.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> few = fitted_to(EvaluationConfig(), rng.uniform(0.0, 20_000.0, 200))
    >>> few.energy_bin_mev, few.response_bins, few.histogram_bins
    (2000.0, 8, 10)
    >>> fitted_to(EvaluationConfig(), rng.uniform(0.0, 20_000.0, 10_000)).energy_bin_mev
    100.0
    """
    n = len(incident_mev)
    fitted = {
        "energy_bin_mev": _energy_bin_mev(incident_mev),
        "response_bins": int(np.clip(n // _ENOUGH_PER_RESPONSE_BIN, 1, _USUAL_RESPONSE_BINS)),
        "histogram_bins": int(
            np.clip(n // _ENOUGH_PER_HISTOGRAM_BIN, _FEWEST_HISTOGRAM_BINS, _USUAL_HISTOGRAM_BINS)
        ),
    }
    asked = {name: value for name, value in config.model_dump().items() if value is not None}
    return FittedEvaluationConfig(**{**fitted, **asked})


def _energy_bin_mev(incident_mev: FloatArray) -> float:
    """The usual width, or the narrowest of 200, 500, 1000, ... MeV with enough showers a bin."""
    highest, width, factors = float(incident_mev.max()), _USUAL_MEV, (2.0, 2.5, 2.0)
    for step in range(60):
        filled = len(np.unique(np.floor(incident_mev / width)))
        wider = width * factors[step % 3]
        if filled == 1 or len(incident_mev) >= ENOUGH_PER_ENERGY_BIN * filled or wider > highest:
            break
        width = wider
    return width


def few_showers_note(config: EvaluationConfig, fitted: FittedEvaluationConfig, showers: int) -> str | None:
    """Say which bins are not the usual ones because showers are few; None if all are.

    Examples
    --------
    >>> fitted = fitted_to(EvaluationConfig(), np.linspace(10.0, 9990.0, 400))
    >>> print(few_showers_note(EvaluationConfig(), fitted, 400))
    400 showers are few: hit probability in bins of 0.5 GeV (not 0.1), response in 16 bins (not 20), ...
    """
    changed = []
    if config.energy_bin_mev is None and fitted.energy_bin_mev != _USUAL_MEV:
        changed.append(
            f"hit probability in bins of {fitted.energy_bin_mev / MEV_PER_GEV:g} GeV (not "
            f"{_USUAL_MEV / MEV_PER_GEV:g})"
        )
    if config.response_bins is None and fitted.response_bins != _USUAL_RESPONSE_BINS:
        bins = "1 bin" if fitted.response_bins == 1 else f"{fitted.response_bins} bins"
        changed.append(f"response in {bins} (not {_USUAL_RESPONSE_BINS})")
    if config.histogram_bins is None and fitted.histogram_bins != _USUAL_HISTOGRAM_BINS:
        changed.append(f"histograms in {fitted.histogram_bins} bins (not {_USUAL_HISTOGRAM_BINS})")
    if not changed:
        return None
    return (
        f"{showers:,} showers are few: {', '.join(changed)}. Others are set by --energy-bin, --response-bins "
        "and --histogram-bins; 2,000 showers or more fill the usual ones better."
    )
