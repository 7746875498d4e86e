"""The report on sparse images: one HTML page that holds its figures and needs nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from showerkit.report.figures.style import as_data_uri, candidate_colour, figure_style
from showerkit.report.html import Picture, Section
from showerkit.report.image_tables import (
    image_cards,
    image_label_grid,
    image_measure_table,
    image_number_rows,
    image_sample_rows,
    image_sentence,
)
from showerkit.report.page_template import render_page
from showerkit.report.training_section import training_section

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.image_result import ImageReportResult

_IMAGES: Final = (
    "Points are painted into pixels. Mean images, a row for each thing that is shown, and their differences "
    "to the reference in standard errors; where independent samples agree, these are noise of unit width. "
    "Single images: each row shows a true image, what models make of that very image (reconstructed), and "
    "one image of the same label of every other sample."
)
_HISTOGRAMS: Final = (
    "Each distribution is normalised to 1; bins cover all but 0.1 % of the reference on either side. Errors "
    "come from the scatter of the images, points of one image not being independent. The width is the root "
    "mean squared distance of the intensity from its centre."
)
_LABELS: Final = (
    "A network learnt on other true images to tell what they show. Given is the share of images that it "
    "takes for what they were to show; the floor are true images."
)
_GRADING: Final = (
    "accuracy and entropy of the classifier are good within two standard errors of the floor, fair within "
    "five. Errors of Wasserstein distances are the spread of batches drawn with replacement."
)


def image_report(result: ImageReportResult) -> str:
    """Write the report on sparse images as one self-contained HTML page.

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
        sections = image_sections(result)
    metadata = result.reference.facts.metadata
    labels = image_label_grid(result)
    return render_page(
        "cloud_report.html.j2",
        what="Images",
        lead=(
            f"At most {metadata.n_points} points of {metadata.rows} by {metadata.columns} pixels · "
            f"{result.reference.n_used:,} images of each sample"
        ),
        grading=_GRADING,
        result=result,
        candidates=[
            {
                "name": candidate.sample.facts.name,
                "generator": candidate.sample.facts.metadata.generator,
                "colour": candidate_colour(number),
                "sentence": image_sentence(result, candidate),
                "cards": image_cards(result, candidate),
            }
            for number, candidate in enumerate(result.candidates)
        ],
        shown=[
            {"name": sample.facts.name, "colour": candidate_colour(number)}
            for number, sample in enumerate(result.shown)
        ],
        table=image_measure_table(result),
        tables={},
        grids={"labels": labels} if labels else {},
        sections=sections,
        samples=image_sample_rows(result),
        numbers=image_number_rows(result),
        settings=result.config.model_dump(mode="json"),
    )


def image_sections(result: ImageReportResult) -> list[Section]:
    """Draw all figures of a report on images, in its order; call it inside `figure_style`."""
    from showerkit.evaluate.image_observables import image_observables
    from showerkit.report.figures.image_displays import image_displays_figure
    from showerkit.report.figures.image_histograms import image_histogram_figure
    from showerkit.report.figures.image_means import image_differences_figure, image_means_figure

    names = ", ".join(sample.facts.name for sample in result.shown)

    def picture(
        figure: Figure, title: str, *, wide: bool = False, kind: Literal["svg", "png"] = "svg"
    ) -> Picture:
        alternative = f"{title} of the reference, the floor and {names}."
        return Picture(title, as_data_uri(figure, kind), alternative, wide)

    shown = [
        picture(image_means_figure(result), "Mean images", wide=True, kind="png"),
        picture(image_differences_figure(result), "Differences to the reference", wide=True, kind="png"),
    ]
    displays = image_displays_figure(result)
    if displays is not None:
        shown.append(picture(displays, "Single images", wide=True, kind="png"))
    histograms = tuple(picture(image_histogram_figure(result, one), one.label) for one in image_observables())
    sections = [
        Section("images", "Images", _IMAGES, tuple(shown)),
        Section("histograms", "Points and images", _HISTOGRAMS, histograms),
    ]
    if image_label_grid(result):
        sections.insert(0, Section("labels", "What a classifier recognises", _LABELS, ()))
    return [*sections, *training_section(result.trainings)]
