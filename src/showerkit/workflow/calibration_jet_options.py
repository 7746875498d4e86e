"""Settings of a simulation of matched jets as words on the command line."""

from __future__ import annotations

from typing import Any, Final

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError
from showerkit.simulate.jets.calibration_config import PRESETS, CalibrationJetConfig
from showerkit.workflow.jet_options import pt_range

#: The word for a detector that sees every particle as it is.
_NO_DETECTOR: Final = "none"


def calibration_jets_from_options(
    process: str,
    *,
    preset: str = "narrow",
    true_pt: str | None = None,
    detector: str | None = None,
    **settings: Any,
) -> CalibrationJetConfig:
    """Read the options of ``showerkit simulate-calibration-jets`` that decide the jets.

    Parameters
    ----------
    process
        What scatters.
    preset
        A name of `PRESETS`.
    true_pt
        Range ``low:high`` in GeV in the place of the preset's.
    detector
        Name of a detector, or "none".
    settings
        Further fields of `CalibrationJetConfig`; None for the default.

    Returns
    -------
    CalibrationJetConfig
        All settings.

    Raises
    ------
    ConfigurationError
        If an option cannot be read or is out of range.

    Examples
    --------
    >>> calibration_jets_from_options("b", preset="wide", pile_up=20.0).true_pt_gev
    (30.0, 2000.0)
    """
    if preset not in PRESETS:
        raise ConfigurationError("--preset", got=repr(preset), expected=" or ".join(PRESETS))
    values = {**PRESETS[preset], "process": process}
    values |= {name: value for name, value in settings.items() if value is not None}
    if true_pt is not None:
        values["true_pt_gev"] = pt_range("true_pt", true_pt)
    if detector is not None:
        values["detector"] = None if detector == _NO_DETECTOR else detector
    return parse_config(CalibrationJetConfig, values, source="simulate-calibration-jets")
