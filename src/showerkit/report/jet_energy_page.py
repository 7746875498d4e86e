"""A results page on calibrated jets: tables and figures, in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.report.jet_energy_tables import (
    aim_grid,
    eta_grid,
    measures_by_group,
    overview_grid,
    pt_grid,
)
from showerkit.report.jet_energy_words import JET_ENERGY_WORDS
from showerkit.report.markdown import collapsed, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.evaluate.jet_energy.result import JetEnergyEvaluation


def jet_energy_page(result: JetEnergyEvaluation, title: str, figures: Mapping[str, str]) -> str:
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
    parts += ["## Aims", _AIMS, table(aim_grid(result))]
    parts += ["\n".join(f"- {note}" for note in result.notes)]
    for section, names in (
        ("Resolution", ("resolution", "responses")),
        ("Closure", ("response", "closure-map")),
        ("Flavour", ("flavour",)),
        ("Pile-up", ("pile-up",)),
        ("Predicted errors", ("pulls", "coverage")),
    ):
        drawn = [name for name in names if name in figures]
        if drawn:
            parts.append(f"## {section}")
        for name in drawn:
            words = JET_ENERGY_WORDS[name]
            parts += [f"![{words.title}]({figures[name]})", words.words]
    heading = ["", "Unit", *(one.name for one in result.calibrations)]
    tables = [table(pt_grid(result)), table(eta_grid(result))]
    tables += [f"{group}\n\n{table([heading, *rows])}" for group, rows in measures_by_group(result).items()]
    parts += ["## Details", collapsed("Every figure", tables)]
    return "\n\n".join(part for part in parts if part) + "\n"


_AIMS = (
    "Met, missed, or open: missed by less than two standard errors. What is worst of many bins is partly "
    "chance."
)


def _words(result: JetEnergyEvaluation) -> str:
    reference = result.reference
    metadata = reference.metadata
    low, high = result.pt_edges_gev[[0, -1]]
    return (
        f"Written by `{result.command}`. {len(reference):,} jets of {metadata.generator}, process "
        f"{metadata.process}, true pT from {low:.4g} to {high:.4g} GeV, seed {metadata.seed}; errors from "
        f"{result.config.bootstrap} bootstrap replicas of the events that all calibrations share, so that "
        f"ratios to {result.baseline_name} have the errors of the difference."
    )
