"""All measures of one sample of sparse images against another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.evaluate.frechet import least_showers
from showerkit.evaluate.image_observables import image_observables
from showerkit.evaluate.image_quality import image_quality
from showerkit.evaluate.jets.wasserstein import jet_wasserstein, particle_wasserstein
from showerkit.evaluate.measurement import Measurement

if TYPE_CHECKING:
    from showerkit.data.sparse_images import SparseImages
    from showerkit.evaluate.image_classifier import ImageClassifier
    from showerkit.evaluate.image_settings import ImageReportConfig

_GROUP: Final = "Wasserstein distances"


@dataclass(frozen=True, eq=False)
class ImageComparison:
    """A sample of images against the reference.

    Parameters
    ----------
    measures
        All measures by key.
    recognised
        Share of the images of each label that the classifier recognises; empty without one.
    class_shares
        Share of all images that the classifier takes for each label; empty without one.
    """

    measures: dict[str, Measurement]
    recognised: dict[int, float]
    class_shares: dict[int, float]

    def scaled(self, images_ratio: float) -> ImageComparison:
        """Scale distances to samples of so many times the images, by statistics alone."""
        measures = {key: measure.scaled(images_ratio) for key, measure in self.measures.items()}
        return ImageComparison(measures, self.recognised, self.class_shares)


def image_comparison(
    reference: SparseImages,
    candidate: SparseImages,
    config: ImageReportConfig,
    classifier: ImageClassifier | None,
) -> ImageComparison:
    """Measure how far a sample of images is from the reference.

    Parameters
    ----------
    reference, candidate
        The samples, best of as many images of each label.
    config
        Numbers of batches and seed.
    classifier
        Trained on other true images; None: without.

    Returns
    -------
    ImageComparison
        All measures. The Frechet distance is left out where the samples are too small for it.
    """
    found = {measure.key: measure for measure in _distances(reference, candidate, config)}
    recognised: dict[int, float] = {}
    shares: dict[int, float] = {}
    if classifier is not None:
        need = least_showers(config.classifier.features)
        enough = min(len(reference), len(candidate)) >= need
        quality = image_quality(classifier, reference, candidate, seed=config.seed, with_frechet=enough)
        found |= {measure.key: measure for measure in quality.measurements}
        labels = classifier.labels.tolist()
        shares = {label: float(share) for label, share in zip(labels, quality.class_shares, strict=True)}
        for label in np.unique(candidate.label).tolist():
            of_label = candidate.label == label
            recognised[label] = float(np.mean(quality.seen[of_label] == label))
    return ImageComparison(found, recognised, shares)


def _distances(
    reference: SparseImages, candidate: SparseImages, config: ImageReportConfig
) -> list[Measurement]:
    settings: dict[str, Any] = {"batch_jets": len(reference), "batches": config.w1_batches}
    of_points = [one for one in image_observables() if not one.of_images]
    points = particle_wasserstein(
        reference.points,
        candidate.points,
        reference.mask,
        candidate.mask,
        features=tuple(one.key for one in of_points),
        seed=config.seed,
        **settings,
    )
    found = [
        Measurement(f"w1.{one.key}", one.label, one.unit, _GROUP, "distance", value, error)
        for one, value, error in zip(of_points, points.values, points.errors, strict=True)
    ]
    for one in image_observables():
        if one.of_images:
            w1 = jet_wasserstein(
                one.values(reference)[0],
                one.values(candidate)[0],
                features=(one.key,),
                seed=config.seed,
                **settings,
            )
            found.append(
                Measurement(f"w1.{one.key}", one.label, one.unit, _GROUP, "distance", w1.value, w1.error)
            )
    return found
