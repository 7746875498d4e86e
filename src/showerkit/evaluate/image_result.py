"""Typed results of an evaluation of files of sparse images and their JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from showerkit.evaluate.result import measures_json, plain_json

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.data.image_schema import ImageFileMetadata
    from showerkit.data.timing import Timing
    from showerkit.evaluate.image_measures import ImageComparison
    from showerkit.evaluate.image_settings import ImageReportConfig
    from showerkit.evaluate.mean_image import MeanImage
    from showerkit.evaluate.measurement import Measurement
    from showerkit.evaluate.result import Curve
    from showerkit.evaluate.training_record import TrainingRecord
    from showerkit.typing import Float32Array

#: What metrics.json says of itself.
IMAGES_KIND = "images"


@dataclass(frozen=True)
class ImageFacts:
    """Where a sample of images comes from."""

    name: str
    path: Path
    metadata: ImageFileMetadata
    timing: Timing | None


@dataclass(frozen=True, eq=False)
class ImageSampleResult:
    """What the report shows of one sample.

    Parameters
    ----------
    facts
        Where it comes from.
    n_images, n_used
        Number of images of the file, and of those that were looked at.
    labels
        Number of images looked at by what they show.
    curves
        Histograms by the observable's key.
    numbers
        Means of the observables.
    means
        The mean image by what is shown.
    """

    facts: ImageFacts
    n_images: int
    n_used: int
    labels: dict[int, int]
    curves: dict[str, Curve]
    numbers: dict[str, Measurement]
    means: dict[int, MeanImage]


@dataclass(frozen=True, eq=False)
class ImageCandidate:
    """A sample and its comparison with the reference."""

    sample: ImageSampleResult
    comparison: ImageComparison


@dataclass(frozen=True, eq=False)
class SingleImages:
    """An image of the reference, and of other samples one that shows the same.

    Parameters
    ----------
    label
        What they show.
    pictures
        Intensities by the sample's name, shape (rows, columns).
    """

    label: int
    pictures: dict[str, Float32Array]


@dataclass(frozen=True, eq=False)
class ImageReportResult:
    """Everything an evaluation of files of images found.

    Parameters
    ----------
    config
        The settings.
    reference
        The reference.
    floor
        A second true sample, against the reference.
    floor_kind
        "file" or "halves" (the reference's two halves, scaled to its whole).
    candidates
        What was evaluated.
    reconstructed
        Images of the reference as models give them back.
    trainings
        How those and other models were trained.
    single_images
        Images side by side.
    classifier_images
        Number of true images that the classifier learnt from; 0: there is none.
    notes
        What a reader must know to judge the figures.
    command
        How the evaluation was called.
    """

    config: ImageReportConfig
    reference: ImageSampleResult
    floor: ImageCandidate
    floor_kind: Literal["file", "halves"]
    candidates: tuple[ImageCandidate, ...]
    reconstructed: tuple[ImageSampleResult, ...]
    trainings: tuple[TrainingRecord, ...]
    single_images: tuple[SingleImages, ...]
    classifier_images: int
    notes: tuple[str, ...]
    command: str

    @property
    def shown(self) -> tuple[ImageSampleResult, ...]:
        """What is drawn beside the reference and the floor: candidates, then reconstructions."""
        return (*(candidate.sample for candidate in self.candidates), *self.reconstructed)

    def to_json(self) -> dict[str, Any]:
        """Give what metrics.json holds: plain numbers, lists and texts; what is not finite is null."""
        floor = self.floor.comparison
        return {
            "schema_version": 1,
            "kind": IMAGES_KIND,
            "command": self.command,
            "settings": self.config.model_dump(mode="json"),
            "classifier_images": self.classifier_images,
            "notes": list(self.notes),
            "reference": _sample_json(self.reference),
            "floor": {"source": self.floor_kind, **_candidate_json(self.floor, None)},
            "candidates": [_candidate_json(candidate, floor) for candidate in self.candidates],
            "reconstructed": [_sample_json(sample) for sample in self.reconstructed],
        }


def _candidate_json(candidate: ImageCandidate, floor: ImageComparison | None) -> dict[str, Any]:
    found = candidate.comparison
    return {
        **_sample_json(candidate.sample),
        "measures": measures_json(found.measures, {} if floor is None else floor.measures),
        "recognised": plain_json(found.recognised),
        "class_shares": plain_json(found.class_shares),
    }


def _sample_json(sample: ImageSampleResult) -> dict[str, Any]:
    metadata = sample.facts.metadata
    return {
        "name": sample.facts.name,
        "file": sample.facts.path.name,
        "generator": metadata.generator,
        "kind": metadata.kind,
        "seed": metadata.seed,
        "versions": dict(metadata.versions),
        "n_images": sample.n_images,
        "n_used": sample.n_used,
        "labels": plain_json(sample.labels),
        "timing": None if sample.facts.timing is None else sample.facts.timing.model_dump(),
        "numbers": plain_json(sample.numbers),
        "curves": plain_json(sample.curves),
    }
