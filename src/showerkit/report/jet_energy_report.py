"""The report on calibrated jets: one HTML page that holds its figures and needs nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from showerkit.report.figures.jet_energy_points import calibration_colour
from showerkit.report.figures.style import as_data_uri, figure_style
from showerkit.report.html import Picture, Section
from showerkit.report.jet_energy_tables import (
    GRADES,
    aim_rows,
    aim_words,
    eta_grid,
    judged_calibrations,
    measures_by_group,
    overview_grid,
    pt_grid,
)
from showerkit.report.jet_energy_words import JET_ENERGY_WORDS
from showerkit.report.page_template import render_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from showerkit.evaluate.jet_energy.result import CalibrationResult, JetEnergyEvaluation

_SECTIONS: Final = (
    ("resolution", "Resolution", ("resolution", "responses")),
    ("closure", "Response and closure", ("response", "closure-map")),
    ("flavour", "Flavour", ("flavour",)),
    ("pile-up", "Pile-up", ("pile-up",)),
    ("errors", "Predicted errors and intervals", ("pulls", "coverage")),
)
_NARROW: Final = ("coverage",)


def jet_energy_figures(result: JetEnergyEvaluation) -> dict[str, Figure]:
    """Draw all figures that there are data for, by name; call it inside `figure_style`."""
    from showerkit.report.figures.jet_energy_closure import closure_map_figure, response_figure
    from showerkit.report.figures.jet_energy_dependence import flavour_figure, pile_up_figure
    from showerkit.report.figures.jet_energy_errors import coverage_figure, pulls_figure
    from showerkit.report.figures.jet_energy_resolution import resolution_figure, responses_figure

    drawn: dict[str, Figure | None] = {
        "resolution": resolution_figure(result),
        "responses": responses_figure(result),
        "response": response_figure(result),
        "closure-map": closure_map_figure(result),
        "flavour": flavour_figure(result),
        "pile-up": pile_up_figure(result),
        "pulls": pulls_figure(result),
        "coverage": coverage_figure(result),
    }
    return {name: figure for name, figure in drawn.items() if figure is not None}


def jet_energy_report(result: JetEnergyEvaluation) -> str:
    """Write the report on calibrated jets as one self-contained HTML page.

    Parameters
    ----------
    result
        The evaluation.

    Returns
    -------
    str
        The page; the same result gives the same text.
    """
    with figure_style():
        sources = {name: as_data_uri(figure) for name, figure in jet_energy_figures(result).items()}
    names = ", ".join(one.name for one in result.calibrations)
    sections = []
    for anchor, title, figures in _SECTIONS:
        shown = [name for name in figures if name in sources]
        pictures = tuple(
            Picture(
                JET_ENERGY_WORDS[name].title,
                sources[name],
                f"{JET_ENERGY_WORDS[name].title} of {names}. {JET_ENERGY_WORDS[name].words}",
                name not in _NARROW,
            )
            for name in shown
        )
        if pictures:
            words = " ".join(JET_ENERGY_WORDS[name].words for name in shown)
            sections.append(Section(anchor, title, words, pictures))
    return render_page(
        "jet_energy_report.html.j2",
        result=result,
        metadata=result.reference.metadata,
        models=[
            {"name": one.name, "colour": calibration_colour(result, number), "model": _model_words(one)}
            for number, one in enumerate(result.calibrations)
        ],
        judged=[one.name for one in judged_calibrations(result)],
        aims=[
            {
                "words": words,
                "wanted": wanted,
                "cells": [
                    {"value": aim_words(aim), "grade": "none", "reached": ""}
                    if aim is None
                    else {"value": aim_words(aim), "grade": GRADES[aim.reached], "reached": aim.reached}
                    for aim in cells
                ],
            }
            for words, wanted, cells in aim_rows(result)
        ],
        overview=overview_grid(result),
        groups=measures_by_group(result),
        tables={"pT": pt_grid(result), "|eta|": eta_grid(result)},
        sections=sections,
        settings=result.config.model_dump(mode="json"),
    )


def _model_words(one: CalibrationResult) -> str:
    """What a model says of itself in a line, without what is a table of its own."""
    if one.sample.metadata is None:
        return "the jets as the detector saw them"
    description: Mapping[str, object] = one.sample.metadata.model
    return "; ".join(
        f"{name}: {value}" for name, value in description.items() if isinstance(value, str | int | float)
    )
