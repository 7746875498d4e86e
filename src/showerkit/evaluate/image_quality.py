"""Quality of generated sparse images, as a classifier trained on true ones sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.frechet import frechet_physics_distance
from showerkit.evaluate.measurement import Measurement

if TYPE_CHECKING:
    from showerkit.data.sparse_images import SparseImages
    from showerkit.evaluate.frechet import FrechetDistance
    from showerkit.evaluate.image_classifier import ImageClassifier
    from showerkit.typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class ImageQuality:
    """How generated images look to a classifier.

    Parameters
    ----------
    accuracy, accuracy_error
        Share of images recognised as what they were to be.
    entropy, entropy_error
        Mean entropy of the classifier's probabilities in nats: 0 where it has no doubt.
    class_shares
        Share of the images that is taken for each label, shape (classes,).
    seen
        What each image is taken for, shape (N,).
    frechet
        Frechet distance to the true images in the classifier's last hidden layer, each of its features in
        units of its spread over the true ones; None: not asked for.
    """

    accuracy: float
    accuracy_error: float
    entropy: float
    entropy_error: float
    class_shares: FloatArray
    seen: IntArray
    frechet: FrechetDistance | None

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """The same as measures of an evaluation."""
        group = "Classifier of true images"
        levels = (
            Measurement(
                "image.accuracy",
                "Recognised as what they show",
                "",
                group,
                "level",
                self.accuracy,
                self.accuracy_error,
            ),
            Measurement(
                "image.entropy",
                "Entropy of its probabilities",
                "nat",
                group,
                "level",
                self.entropy,
                self.entropy_error,
            ),
        )
        if self.frechet is None:
            return levels
        return (
            *levels,
            Measurement(
                "image.frechet",
                "Fréchet distance of its features",
                "",
                group,
                "squared",
                self.frechet.value,
                self.frechet.error,
            ),
        )


def image_quality(
    classifier: ImageClassifier,
    reference: SparseImages,
    candidate: SparseImages,
    *,
    seed: int = 1,
    with_frechet: bool = True,
) -> ImageQuality:
    """Judge images beside true ones.

    Parameters
    ----------
    classifier
        Trained on true images other than the reference.
    reference
        True images.
    candidate
        The images to judge, their labels being what they were to show.
    seed
        Seed of the division for the Frechet distance.
    with_frechet
        Whether to measure that distance, which small samples do not allow.

    Returns
    -------
    ImageQuality
        Accuracy, entropy and Frechet distance with errors.

    Raises
    ------
    DataError
        If there are too few images for the distance, or of another size than the classifier's.
    """
    features, probabilities = classifier(candidate)
    seen = classifier.labels[probabilities.argmax(axis=1)]
    right = float(np.mean(seen == candidate.label))
    entropies = -np.sum(probabilities * np.log(np.maximum(probabilities, 1e-300)), axis=1)
    n = len(candidate)
    return ImageQuality(
        accuracy=right,
        # Of one more right and one more wrong image, so that a share of 1 has an error as well.
        accuracy_error=float(np.sqrt((right * n + 1.0) * ((1.0 - right) * n + 1.0) / (n + 2.0) ** 3)),
        entropy=float(entropies.mean()),
        entropy_error=float(entropies.std(ddof=1) / np.sqrt(n)),
        class_shares=np.array([np.mean(seen == label) for label in classifier.labels]),
        seen=seen,
        frechet=(
            frechet_physics_distance(classifier(reference)[0], features, scale="spread", seed=seed)
            if with_frechet
            else None
        ),
    )
