"""The report on jets: one HTML page that holds its figures and needs nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from showerkit.report.figures.style import as_data_uri, candidate_colour, figure_style
from showerkit.report.html import Picture, Section
from showerkit.report.jet_tables import (
    jet_cards,
    jet_measure_table,
    jet_measures_by_type,
    jet_number_rows,
    jet_ratio_grid,
    jet_sample_rows,
    jet_sentence,
)
from showerkit.report.page_template import render_page
from showerkit.report.training_section import training_section

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.jets.jet_histograms import JetObservable
    from showerkit.evaluate.jets.jet_result import JetReportResult

_NORMALISED: Final = (
    "Each distribution is normalised to 1; bins cover all but 0.1 % of the reference on either side. Errors "
    "come from the scatter of the jets, particles of one jet not being independent."
)
_SUBSTRUCTURE: Final = (
    "Ratios of N-subjettiness (how much better two prongs fit than one, three than two) and the logarithm of "
    "the five energy flow polynomials behind W1EFP, named by the edges of their graphs."
)
_GRADING: Final = (
    "the kernel distance is good within two standard errors of zero, coverage, matching distance and the "
    "area under the classifier's curve within two of the floor, and fair within five. Errors are those of "
    "the batches: of W1 and KPD the spread of one batch, of FPD that of its fit."
)
_IMAGES: Final = (
    "Above: the mean share of the jet's pT in each pixel. Below: the difference to the reference in standard "
    "errors; where independent samples agree, it is noise of unit width. Single jets: circles are particles, "
    "their areas the shares of the jet's pT; each row shows a jet of the reference, what models make of that "
    "very jet (reconstructed), and the nearest in mass of every other sample."
)
#: Anchor, title and words of the histograms, by the group of the observables.
_GROUPS: Final = {
    "particles": (
        "Particles",
        "Angles and momenta of the particles relative to the jet, all together and by rank in pT. "
        + _NORMALISED,
    ),
    "jets": ("Jets", "Mass and pT of the sum of the kept particles, and their number. " + _NORMALISED),
    "substructure": ("Substructure", _SUBSTRUCTURE),
}


def jet_report(result: JetReportResult) -> str:
    """Write the report on jets as one self-contained HTML page.

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
        sections = jet_sections(result)
    metadata = result.reference.facts.metadata
    return render_page(
        "cloud_report.html.j2",
        what="Jets",
        lead=(
            f"Jets of {metadata.process}, their {metadata.constituents} hardest particles · "
            f"{result.reference.n_used:,} jets of each sample · measures as JetNet defines them"
        ),
        grading=_GRADING,
        result=result,
        candidates=[
            {
                "name": candidate.sample.facts.name,
                "generator": candidate.sample.facts.metadata.generator,
                "colour": candidate_colour(number),
                "sentence": jet_sentence(result, candidate),
                "cards": jet_cards(result, candidate),
            }
            for number, candidate in enumerate(result.candidates)
        ],
        shown=[
            {"name": sample.facts.name, "colour": candidate_colour(number)}
            for number, sample in enumerate(result.shown)
        ],
        table=jet_measure_table(result),
        tables={"types": by_type} if (by_type := jet_measures_by_type(result)) else {},
        grids={"images": ratios} if (ratios := jet_ratio_grid(result)) else {},
        sections=sections,
        samples=jet_sample_rows(result),
        numbers=jet_number_rows(result),
        settings=result.used.model_dump(mode="json"),
    )


def jet_sections(result: JetReportResult) -> list[Section]:
    """Draw all figures of a report on jets, in its order; call it inside `figure_style`."""
    from showerkit.evaluate.jets.jet_histograms import jet_observables
    from showerkit.report.figures.jet_average import jet_average_figure
    from showerkit.report.figures.jet_displays import jet_displays_figure
    from showerkit.report.figures.jet_histograms import jet_histogram_figure

    names = ", ".join(sample.facts.name for sample in result.shown)

    def picture(
        figure: Figure, title: str, *, wide: bool = False, kind: Literal["svg", "png"] = "svg"
    ) -> Picture:
        alternative = f"{title} of the reference, the floor and {names}."
        return Picture(title, as_data_uri(figure, kind), alternative, wide)

    def histogram(observable: JetObservable, jet_type: str | None = None) -> Picture:
        title = observable.label if jet_type is None else f"{observable.label}, jets of type {jet_type}"
        return picture(jet_histogram_figure(result, observable, jet_type), title)

    images = [picture(jet_average_figure(result), "Average images", wide=True, kind="png")]
    displays = jet_displays_figure(result)
    if displays is not None:
        images.append(picture(displays, "Single jets", wide=True, kind="png"))
    sections = [
        Section(
            "images",
            "Images of jets",
            _IMAGES,
            tuple(images),
        )
    ]
    observables = jet_observables(result.reference.facts.metadata.constituents)
    for group, (title, words) in _GROUPS.items():
        shown = tuple(histogram(one) for one in observables if one.group == group)
        sections.append(Section(group, title, words, shown))
    types = result.reference.types if len(result.reference.types) > 1 else {}
    shown = tuple(
        histogram(one, name)
        for name in types
        for one in observables
        if f"{name}.{one.key}" in result.reference.curves
    )
    if shown:
        sections.append(Section("types", "By type of jet", "Each normalised to 1.", shown))
    return [*sections, *training_section(result.trainings)]
