"""The card of a trained model: what it is for, where it came from, how good it is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from showerkit.report.numbers import plain_number, value_with_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from showerkit.train.checkpoint import Checkpoint

_MEASURES: Final = (
    "hit_probability.mse",
    "response.shift",
    "resolution.shift",
    "hits.mean_shift",
    "width_mm.mean_shift",
    "centre_x.bias",
    "centre_y.bias",
    "centre_x.spread",
    "centre_y.spread",
    "classifier.high_level.auc",
    "classifier.low_level.auc",
    "fpd.largest",
)
#: Name, unit and factor to it of what bounds the incident particles.
_RANGES: Final = {
    "energy": ("kinetic energy", "GeV", 1e-3),
    "theta": ("polar angle", "degrees", 180.0 / math.pi),
    "x": ("start position x", "mm", 1.0),
    "y": ("start position y", "mm", 1.0),
}

_LIMITS: Final = (
    "Energies are in MeV. Asked for particles outside this range it refuses, or warns if told to go on. It "
    "knows showers of this detector alone, and was judged on the kind of incident particles that it was "
    "trained for; rare showers, of which the training sample had a handful, are the least certain."
)


def model_card(
    name: str, checkpoint: Checkpoint, metrics: Mapping[str, Any], commands: Sequence[str] = ()
) -> str:
    """Write a model's card.

    Parameters
    ----------
    name
        Name under which it is shipped.
    checkpoint
        The model.
    metrics
        The ``metrics.json`` of its evaluation, with one candidate.
    commands
        Commands that made it.

    Returns
    -------
    str
        The card in Markdown; its first paragraph is one line.
    """
    meta = checkpoint.meta
    reference, floor = metrics["reference"], metrics["floor"]
    candidate = metrics["candidates"][0]
    parameters = sum(tensor.numel() for tensor in checkpoint.weights.values())
    judged = (
        f"Judged by {reference['n_events']:,} showers of {reference['generator']} "
        f"(seed {reference['seed']}); the floor is {floor['n_events']:,} more of the same particles "
        f"(seed {floor['seed']})."
    )
    lines = [
        f"# {name}",
        "",
        f"{meta.description}.".replace("..", "."),
        "",
        "| | |",
        "| --- | --- |",
        f"| Detector | {meta.detector.name}: {meta.detector.title} |",
        f"| Particles (PDG codes) | {', '.join(map(str, meta.particles))} |",
        *(f"| Valid for | {text} |" for text in _ranges(meta.valid_range)),
        f"| Hit threshold | {meta.threshold_mev:g} MeV |",
        f"| Network | {meta.model.kind}, {parameters:,} parameters |",
        f"| Recipe, seed | `{meta.name}`, {meta.seed} |",
        f"| Trained on | {meta.n_train:,} showers, fingerprint `{meta.data_fingerprint[:16]}` |",
        f"| Software | {', '.join(f'{key} {value}' for key, value in sorted(meta.versions.items()))} |",
        f"| Licence | {meta.licence} |",
        "",
        _LIMITS,
        "",
        judged,
        "",
        "| | model | Geant4 against itself |",
        "| --- | --- | --- |",
        *(
            f"| {candidate['measures'][key]['label']} | {_value(candidate['measures'][key])} "
            f"| {_value(floor['measures'].get(key))} |"
            for key in _MEASURES
            if key in candidate["measures"]
        ),
    ]
    if commands:
        lines += ["", "Made by", "", "```console", *(f"$ {command}" for command in commands), "```"]
    return "\n".join([*lines, ""])


def _ranges(valid: Mapping[str, tuple[float, float]]) -> list[str]:
    found = []
    for key, (label, unit, factor) in _RANGES.items():
        if key in valid:
            low, high = (plain_number(factor * value) for value in valid[key])
            found.append(f"{label} {low} to {high} {unit}")
    return found


def _value(measure: Mapping[str, Any] | None) -> str:
    if measure is None or measure["value"] is None:
        return "n/a"
    return f"{value_with_error(measure['value'], measure['error'] or 0.0)} {measure['unit']}".rstrip()
