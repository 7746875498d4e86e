"""Compare files of sparse images with a reference, by all measures and with a floor."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.image_file import ImageFile
from showerkit.data.point_images import painted
from showerkit.data.sample_names import sample_names
from showerkit.data.timing import read_timing
from showerkit.errors import DataError
from showerkit.evaluate.image_choice import chosen_images, halves, shared_labels
from showerkit.evaluate.image_classifier import train_image_classifier
from showerkit.evaluate.image_measures import image_comparison
from showerkit.evaluate.image_notes import image_notes
from showerkit.evaluate.image_observables import image_curve, image_edges, image_numbers, image_observables
from showerkit.evaluate.image_result import (
    ImageCandidate,
    ImageFacts,
    ImageReportResult,
    ImageSampleResult,
    SingleImages,
)
from showerkit.evaluate.mean_image import mean_image
from showerkit.evaluate.named_twice import refuse_twice
from showerkit.evaluate.reconstruction_pairs import model_record
from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from showerkit.data.sparse_images import SparseImages
    from showerkit.evaluate.image_classifier import ImageClassifier
    from showerkit.evaluate.image_settings import ImageReportConfig
    from showerkit.progress import Progress
    from showerkit.typing import FloatArray

#: Fewest images of a sample that distances are measured with.
LEAST_IMAGES: Final = 20


def evaluate_image_files(
    reference: Path | str,
    candidates: Sequence[Path | str],
    config: ImageReportConfig,
    *,
    floor: Path | str | None = None,
    training: Path | str | None = None,
    models: Sequence[Path | str] = (),
    command: str = "",
    progress: Progress | None = None,
) -> ImageReportResult:
    """Compare files of sparse images with a reference.

    As many images of each label are looked at as the sample with the fewest has.

    Parameters
    ----------
    reference
        A file of true images.
    candidates
        The samples to judge, at least one.
    config
        How to compare.
    floor
        A second sample of true images. Without it the reference is split into two halves.
    training
        True images of several labels that the classifier learns from. Without them there is none.
    models
        Folders of trainings, or model files: their losses are shown, and the reference's images as they
        reconstruct them.
    command
        How the evaluation was called, for the report.
    progress
        Told what is being done.

    Returns
    -------
    ImageReportResult
        All measures with their floors.

    Raises
    ------
    DataError
        If a sample has too few images, is named twice, has images of another size, shows nothing that the
        reference shows, or is identical to the reference.
    """
    progress = progress or SilentProgress()
    if not candidates:
        raise DataError("candidates", got="none", expected="at least one file of images")
    refuse_twice(reference, candidates, floor, training)
    paths = [reference, *candidates, *([] if floor is None else [floor])]
    facts, samples = [], []
    for path, name in zip(paths, sample_names(paths), strict=True):
        with ImageFile(path) as file:
            samples.append(file.read())
            facts.append(ImageFacts(name, Path(path), file.metadata, read_timing(path)))
    _check(samples, facts)
    classifier, learnt = _classifier(training, samples[0], config, progress)
    numbers = shared_labels(samples, config.max_images)
    if sum(numbers.values()) < LEAST_IMAGES:
        raise DataError(
            "images of labels that all samples have",
            got=sum(numbers.values()),
            expected=f"at least {LEAST_IMAGES}",
            mend="make more images, or images of what the reference shows",
        )
    chosen = [chosen_images(sample, numbers, config.seed) for sample in samples]
    summary = _Summaries(chosen[0], config)
    results = [
        summary.of(images, fact, len(sample))
        for images, fact, sample in zip(chosen, facts, samples, strict=True)
    ]
    judged = tuple(
        ImageCandidate(result, image_comparison(chosen[0], images, config, classifier))
        for result, images in zip(results[1:], chosen[1:], strict=True)
    )
    if floor is None:
        one, two = halves(chosen[0])
        found = image_comparison(one, two, config, classifier).scaled(2.0)
        second = ImageCandidate(summary.of(two, facts[0], len(samples[0])), found)
    else:
        *judged_only, second = judged
        judged = tuple(judged_only)
    records = [model_record(model, reference, "images") for model in models]
    pairs = {
        f"{record.training.name}, reconstructed": record.pairs
        for record in records
        if record.pairs is not None
    }
    result = ImageReportResult(
        config=config,
        reference=results[0],
        floor=second,
        floor_kind="halves" if floor is None else "file",
        candidates=judged,
        reconstructed=tuple(
            summary.of(made, _facts_of_model(facts[0], name), len(made)) for name, (_, made) in pairs.items()
        ),
        trainings=tuple(record.training for record in records),
        single_images=_single_images(
            chosen[0], dict(zip((fact.name for fact in facts[1:]), chosen[1:], strict=True)), pairs, config
        ),
        classifier_images=learnt,
        notes=(),
        command=command,
    )
    return replace(result, notes=image_notes(result))


class _Summaries:
    """Reduces samples to what a report shows, in bins of the reference."""

    def __init__(self, reference: SparseImages, config: ImageReportConfig) -> None:
        self._edges: dict[str, FloatArray] = {
            one.key: image_edges(one, reference, config.histogram_bins) for one in image_observables()
        }

    def of(self, images: SparseImages, facts: ImageFacts, n_images: int) -> ImageSampleResult:
        labels, counts = np.unique(images.label, return_counts=True)
        return ImageSampleResult(
            facts=facts,
            n_images=n_images,
            n_used=len(images),
            labels=dict(zip(labels.tolist(), counts.tolist(), strict=True)),
            curves={one.key: image_curve(one, images, self._edges[one.key]) for one in image_observables()},
            numbers=image_numbers(images),
            means={
                label: mean_image(painted(images[np.flatnonzero(images.label == label)]))
                for label in labels.tolist()
            },
        )


def _classifier(
    training: Path | str | None, reference: SparseImages, config: ImageReportConfig, progress: Progress
) -> tuple[ImageClassifier | None, int]:
    """Train the classifier, if there are images to train it with."""
    if training is None:
        return None, 0
    with ImageFile(training) as file:
        images = file.read()
    if images.image_shape != reference.image_shape:
        raise DataError(
            f"{training}: rows and columns", got=images.image_shape, expected=f"{reference.image_shape}"
        )
    strange = np.setdiff1d(reference.label, images.label)
    if len(strange):
        raise DataError(
            f"{training}", got=f"no image of {strange[0]}", expected="every label that the reference has"
        )
    progress.note(f"classifier: learning from {len(images):,} true images")
    return train_image_classifier(images, config=config.classifier, seed=config.seed), len(images)


def _check(samples: Sequence[SparseImages], facts: Sequence[ImageFacts]) -> None:
    first = samples[0]
    for number, (sample, fact) in enumerate(zip(samples, facts, strict=True)):
        if len(sample) < LEAST_IMAGES:
            raise DataError(f"{fact.path}", got=f"{len(sample)} images", expected=f"at least {LEAST_IMAGES}")
        if sample.image_shape != first.image_shape:
            raise DataError(
                f"{fact.path}: rows and columns", got=sample.image_shape, expected=f"{first.image_shape}"
            )
        if number > 0 and np.array_equal(sample.points, first.points):
            raise DataError(
                f"{fact.path}", got=f"the very images of {facts[0].path}", expected="an independent sample"
            )


def _facts_of_model(reference: ImageFacts, name: str) -> ImageFacts:
    metadata = reference.metadata.model_copy(update={"generator": name, "kind": "model"})
    return ImageFacts(name, reference.path, metadata, None)


def _single_images(
    reference: SparseImages,
    others: Mapping[str, SparseImages],
    pairs: Mapping[str, tuple[SparseImages, SparseImages]],
    config: ImageReportConfig,
) -> tuple[SingleImages, ...]:
    """Choose true images of all labels in turn; other samples show the next of the same label."""
    drawn = {"Reference": next(iter(pairs.values()))[0] if pairs else reference}
    drawn |= {name: made for name, (_, made) in pairs.items()} | dict(others)
    labels = np.unique(reference.label).tolist()
    chosen = []
    for number in range(config.event_images):
        label, turn = labels[number % len(labels)], number // len(labels)
        rows = {
            name: np.flatnonzero(images.label == label)[turn : turn + 1] for name, images in drawn.items()
        }
        if all(len(row) for row in rows.values()):
            chosen.append(
                SingleImages(label, {name: painted(drawn[name][row])[0] for name, row in rows.items()})
            )
    return tuple(chosen)
