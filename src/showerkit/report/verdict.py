"""The verdict table: every measure of every candidate beside its floor, and a word on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from showerkit.evaluate.result import floor_of, ratio_to_floor
from showerkit.report.numbers import SIGMA, TIMES, plain_number, value_with_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.evaluate.measurement import Measurement
    from showerkit.evaluate.result import Candidate, EvaluationResult, SampleResult

#: A floor below so many of its errors is as good as 0.
_ZERO: Final = 0.1

Grade = Literal["good", "fair", "poor", "none"]


@dataclass(frozen=True)
class Cell:
    """A candidate's entry: its value, how it compares, and a grade."""

    value: str
    compared: str
    grade: Grade


@dataclass(frozen=True)
class Row:
    """One measure: its name, unit, the floor's value and one cell per candidate."""

    label: str
    unit: str
    floor: str
    expected: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Card:
    """One headline figure of a candidate."""

    title: str
    value: str
    detail: str
    grade: Grade


def grade(measure: Measurement, floor: Measurement | None) -> tuple[str, Grade]:
    """Say how a measure compares with its floor.

    A distance is good up to 1.2 times the floor or within two standard errors of it, fair up to 3 times;
    a shift is good within two standard errors of zero, a distance whose floor is 0 and a level of the floor
    (without one, of what is expected), fair within five.

    Parameters
    ----------
    measure
        The candidate's measure.
    floor
        The floor's, or None.

    Returns
    -------
    tuple
        Such as "1.1 times" or "2.3 sigma" (as signs), and the grade.
    """
    if measure.kind == "shift":
        if not (math.isfinite(measure.value) and measure.error > 0.0):
            return "n/a", "none"
        sigmas = abs(measure.value) / measure.error
        return f"{sigmas:.1f} {SIGMA}", _by_sigmas(sigmas)
    if measure.kind == "level":
        aim, error = (floor.value, floor.error) if floor is not None else (measure.expected, 0.0)
        if aim is None or not (math.isfinite(measure.value - aim) and math.hypot(measure.error, error) > 0.0):
            return "n/a", "none"
        sigmas = abs(measure.value - aim) / math.hypot(measure.error, error)
        return f"{sigmas:.1f} {SIGMA}", _by_sigmas(sigmas)
    ratio = ratio_to_floor(measure, floor)
    if floor is None or not math.isfinite(measure.value - floor.value):
        return "n/a", "none"
    excess = (measure.value - floor.value) / max(math.hypot(measure.error, floor.error), 1e-300)
    if ratio is None or floor.value < _ZERO * floor.error:
        # A floor that is 0 or, its noise being subtracted, below has no ratio.
        known = math.hypot(measure.error, floor.error) > 0.0
        return (f"{max(excess, 0.0):.1f} {SIGMA}", _by_sigmas(excess)) if known else ("n/a", "none")
    shown = f"{ratio:.2f} {TIMES}" if ratio < 9.95 else f"{ratio:,.0f} {TIMES}"
    return shown, "good" if ratio <= 1.2 or excess < 2.0 else "fair" if ratio <= 3.0 else "poor"


def _by_sigmas(sigmas: float) -> Grade:
    return "good" if sigmas < 2.0 else "fair" if sigmas < 5.0 else "poor"


def verdict_table(result: EvaluationResult) -> dict[str, list[Row]]:
    """Collect the rows by group.

    Parameters
    ----------
    result
        The evaluation.

    Returns
    -------
    dict
        Group and its rows, in the order of the measures.
    """
    return measure_table(
        result.floor.comparison.measures, [candidate.comparison.measures for candidate in result.candidates]
    )


def measure_table(
    floor: dict[str, Measurement], candidates: Sequence[dict[str, Measurement]]
) -> dict[str, list[Row]]:
    """Collect the rows by group.

    Parameters
    ----------
    floor
        Measures of the floor, by key.
    candidates
        Measures of each candidate, by key.

    Returns
    -------
    dict
        Group and its rows, in the order of the measures.
    """
    keys: dict[str, Measurement] = {}
    for measures in candidates:
        keys |= {key: measure for key, measure in measures.items() if key not in keys}
    table: dict[str, list[Row]] = {}
    for key, sample in keys.items():
        beside = floor_of(key, floor)
        cells = tuple(_cell(measures.get(key), beside) for measures in candidates)
        row = Row(
            label=_label(sample.label, alone=len(cells) == 1),
            unit=sample.unit,
            floor="n/a" if beside is None else value_with_error(beside.value, beside.error),
            expected="" if sample.expected is None else plain_number(sample.expected),
            cells=cells,
        )
        table.setdefault(sample.group, []).append(row)
    return table


def _label(label: str, *, alone: bool) -> str:
    """The energy of the worst bin is the candidate's own; with several candidates it is left out."""
    return label.replace(" (candidate's at", " (at") if alone else label.split(" (candidate's")[0]


def _cell(measure: Measurement | None, floor: Measurement | None) -> Cell:
    if measure is None:
        return Cell("n/a", "", "none")
    compared, mark = grade(measure, floor)
    return Cell(value_with_error(measure.value, measure.error), compared, mark)


def speed_up(reference: SampleResult, sample: SampleResult) -> float | None:
    """How many times less core time a sample takes per shower than the reference; None if not known."""
    mine, theirs = sample.facts.timing, reference.facts.timing
    if mine is None or theirs is None or mine.ms_per_shower <= 0.0:
        return None
    return theirs.ms_per_shower / mine.ms_per_shower


def headline(result: EvaluationResult, candidate: Candidate) -> list[Card]:
    """Choose the few figures of a candidate that come first."""
    measures, floor = candidate.comparison.measures, result.floor.comparison.measures
    cards = []
    for key, title in (
        ("hit_probability.mse", "Hit probability MSE"),
        ("response.shift", "Response shift"),
        ("resolution.shift", "Resolution shift"),
        ("hits.mean_shift", "Hit cells, shift"),
        ("width_mm.mean_shift", "Width, shift"),
        ("centre_x.bias", "Centre bias, x"),
        ("classifier.high_level.auc", "Classifier AUC"),
    ):
        if key not in measures:
            continue
        measure = measures[key]
        compared, mark = grade(measure, floor_of(key, floor))
        beside = floor_of(key, floor)
        value = value_with_error(measure.value, measure.error)
        if mark == "none":
            cards.append(Card(title, "n/a", "too few showers to tell", mark))
        elif measure.kind == "shift":
            cards.append(Card(title, f"{value} {measure.unit}".strip(), f"{compared} from zero", mark))
        elif beside is not None and measure.kind == "level":
            detail = f"observables; floor: {value_with_error(beside.value, beside.error)}"
            cards.append(Card(title, value, detail, mark))
        elif beside is not None:
            detail = f"{value} (floor: {value_with_error(beside.value, beside.error)})"
            cards.append(Card(title, f"{compared} floor", detail, mark))
    faster = speed_up(result.reference, candidate.sample)
    timing = candidate.sample.facts.timing
    if faster is not None and timing is not None:
        text = f"{plain_number(timing.ms_per_shower)} ms per shower"
        cards.append(Card("Speed", f"{plain_number(faster)} {TIMES} Geant4", text, "none"))
    return cards


def sentence(result: EvaluationResult, candidate: Candidate) -> str:
    """Sum a candidate up in one sentence."""
    floor = result.floor.comparison.measures
    grades = [grade(m, floor_of(k, floor))[1] for k, m in candidate.comparison.measures.items()]
    known = [mark for mark in grades if mark != "none"]
    good, poor = known.count("good"), known.count("poor")
    text = f"{good} of {len(known)} measures agree with Geant4 as well as a second Geant4 sample does"
    return f"{text}; {poor} differ clearly." if poor else f"{text}; none differs clearly."


def key_lines(result: EvaluationResult) -> list[str]:
    """Tell the key figures, two lines for each candidate."""
    lines = []
    for candidate in result.candidates:
        name = candidate.sample.facts.name
        figures = "; ".join(f"{card.title} {card.value}" for card in headline(result, candidate))
        lines += [f"{name}: {sentence(result, candidate)}", f"{name}: {figures}"]
    return lines
