"""Histograms of jets and of their particles, with ratios to the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.report.figures.overlay import OverlaidCurves, overlaid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.jets.jet_histograms import JetObservable
    from showerkit.evaluate.jets.jet_result import JetReportResult

#: How axes name the observables.
_SYMBOLS = {
    "eta_rel": r"Particle $\eta_{rel}$",
    "phi_rel": r"Particle $\phi_{rel}$",
    "particle_pt_rel": r"Particle $p_{T,rel}$",
    "mass_rel": r"Jet mass / $p_T$",
    "pt_rel": r"$p_T$ of the kept particles / $p_T$ of the jet",
    "tau21": r"$\tau_{21}$",
    "tau32": r"$\tau_{32}$",
}


def jet_histogram_figure(
    result: JetReportResult, observable: JetObservable, jet_type: str | None = None
) -> Figure:
    """Draw the distribution of one observable in every sample, normalised to 1, and ratios.

    Parameters
    ----------
    result
        The evaluation.
    observable
        What to draw.
    jet_type
        Draw jets of this type alone.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    key = observable.key if jet_type is None else f"{jet_type}.{observable.key}"
    what = "Jets" if observable.of_jets else "Particles"
    curves = OverlaidCurves(
        result.reference.curves[key],
        result.floor.sample.curves[key],
        {sample.facts.name: sample.curves[key] for sample in result.shown},
        f"Reference ({result.reference.facts.name})",
        floor_label(result),
    )
    label = _label(observable)
    return overlaid(
        curves,
        x_label=label if jet_type is None else f"{label}, jets of type {jet_type}",
        y_label=f"{what} / total / {'particle' if observable.integer else 'unit'}",
        y_scale="log" if observable.logarithmic else "linear",
    )


def _label(observable: JetObservable) -> str:
    if observable.key in _SYMBOLS:
        return _SYMBOLS[observable.key]
    head, _, rank = observable.key.rpartition("_")
    if head == "pt_rel":
        return rf"$p_{{T,rel}}$ of particle {rank}"
    return observable.label.replace("log10", r"$\log_{10}$", 1)


def floor_label(result: JetReportResult) -> str:
    """What the legend calls the floor."""
    if result.floor_kind == "halves":
        return "Half of the reference"
    return f"Floor ({result.floor.sample.facts.name})"
