"""The report on showers on voxels: one HTML page that holds its figures and needs nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from showerkit.report.figures.style import as_data_uri, candidate_colour, figure_style
from showerkit.report.html import Picture, Section
from showerkit.report.page_template import render_page
from showerkit.report.verdict import measure_table
from showerkit.report.voxel_tables import (
    voxel_cards,
    voxel_number_rows,
    voxel_sample_rows,
    voxel_sentence,
)

if TYPE_CHECKING:
    from showerkit.evaluate.voxels.result import VoxelResult

_GRADING: Final = (
    "a shift, a distance whose aim is zero, and a level (beside the floor) are good within two standard "
    "errors and fair within five. Errors of separation powers come from a bootstrap over blocks of showers."
)
_AVERAGE: Final = (
    "Mean deposit per shower in each layer (from left to right) and ring (from the axis upwards), all "
    "sectors together, and below its ratio to the reference."
)
_HISTOGRAMS: Final = (
    "Of each kind of observable the histogram with the largest separation power, in the CaloChallenge's "
    "bins, each normalised to 1 within them."
)
_SEPARATIONS: Final = (
    "Separation powers layer by layer; the dashed line is what statistics alone would give. All stand in "
    "metrics.json."
)


def voxel_report(result: VoxelResult) -> str:
    """Write the report on showers on voxels as one self-contained HTML page.

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
        sections = voxel_sections(result)
    candidates = [
        {
            "name": candidate.sample.facts.name,
            "generator": candidate.sample.facts.metadata.generator,
            "colour": candidate_colour(number),
            "sentence": voxel_sentence(result, candidate),
            "cards": voxel_cards(result, candidate),
        }
        for number, candidate in enumerate(result.candidates)
    ]
    geometry = result.geometry
    return render_page(
        "cloud_report.html.j2",
        what="Showers",
        lead=(
            f"{geometry.title or geometry.name} · {geometry.n_voxels:,} voxels · threshold "
            f"{result.threshold_mev:.4g} MeV · measures as the CaloChallenge defines them"
        ),
        grading=_GRADING,
        result=result,
        candidates=candidates,
        shown=[{"name": one["name"], "colour": one["colour"]} for one in candidates],
        table=measure_table(
            result.floor.comparison.measures, [one.comparison.measures for one in result.candidates]
        ),
        tables={},
        grids={},
        sections=sections,
        samples=voxel_sample_rows(result),
        numbers=voxel_number_rows(result),
        settings=result.config.model_dump(mode="json"),
    )


def voxel_sections(result: VoxelResult) -> list[Section]:
    """Draw all figures of a report, in its order; call it inside `figure_style`."""
    from showerkit.report.figures.voxel_average import voxel_average_figure
    from showerkit.report.figures.voxel_curves import (
        layer_energy_figure,
        separation_figures,
        voxel_histogram_figures,
    )

    names = ", ".join(sample.facts.name for sample in result.shown)

    def alternative(title: str) -> str:
        return f"{title} of the reference, the floor and {names}."

    average = voxel_average_figure(result)
    title = "Average showers"
    pictures = [Picture(title, as_data_uri(average, "png"), alternative(title), wide=True)]
    title = "Mean deposit by layer"
    pictures.append(Picture(title, as_data_uri(layer_energy_figure(result)), alternative(title)))
    histograms = [
        Picture(title, as_data_uri(figure), alternative(title))
        for title, figure in voxel_histogram_figures(result)
    ]
    powers = [
        Picture(title, as_data_uri(figure), alternative(title))
        for title, figure in separation_figures(result)
    ]
    return [
        Section("average", "Average showers", _AVERAGE, tuple(pictures)),
        Section("histograms", "Histograms", _HISTOGRAMS, tuple(histograms)),
        Section("separations", "Separation powers", _SEPARATIONS, tuple(powers)),
    ]
