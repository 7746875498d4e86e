"""Whether showers are like those that a model was trained on, as far as it says what those were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.configuration import parse_config
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


class UnfamiliarShowers:
    """Counts showers of particles or energies that a model has not been trained on, batch by batch.

    Parameters
    ----------
    description
        How the model describes itself: ``particles`` (PDG codes) and ``valid_range`` (lowest and highest
        ``energy`` in MeV) count, if it has them.

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
        self._range = _energy_range(description.get("valid_range"))
        self._total = 0
        self._foreign: dict[int, int] = {}
        self._outside = 0
        self._lowest, self._highest = np.inf, -np.inf

    def add(self, incident: IncidentParticles) -> None:
        """Look at a batch."""
        self._total += len(incident)
        if self._particles is not None:
            codes, counts = np.unique(incident.pdg, return_counts=True)
            for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
                if code not in self._particles:
                    self._foreign[code] = self._foreign.get(code, 0) + count
        if self._range is not None and len(incident):
            low, high = self._range
            # Ends of a sample lie a little inside those of its distribution.
            margin = 0.01 * (high - low)
            energy = incident.energy_mev
            self._outside += int(((energy < low - margin) | (energy > high + margin)).sum())
            self._lowest = min(self._lowest, float(energy.min()))
            self._highest = max(self._highest, float(energy.max()))

    def warnings(self) -> list[str]:
        """Give one line for each way in which showers were unlike those of the training."""
        known = ", ".join(str(code) for code in self._particles or ())
        lines = [
            f"{count} of {self._total} showers: particle (PDG code) {code}, which model '{self._name}' "
            f"never saw in training (only {known})"
            for code, count in sorted(self._foreign.items())
        ]
        if self._outside and self._range is not None:
            low, high = (end / MEV_PER_GEV for end in self._range)
            far = self._highest if self._highest > self._range[1] else self._lowest
            way = "up" if self._highest > self._range[1] else "down"
            lines.append(
                f"{self._outside} of {self._total} showers: energy {way} to {far / MEV_PER_GEV:.4g} GeV, "
                f"outside the {low:.4g} to {high:.4g} GeV that model '{self._name}' was trained on"
            )
        return lines


def _codes(value: JsonValue) -> tuple[int, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or not all(isinstance(code, int) for code in value):
        raise ShowerkitError("model: particles", got=value, expected="a list of PDG codes")
    return tuple(code for code in value if isinstance(code, int))


def _energy_range(value: JsonValue) -> tuple[float, float] | None:
    energy = value.get("energy") if isinstance(value, dict) else None
    if energy is None:
        return None
    if not isinstance(energy, list | tuple) or len(energy) != 2:
        raise ShowerkitError("model: valid range of the energy", got=energy, expected="lowest and highest")
    low, high = energy
    if not (isinstance(low, int | float) and isinstance(high, int | float) and low <= high):
        raise ShowerkitError("model: valid range of the energy", got=energy, expected="lowest and highest")
    return float(low), float(high)
