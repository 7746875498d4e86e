"""ROC curves of the classifiers that try to tell samples from the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.report.figures.style import FLOOR_COLOUR, REFERENCE_COLOUR, candidate_colour, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.classifier import ClassifierAuc
    from showerkit.evaluate.result import Candidate, EvaluationResult
    from showerkit.typing import FloatArray


def roc_figure(result: EvaluationResult, features: str) -> Figure | None:
    """Draw how many reference showers are recognised against how many others are mistaken for them.

    Parameters
    ----------
    result
        The evaluation.
    features
        The classifiers' features: "high" or "low".

    Returns
    -------
    matplotlib.figure.Figure or None
        The figure, or None where no candidate has such a classifier.
    """
    found = [(number, c, _classifier(c, features)) for number, c in enumerate(result.candidates)]
    if all(classifier is None for _, _, classifier in found):
        return None
    figure = new_figure(7.2, 6.6)
    axes = figure.add_axes((0.14, 0.12, 0.82, 0.84))
    floor = _classifier(result.floor, features)
    if floor is not None:
        axes.plot(
            _mistaken(floor),
            floor.roc,
            color=FLOOR_COLOUR,
            linewidth=2.0,
            label=_label("Geant4 floor", floor),
        )
    for number, candidate, classifier in found:
        if classifier is not None:
            label = _label(candidate.sample.facts.name, classifier)
            colour = candidate_colour(number)
            axes.plot(_mistaken(classifier), classifier.roc, color=colour, linewidth=2.0, label=label)
    axes.plot([0.0, 1.0], [0.0, 1.0], "--", color=REFERENCE_COLOUR, linewidth=1.0, label="Guessing")
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.0)
    axes.set_aspect("equal")
    axes.set_xlabel("Share of other showers taken for the reference's")
    axes.set_ylabel("Share of the reference's showers recognised")
    axes.legend(loc="lower right")
    return figure


def _classifier(candidate: Candidate, features: str) -> ClassifierAuc | None:
    found = candidate.comparison.two_samples
    return None if found is None else found.classifiers.get(features)


def _mistaken(classifier: ClassifierAuc) -> FloatArray:
    return np.linspace(0.0, 1.0, len(classifier.roc))


def _label(name: str, classifier: ClassifierAuc) -> str:
    return f"{name}: AUC {classifier.value:.3f} ± {classifier.total_error:.3f}"
