"""The card of a model that measures energies: what it is for, where it came from, how good it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from showerkit.export.card_rows import figure, heading, identity, made_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from showerkit.train.energy_checkpoint import EnergyCheckpoint

_MEASURES: Final = (
    "resolution.spread",
    "resolution.inner",
    "resolution.core",
    "ratio.core",
    "bias.largest",
    "bias.excess",
    "calibration.largest",
    "pull.mean",
    "pull.width",
    "coverage.overall",
    "coverage.lowest",
    "coverage.highest",
)

_LIMITS: Final = (
    "It measures energies of one particle a shower, in this detector alone. It knows no other particles than "
    "those named: the energies of others come out wrong, and `showerkit reconstruct` warns. Intervals hold "
    "their coverage for particles and energies that are distributed as in the training."
)


def energy_model_card(
    name: str, checkpoint: EnergyCheckpoint, metrics: Mapping[str, Any], commands: Sequence[str] = ()
) -> str:
    """Write the card of a model that measures energies.

    Parameters
    ----------
    name
        Name under which it is shipped.
    checkpoint
        The model.
    metrics
        The ``metrics.json`` of its evaluation: the baseline that it is compared with first, itself last.
    commands
        Commands that made it.

    Returns
    -------
    str
        The card in Markdown; its first paragraph is one line.
    """
    meta, reference = checkpoint.meta, metrics["reference"]
    baseline, candidate = metrics["candidates"][0], metrics["candidates"][-1]
    physics = meta.physics_data or "unknown"
    parameters = sum(tensor.numel() for tensor in checkpoint.weights.values())
    judged = (
        f"Judged by {reference['n_events']:,} showers of {reference['generator']} "
        f"(seed {reference['seed']}), beside `{baseline['name']}`, to which the ratio refers."
    )
    lines = [
        *heading(name, meta.description),
        *identity(
            meta,
            parameters,
            f"| Told of each cell | {', '.join(meta.model.inputs)} |"
            if hasattr(meta.model, "inputs")
            else "",
            f"| Physics data | {physics} |",
            f"| Calibrated on | {meta.n_calibration:,} other showers |",
        ),
        _LIMITS,
        "",
        judged,
        "",
        f"| | model | {baseline['name']} |",
        "| --- | --- | --- |",
        *(
            f"| {_label(candidate['measures'][key])} | {figure(candidate['measures'][key])} "
            f"| {figure(baseline['measures'].get(key))} |"
            for key in _MEASURES
            if key in candidate["measures"]
        ),
        *made_by(commands),
    ]
    return "\n".join([*lines, ""])


def _label(measure: Mapping[str, Any]) -> str:
    return f"{measure['group']}: {measure['label']}".replace("|", r"\|")
