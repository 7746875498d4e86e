"""Whether showers are like those that a model was trained on, as far as it says what those were."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from showerkit.configuration import parse_config
from showerkit.data.condition_transform import InputName, condition_values
from showerkit.errors import ConfigurationError, ShowerkitError
from showerkit.geometry.calorimeter import Calorimeter
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from showerkit.data.records import IncidentParticles


def check_detector(description: Mapping[str, JsonValue], detector: Calorimeter, source: str) -> None:
    """Refuse the showers of a detector that a model was not trained on.

    Parameters
    ----------
    description
        How the model describes itself; its ``detector`` counts, if it has one.
    detector
        The detector of the showers.
    source
        Where the showers are, for the message.

    Raises
    ------
    ConfigurationError
        If the detectors differ in name or in anything else.
    """
    told = description.get("detector")
    if told is None:
        return
    name = description.get("name", "model")
    if not isinstance(told, dict):
        raise ConfigurationError(
            f"model '{name}': detector", got=told, expected="a calorimeter's description"
        )
    known = parse_config(Calorimeter, told, source=f"model '{name}': detector", error=ConfigurationError)
    if known == detector:
        return
    if known.name != detector.name:
        got, expected = f"'{detector.name}'", f"'{known.name}'"
    else:
        fields = type(known).model_fields
        differing = [field for field in fields if getattr(known, field) != getattr(detector, field)]
        got, expected = f"'{detector.name}' with other {', '.join(differing)}", "the same"
    raise ConfigurationError(
        f"{source}: detector",
        got=got,
        expected=f"{expected} as model '{name}' was trained on",
        mend="reconstruct showers of that detector, or train a model for this one",
    )


class _Quantity(NamedTuple):
    """A quantity of the incident particles that has a range."""

    name: str
    unit: str
    #: From the unit of `valid_range` to `unit`.
    factor: float
    #: So far beyond the range, in the unit of `valid_range`, makes no difference.
    tolerance: float


_QUANTITIES: Final[dict[InputName, _Quantity]] = {
    "energy": _Quantity("energy", "GeV", 1.0 / MEV_PER_GEV, 0.0),
    "theta": _Quantity("polar angle", "degrees", 180.0 / math.pi, 2.0e-3),
    "x": _Quantity("start position x", "mm", 1.0, 0.5),
    "y": _Quantity("start position y", "mm", 1.0, 0.5),
}


class UnfamiliarShowers:
    """Counts showers of particles that a model has not been trained on, batch by batch.

    Parameters
    ----------
    description
        How the model describes itself: ``particles`` (PDG codes) and ``valid_range`` (lowest and highest
        ``energy`` in MeV, ``theta`` in rad, ``x`` and ``y`` in mm) count, if it has them.

    Examples
    --------
    >>> from showerkit.data.records import IncidentParticles
    >>> told = {"name": "example", "particles": [11], "valid_range": {"energy": [0.0, 10000.0]}}
    >>> seen = UnfamiliarShowers(told)
    >>> along = [[0.0, 0.0, 1.0]]
    >>> seen.add(IncidentParticles([211, 11], [500.0, 20000.0], along * 2, along * 2))
    >>> for line in seen.warnings():
    ...     print(line)
    1 of 2 showers: particle (PDG code) 211, which model 'example' never saw in training (only 11)
    1 of 2 showers: energy up to 20 GeV, outside the 0 to 10 GeV that model 'example' was trained on
    """

    def __init__(self, description: Mapping[str, JsonValue]) -> None:
        self._name = description.get("name", "model")
        self._particles = _codes(description.get("particles"))
        told = description.get("valid_range")
        ranges = told if isinstance(told, dict) else {}
        self._ranges = {key: _range(ranges[key], key) for key in _QUANTITIES if ranges.get(key) is not None}
        self._total = 0
        self._foreign: dict[int, int] = {}
        self._outside = dict.fromkeys(self._ranges, 0)
        self._ends = dict.fromkeys(self._ranges, (np.inf, -np.inf))

    def add(self, incident: IncidentParticles) -> None:
        """Look at a batch."""
        self._total += len(incident)
        if len(incident) == 0:
            return
        if self._particles is not None:
            codes, counts = np.unique(incident.pdg, return_counts=True)
            for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
                if code not in self._particles:
                    self._foreign[code] = self._foreign.get(code, 0) + count
        for key, (low, high) in self._ranges.items():
            column = condition_values(incident, (key,))[:, 0]
            # Ends of a sample lie a little inside those of its distribution.
            margin = 0.01 * (high - low) + _QUANTITIES[key].tolerance
            self._outside[key] += int(((column < low - margin) | (column > high + margin)).sum())
            lowest, highest = self._ends[key]
            self._ends[key] = min(lowest, float(column.min())), max(highest, float(column.max()))

    def warnings(self) -> list[str]:
        """Give one line for each way in which showers were unlike those of the training."""
        known = ", ".join(str(code) for code in self._particles or ())
        lines = [
            f"{count} of {self._total} showers: particle (PDG code) {code}, which model '{self._name}' "
            f"never saw in training (only {known})"
            for code, count in sorted(self._foreign.items())
        ]
        for key, count in self._outside.items():
            if count:
                quantity, (lowest, highest) = _QUANTITIES[key], self._ends[key]
                low, high = self._ranges[key]
                way, far = ("up", highest) if highest - high >= low - lowest else ("down", lowest)
                low, high, far = (quantity.factor * end for end in (low, high, far))
                lines.append(
                    f"{count} of {self._total} showers: {quantity.name} {way} to {far:.4g} {quantity.unit}, "
                    f"outside the {low:.4g} to {high:.4g} {quantity.unit} that model '{self._name}' was "
                    "trained on"
                )
        return lines


def _codes(value: JsonValue) -> tuple[int, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or not all(isinstance(code, int) for code in value):
        raise ShowerkitError("model: particles", got=value, expected="a list of PDG codes")
    return tuple(code for code in value if isinstance(code, int))


def _range(value: JsonValue, key: InputName) -> tuple[float, float]:
    match value:
        case [int() | float() as low, int() | float() as high] if low <= high:
            return float(low), float(high)
    raise ShowerkitError(
        f"model: valid range of the {_QUANTITIES[key].name}", got=value, expected="lowest and highest"
    )
