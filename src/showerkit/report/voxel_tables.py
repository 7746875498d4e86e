"""Tables and key figures of an evaluation of showers on voxels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from showerkit.report.numbers import TIMES, plain_number, value_with_error
from showerkit.report.verdict import Card, grade

if TYPE_CHECKING:
    from showerkit.evaluate.equivalent_size import EquivalentSize
    from showerkit.evaluate.voxels.result import VoxelCandidate, VoxelResult, VoxelSampleResult

_HEADLINE: Final = (
    ("classifier.high_level.auc", "AUC, observables"),
    ("classifier.low_level.auc", "AUC, voxels"),
    ("fpd.largest", "FPD"),
    ("kpd", "KPD"),
    ("separation.layer_energy.mean", "Separation, layer energies"),
    ("separation.sparsity.mean", "Separation, sparsity"),
    ("neighbours.recall", "Recall"),
)


def voxel_cards(result: VoxelResult, candidate: VoxelCandidate) -> list[Card]:
    """Choose the few figures of a candidate that come first."""
    measures, floor = candidate.comparison.measures, result.floor.comparison.measures
    cards = []
    for key, title in _HEADLINE:
        if key not in measures:
            continue
        measure, beside = measures[key], floor.get(key)
        _, mark = grade(measure, beside)
        detail = "" if beside is None else f"floor: {value_with_error(beside.value, beside.error)}"
        cards.append(Card(title, value_with_error(measure.value, measure.error), detail, mark))
    size = candidate.comparison.separations.equivalent
    cards.append(
        Card("Worth as many showers of the simulation", *_worth(size, result.training_showers), "none")
    )
    return cards


def _worth(size: EquivalentSize, training: int | None) -> tuple[str, str]:
    """The number of showers where it is known, else its lower limit at 95 % confidence."""
    limit = f"at least {plain_number(size.at_least)}" if math.isfinite(size.at_least) else "not told apart"
    if not (math.isfinite(size.showers) and size.excess > 2.0 * size.excess_error):
        return limit, "95 % confidence"
    detail = f"{limit} (95 % confidence)"
    if training:
        detail += f"; {plain_number(size.showers / training)} {TIMES} the training sample"
    return plain_number(size.showers), detail


def voxel_sentence(result: VoxelResult, candidate: VoxelCandidate) -> str:
    """Sum a candidate up in one sentence."""
    floor = result.floor.comparison.measures
    grades = [grade(measure, floor.get(key))[1] for key, measure in candidate.comparison.measures.items()]
    known = [mark for mark in grades if mark != "none"]
    good, poor = known.count("good"), known.count("poor")
    text = f"{good} of {len(known)} measures agree with the reference as well as a second true sample does"
    return f"{text}; {poor} differ clearly." if poor else f"{text}; none differs clearly."


def voxel_sample_rows(result: VoxelResult) -> list[list[str]]:
    """Facts of every sample, under a heading."""
    samples = [("reference", result.reference)]
    if result.floor_kind != "halves":
        samples.append(("floor", result.floor.sample))
    samples += [("candidate", candidate.sample) for candidate in result.candidates]
    heading = ["Sample", "Role", "Layout", "Showers", "Incident energy", "Without deposit", "Core time"]
    return [heading, *([sample.facts.name, role, *_facts(sample)] for role, sample in samples)]


def _facts(sample: VoxelSampleResult) -> list[str]:
    low, high = (plain_number(energy / 1000.0) for energy in sample.energy_mev)
    timing = sample.facts.timing
    return [
        sample.facts.form,
        f"{sample.n_events:,}",
        f"{low} to {high} GeV",
        f"{sample.n_empty:,}",
        "n/a" if timing is None else f"{plain_number(timing.ms_per_shower)} ms per shower",
    ]


def voxel_number_rows(result: VoxelResult) -> list[dict[str, object]]:
    """Means of every sample alone."""
    samples = [result.reference, result.floor.sample, *result.shown]
    return [
        {
            "label": f"{number.label} [{number.unit}]" if number.unit else number.label,
            "values": [value_with_error(one.numbers[key].value, one.numbers[key].error) for one in samples],
        }
        for key, number in result.reference.numbers.items()
    ]


def voxel_key_lines(result: VoxelResult) -> list[str]:
    """The key figures of every candidate with their floors, a line of text for each."""
    lines = []
    for candidate in result.candidates:
        told = [
            f"{card.title} {card.value}{f' ({card.detail})' if card.detail else ''}"
            for card in voxel_cards(result, candidate)
        ]
        lines.append(f"{candidate.sample.facts.name}: {'; '.join(told)}")
    return lines
