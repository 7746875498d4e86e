"""All distances at a glance, and the time per shower."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from showerkit.evaluate.result import floor_of, ratio_to_floor
from showerkit.report.figures.axis_limits import plain_ticks
from showerkit.report.figures.style import (
    FLOOR_COLOUR,
    REFERENCE_COLOUR,
    candidate_colour,
    candidate_marker,
    new_figure,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.result import EvaluationResult

_LEGEND_COLUMNS: Final = 3
#: Up to such a ratio there is room for 2 and 5 between the powers of ten.
_FEW_DECADES: Final = 1000.0


def summary_figure(result: EvaluationResult) -> Figure:
    """Draw the ratio of every distance to its Geant4 floor, on a logarithmic axis."""
    floor = result.floor.comparison.measures
    keys = [
        key for key, measure in floor.items() if measure.kind in ("squared", "distance") and measure.value > 0
    ]
    if any(c.comparison.mask_probability is not None for c in result.candidates):
        keys = ["mask_probability.mse", *keys]
    labels = {key: m for c in result.candidates for key, m in c.comparison.measures.items()}
    keys = [key for key in keys if key in labels]
    # The legend has lines of its own above, since points may lie anywhere.
    above = 0.25 + 0.3 * -(-len(result.candidates) // _LEGEND_COLUMNS)
    height = 0.36 * len(keys) + 0.75 + above
    figure = new_figure(9.6, height)
    axes = figure.add_axes((0.43, 0.75 / height, 0.54, 1.0 - (0.75 + above) / height))
    high = 2.0
    for number, candidate in enumerate(result.candidates):
        named = False
        for row, key in enumerate(keys):
            measure, beside = candidate.comparison.measures.get(key), floor_of(key, floor)
            ratio = None if measure is None else ratio_to_floor(measure, beside)
            if measure is None or beside is None or ratio is None:
                continue
            high = max(high, ratio)
            offset = 0.16 * (number - 0.5 * (len(result.candidates) - 1))
            axes.errorbar(
                ratio,
                row + offset,
                xerr=measure.error / beside.value,
                fmt=candidate_marker(number),
                color=candidate_colour(number),
                markersize=6,
                label=None if named else candidate.sample.facts.name,
            )
            named = True
    axes.axvline(1.0, color=REFERENCE_COLOUR, linewidth=1.0)
    axes.axvspan(0.5, 1.2, color=FLOOR_COLOUR, alpha=0.18, linewidth=0.0)
    axes.set_xscale("log")
    axes.set_xlim(0.2, high * 2.0)
    plain_ticks(axes.xaxis, (1.0, 2.0, 5.0) if high < _FEW_DECADES else (1.0,))
    axes.set_yticks(range(len(keys)), [_row_label(key, labels[key].label) for key in keys])
    axes.set_ylim(len(keys) - 0.4, -0.6)
    axes.tick_params(axis="y", which="minor", left=False, right=False)
    axes.tick_params(axis="y", labelsize=12)
    axes.set_xlabel("Ratio to the Geant4 floor")
    axes.grid(axis="y", alpha=0.25)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=_LEGEND_COLUMNS)
    return figure


def _row_label(key: str, label: str) -> str:
    if key.startswith("separation."):
        return f"S: {label}"
    if key.startswith("wasserstein."):
        return f"W$_1$: {label}"
    return label.split(" (")[0]


def timing_figure(result: EvaluationResult) -> Figure | None:
    """Draw the time per shower of all samples that have one, or None if fewer than two have."""
    bars = []
    samples = [(result.reference, REFERENCE_COLOUR)]
    samples += [(c.sample, candidate_colour(i)) for i, c in enumerate(result.candidates)]
    for sample, colour in samples:
        timing = sample.facts.timing
        if timing is not None and timing.ms_per_shower > 0:
            bars.append((f"{sample.facts.name}\n({timing.generator})", timing.ms_per_shower, colour))
    if len(bars) < 2:
        return None
    height = 0.9 * len(bars) + 1.2
    figure = new_figure(9.0, height)
    axes = figure.add_axes((0.3, 0.85 / height, 0.66, 1.0 - 1.0 / height))
    low = min(value for _, value, _ in bars)
    for row, (_, value, colour) in enumerate(bars):
        axes.barh(row, value, color=colour, height=0.6, alpha=0.85)
        axes.annotate(f"{value:.3g} ms", (value, row), xytext=(6, 0), textcoords="offset points", va="center")
    axes.set_xscale("log")
    axes.set_xlim(low / 5.0, max(value for _, value, _ in bars) * 5.0)
    axes.set_yticks(range(len(bars)), [name for name, _, _ in bars])
    axes.tick_params(axis="y", which="minor", left=False, right=False)
    axes.invert_yaxis()
    axes.set_xlabel("Core time per shower [ms]")
    return figure
