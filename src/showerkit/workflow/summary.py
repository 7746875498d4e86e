"""The few figures of an evaluation that a run ends with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from showerkit.errors import FileFormatError
from showerkit.report.numbers import plain_number, value_with_error

if TYPE_CHECKING:
    from pathlib import Path

_MEASURES = (
    "hit_probability.mse",
    "mask_probability.mse",
    "response.shift",
    "resolution.shift",
    "hits.mean_shift",
    "width_mm.mean_shift",
    "classifier.high_level.auc",
    "classifier.low_level.auc",
    "resolution.spread",
    "resolution.core",
    "bias.largest",
    "pull.width",
    "coverage.overall",
    "w1m",
    "w1p",
    "w1efp",
    "fpd",
    "kpd",
    "coverage",
    "mmd",
    "classifier.auc",
    "resolution.ratio",
    "resolution.ratio_worst",
    "closure.pt",
    "closure.eta",
    "flavour.ratio",
    "pile_up.slope",
    "image.accuracy",
    "image.entropy",
    "image.frechet",
    "w1.x",
    "w1.y",
    "w1.intensity",
    "w1.total",
)
_WHAT: Final = {"n_jets": "jet", "n_images": "image", "n_events": "shower"}
#: Reconstructed energies and calibrated jets are held against true ones, so that there is no floor.
_WITHOUT_FLOOR: Final = ("energy-regression", "jet-energy")


def key_figures(metrics: Path) -> tuple[str, ...]:
    """Write the key figures of every candidate, each with its floor if there is one, as lines of text.

    Parameters
    ----------
    metrics
        The ``metrics.json`` of an evaluation.

    Returns
    -------
    tuple of str
        The lines.

    Raises
    ------
    FileFormatError
        If the file holds no evaluation.
    """
    try:
        values = json.loads(metrics.read_text(encoding="utf-8"))
        reference = values["reference"]
        energies = values.get("kind") in _WITHOUT_FLOOR
        floors = {} if energies else values["floor"]["measures"]
        lines = [f"reference: {_sample(reference)}"]
        for candidate in values["candidates"]:
            lines.append(f"candidate: {candidate['name'] if energies else _sample(candidate)}")
            lines.extend(
                _line(candidate["measures"][key], floors.get(key), with_group=energies)
                for key in _MEASURES
                if key in candidate["measures"]
            )
            if not energies:
                lines.extend(_speed(reference, candidate))
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as broken:
        raise FileFormatError(
            f"{metrics}", got=repr(broken), expected="the metrics of an evaluation"
        ) from None
    return tuple(lines)


def _sample(sample: dict[str, Any]) -> str:
    kind = next((key for key in _WHAT if key in sample), "n_events")
    return f"{sample[kind]:,} {_WHAT[kind]}s of {sample['generator']}"


def _line(measure: dict[str, Any], floor: dict[str, Any] | None, *, with_group: bool) -> str:
    name = f"{measure['group']}: {measure['label']}" if with_group else measure["label"]
    text = f"  {name}: {_value(measure)}"
    if floor is not None and measure["kind"] != "shift":
        text += f" (floor {_value(floor)})"
    return text


def _value(measure: dict[str, Any]) -> str:
    if measure["value"] is None:
        return "n/a"
    value = value_with_error(measure["value"], measure["error"] if measure["error"] is not None else 0.0)
    return f"{value} {measure['unit']}".rstrip()


def _speed(reference: dict[str, Any], candidate: dict[str, Any]) -> list[str]:
    if "n_images" in candidate and candidate["timing"] is not None:
        return [f"  Core time per image: {plain_number(candidate['timing']['ms_per_shower'])} ms"]
    if reference["timing"] is None or candidate["timing"] is None:
        return []
    slow, fast = reference["timing"]["ms_per_shower"], candidate["timing"]["ms_per_shower"]
    times = f", {plain_number(slow / fast)} times as fast" if fast > 0.0 else ""
    what, simulation = ("jet", "simulation") if "n_jets" in candidate else ("shower", "Geant4")
    return [f"  Core time per {what}: {plain_number(fast)} ms ({simulation} {plain_number(slow)} ms{times})"]
