"""Whether jets are like those that a calibration was trained on, as far as it says what those were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from showerkit.errors import ShowerkitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from showerkit.data.calibration_jets import CalibrationJets


class _Quantity(NamedTuple):
    """A quantity of the jets that has a range."""

    name: str
    unit: str


_QUANTITIES: Final[Mapping[str, _Quantity]] = {
    "pt_gev": _Quantity("uncalibrated pT", " GeV"),
    "abs_eta": _Quantity("|eta|", ""),
    "pile_up": _Quantity("number of further collisions", ""),
    "rho_gev": _Quantity("density rho", " GeV"),
}
#: Settings of a sample that say which jets are made how often, which the ranges tell better.
_SPECTRUM: Final = frozenset({"true_pt_gev", "bias_power", "parton_pt_margins", "pile_up"})
#: The setting that holds the detector's numbers, and the one that holds its name.
_SMEARING: Final = "smearing"
_DETECTOR: Final = "detector"


class UnfamiliarJets:
    """Counts jets that a calibration has not been trained on, batch by batch.

    Parameters
    ----------
    description
        How the model describes itself: ``valid_range`` (lowest and highest ``pt_gev``, ``abs_eta``,
        ``pile_up`` and ``rho_gev``) and ``sample`` (settings of its jets) count, if it has them.
    settings
        Settings of the sample of the jets.

    Examples
    --------
    >>> told = {"name": "example", "sample": {"process": "qcd"}}
    >>> seen = UnfamiliarJets(told, {"process": "b"})
    >>> seen.warnings()
    ["all 0 jets: process b, but model 'example' was trained on qcd"]
    """

    def __init__(self, description: Mapping[str, JsonValue], settings: Mapping[str, Any]) -> None:
        self._name = description.get("name", "model")
        told = description.get("valid_range")
        ranges = told if isinstance(told, dict) else {}
        self._ranges = {key: _range(ranges[key], key) for key in _QUANTITIES if ranges.get(key) is not None}
        sample = description.get("sample")
        self._sample: Mapping[str, Any] = sample if isinstance(sample, dict) else {}
        self._settings = settings
        self._total = 0
        self._outside = dict.fromkeys(self._ranges, 0)
        self._ends = dict.fromkeys(self._ranges, (np.inf, -np.inf))

    def add(self, jets: CalibrationJets) -> None:
        """Look at a batch."""
        self._total += len(jets)
        if len(jets) == 0:
            return
        for key, (low, high) in self._ranges.items():
            values = np.abs(jets.eta) if key == "abs_eta" else getattr(jets, key)
            # Ends of a sample lie a little inside those of its distribution.
            margin = 0.01 * (high - low)
            self._outside[key] += int(((values < low - margin) | (values > high + margin)).sum())
            lowest, highest = self._ends[key]
            self._ends[key] = min(lowest, float(values.min())), max(highest, float(values.max()))

    def warnings(self) -> list[str]:
        """Give one line for each way in which jets were unlike those of the training."""
        lines = []
        for key, count in self._outside.items():
            if count:
                (name, unit), (low, high) = _QUANTITIES[key], self._ranges[key]
                lowest, highest = self._ends[key]
                way, far = ("up", highest) if highest - high >= low - lowest else ("down", lowest)
                lines.append(
                    f"{count} of {self._total} jets ({_percent(count / self._total)}): {name} {way} to "
                    f"{far:.4g}{unit}, outside the {low:.4g} to {high:.4g}{unit} that model '{self._name}' "
                    "was trained on"
                )
        return lines + [
            f"all {self._total} jets: {here}, but model '{self._name}' was trained on {there}"
            for here, there in self._other_settings()
        ]

    def _other_settings(self) -> list[tuple[str, str]]:
        """Settings of the sample that are others than those of the training, here and there."""
        mine, its = self._settings, self._sample
        both = [key for key in its if key in mine and key not in _SPECTRUM and mine[key] != its[key]]
        found = [(f"{key} {_plain(mine[key])}", _plain(its[key])) for key in both if key != _SMEARING]
        if _SMEARING in both and _DETECTOR not in both:
            name = _plain(mine.get(_DETECTOR))
            parts = ", ".join(_differing(mine[_SMEARING], its[_SMEARING]))
            found.append((f"detector {name} with other numbers ({parts})", "its own"))
        return found


def _plain(value: object) -> str:
    return "none" if value is None else str(value)


def _percent(share: float) -> str:
    return f"{100.0 * share:.2g} %" if share < 0.995 else f"{100.0 * share:.3g} %"


def _differing(mine: object, its: object, above: str = "") -> list[str]:
    """Names of the entries of nested mappings that differ."""
    if not isinstance(mine, dict) or not isinstance(its, dict):
        return [above.removesuffix(".")] if mine != its else []
    keys = sorted({*mine, *its})
    return [name for key in keys for name in _differing(mine.get(key), its.get(key), f"{above}{key}.")]


def _range(value: JsonValue, key: str) -> tuple[float, float]:
    match value:
        case [int() | float() as low, int() | float() as high] if low <= high:
            return float(low), float(high)
    raise ShowerkitError(
        f"model: valid range of the {_QUANTITIES[key].name}", got=value, expected="lowest and highest"
    )
