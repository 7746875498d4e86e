"""A results page on generated jets: tables and figures, in Markdown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from showerkit.report.jet_tables import jet_ratio_grid, jet_sample_rows, jet_speed_up
from showerkit.report.markdown import NONE, collapsed, table
from showerkit.report.numbers import TIMES, plain_number, value_with_error
from showerkit.report.verdict import grade

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from showerkit.evaluate.jets.jet_result import JetComparison, JetReportResult
    from showerkit.evaluate.measurement import Measurement
    from showerkit.report.markdown import Grid

#: The measures of the page's tables.
_MEASURES: Final = (
    ("w1m", "W1M"),
    ("w1p", "W1P"),
    ("w1efp", "W1EFP"),
    ("fpd", "FPD"),
    ("kpd", "KPD"),
    ("coverage", "COV"),
    ("mmd", "MMD"),
    ("classifier.auc", "AUC"),
)
#: Observables that are drawn, by group.
_DRAWN: Final = {
    "Particles": ("eta_rel", "particle_pt_rel"),
    "Jets": ("mass_rel", "pt_rel", "multiplicity"),
    "Substructure": ("tau21", "tau32"),
}


def jet_page_figures(result: JetReportResult) -> dict[str, Figure]:
    """Draw the figures of the page, by name; call it inside `figure_style`."""
    from showerkit.evaluate.jets.jet_histograms import jet_observables
    from showerkit.report.figures.cloud_losses import cloud_losses_figure
    from showerkit.report.figures.jet_average import jet_average_figure
    from showerkit.report.figures.jet_displays import jet_displays_figure
    from showerkit.report.figures.jet_histograms import jet_histogram_figure

    figures = {"average": jet_average_figure(result)}
    displays = jet_displays_figure(result)
    if displays is not None:
        figures["displays"] = displays
    drawn = {key for keys in _DRAWN.values() for key in keys}
    for one in jet_observables(result.reference.facts.metadata.constituents):
        if one.key in drawn:
            figures[_slug(one.key)] = jet_histogram_figure(result, one)
    for training in result.trainings:
        for stage, losses in training.stages.items():
            figures[_slug(f"losses {training.name} {stage}")] = cloud_losses_figure(losses)
    return figures


def jet_page(result: JetReportResult, title: str, figures: Mapping[str, str]) -> str:
    """Write the page.

    Parameters
    ----------
    result
        The evaluation.
    title
        Its heading.
    figures
        File of each figure, by name.

    Returns
    -------
    str
        The page; the same result gives the same text.
    """
    parts = [f"# {title}", _words(result), table(page_grid(result)), _LEGEND]
    parts += ["\n".join(f"- {note}" for note in result.notes)]
    for name in result.floor.comparison.by_type:
        parts += [f"## Jets of type {name}", table(page_grid(result, name))]
    parts += ["## Average jets", *_pictures(figures, {"average": "Average jets in eta and phi"}), _AVERAGE]
    parts += ["## Single jets", *_pictures(figures, {"displays": "Single jets"}), _DISPLAYS]
    ratios = jet_ratio_grid(result)
    if ratios:
        parts += ["## Reconstruction", table(ratios)]
    for group, keys in _DRAWN.items():
        parts += [f"## {group}", *_pictures(figures, {_slug(key): key for key in keys})]
    losses = {name: name.replace("-", " ") for name in figures if name.startswith("losses-")}
    if losses:
        parts += ["## Training", *_pictures(figures, losses)]
    parts += ["## Details", collapsed("The samples", [table(jet_sample_rows(result))])]
    return "\n\n".join(part for part in parts if part) + "\n"


def page_grid(result: JetReportResult, jet_type: str | None = None) -> Grid:
    """Put every measure beside its floor and, for each model, value and ratio to the floor.

    Parameters
    ----------
    result
        The evaluation.
    jet_type
        Jets of this type alone.

    Returns
    -------
    list of list of str
        The table with its heading; times come last, of all jets.
    """

    def of(comparison: JetComparison) -> dict[str, Measurement]:
        return comparison.measures if jet_type is None else comparison.by_type.get(jet_type, {})

    floor = of(result.floor.comparison)
    found = [of(candidate.comparison) for candidate in result.candidates]
    heading = ["Measure", "Floor"]
    for candidate in result.candidates:
        heading += [candidate.sample.facts.name, "to floor"]
    rows = []
    for key, title in _MEASURES:
        if not any(key in measures for measures in found):
            continue
        beside = floor.get(key)
        row = [title, NONE if beside is None else value_with_error(beside.value, beside.error)]
        for measures in found:
            measure = measures.get(key)
            row += [NONE, ""] if measure is None else [_value(measure), compared(measure, beside)]
        rows.append(row)
    return [heading, *rows, *([] if jet_type is not None else [_times(result)])]


def compared(measure: Measurement, floor: Measurement | None) -> str:
    """Write the ratio to the floor, with the distance in standard errors where no distance falls to 0.

    Examples
    --------
    >>> from showerkit.evaluate.measurement import Measurement
    >>> one = Measurement("coverage", "COV", "", "", "level", 0.5, 0.03)
    >>> two = Measurement("coverage", "COV", "", "", "level", 0.54, 0.04)
    >>> compared(one, two).replace(TIMES, "x").replace("\N{GREEK SMALL LETTER SIGMA}", "sigma")
    '0.93 x (0.8 sigma)'
    """
    words, _ = grade(measure, floor)
    if measure.kind != "level" or floor is None or floor.value == 0.0:
        return words
    ratio = measure.value / floor.value
    return f"{ratio:.2f} {TIMES} ({words})" if math.isfinite(ratio) else words


def _value(measure: Measurement) -> str:
    return value_with_error(measure.value, measure.error)


def _times(result: JetReportResult) -> list[str]:
    reference = result.reference.facts.timing
    row = [
        "Core time per jet",
        NONE if reference is None else f"{plain_number(reference.ms_per_shower)} ms (simulation)",
    ]
    for candidate in result.candidates:
        timing = candidate.sample.facts.timing
        faster = jet_speed_up(result.reference, candidate.sample)
        row.append(NONE if timing is None else f"{plain_number(timing.ms_per_shower)} ms")
        row.append("" if faster is None else f"{plain_number(faster)} {TIMES} faster")
    return row


def _words(result: JetReportResult) -> str:
    metadata = result.reference.facts.metadata
    return (
        f"{result.reference.n_used:,} jets of each sample against {metadata.generator}, jets of "
        f"{metadata.process}, their {metadata.constituents} hardest particles. Definitions: "
        "[measures of jets](../physics/jet-metrics.md).\n\n"
        f"```console\n$ {result.command}\n```"
    )


_LEGEND: Final = (
    "The floor is the same measure of a second sample of the simulation. Beside each value stands its ratio "
    "to the floor; where the best value is not 0, how many standard errors it is from the floor, and for KPD "
    "from 0. Times are those of one core; the simulation's is that of Pythia 8 with FastJet."
)
_AVERAGE: Final = (
    "Above: the mean share of the jet's pT in each pixel. Below: the difference to the reference in standard "
    "errors."
)
_DISPLAYS: Final = (
    "Circles are particles, their areas the shares of the jet's pT. Each row shows a jet of the reference, "
    "what models make of that very jet (reconstructed), and the nearest in mass of every other sample."
)


def _pictures(figures: Mapping[str, str], titles: Mapping[str, str]) -> list[str]:
    return [f"![{title}]({figures[name]})" for name, title in titles.items() if name in figures]


def _slug(words: str) -> str:
    return words.lower().replace("_", "-").replace(" ", "-").replace(".", "")
