"""The card of a model that makes jets: what it is for, where it came from, how good it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from showerkit.data.jet_records import JET_TYPES
from showerkit.errors import ConfigurationError
from showerkit.export.card_rows import figure, heading, made_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from showerkit.train.cloud_checkpoint import CloudCheckpoint

_MEASURES: Final = ("w1m", "w1p", "w1efp", "fpd", "kpd", "coverage", "mmd", "classifier.auc")

_LIMITS: Final = (
    "It makes the hardest particles of jets of this class, energy and radius alone, at the level of the "
    "generator unless the sample was smeared. Classes that were not in the training, and more particles than "
    "it has places for, are refused."
)


def cloud_model_card(
    name: str, checkpoint: CloudCheckpoint, metrics: Mapping[str, Any], commands: Sequence[str] = ()
) -> str:
    """Write the card of a model that makes jets.

    Parameters
    ----------
    name
        Name under which it is shipped.
    checkpoint
        The model.
    metrics
        The ``metrics.json`` of an evaluation of jets, among whose candidates is one of this model.
    commands
        Commands that made it.

    Returns
    -------
    str
        The card in Markdown; its first paragraph is one line.

    Raises
    ------
    ConfigurationError
        If no candidate was made by this model.
    """
    meta = checkpoint.meta
    made = [one for one in metrics["candidates"] if one["generator"] == meta.name]
    if not made:
        raise ConfigurationError(
            "metrics",
            got=f"samples of {', '.join(one['generator'] for one in metrics['candidates'])}",
            expected=f"a sample of {meta.name}",
        )
    candidate, reference, floor = made[0], metrics["reference"], metrics["floor"]
    names = {code: kind for kind, code in JET_TYPES.items()}
    parameters = sum(tensor.numel() for tensor in checkpoint.network.values())
    low, high = meta.valid_range.get("pt_gev", (float("nan"),) * 2)
    judged = (
        f"Judged with {candidate['n_used']:,} jets by {reference['n_used']:,} of {reference['generator']} "
        f"(seed {reference['seed']}); the floor is {floor['n_used']:,} more of the same process."
    )
    times = [timed["ms_per_shower"] for timed in (candidate["timing"], reference["timing"]) if timed]
    lines = [
        *heading(name, meta.description),
        "| | |",
        "| --- | --- |",
        f"| Jets | {', '.join(names.get(code, str(code)) for code in meta.condition.classes)} |",
        f"| Particles | up to {meta.condition.places} |",
        f"| Transverse momenta of the training | {low:.0f} to {high:.0f} GeV |",
        f"| Network | {meta.model.kind}, {parameters:,} numbers |",
        f"| Recipe, seed | `{meta.name}`, {meta.seed} |",
        f"| Trained on | {meta.n_train:,} jets, fingerprint `{meta.data_fingerprint[:16]}` |",
        f"| Software | {', '.join(f'{key} {value}' for key, value in sorted(meta.versions.items()))} |",
        f"| Licence | {meta.licence} |",
        "",
        _LIMITS,
        "",
        judged,
        "",
        "| | model | simulation against itself |",
        "| --- | --- | --- |",
        *(
            f"| {candidate['measures'][key]['label']} | {figure(candidate['measures'][key])} "
            f"| {figure(floor['measures'].get(key))} |"
            for key in _MEASURES
            if key in candidate["measures"]
        ),
        *(
            [f"| Core time of a jet | {times[0]:.2g} ms | {times[1]:.2g} ms |"]
            if len(times) == len(("model", "simulation"))
            else []
        ),
        *made_by(commands),
    ]
    return "\n".join([*lines, ""])
