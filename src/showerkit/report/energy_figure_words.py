"""Titles and explanations of the figures on reconstructed energies."""

from __future__ import annotations

from typing import Final, NamedTuple


class FigureWords(NamedTuple):
    """What stands above and below a figure."""

    title: str
    words: str


#: By the name of the figure.
FIGURE_WORDS: Final = {
    "resolution": FigureWords(
        "Resolution",
        "Standard deviation of reconstructed minus true energy over the energy, with the fit of stochastic, "
        "constant and noise terms, and its ratio to the first model.",
    ),
    "scaled-resolution": FigureWords(
        "Resolution over the root of the energy",
        "Standard deviation of (E_rec - E)/√E in bins of true energy (dotted: over all events) and, below, "
        "half the width of its central 68 %.",
    ),
    "residuals": FigureWords("Residuals", "Distribution of (E_rec - E)/√E; logarithmic below."),
    "response": FigureWords(
        "Response",
        "Mean reconstructed over mean true energy in bins of true energy; the frame holds 95 % of them.",
    ),
    "linearity": FigureWords(
        "Linearity", "Mean reconstructed energy against the true energy, and their ratio."
    ),
    "edges": FigureWords(
        "Bias at the edges",
        "Mean residual given the true energy (left) and given the reconstructed one (right). An estimator "
        "that knows the range of energies is drawn inwards near its ends given the truth, and is unbiased "
        "given its own result; grey: the outermost bins, where a step is looked for.",
    ),
    "pulls": FigureWords(
        "Pulls",
        "Pull (E - E_rec)/sigma with a unit Gaussian, and its width and mean in bins of true energy (grey: "
        "1 ± 0.03).",
    ),
    "coverage": FigureWords(
        "Coverage of the intervals",
        "Share of the events whose interval holds the true energy, with binomial errors (grey: nominal "
        "± 1 %).",
    ),
    "particles": FigureWords("Particles", "Response and resolution by kind of particle."),
}
