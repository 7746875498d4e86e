"""Runs of a kind, drawn in one panel where there are too many for one figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from showerkit.report.run_record import RunRecord


def run_families(records: Sequence[RunRecord]) -> dict[str, list[RunRecord]]:
    """Put runs of a kind together: regressions, adversarial trainings by their inputs, and with remedies.

    Parameters
    ----------
    records
        The runs.

    Returns
    -------
    dict
        The runs by name of the family, in the order of their first ones.
    """
    families: dict[str, list[RunRecord]] = {}
    for record in records:
        families.setdefault(family_name(record.values), []).append(record)
    return families


def family_name(values: Mapping[str, Any]) -> str:
    """Name the family of a recipe.

    Examples
    --------
    >>> family_name({"model": {"kind": "mask-value", "inputs": ["energy"]}, "adversarial": None})
    'Regression'
    >>> family_name({"model": {"kind": "mask-value", "inputs": ["energy"]}, "adversarial": {"r1": None}})
    'GAN on energy'
    """
    model, stage = values.get("model", {}), values.get("adversarial")
    kind = model.get("kind", "mask-value")
    if kind != "mask-value":
        return str(kind).capitalize()
    if not isinstance(stage, dict):
        return "Regression"
    mask, discriminator = stage.get("mask") or {}, stage.get("discriminator") or {}
    if (
        stage.get("r1") is not None
        or stage.get("average") is not None
        or mask.get("kind", "probability") != "probability"
        or discriminator.get("sees", "image") != "image"
        or discriminator.get("spectral_norm") is not None
    ):
        return "GAN with remedies"
    inputs = model.get("inputs", [])
    return f"GAN on {inputs[0]}" if len(inputs) == 1 else f"GAN on {len(inputs)} inputs"
