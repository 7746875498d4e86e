"""Mean images of samples, and their difference in standard errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from showerkit.typing import FloatArray


@dataclass(frozen=True, eq=False)
class MeanImage:
    """Mean of images and its standard error.

    Parameters
    ----------
    mean, error
        Mean of each pixel over a sample and its standard error, shape (rows, columns).
    """

    mean: FloatArray
    error: FloatArray


def mean_image(pictures: ArrayLike) -> MeanImage:
    """Average images.

    Parameters
    ----------
    pictures
        Shape (N, rows, columns).

    Returns
    -------
    MeanImage
        Means, with errors from the scatter of the images.

    Examples
    --------
    >>> image = mean_image([[[0.0]], [[1.0]], [[2.0]], [[1.0]]])
    >>> float(image.mean[0, 0]), round(float(image.error[0, 0]), 3)
    (1.0, 0.408)
    """
    values = np.asarray(pictures, dtype=np.float64)
    n = len(values)
    mean = values.sum(axis=0) / max(n, 1)
    scatter = np.square(values - mean).sum(axis=0) / max(n - 1, 1)
    return MeanImage(mean, np.sqrt(scatter / max(n, 1)))


def difference_in_errors(image: MeanImage, reference: MeanImage) -> FloatArray:
    """Difference of two mean images over its standard error; NaN where neither has anything.

    Parameters
    ----------
    image, reference
        Images of independent samples.

    Returns
    -------
    numpy.ndarray
        Shape (rows, columns).
    """
    error = np.hypot(image.error, reference.error)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(error > 0.0, (image.mean - reference.mean) / error, np.nan))
