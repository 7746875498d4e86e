"""A small network that recognises what sparse images show, trained on true ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from showerkit.configuration import StrictConfig
from showerkit.data.point_images import painted
from showerkit.errors import DataError
from showerkit.rng import seed_sequence

if TYPE_CHECKING:
    from torch import nn

    from showerkit.data.sparse_images import SparseImages
    from showerkit.typing import FloatArray, IntArray

#: Images shown to the network together when it does not learn.
_AT_ONCE = 1024
_LEAST_IMAGES = 20


class ImageClassifierConfig(StrictConfig):
    """How the classifier of images is built and trained.

    Parameters
    ----------
    channels
        Channels of the first convolution; the second has twice as many.
    features
        Width of the last hidden layer, in which the Frechet distance is measured.
    epochs
        Passes over the training images.
    learning_rate
        Step size of Adam.
    batch_size
        Images a step.
    """

    channels: int = Field(default=8, ge=1, le=256)
    features: int = Field(default=16, ge=2, le=512)
    epochs: int = Field(default=10, ge=1)
    learning_rate: float = Field(default=3e-3, gt=0.0)
    batch_size: int = Field(default=100, ge=1)


class ImageClassifier:
    """A trained classifier (see `train_image_classifier`).

    Parameters
    ----------
    features, classes
        The network up to its last hidden layer, and the layer after it.
    labels
        What the outputs stand for, shape (classes,).
    image_shape
        Rows and columns of its images.
    """

    def __init__(
        self, features: nn.Module, classes: nn.Module, labels: IntArray, image_shape: tuple[int, int]
    ) -> None:
        self._features = features.eval()
        self._classes = classes.eval()
        self.labels = labels
        self.image_shape = image_shape

    def __call__(self, images: SparseImages) -> tuple[FloatArray, FloatArray]:
        """Look at images.

        Parameters
        ----------
        images
            Images as lists of points.

        Returns
        -------
        tuple of numpy.ndarray
            Features of the last hidden layer, shape (N, features), and probabilities of the labels, shape
            (N, classes).

        Raises
        ------
        DataError
            If the images have another size than those of the training.
        """
        import torch

        if images.image_shape != self.image_shape:
            raise DataError("images", got=f"{images.image_shape}", expected=f"{self.image_shape}")
        features, probabilities = [], []
        with torch.no_grad():
            for start in range(0, len(images), _AT_ONCE):
                pictures = torch.from_numpy(painted(images[start : start + _AT_ONCE]))[:, None]
                found = self._features(pictures)
                features.append(found.double().numpy())
                probabilities.append(self._classes(found).double().softmax(dim=1).numpy())
        return np.concatenate(features), np.concatenate(probabilities)


def train_image_classifier(
    images: SparseImages, *, config: ImageClassifierConfig | None = None, seed: int = 1
) -> ImageClassifier:
    """Train a classifier on true images, painted into pixels.

    Parameters
    ----------
    images
        True images with their labels, of at least two kinds; use others to judge samples by.
    config
        The network and its training.
    seed
        Seed of the weights and the order; the global random states are left alone.

    Returns
    -------
    ImageClassifier
        The classifier.

    Raises
    ------
    DataError
        If there are too few images, or only one label.
    """
    import torch
    from torch.nn.functional import cross_entropy

    config = config or ImageClassifierConfig()
    labels, target = np.unique(images.label, return_inverse=True)
    if len(images) < _LEAST_IMAGES or len(labels) < 2:
        got = f"{len(images)} images of {len(labels)} labels"
        raise DataError("images", got=got, expected=f"at least {_LEAST_IMAGES}, of two labels or more")
    start = int(seed_sequence(seed, "image classifier").generate_state(1)[0])
    random = torch.Generator().manual_seed(start)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(start)
        features, classes = _network(images.image_shape, len(labels), config)
    parameters = [*features.parameters(), *classes.parameters()]
    optimiser = torch.optim.Adam(parameters, lr=config.learning_rate)
    wanted = torch.from_numpy(target.astype(np.int64))
    for _ in range(config.epochs):
        order = torch.randperm(len(images), generator=random)
        for rows in torch.split(order, config.batch_size):
            pictures = torch.from_numpy(painted(images[rows.numpy()]))[:, None]
            loss = cross_entropy(classes(features(pictures)), wanted[rows])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    return ImageClassifier(features, classes, labels, images.image_shape)


def _network(
    image_shape: tuple[int, int], n_classes: int, config: ImageClassifierConfig
) -> tuple[nn.Module, nn.Module]:
    from torch import nn

    # Two halvings, rounded up.
    rows, columns = ((length + 3) // 4 for length in image_shape)
    features = nn.Sequential(
        nn.Conv2d(1, config.channels, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(config.channels, 2 * config.channels, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(2 * config.channels * rows * columns, config.features),
        nn.SiLU(),
    )
    return features, nn.Linear(config.features, n_classes)
