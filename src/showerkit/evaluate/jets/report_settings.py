"""Settings of an evaluation of files of jets with its report."""

from __future__ import annotations

from pydantic import Field

from showerkit.evaluate.jets.settings import JetEvaluationConfig


class JetReportConfig(JetEvaluationConfig):
    """How files of jets are compared and drawn (further parameters as for `JetEvaluationConfig`).

    Parameters
    ----------
    histogram_bins
        Number of bins of each histogram; fewer for less than 30 jets a bin.
    image_pixels
        Number of pixels of the average images along eta and along phi.
    event_images
        Number of jets drawn side by side; 0 draws none.

    Examples
    --------
    >>> JetReportConfig(image_pixels=20).max_jets
    50000
    """

    histogram_bins: int = Field(default=50, ge=5, le=500)
    image_pixels: int = Field(default=40, ge=4, le=400)
    event_images: int = Field(default=5, ge=0, le=20)
