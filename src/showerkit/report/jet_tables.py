"""Tables and key figures of an evaluation of jets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from showerkit.report.numbers import TIMES, plain_number, value_with_error
from showerkit.report.verdict import Card, grade, measure_table

if TYPE_CHECKING:
    from showerkit.evaluate.jets.jet_result import JetCandidate, JetReportResult, JetSampleResult
    from showerkit.report.verdict import Row

_HEADLINE: Final = (
    ("w1m", "W1M"),
    ("w1p", "W1P"),
    ("w1efp", "W1EFP"),
    ("fpd", "FPD"),
    ("kpd", "KPD"),
    ("coverage", "COV"),
    ("mmd", "MMD"),
    ("classifier.auc", "Classifier AUC"),
)


def jet_measure_table(result: JetReportResult) -> dict[str, list[Row]]:
    """Every measure of every candidate beside its floor, by group."""
    return measure_table(
        result.floor.comparison.measures, [candidate.comparison.measures for candidate in result.candidates]
    )


def jet_measures_by_type(result: JetReportResult) -> dict[str, list[Row]]:
    """The same for every type of jet, if there are several; the groups are the types."""
    floor = result.floor.comparison.by_type
    table: dict[str, list[Row]] = {}
    for name in floor:
        of_type = [candidate.comparison.by_type.get(name, {}) for candidate in result.candidates]
        rows = measure_table(floor[name], of_type)
        table[f"Jets of type {name}"] = [row for group in rows.values() for row in group]
    return {name: rows for name, rows in table.items() if rows}


def jet_cards(result: JetReportResult, candidate: JetCandidate) -> list[Card]:
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
    faster = jet_speed_up(result.reference, candidate.sample)
    mine, theirs = candidate.sample.facts.timing, result.reference.facts.timing
    if faster is not None and mine is not None and theirs is not None:
        one, other = (plain_number(timing.ms_per_shower) for timing in (mine, theirs))
        text = f"{one} ms per jet; reference: {other} ms"
        cards.append(Card("Speed", f"{plain_number(faster)} {TIMES}", text, "none"))
    return cards


def jet_sentence(result: JetReportResult, candidate: JetCandidate) -> str:
    """Sum a candidate up in one sentence."""
    floor = result.floor.comparison.measures
    grades = [grade(measure, floor.get(key))[1] for key, measure in candidate.comparison.measures.items()]
    known = [mark for mark in grades if mark != "none"]
    good, poor = known.count("good"), known.count("poor")
    text = f"{good} of {len(known)} measures agree with the reference as well as a second true sample does"
    return f"{text}; {poor} differ clearly." if poor else f"{text}; none differs clearly."


def jet_speed_up(reference: JetSampleResult, sample: JetSampleResult) -> float | None:
    """How many times less core time a sample takes per jet than the reference; None if not known."""
    mine, theirs = sample.facts.timing, reference.facts.timing
    if mine is None or theirs is None or mine.ms_per_shower <= 0.0:
        return None
    return theirs.ms_per_shower / mine.ms_per_shower


def jet_sample_rows(result: JetReportResult) -> list[list[str]]:
    """Facts of every sample, under a heading."""
    samples = [("reference", result.reference)]
    if result.floor_kind != "halves":
        samples.append(("floor", result.floor.sample))
    samples += [("candidate", candidate.sample) for candidate in result.candidates]
    heading = ["Sample", "Role", "Generator", "Process", "Jets by type", "Jets used", "Seed"]
    heading += ["Core time per jet", "Faster", "Versions"]
    return [heading, *(_sample_row(role, sample, result.reference) for role, sample in samples)]


def _sample_row(role: str, sample: JetSampleResult, reference: JetSampleResult) -> list[str]:
    metadata, timing = sample.facts.metadata, sample.facts.timing
    faster = jet_speed_up(reference, sample)
    return [
        sample.facts.name,
        role,
        metadata.generator,
        metadata.process,
        ", ".join(f"{name}: {jets:,}" for name, jets in sample.types.items()),
        f"{sample.n_used:,} of {sample.n_jets:,}",
        str(metadata.seed),
        "n/a" if timing is None else f"{plain_number(timing.ms_per_shower)} ms",
        "n/a" if faster is None else f"{plain_number(faster)} {TIMES}",
        ", ".join(f"{name} {version}" for name, version in sorted(metadata.versions.items())),
    ]


def jet_ratio_grid(result: JetReportResult) -> list[list[str]]:
    """Ratios of reconstructed to true jets, a row for each model, under a heading; empty without any."""
    if not result.reconstructions:
        return []
    heading = ["Reconstructed over true", "Jets"]
    heading += [measure.label for measure in result.reconstructions[0].ratios.values()]
    rows = [
        [
            one.sample.facts.name,
            f"{one.sample.n_used:,}",
            *(value_with_error(measure.value, measure.error) for measure in one.ratios.values()),
        ]
        for one in result.reconstructions
    ]
    return [heading, *rows]


def jet_number_rows(result: JetReportResult) -> list[dict[str, object]]:
    """Means of every sample alone."""
    samples = [result.reference, result.floor.sample, *result.shown]
    return [
        {
            "label": number.label,
            "values": [value_with_error(one.numbers[key].value, one.numbers[key].error) for one in samples],
        }
        for key, number in result.reference.numbers.items()
    ]


def jet_key_lines(result: JetReportResult) -> list[str]:
    """The key figures of every candidate with their floors, a line of text for each."""
    lines = []
    for candidate in result.candidates:
        told = [
            f"{card.title} {card.value}{f' ({card.detail})' if card.detail else ''}"
            for card in jet_cards(result, candidate)
        ]
        lines.append(f"{candidate.sample.facts.name}: {'; '.join(told)}")
    return lines
