"""The card of a model that calibrates jets: what it is for, where it came from, how good it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from showerkit.export.card_rows import figure, heading, made_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from showerkit.train.jet_energy_checkpoint import JetEnergyCheckpoint

#: What of a measured jet bounds the use of a model, with its unit.
_RANGES: Final = {
    "pt_gev": ("measured pT", "GeV"),
    "abs_eta": (r"\|η\|", ""),
    "pile_up": ("collisions on top", ""),
    "rho_gev": ("density rho", "GeV"),
}
_LIMITS: Final = (
    "It calibrates jets of this detector, of this radius and this collision energy: another detector wants "
    "another training, and `showerkit reconstruct` warns. It is a calibration of no real experiment."
)


def jet_energy_model_card(
    name: str, checkpoint: JetEnergyCheckpoint, metrics: Mapping[str, Any], commands: Sequence[str] = ()
) -> str:
    """Write the card of a model that calibrates jets.

    Parameters
    ----------
    name
        Name under which it is shipped, and of the candidate in the evaluation, or the part of it behind
        ``jet-energy-``.
    checkpoint
        The model.
    metrics
        The ``metrics.json`` of its evaluation.
    commands
        Commands that made it.

    Returns
    -------
    str
        The card in Markdown; its first paragraph is one line.

    Raises
    ------
    KeyError
        If the evaluation has no such candidate.
    """
    meta, reference = checkpoint.meta, metrics["reference"]
    by_name = {one["name"]: one for one in metrics["candidates"]}
    own = by_name[name if name in by_name else name.removeprefix("jet-energy-")]
    baseline = by_name[metrics["baseline"]]
    numbers = sum(tensor.numel() for tensor in checkpoint.weights.values())
    judged = (
        f"Judged by {reference['n_jets']:,} jets of {reference['generator']} (seed {reference['seed']}), "
        f"beside `{baseline['name']}`, to which ratios refer."
    )
    lines = [
        *heading(name, meta.description),
        "| | |",
        "| --- | --- |",
        f"| Detector | {meta.sample.get('detector')}, anti-kT R = {meta.sample.get('cone_radius')} |",
        f"| True pT | {meta.pt_low_gev:.4g} to {meta.pt_high_gev:.4g} GeV |",
        *(
            f"| Valid for | {words} {low:.4g} to {high:.4g} {unit}".rstrip() + " |"
            for key, (words, unit) in _RANGES.items()
            for low, high in [meta.valid_range[key]]
        ),
        f"| Network | {meta.model.kind}, {numbers:,} numbers |",
        f"| Recipe, seed | `{meta.name}`, {meta.seed} |",
        f"| Trained on | {meta.n_train:,} jets, fingerprint `{meta.data_fingerprint[:16]}` |",
        f"| Calibrated on | {meta.n_calibration:,} other jets |",
        f"| Software | {', '.join(f'{key} {value}' for key, value in sorted(meta.versions.items()))} |",
        f"| Licence | {meta.licence} |",
        "",
        _LIMITS,
        "",
        judged,
        "",
        f"| | model | {baseline['name']} |",
        "| --- | --- | --- |",
        *(
            f"| {_label(measure)} | {figure(measure)} | {figure(baseline['measures'].get(key))} |"
            for key, measure in own["measures"].items()
            if measure["value"] is not None
        ),
        *made_by(commands),
    ]
    return "\n".join([*lines, ""])


def _label(measure: Mapping[str, Any]) -> str:
    return f"{measure['group']}: {measure['label']}".replace("|", r"\|")
