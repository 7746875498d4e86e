"""What is said of the errors of jets: how it is calibrated, and what a model file holds of it."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from showerkit.configuration import StrictConfig
from showerkit.train.energy_baseline_recipe import IntervalSettings
from showerkit.train.energy_checkpoint import ResolutionTerms
from showerkit.train.jet_response_config import rising_from_zero


class JetIntervalSettings(IntervalSettings):
    """Errors and intervals, which are calibrated on jets that nothing else has seen.

    Parameters
    ----------
    coverage
        Share of the jets whose true pT the interval holds.
    bins
        Most bins of the calibrated pT in each of which that share holds.
    spacing
        Whether these bins hold equally many calibration jets (``number``) or are equal in the logarithm of pT
        (``log``), as a wide range wants it; there one with too few jets joins the next.
    abs_eta_edges
        Rising edges of the bins of the measured |eta|, the first 0, each with errors and intervals of its
        own; jets beyond the last are treated as in the last bin.
    """

    spacing: Literal["number", "log"] = "number"
    abs_eta_edges: tuple[float, ...] = Field(default=(0.0, 0.8, 1.3, 2.0, 2.5, 3.2, 4.5), min_length=2)

    _edges = field_validator("abs_eta_edges")(rising_from_zero)


class SigmaCalibration(StrictConfig):
    r"""What is made of predicted sigmas in bins of the calibrated pT.

    .. math:: \sigma' = s \sqrt{\sigma^2 + f^2}

    Parameters
    ----------
    inner_edges_mev
        Rising edges between the bins in MeV; () for one bin.
    floors_mev
        f of each bin in MeV.
    scales
        s of each bin.
    """

    inner_edges_mev: tuple[float, ...] = ()
    floors_mev: tuple[float, ...]
    scales: tuple[float, ...]

    @model_validator(mode="after")
    def _one_a_bin(self) -> Self:
        if not len(self.floors_mev) == len(self.scales) == len(self.inner_edges_mev) + 1:
            raise ValueError("one of floors_mev and of scales for each bin")
        if min(self.floors_mev) < 0.0 or min(self.scales) <= 0.0:
            raise ValueError("floors_mev of at least 0, and scales above 0")
        return self


class JetErrors(StrictConfig):
    """Errors and intervals of the jets of one bin of |eta|; pT counts as an energy.

    Parameters
    ----------
    resolution
        Standard error as a function of the calibrated pT; None: the measurement predicts it.
    sigma
        Calibration of standard errors by which pulls have width 1.
    intervals
        Calibrated intervals, as `showerkit.reconstruct.conformal.ConformalIntervals` writes them.
    """

    resolution: ResolutionTerms | None = None
    sigma: SigmaCalibration
    intervals: dict[str, Any]


class JetErrorBins(StrictConfig):
    """Errors and intervals in bins of the measured |eta|.

    Parameters
    ----------
    abs_eta_edges
        Rising edges of the bins, the first 0; jets beyond the last are treated as in the last bin.
    errors
        What is said in each.
    """

    abs_eta_edges: tuple[float, ...] = Field(min_length=2)
    errors: tuple[JetErrors, ...]

    _edges = field_validator("abs_eta_edges")(rising_from_zero)

    @model_validator(mode="after")
    def _one_a_bin(self) -> Self:
        if len(self.errors) != len(self.abs_eta_edges) - 1:
            raise ValueError("one of errors for each bin of abs_eta_edges")
        return self
