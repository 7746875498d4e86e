"""Titles and explanations of the figures on calibrated jets."""

from __future__ import annotations

from typing import Final

from showerkit.report.energy_figure_words import FigureWords

#: By the name of the figure.
JET_ENERGY_WORDS: Final = {
    "response": FigureWords(
        "Response and closure",
        "Mean of calibrated over true pT in bins of true pT (left) and |eta| (right); below, its distance "
        "from 1 magnified, with the tolerated band in grey.",
    ),
    "closure-map": FigureWords(
        "Closure in bins of pT and |eta| together",
        "Mean response minus 1 in per cent, with its error; bins with fewer than ten jets are left empty.",
    ),
    "resolution": FigureWords(
        "Resolution",
        "Half of what the central 68 % of the responses cover, over the mean response, so that a change of "
        "scale alone betters nothing. Below, the ratio to the baseline of the same jets: below the dashed "
        "line it is at least 15 % better.",
    ),
    "responses": FigureWords(
        "Distribution of the response",
        "Calibrated over true pT in the lowest, a middle and the highest bin of true pT; logarithmic below.",
    ),
    "flavour": FigureWords(
        "Dependence on flavour",
        "Mean response of a kind of jets over that of all jets in the bin; last, light quarks minus gluons. "
        "The band is half of the baseline's difference on either side of 0.",
    ),
    "pile-up": FigureWords(
        "Dependence on pile-up",
        "Response and resolution against the number of further collisions, and the slope of the response "
        "against it in bins of true pT.",
    ),
    "pulls": FigureWords(
        "Pulls",
        "Calibrated minus true pT over the predicted error, with a unit Gaussian, and its width (filled; "
        "grey: 1 ± 0.03) and mean (open) in bins of true pT.",
    ),
    "coverage": FigureWords(
        "Coverage",
        "Share of the jets whose interval holds the true pT (grey: nominal ± 1 %).",
    ),
}
