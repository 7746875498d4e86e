"""What a reader must know to judge an evaluation of showers on voxels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from showerkit.evaluate.voxels.result import VoxelCandidate, VoxelResult

#: Share of showers within a histogram below which a reader is told.
_INSIDE = 0.9


def voxel_notes(result: VoxelResult) -> VoxelResult:
    """Add notes to a result."""
    layers = len(result.geometry.each_layer)
    notes = [
        (
            f"Deposits below {result.threshold_mev:.4g} MeV count as 0; the voxels are those of "
            f"'{result.geometry.name}' ({result.geometry.n_voxels} in {layers} layers)."
        )
    ]
    if result.floor_kind == "halves":
        notes.append(
            "The floor is the reference's two halves; a second sample of the simulation, given with --floor, "
            "makes a better one."
        )
    notes += [
        f"{sample.facts.name}: {sample.n_empty} showers without any deposit."
        for sample in (result.reference, *result.shown)
        if sample.n_empty
    ]
    for candidate in result.candidates:
        notes += _of_candidate(candidate)
    return replace(result, notes=tuple(notes))


def _of_candidate(candidate: VoxelCandidate) -> list[str]:
    found, name, notes = candidate.comparison, candidate.sample.facts.name, []
    if found.two_samples is not None:
        seen = found.two_samples
        notes.append(
            f"{name}: classifiers, kernel distance and neighbours see {seen.reference_showers} showers "
            f"of the reference and {seen.candidate_showers} of this sample."
        )
    each = found.separations.each.values()
    missing = [one.label for one in each if not np.isfinite(one.value)]
    if missing:
        labels = "; ".join(missing)
        notes.append(f"{name}: no separation power, as nothing lies within the bins: {labels}.")
    least = _INSIDE * candidate.sample.n_events
    few = sum(one.layer is not None and one.candidate_inside < least for one in each)
    if few:
        notes.append(
            f"{name}: in {few} histograms more than a tenth of the showers lies outside the bins (as of "
            "layers without a deposit), which separation powers do not see."
        )
    return notes
