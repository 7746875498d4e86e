"""A results page about several runs: tables and figures, in Markdown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.evaluate.result import floor_of, ratio_to_floor
from showerkit.report.numbers import TIMES, plain_number, value_with_error
from showerkit.report.run_record import differing_settings, same_floor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from showerkit.evaluate.measurement import Measurement
    from showerkit.report.run_record import RunRecord

#: Up to this many runs stand side by side in a table; more stand below each other.
_MOST_COLUMNS: Final = 6
_NONE: Final = "n/a"
_KEY_FIGURES: Final = (
    "hit_probability.mse",
    "hit_probability.mse_worst",
    "mask_probability.mse",
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
    "hit_probability.chi2",
    "fpd.spread",
    "fpd.largest",
)
_FIGURES: Final = {
    "hit-probability": (
        "Mean squared error of the hit probability against incident energy, averaged over ranges of energy, "
        "and its ratio to the floor. Hatched: Geant4 against Geant4, with its error."
    ),
    "mask-probability": (
        "The same for MASK, the probabilities from which the hits are drawn. A perfect one reaches about "
        "half of the floor, which compares two samples of hits."
    ),
    "hit-probability-bins": "Mean squared error of the hit probability in every energy bin.",
    "response": "Response: mean deposited over incident energy.",
    "resolution": "Resolution: relative spread of the deposited energy.",
    "losses": "Losses against the epoch. Total losses with unlike weights cannot be compared.",
}

Grid = list[list[str]]


def comparison_page(
    records: Sequence[RunRecord], title: str, command: str, figures: Mapping[str, str]
) -> str:
    """Write the page.

    Parameters
    ----------
    records
        The runs.
    title
        Its heading.
    command
        The command that wrote it.
    figures
        File of each figure, by name.

    Returns
    -------
    str
        The page; the same runs give the same text.
    """
    parts = [f"# {title}", _words(records, command), "## The runs", _table(_run_grid(records))]
    parts += ["Each is repeated by:", "```console\n" + "\n".join(f"$ {r.command}" for r in records) + "\n```"]
    parts += ["## Key figures", _summary(records), _table(_measure_grid(records, _keys(records)))]
    if "hit_probability.mse" in records[0].measures:
        parts.append(_table(_ratio_grid(records)))
    for name, file in figures.items():
        parts += [f"![{_FIGURES[name].split('.')[0]}]({file})", _FIGURES[name]]
    parts.append("## Every measure")
    groups: dict[str, list[str]] = {}
    for record in records:
        for key, measure in record.measures.items():
            if key not in (known := groups.setdefault(measure.group, [])):
                known.append(key)
    for group, keys in groups.items():
        parts += [f"### {group}", _table(_measure_grid(records, keys))]
    return "\n\n".join(parts) + "\n"


def _words(records: Sequence[RunRecord], command: str) -> str:
    """How the page came about, and how to read it."""
    evaluation = records[0].evaluation
    settings = evaluation.settings
    shared = same_floor(records)
    words = [f"Written by `{command}`."]
    words.append(
        f"Detector {evaluation.detector}; a cell is hit above {settings.threshold_mev:g} MeV; energy bins of "
        f"{settings.energy_bin_mev:g} MeV; errors from {settings.bootstrap} bootstrap replicas."
    )
    if shared:
        words.append(
            f"All runs are judged by the same {evaluation.reference.n_events:,} showers of "
            f"{evaluation.reference.generator} (seed {evaluation.reference.seed}); the floor is a second "
            f"sample of {evaluation.floor.n_events:,} (seed {evaluation.floor.seed})"
            + (", of the same incident particles." if evaluation.floor.paired_with_reference else ".")
        )
    else:
        words.append(
            "**The runs are judged by different samples of the full simulation**, so each has a floor of its "
            "own: compare ratios to the floor. Curves of the reference and floor are those of the first run."
        )
    words.append(
        "Shifts, divergences, Fréchet and kernel distances are best at zero, all else at its floor. Samples "
        "can be compared only as well as their sizes allow: what lies within its error of the floor agrees."
    )
    return " ".join(words)


def _run_grid(records: Sequence[RunRecord]) -> Grid:
    """What the runs are: settings that differ, data, training, machine, speed."""
    differing = differing_settings(records)
    grid = [["", *(f"`{key}`" for key in differing)]]
    grid[0] += [
        "Training sample",
        "Judged by",
        "Epochs",
        "Training time",
        "Trained on",
        "Seeds",
        "Core time per shower",
    ]
    for record in records:
        seeds = [
            f"{name} {record.settings[key]}"
            for name, key in (
                ("samples", "simulate.seed"),
                ("training", "training.seed"),
                ("drawing", "generate.seed"),
            )
            if key in record.settings
        ]
        grid.append(
            [
                record.name,
                *(record.settings.get(key, _NONE) for key in differing),
                _count(record.environment.get("data_events"), "showers"),
                _count(record.candidate.n_events, "showers"),
                f"{record.epochs:,}",
                _duration(record),
                _machine(record),
                ", ".join(seeds),
                _speed(record),
            ]
        )
    return grid


def _keys(records: Sequence[RunRecord]) -> list[str]:
    """The key figures that any run has."""
    return [key for key in _KEY_FIGURES if any(key in record.measures for record in records)]


def _measure_grid(records: Sequence[RunRecord], keys: Sequence[str]) -> Grid:
    """Measures of the floor and of every run."""
    grid = [["", *(_label(records, key) for key in keys)]]
    if same_floor(records):
        grid.append(["Geant4 floor", *(_shown(floor_of(k, records[0].floor_measures)) for k in keys)])
        grid += [[r.name, *(_shown(r.measures.get(key)) for key in keys)] for r in records]
        return grid
    for record in records:
        grid.append([f"floor of {record.name}", *(_shown(floor_of(k, record.floor_measures)) for k in keys)])
        grid.append([record.name, *(_shown(record.measures.get(key)) for key in keys)])
    return grid


def _ratio_grid(records: Sequence[RunRecord]) -> Grid:
    """Hit probability over its floor: the mean and the ranges of energy."""
    grid = [["Hit probability MSE over its floor", "mean of the bins", "worst range", "highest energies"]]
    for record in records:
        mse, floor = record.measures["hit_probability.mse"], record.floor_measures.get("hit_probability.mse")
        worst, last = _range_texts(record)
        grid.append([record.name, _ratio(mse, floor), worst, last])
    return grid


def _range_texts(record: RunRecord) -> tuple[str, str]:
    from showerkit.report.figures.comparison import range_ratios

    edges, value, error = range_ratios(record)
    if not np.isfinite(value).any():
        return _NONE, _NONE

    def text(index: int) -> str:
        energies = f"{edges[index]:g} to {edges[index + 1]:g} GeV"
        return f"{value_with_error(float(value[index]), float(error[index]))} ({energies})"

    return text(int(np.nanargmax(value))), text(int(np.flatnonzero(np.isfinite(value))[-1]))


def _summary(records: Sequence[RunRecord]) -> str:
    """Name the run that is nearest to the full simulation, and by how much it leads."""
    ratios = []
    for record in records:
        mse = record.measures.get("hit_probability.mse")
        floor = record.floor_measures.get("hit_probability.mse")
        ratio = None if mse is None else ratio_to_floor(mse, floor)
        if mse is not None and floor is not None and ratio is not None and math.isfinite(ratio):
            ratios.append((ratio, mse.error / floor.value, record.name))
    if not ratios:
        return ""
    ratios.sort()
    best, error, name = ratios[0]
    text = f"Lowest mean squared error of the hit probability: {name}, {best:.3g} times the floor."
    near = [other for ratio, half, other in ratios[1:] if ratio - best < 2.0 * math.hypot(half, error)]
    if near:
        text += f" Within two standard errors of it: {', '.join(near)}."
    return text


def _label(records: Sequence[RunRecord], key: str) -> str:
    measure = next(record.measures[key] for record in records if key in record.measures)
    # The energy of the worst bin is another for each run.
    label = measure.label.split(" (candidate's")[0]
    return f"{label} [{measure.unit}]" if measure.unit else label


def _shown(measure: Measurement | None) -> str:
    return _NONE if measure is None else value_with_error(measure.value, measure.error)


def _ratio(measure: Measurement, floor: Measurement | None) -> str:
    ratio = ratio_to_floor(measure, floor)
    if floor is None or ratio is None or not math.isfinite(ratio):
        return _NONE
    relative = math.hypot(measure.error / measure.value, floor.error / floor.value)
    return value_with_error(ratio, ratio * relative)


def _count(value: object, unit: str) -> str:
    return f"{value:,} {unit}" if isinstance(value, int) else _NONE


def _duration(record: RunRecord) -> str:
    seconds = float(np.nansum(record.losses.get("seconds", np.array([np.nan]))))
    if seconds <= 0.0:
        return _NONE
    return f"{seconds:.0f} s" if seconds < 120.0 else f"{seconds / 60.0:.0f} min"


def _machine(record: RunRecord) -> str:
    graphics = record.environment.get("graphics_processor")
    if isinstance(graphics, str):
        return graphics
    threads, machine = record.environment.get("threads"), record.environment.get("machine")
    parts = [machine] if isinstance(machine, str) else []
    parts += [f"{threads} thread{'s' if threads != 1 else ''}"] if isinstance(threads, int) else []
    return ", ".join(parts) or _NONE


def _speed(record: RunRecord) -> str:
    timing, slow = record.candidate.timing, record.evaluation.reference.timing
    if timing is None:
        return _NONE
    text = f"{plain_number(timing.ms_per_shower)} ms"
    if slow is not None and timing.ms_per_shower > 0.0:
        faster = plain_number(slow.ms_per_shower / timing.ms_per_shower)
        text += f" (Geant4 {plain_number(slow.ms_per_shower)} ms, {faster} {TIMES})"
    return text


def _table(grid: Grid) -> str:
    """Write a grid with one row a run, turned on its side where there are few runs."""
    if len(grid) - 1 <= _MOST_COLUMNS + 1:
        grid = [list(column) for column in zip(*grid, strict=True)]
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in grid]
    lines.insert(1, "| --- |" + " --- |" * (len(grid[0]) - 1))
    return "\n".join(lines)
