"""The recipe of a measurement of energies without a network, and what all of them say of their errors."""

from __future__ import annotations

from pydantic import Field

from showerkit.configuration import StrictConfig
from showerkit.models.energy_baseline_config import AnyBaselineConfig, LinearCalibrationConfig


class IntervalSettings(StrictConfig):
    """The intervals that are calibrated on events that nothing else has seen.

    Parameters
    ----------
    coverage
        Share of events whose true energy the interval holds.
    bins
        Bins of predicted energy, of equally many calibration events, in each of which that share holds.
    """

    coverage: float = Field(default=0.68, gt=0.0, lt=1.0)
    bins: int = Field(default=10, ge=1, le=1000)


class ResponseSettings(StrictConfig):
    """The correction that frees energies of bias given the true one, fitted to all but validation events.

    Parameters
    ----------
    knots
        Number of knots between which the correction is linear.
    """

    knots: int = Field(default=10, ge=2, le=100)


class BaselineData(StrictConfig):
    """Which showers are for what.

    Parameters
    ----------
    calibration_fraction
        Share of the events that the fit does not see and that calibrate sigmas and intervals.
    """

    calibration_fraction: float = Field(default=0.1, gt=0.0, lt=1.0)


class EnergyBaselineRecipe(StrictConfig):
    """Everything that the fit of a baseline of energy measurement needs but the showers.

    Parameters
    ----------
    name, description
        Short name, and one line of what it is for.
    model
        The baseline.
    response
        Correction of the response; None: energies stay as the baseline gives them.
    data, intervals
        The sections.

    Examples
    --------
    >>> recipe = EnergyBaselineRecipe(name="line", model={"kind": "linear-layers"})
    >>> recipe.model.quantity, recipe.intervals.coverage
    ('charged-tracks', 0.68)
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    description: str = ""
    model: AnyBaselineConfig = LinearCalibrationConfig()
    response: ResponseSettings | None = None
    data: BaselineData = BaselineData()
    intervals: IntervalSettings = IntervalSettings()
