"""Settings of a jet simulation as words on the command line."""

from __future__ import annotations

from typing import Any

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError
from showerkit.simulate.jets.config import JetProcessConfig


def jet_process_from_options(
    process: str,
    *,
    parton_pt: str | None = None,
    jet_pt: str | None = None,
    **settings: Any,
) -> JetProcessConfig:
    """Read the options of ``showerkit simulate-jets`` that decide the jets.

    Parameters
    ----------
    process
        What starts the jets.
    parton_pt, jet_pt
        Ranges ``low:high`` in GeV.
    settings
        Further fields of `JetProcessConfig`; None for the default.

    Returns
    -------
    JetProcessConfig
        All settings.

    Raises
    ------
    ConfigurationError
        If an option cannot be read or is out of range.

    Examples
    --------
    >>> jet_process_from_options("qcd", parton_pt="100:150", jet_pt="80:200").parton_pt_gev
    (100.0, 150.0)
    """
    values: dict[str, Any] = {name: value for name, value in settings.items() if value is not None}
    for option, text in (("parton_pt", parton_pt), ("jet_pt", jet_pt)):
        if text is not None:
            values[f"{option}_gev"] = pt_range(option, text)
    return parse_config(JetProcessConfig, {"process": process, **values}, source="simulate-jets")


def pt_range(option: str, text: str) -> tuple[float, float]:
    """Read a range ``low:high`` in GeV of the option of this name.

    Raises
    ------
    ConfigurationError
        If it cannot be read.
    """
    low, _, high = text.partition(":")
    try:
        return float(low), float(high)
    except ValueError:
        raise ConfigurationError(
            f"--{option.replace('_', '-')}", got=repr(text), expected="a range low:high in GeV"
        ) from None
