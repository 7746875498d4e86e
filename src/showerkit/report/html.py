"""The report of an evaluation: one HTML page that holds its figures and needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from showerkit.report.figures.style import as_data_uri, candidate_colour, figure_style
from showerkit.report.numbers import TIMES, plain_number
from showerkit.report.page_template import render_page
from showerkit.report.verdict import headline, sentence, speed_up, verdict_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.result import EvaluationResult, SampleResult


@dataclass(frozen=True)
class Picture:
    """A figure in the page."""

    title: str
    source: str
    alternative: str
    wide: bool = False


@dataclass(frozen=True)
class Section:
    """A part of the page with its anchor, a few words and its pictures."""

    anchor: str
    title: str
    words: str
    pictures: tuple[Picture, ...]


def html_report(result: EvaluationResult) -> str:
    """Write the report of an evaluation as one self-contained HTML page.

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
        sections = report_sections(result)
    candidates = [
        {
            "name": candidate.sample.facts.name,
            "generator": candidate.sample.facts.metadata.generator,
            "colour": candidate_colour(number),
            "sentence": sentence(result, candidate),
            "cards": headline(result, candidate),
        }
        for number, candidate in enumerate(result.candidates)
    ]
    return render_page(
        "report.html.j2",
        result=result,
        candidates=candidates,
        table=verdict_table(result),
        sections=sections,
        samples=_sample_rows(result),
        numbers=_number_rows(result),
        settings=result.config.model_dump(),
    )


def report_sections(result: EvaluationResult) -> list[Section]:
    """Draw all figures of a report, in its order."""
    from showerkit.evaluate.comparison import observables_of
    from showerkit.evaluate.two_sample_measures import CLASSIFIED
    from showerkit.report.figures import distributions, energy_dependence, events, hit_probability, profiles
    from showerkit.report.figures.classifier import roc_figure
    from showerkit.report.figures.summary import summary_figure, timing_figure

    layers = len(result.detector.layers)
    names = ", ".join(candidate.sample.facts.name for candidate in result.candidates)

    def picture(
        figure: Figure, title: str, what: str, *, wide: bool = False, kind: Literal["svg", "png"] = "svg"
    ) -> Picture:
        text = f"{what} for the reference, the Geant4 floor and {names}."
        return Picture(title, as_data_uri(figure, kind), text, wide)

    sections = [
        Section(
            "summary",
            "All distances at a glance",
            "Each distance to the reference over the same distance of the Geant4 floor. Inside the grey band "
            "a candidate is as close to the reference as a second Geant4 sample is.",
            (
                picture(
                    summary_figure(result),
                    "Ratio to the floor (S: separation power, W: Wasserstein distance)",
                    "Ratio of every distance to its floor",
                    wide=True,
                ),
            ),
        ),
        Section(
            "events",
            "Single showers side by side",
            "Rows: incident particles. Columns: samples; those made with the same incident particles show "
            "the same one, others the nearest in energy. Above each image stands its total deposit; grey "
            "cells are not hit.",
            (
                picture(
                    events.event_images_figure(result),
                    "Event images",
                    "Images of single showers",
                    wide=True,
                    kind="png",
                ),
            ),
        ),
        Section(
            "hit-probability",
            "Hit probability",
            "Share of showers in which a cell holds more than "
            f"{result.config.threshold_mev:g} MeV, per cell and {result.config.energy_bin_mev:g} MeV bin of "
            "incident energy; its squared difference to the reference, averaged over the cells. Neighbouring "
            "bins are averaged for drawing; every bin is in metrics.json. The dashed line is what binomial "
            "statistics alone gives; with the same incident particles in both samples it is an upper bound.",
            (
                picture(
                    hit_probability.hit_probability_figure(result),
                    "Mean squared error against energy",
                    "Mean squared error of the hit probability against incident energy",
                ),
                picture(
                    hit_probability.probability_map_figure(result),
                    "Hit probability per cell",
                    "Maps of the hit probability in three ranges of energy",
                    wide=True,
                    kind="png",
                ),
            ),
        ),
        Section(
            "response",
            "Response, resolution and occupancy",
            "Each shower's deposit is divided by its own incident energy, so that the width of a bin does "
            "not count as resolution.",
            (
                picture(
                    energy_dependence.response_figure(result), "Response", "Response against incident energy"
                ),
                picture(
                    energy_dependence.resolution_figure(result),
                    "Resolution",
                    "Resolution against incident energy",
                ),
                picture(
                    energy_dependence.occupancy_figure(result),
                    "Occupancy",
                    "Mean number of hit cells against incident energy",
                ),
            ),
        ),
        Section(
            "profiles",
            "Shower profiles",
            "Shares of the deposit by the distance of a cell's centre to the point where the line of flight "
            "crosses the front face.",
            (
                picture(profiles.lateral_figure(result, "x"), "Lateral profile, x", "Lateral profile in x"),
                picture(profiles.lateral_figure(result, "y"), "Lateral profile, y", "Lateral profile in y"),
                picture(profiles.radial_figure(result), "Radial profile", "Radial profile"),
                *(
                    [picture(profiles.longitudinal_figure(result), "Longitudinal", "Longitudinal profile")]
                    if layers > 1
                    else []
                ),
            ),
        ),
        Section(
            "distributions",
            "Distributions",
            "Each normalised to 1; bins cover all but 0.1 % of the reference on either side. Separation "
            "power and Wasserstein distance of each are in the table above.",
            (
                *(
                    picture(
                        distributions.distribution_figure(result, info),
                        info.label,
                        f"Distribution of: {info.label}",
                    )
                    for info in observables_of(layers)
                ),
                picture(
                    distributions.cell_energy_figure(result), "Cell energy", "Spectrum of the cell energies"
                ),
            ),
        ),
    ]
    curves = [
        picture(figure, f"ROC curve on {seen}", f"ROC curves of classifiers on {seen}")
        for features, (_, seen) in CLASSIFIED.items()
        if (figure := roc_figure(result, features)) is not None
    ]
    if curves:
        network = result.config.two_samples.network
        sections.append(
            Section(
                "classifier",
                "Can a classifier tell them apart?",
                "Networks learn to tell each sample's showers from the reference's, given the incident "
                "particle and either observables or every cell; drawn is how well they do on showers they "
                f"have not seen, mean over {network.repeats} trainings. An area (AUC) of 0.5 is guessing, 1 "
                "certainty; samples that no network tells apart are equal to it.",
                tuple(curves),
            )
        )
    timing = timing_figure(result)
    if timing is not None:
        words = (
            "Core time: processor time of all processes over the showers, without the programs' start, "
            "as written down when "
        )
        sections.append(
            Section(
                "timing",
                "Time per shower",
                words + "each file was made.",
                (picture(timing, "Core time per shower", "Core time per shower"),),
            )
        )
    return sections


def _sample_rows(result: EvaluationResult) -> list[dict[str, str]]:
    """Facts of every sample."""
    floor_role = "floor (half of the reference)" if result.floor_kind == "halves" else "floor"
    samples = [("reference", result.reference)]
    if result.floor_kind != "halves":
        samples.append((floor_role, result.floor.sample))
    samples += [("candidate", candidate.sample) for candidate in result.candidates]
    return [_sample_row(role, sample, result.reference) for role, sample in samples]


def _sample_row(role: str, sample: SampleResult, reference: SampleResult) -> dict[str, str]:
    metadata, timing = sample.facts.metadata, sample.facts.timing
    faster = speed_up(reference, sample)
    return {
        "role": role,
        "name": sample.facts.name,
        "file": sample.facts.path.name,
        "generator": metadata.generator,
        "events": f"{sample.n_events:,}",
        "empty": f"{sample.n_empty:,}",
        "seed": str(metadata.seed),
        "data": metadata.physics_data or "none",
        "versions": ", ".join(f"{name} {version}" for name, version in sorted(metadata.versions.items())),
        "time": "n/a" if timing is None else f"{plain_number(timing.ms_per_shower)} ms",
        "faster": "n/a" if faster is None else f"{plain_number(faster)} {TIMES}",
        "machine": "" if timing is None else timing.machine,
    }


def _number_rows(result: EvaluationResult) -> list[dict[str, object]]:
    """Means and spreads of every sample alone."""
    from showerkit.report.numbers import value_with_error

    samples = [result.reference, result.floor.sample, *(c.sample for c in result.candidates)]
    return [
        {
            "label": number.label,
            "unit": number.unit,
            "values": [value_with_error(s.numbers[key].value, s.numbers[key].error) for s in samples],
        }
        for key, number in result.reference.numbers.items()
    ]
