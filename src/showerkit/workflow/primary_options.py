"""Incident particles as words on the command line: ``0:20``, ``1,5,20``, ``10``."""

from __future__ import annotations

import warnings
from typing import Any, Final

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError
from showerkit.simulate.particles import particle_named
from showerkit.simulate.primaries import PrimaryConfig

#: Above this an energy that was meant in MeV is likelier than a shower of so many TeV.
_UNUSUAL_GEV: Final = 1000.0


def primaries_from_options(
    particles: list[str] | None = None,
    energy: str | None = None,
    spectrum: str | None = None,
    theta: str | None = None,
    phi: str | None = None,
    position: str | None = None,
) -> PrimaryConfig | None:
    """Read the options of ``showerkit simulate`` that describe the incident particles.

    Parameters
    ----------
    particles
        Names; one word may hold several with commas between.
    energy
        Kinetic energy in GeV: a value, a range ``lo:hi`` or a list ``a,b,c``.
    spectrum
        ``uniform`` or ``log``.
    theta, phi
        Angles in degrees: a value or a range.
    position
        ``x,y`` in mm, each a value or a range.

    Returns
    -------
    PrimaryConfig or None
        The distributions; None if no option is given.

    Raises
    ------
    ConfigurationError
        If an option cannot be read.

    Examples
    --------
    >>> primaries_from_options(["e-,e+"], energy="0:20").energy_gev
    (0.0, 20.0)
    >>> primaries_from_options(energy="1,5,20").energies_gev
    (1.0, 5.0, 20.0)
    """
    values: dict[str, Any] = {}
    if particles:
        names = [name.strip() for word in particles for name in word.split(",")]
        values["particles"] = tuple(particle_named(name).name for name in names)
    if energy is not None:
        if "," in energy:
            values["energies_gev"] = tuple(_number("energy", word, energy) for word in energy.split(","))
        else:
            values["energy_gev"] = _value_or_range("energy", energy, energy)
    if spectrum is not None:
        values["spectrum"] = spectrum
    if theta is not None:
        values["theta_deg"] = _value_or_range("theta", theta, theta)
    if phi is not None:
        values["phi_deg"] = _value_or_range("phi", phi, phi)
    if position is not None:
        words = position.split(",")
        if len(words) != 2:
            raise _unreadable("position", position)
        values["position_mm"] = tuple(_value_or_range("position", word, position) for word in words)
    if not values:
        return None
    config = parse_config(PrimaryConfig, values, source="incident particles")
    _warn_of_tev(config)
    return config


def _warn_of_tev(config: PrimaryConfig) -> None:
    """Energies of files are in MeV: say how much it is if somebody wrote such a number."""
    given = config.energies_gev or config.energy_gev
    largest = max(given) if isinstance(given, tuple) else given
    if largest > _UNUSUAL_GEV:
        warnings.warn(
            f"--energy goes up to {largest:g} GeV = {largest / 1000.0:g} TeV; it is in GeV, not MeV",
            stacklevel=3,
        )


_FORMS = {
    "energy": "GeV as a value (10), a range (0:20) or a list (1,5,20)",
    "theta": "degrees as a value (10) or a range (-25:25)",
    "phi": "degrees as a value (90) or a range (0:180)",
    "position": "mm as a point (x,y) or ranges (x0:x1,y0:y1)",
}


def _value_or_range(option: str, word: str, whole: str) -> float | tuple[float, float]:
    ends = word.split(":")
    if len(ends) == 1:
        return _number(option, word, whole)
    if len(ends) == 2:
        return _number(option, ends[0], whole), _number(option, ends[1], whole)
    raise _unreadable(option, whole)


def _number(option: str, word: str, whole: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise _unreadable(option, whole) from None


def _unreadable(option: str, whole: str) -> ConfigurationError:
    return ConfigurationError(f"--{option}", got=repr(whole), expected=_FORMS[option])
