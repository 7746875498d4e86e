"""What the cards of all models have in common: who the model is, and how figures are written."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from showerkit.report.numbers import plain_number, value_with_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from showerkit.train.checkpoint import CheckpointMeta
    from showerkit.train.energy_checkpoint import EnergyMeta

#: Name, unit and factor to it of what bounds the incident particles.
_RANGES: Final = {
    "energy": ("kinetic energy", "GeV", 1e-3),
    "theta": ("polar angle", "degrees", 180.0 / math.pi),
    "x": ("start position x", "mm", 1.0),
    "y": ("start position y", "mm", 1.0),
}


def heading(name: str, description: str) -> list[str]:
    """Begin a card: its first paragraph is one line.

    Examples
    --------
    >>> heading("tiny", "A model")
    ['# tiny', '', 'A model.', '']
    """
    return [f"# {name}", "", f"{description}.".replace("..", "."), ""]


def identity(meta: CheckpointMeta | EnergyMeta, parameters: int, *of_kind: str) -> list[str]:
    """Give the table of what a model is and what it was trained on; rows of its kind stand in the middle."""
    return [
        "| | |",
        "| --- | --- |",
        f"| Detector | {meta.detector.name}: {meta.detector.title} |",
        f"| Particles (PDG codes) | {', '.join(map(str, meta.particles))} |",
        *(f"| Valid for | {text} |" for text in _ranges(meta.valid_range)),
        *of_kind,
        f"| Network | {meta.model.kind}, {parameters:,} parameters |",
        f"| Recipe, seed | `{meta.name}`, {meta.seed} |",
        f"| Trained on | {meta.n_train:,} showers, fingerprint `{meta.data_fingerprint[:16]}` |",
        f"| Software | {', '.join(f'{key} {value}' for key, value in sorted(meta.versions.items()))} |",
        f"| Licence | {meta.licence} |",
        "",
    ]


def figure(measure: Mapping[str, Any] | None) -> str:
    """Write a measure of an evaluation with its error and unit."""
    if measure is None or measure["value"] is None:
        return "n/a"
    return f"{value_with_error(measure['value'], measure['error'] or 0.0)} {measure['unit']}".rstrip()


def made_by(commands: Sequence[str]) -> list[str]:
    """Give the commands that made a model.

    Examples
    --------
    >>> made_by([])
    []
    """
    return (
        ["", "Made by", "", "```console", *(f"$ {command}" for command in commands), "```"]
        if commands
        else []
    )


def _ranges(valid: Mapping[str, tuple[float, float]]) -> list[str]:
    found = []
    for key, (label, unit, factor) in _RANGES.items():
        if key in valid:
            low, high = (plain_number(factor * value) for value in valid[key])
            found.append(f"{label} {low} to {high} {unit}")
    return found
