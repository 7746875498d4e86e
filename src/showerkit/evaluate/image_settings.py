"""Settings of an evaluation of files of sparse images."""

from __future__ import annotations

from pydantic import Field

from showerkit.configuration import StrictConfig
from showerkit.evaluate.image_classifier import ImageClassifierConfig


class ImageReportConfig(StrictConfig):
    """How files of sparse images are compared and drawn.

    Parameters
    ----------
    max_images
        At most so many images of each sample, drawn at random.
    w1_batches
        Number of batches of the Wasserstein distances, each as large as the sample.
    classifier
        The classifier of the true images and its training.
    histogram_bins
        Number of bins of each histogram.
    event_images
        Number of images drawn side by side; 0 draws none.
    seed
        Seed of choices, batches and the classifier.

    Examples
    --------
    >>> ImageReportConfig(event_images=3).max_images
    20000
    """

    max_images: int = Field(default=20_000, ge=2)
    w1_batches: int = Field(default=10, ge=2, le=1000)
    classifier: ImageClassifierConfig = ImageClassifierConfig()
    histogram_bins: int = Field(default=40, ge=5, le=500)
    event_images: int = Field(default=5, ge=0, le=20)
    seed: int = Field(default=1, ge=0)
