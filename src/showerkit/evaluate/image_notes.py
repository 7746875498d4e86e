"""What a reader must know to judge an evaluation of sparse images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.evaluate.frechet import least_showers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from showerkit.evaluate.image_result import ImageReportResult


def image_notes(result: ImageReportResult) -> tuple[str, ...]:
    """List what a reader must know.

    Parameters
    ----------
    result
        The evaluation.

    Returns
    -------
    tuple of str
        Sentences.
    """
    return tuple(_notes(result))


def _notes(result: ImageReportResult) -> Iterator[str]:
    used = result.reference
    yield (
        f"{used.n_used:,} images of each sample are compared, as many of each label as the smallest has. "
        "Points outside the image count in the histograms, not in the pictures."
    )
    if result.floor_kind == "halves":
        yield (
            "No second sample of true images was given: the floor compares the reference's two halves, "
            "scaled to its whole (distances by 1/√2, squared ones by 1/2). A file given as --floor is better."
        )
    if result.classifier_images == 0:
        yield (
            "No classifier was trained: it needs other true images of several labels, given as --training."
        )
    elif "image.frechet" not in result.floor.comparison.measures:
        need = least_showers(result.config.classifier.features)
        yield f"No Fréchet distance of the classifier's features: it needs {need} images of each sample."
