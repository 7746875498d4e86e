"""A results page on reconstructed energies: tables and figures, in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.report.energy_figure_words import FIGURE_WORDS
from showerkit.report.energy_tables import (
    edge_grid,
    fit_grid,
    measures_by_group,
    overview_grid,
    particle_grid,
)
from showerkit.report.markdown import collapsed, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.evaluate.energy_result import EnergyEvaluation


def energy_page(result: EnergyEvaluation, title: str, figures: Mapping[str, str]) -> str:
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
    parts = [f"# {title}", _words(result), table(overview_grid(result))]
    parts += [f"- {note}" for note in result.notes]
    parts += ["## Resolution", *_pictures(figures, "resolution", "scaled-resolution")]
    parts += [table(fit_grid(result)), *_pictures(figures, "residuals")]
    parts += ["## Response", *_pictures(figures, "response", "linearity")]
    parts += ["## Bias at the edges", *_pictures(figures, "edges"), table(edge_grid(result))]
    if "pulls" in figures or "coverage" in figures:
        parts += ["## Predicted errors and intervals", *_pictures(figures, "pulls", "coverage")]
    particles = particle_grid(result)
    if len(particles) > 1:
        parts += ["## By particle", *_pictures(figures, "particles"), table(particles)]
    heading = ["", "Unit", *(candidate.name for candidate in result.candidates)]
    tables = [f"{group}\n\n{table([heading, *rows])}" for group, rows in measures_by_group(result).items()]
    parts += ["## Details", collapsed("Every figure", tables)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _words(result: EnergyEvaluation) -> str:
    reference = result.reference
    metadata = reference.metadata
    low, high = result.edges_mev[0] / 1000.0, result.edges_mev[-1] / 1000.0
    return (
        f"Written by `{result.command}`. {len(reference):,} showers of {metadata.generator} in "
        f"{metadata.detector.name}, {low:g} to {high:g} GeV, seed {metadata.seed}; errors from "
        f"{result.config.bootstrap} bootstrap replicas that all models share, so that ratios have the "
        "errors of the difference. Definitions: [energy regression](../physics/energy-regression.md)."
    )


def _pictures(figures: Mapping[str, str], *names: str) -> list[str]:
    parts = []
    for name in names:
        if name in figures:
            title, words = FIGURE_WORDS[name]
            parts += [f"![{title}]({figures[name]})", words]
    return parts
