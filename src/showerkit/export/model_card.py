"""The card of a trained model: what it is for, where it came from, how good it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from showerkit.export.card_rows import figure, heading, identity, made_by

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
        *heading(name, meta.description),
        *identity(meta, parameters, f"| Hit threshold | {meta.threshold_mev:g} MeV |"),
        _LIMITS,
        "",
        judged,
        "",
        "| | model | Geant4 against itself |",
        "| --- | --- | --- |",
        *(
            f"| {candidate['measures'][key]['label']} | {figure(candidate['measures'][key])} "
            f"| {figure(floor['measures'].get(key))} |"
            for key in _MEASURES
            if key in candidate["measures"]
        ),
        *made_by(commands),
    ]
    return "\n".join([*lines, ""])
