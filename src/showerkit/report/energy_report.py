"""The report on reconstructed energies: one HTML page that holds its figures and needs nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from showerkit.report.energy_figure_words import FIGURE_WORDS
from showerkit.report.energy_tables import (
    edge_grid,
    fit_grid,
    measures_by_group,
    overview_grid,
    particle_grid,
)
from showerkit.report.figures.style import as_data_uri, candidate_colour, figure_style
from showerkit.report.html import Picture, Section
from showerkit.report.page_template import render_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from showerkit.evaluate.energy_result import EnergyEvaluation

_SECTIONS: Final = (
    ("resolution", "Resolution", ("resolution", "scaled-resolution", "residuals")),
    ("response", "Response and linearity", ("response", "linearity")),
    ("edges", "Bias at the edges", ("edges",)),
    ("errors", "Predicted errors and intervals", ("pulls", "coverage")),
    ("particles", "By particle", ("particles",)),
)
_WIDE: Final = ("edges", "pulls", "coverage", "particles")


def energy_figures(result: EnergyEvaluation) -> dict[str, Figure]:
    """Draw all figures that there are data for, by name; call it inside `figure_style`."""
    from showerkit.report.figures import energy_resolution, energy_response
    from showerkit.report.figures.energy_coverage import coverage_figure
    from showerkit.report.figures.energy_edges import edges_figure
    from showerkit.report.figures.energy_particles import particles_figure
    from showerkit.report.figures.energy_pulls import pulls_figure
    from showerkit.report.figures.energy_residuals import residuals_figure

    drawn: dict[str, Figure | None] = {
        "resolution": energy_resolution.resolution_figure(result),
        "scaled-resolution": energy_resolution.scaled_resolution_figure(result),
        "response": energy_response.response_figure(result),
        "linearity": energy_response.linearity_figure(result),
        "edges": edges_figure(result),
        "residuals": residuals_figure(result),
        "pulls": pulls_figure(result),
        "coverage": coverage_figure(result),
        "particles": particles_figure(result),
    }
    return {name: figure for name, figure in drawn.items() if figure is not None}


def energy_report(result: EnergyEvaluation) -> str:
    """Write the report on reconstructed energies as one self-contained HTML page.

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
        sources = {name: as_data_uri(figure) for name, figure in energy_figures(result).items()}
    models = ", ".join(candidate.name for candidate in result.candidates)
    sections = []
    for anchor, title, names in _SECTIONS:
        pictures = tuple(
            Picture(
                FIGURE_WORDS[name].title,
                sources[name],
                f"{FIGURE_WORDS[name].title} of {models}. {FIGURE_WORDS[name].words}",
                name in _WIDE,
            )
            for name in names
            if name in sources
        )
        words = " ".join(FIGURE_WORDS[name].words for name in names if name in sources)
        if pictures:
            sections.append(Section(anchor, title, words, pictures))
    return render_page(
        "energy_report.html.j2",
        result=result,
        metadata=result.reference.metadata,
        models=[
            {
                "name": candidate.name,
                "colour": candidate_colour(number),
                "model": _model_words(candidate.sample.metadata.model),
            }
            for number, candidate in enumerate(result.candidates)
        ],
        overview=overview_grid(result),
        groups=measures_by_group(result),
        tables={
            "resolution": fit_grid(result),
            "edges": edge_grid(result),
            "particles": particle_grid(result),
        },
        sections=sections,
        settings=result.config.model_dump(),
    )


def _model_words(description: Mapping[str, object]) -> str:
    """What a model says of itself in a line, without what is a table of its own."""
    parts = [
        f"{name}: {value}" for name, value in description.items() if isinstance(value, str | int | float)
    ]
    return "; ".join(parts)
