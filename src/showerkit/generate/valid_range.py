"""Whether a model may be asked for given incident particles."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from showerkit.data.condition_transform import InputName, condition_values
from showerkit.errors import OutOfRangeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.data.records import IncidentParticles

#: Quantities that are checked, with unit, factor from the file's unit, and what rounding alone may add.
_CHECKED: Final[tuple[tuple[InputName, str, float, float], ...]] = (
    ("energy", "GeV", 1.0e-3, 0.1),
    ("theta", "degrees", 180.0 / np.pi, 1.0e-3),
    ("phi", "degrees", 180.0 / np.pi, 1.0e-3),
    ("x", "mm", 1.0, 0.01),
    ("y", "mm", 1.0, 0.01),
)
#: Below this polar angle in rad the azimuth means nothing.
ALONG_BEAM_RAD: Final = 2.0e-3


def range_limits(meta: TrainedRange) -> dict[InputName, tuple[float, float]]:
    """Give what a model may be asked for, with what is granted beyond its training sample's ends.

    The lowest and highest value of a sample of n lie about span / n inside the ends of its distribution; a
    hundredth of the span and ten such gaps are granted beyond them.

    Parameters
    ----------
    meta
        The model's description, with its ranges.

    Returns
    -------
    dict
        Lowest and highest of energy (MeV), theta, phi (rad), x and y (mm), as far as the model has ranges.
    """
    limits = {}
    for name, _, _, rounding in _CHECKED:
        if name in meta.valid_range:
            low, high = meta.valid_range[name]
            margin = (high - low) * (0.01 + 10.0 / max(meta.n_train, 1)) + rounding
            limits[name] = low - margin, high + margin
    return limits


class TrainedRange(Protocol):
    """What is known of the incident particles that a model was trained on."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def particles(self) -> tuple[int, ...]:
        """Particle Data Group codes."""

    @property
    def valid_range(self) -> Mapping[str, tuple[float, float]]:
        """Lowest and highest of each quantity."""

    @property
    def n_train(self) -> int:
        """Number of showers."""


def range_violation(incident: IncidentParticles, meta: TrainedRange) -> tuple[str, str, str] | None:
    """Find the first quantity that lies outside what a model was trained on (see `range_limits`).

    Parameters
    ----------
    incident
        The incident particles asked for.
    meta
        The model's description, with its ranges and particles.

    Returns
    -------
    tuple of str or None
        What lies outside, the value, and the range; None if nothing does.
    """
    foreign = sorted(set(np.unique(incident.pdg).tolist()) - set(meta.particles))
    if foreign:
        known = ", ".join(str(code) for code in meta.particles)
        return "particle (PDG code)", str(foreign[0]), f"one of {known}"
    limits = range_limits(meta)
    for name, unit, factor, _ in _CHECKED:
        if name not in limits:
            continue
        low, high = meta.valid_range[name]
        values = condition_values(incident, (name,))[:, 0]
        if name == "phi":
            values = values[incident.theta_rad > ALONG_BEAM_RAD]
        least, most = limits[name]
        outside = (values < least) | (values > most)
        if outside.any():
            value = float(values[int(np.argmax(outside))]) * factor
            return name, f"{value:.4g} {unit}", f"{low * factor:.4g} to {high * factor:.4g} {unit}"
    return None


def check_range(incident: IncidentParticles, meta: TrainedRange, *, allow: bool) -> None:
    """Refuse incident particles unlike those that a model was trained on, or warn of them.

    Parameters
    ----------
    incident
        The incident particles asked for.
    meta
        The model's description, with its ranges and particles.
    allow
        Warn instead of refusing; the warning points at the caller's caller.

    Raises
    ------
    OutOfRangeError
        If a particle is unlike those of the training, naming what and the range.
    """
    found = range_violation(incident, meta)
    if found is None:
        return
    what, got, expected = found
    if allow:
        warnings.warn(
            f"model '{meta.name}': {what} {got} lies outside the training's: {expected}", stacklevel=3
        )
        return
    raise OutOfRangeError(
        f"{what} of the incident particles",
        got=got,
        expected=f"what model '{meta.name}' was trained on, {expected}",
        mend="ask within that range, or allow going out of it (--allow-out-of-range)",
    )
