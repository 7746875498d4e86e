"""The recipe of a calibration of jets without a network."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig
from showerkit.models.jet_baseline_config import AnyJetBaselineConfig, NumericalInversionConfig
from showerkit.train.energy_baseline_recipe import BaselineData
from showerkit.train.jet_error_config import JetIntervalSettings
from showerkit.train.jet_response_config import JetResponseSettings


class JetBaselineData(BaselineData):
    """Which jets are for what.

    Parameters
    ----------
    calibration_fraction
        See `BaselineData`; jets of one event are always on the same side.
    pt_range_gev
        Learn from jets with a true pT in this range only, in GeV; None: from all.
    weighted
        Let jets count by the weights of their events, that is, with the spectrum of nature; or alike.
    """

    pt_range_gev: tuple[float, float] | None = None
    weighted: bool = False

    @model_validator(mode="after")
    def _rising_range(self) -> Self:
        ends = self.pt_range_gev
        if ends is not None and not 0.0 < ends[0] < ends[1]:
            raise ValueError("two rising values above 0 as pt_range_gev")
        return self


class JetBaselineRecipe(StrictConfig):
    """Everything that the fit of a calibration of jets needs but the jets.

    Parameters
    ----------
    name, description
        Short name, and one line of what it is for.
    model
        The calibration.
    response
        Correction of the response; None: jets stay as the calibration gives them.
    data, intervals
        The sections.

    Examples
    --------
    >>> recipe = JetBaselineRecipe(name="standard", model={"kind": "numerical-inversion"})
    >>> recipe.model.pt_bins, recipe.intervals.coverage
    (20, 0.68)
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    description: str = ""
    model: AnyJetBaselineConfig = NumericalInversionConfig()
    response: JetResponseSettings | None = None
    data: JetBaselineData = JetBaselineData()
    intervals: JetIntervalSettings = JetIntervalSettings()
