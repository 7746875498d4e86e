"""Tables and key figures of an evaluation of sparse images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from showerkit.report.numbers import plain_number, value_with_error
from showerkit.report.verdict import Card, grade, measure_table

if TYPE_CHECKING:
    from showerkit.evaluate.image_result import ImageCandidate, ImageReportResult, ImageSampleResult
    from showerkit.report.verdict import Row

_HEADLINE: Final = (
    ("image.accuracy", "Recognised"),
    ("image.frechet", "Fréchet distance"),
    ("w1.x", "W1, columns"),
    ("w1.y", "W1, rows"),
    ("w1.intensity", "W1, intensity"),
    ("w1.total", "W1, total intensity"),
)


def image_measure_table(result: ImageReportResult) -> dict[str, list[Row]]:
    """Every measure of every candidate beside its floor, by group."""
    return measure_table(
        result.floor.comparison.measures, [candidate.comparison.measures for candidate in result.candidates]
    )


def image_cards(result: ImageReportResult, candidate: ImageCandidate) -> list[Card]:
    """Choose the few figures of a candidate that come first."""
    measures, floor = candidate.comparison.measures, result.floor.comparison.measures
    cards = []
    for key, title in _HEADLINE:
        if key in measures:
            measure, beside = measures[key], floor.get(key)
            compared, mark = grade(measure, beside)
            detail = (
                ""
                if beside is None
                else f"floor: {value_with_error(beside.value, beside.error)} ({compared})"
            )
            value = f"{value_with_error(measure.value, measure.error)} {measure.unit}".rstrip()
            cards.append(Card(title, value, detail, mark))
    timing = candidate.sample.facts.timing
    if timing is not None:
        cards.append(Card("Speed", f"{plain_number(timing.ms_per_shower)} ms", "core time per image", "none"))
    return cards


def image_sentence(result: ImageReportResult, candidate: ImageCandidate) -> str:
    """Sum a candidate up in one sentence."""
    floor = result.floor.comparison.measures
    grades = [grade(measure, floor.get(key))[1] for key, measure in candidate.comparison.measures.items()]
    known = [mark for mark in grades if mark != "none"]
    good, poor = known.count("good"), known.count("poor")
    text = f"{good} of {len(known)} measures agree with the reference as well as a second true sample does"
    return f"{text}; {poor} differ clearly." if poor else f"{text}; none differs clearly."


def image_label_grid(result: ImageReportResult) -> list[list[str]]:
    """Share of the images of each label that the classifier recognises, under a heading; empty without."""
    judged = [result.floor, *result.candidates]
    if not any(one.comparison.recognised for one in judged):
        return []
    heading = ["What they show", "Images", "Recognised: floor"]
    heading += [candidate.sample.facts.name for candidate in result.candidates]
    rows = [
        [
            str(label),
            f"{number:,}",
            *(_share(one.comparison.recognised.get(label)) for one in judged),
        ]
        for label, number in result.reference.labels.items()
    ]
    return [heading, *rows]


def _share(share: float | None) -> str:
    return "n/a" if share is None else f"{share:.3f}"


def image_sample_rows(result: ImageReportResult) -> list[list[str]]:
    """Facts of every sample, under a heading."""
    samples = [("reference", result.reference)]
    if result.floor_kind != "halves":
        samples.append(("floor", result.floor.sample))
    samples += [("candidate", candidate.sample) for candidate in result.candidates]
    heading = ["Sample", "Role", "Made by", "Shows", "Images used", "Seed", "Core time per image", "Versions"]
    return [heading, *(_sample_row(role, sample) for role, sample in samples)]


def _sample_row(role: str, sample: ImageSampleResult) -> list[str]:
    metadata, timing = sample.facts.metadata, sample.facts.timing
    return [
        sample.facts.name,
        role,
        metadata.generator,
        ", ".join(f"{label}: {images:,}" for label, images in sample.labels.items()),
        f"{sample.n_used:,} of {sample.n_images:,}",
        str(metadata.seed),
        "n/a" if timing is None else f"{plain_number(timing.ms_per_shower)} ms",
        ", ".join(f"{name} {version}" for name, version in sorted(metadata.versions.items())),
    ]


def image_number_rows(result: ImageReportResult) -> list[dict[str, object]]:
    """Means of every sample alone."""
    samples = [result.reference, result.floor.sample, *result.shown]
    return [
        {
            "label": f"{number.label} [{number.unit}]" if number.unit else number.label,
            "values": [value_with_error(one.numbers[key].value, one.numbers[key].error) for one in samples],
        }
        for key, number in result.reference.numbers.items()
    ]


def image_key_lines(result: ImageReportResult) -> list[str]:
    """The key figures of every candidate with their floors, a line of text for each."""
    lines = []
    for candidate in result.candidates:
        told = [
            f"{card.title} {card.value}{f' ({card.detail})' if card.detail else ''}"
            for card in image_cards(result, candidate)
        ]
        lines.append(f"{candidate.sample.facts.name}: {'; '.join(told)}")
    return lines
