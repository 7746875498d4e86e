"""What is histogrammed of sparse images and of their points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.evaluate.clustered_shares import clustered_shares
from showerkit.evaluate.histograms import histogram_edges
from showerkit.evaluate.measurement import Measurement

if TYPE_CHECKING:
    from collections.abc import Callable

    from showerkit.data.sparse_images import SparseImages
    from showerkit.evaluate.result import Curve
    from showerkit.typing import FloatArray, IntArray

#: Values that scatter relatively less than this are all the same.
_ROUNDING: Final = 1e-12


@dataclass(frozen=True)
class ImageObservable:
    """One quantity that is histogrammed.

    Parameters
    ----------
    key, label, unit
        Its name in files, for readers, and its unit.
    values
        Gives the values of a sample, and the place of the image of each.
    integer
        Whether the values are whole numbers.
    of_images
        Whether there is one value for each image; else one for each point.
    logarithmic
        Whether its shares are drawn on a logarithmic axis.
    """

    key: str
    label: str
    unit: str
    values: Callable[[SparseImages], tuple[FloatArray, IntArray]]
    integer: bool = False
    of_images: bool = True
    logarithmic: bool = False


def image_observables() -> tuple[ImageObservable, ...]:
    """List what is histogrammed.

    Examples
    --------
    >>> [one.key for one in image_observables()]
    ['x', 'y', 'intensity', 'number', 'total', 'width']
    """
    return (
        ImageObservable("x", "Column of the points", "pixel", _of_points(0), of_images=False),
        ImageObservable("y", "Row of the points", "pixel", _of_points(1), of_images=False),
        ImageObservable(
            "intensity", "Intensity of the points", "", _of_points(2), of_images=False, logarithmic=True
        ),
        ImageObservable("number", "Number of points", "", _of_images(_number), integer=True),
        ImageObservable("total", "Total intensity", "", _of_images(_total)),
        ImageObservable("width", "Width of the intensity", "pixel", _of_images(_width)),
    )


def image_curve(observable: ImageObservable, sample: SparseImages, edges: FloatArray) -> Curve:
    """Density of an observable in bins, normalised over all values (see `clustered_shares`)."""
    values, owner = observable.values(sample)
    return clustered_shares(values, owner, len(sample), edges)


def image_edges(observable: ImageObservable, reference: SparseImages, bins: int) -> FloatArray:
    """Choose an observable's bins over the bulk of the reference."""
    values = observable.values(reference)[0]
    # Bins narrower than a pixel would be a comb where points are whole pixels (those of superpixels are not).
    integer = observable.integer or (observable.unit == "pixel" and bool((values == values.round()).all()))
    return histogram_edges(values, bins, integer=integer)


def image_numbers(sample: SparseImages) -> dict[str, Measurement]:
    """Means of the observables that have one value for each image, with standard errors."""
    numbers = {}
    for one in image_observables():
        if not one.of_images:
            continue
        values, _ = one.values(sample)
        n = len(values)
        mean = float(values.mean()) if n else float("nan")
        error = float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
        if error < _ROUNDING * abs(mean):
            error = 0.0
        numbers[one.key] = Measurement(one.key, one.label, one.unit, "Sample", "shift", mean, error)
    return numbers


def _of_points(column: int) -> Callable[[SparseImages], tuple[FloatArray, IntArray]]:
    def values(sample: SparseImages) -> tuple[FloatArray, IntArray]:
        owner = np.nonzero(sample.mask)[0].astype(np.int64)
        return sample.points[..., column][sample.mask].astype(np.float64), owner

    return values


def _of_images(
    of: Callable[[SparseImages], FloatArray],
) -> Callable[[SparseImages], tuple[FloatArray, IntArray]]:
    def values(sample: SparseImages) -> tuple[FloatArray, IntArray]:
        return of(sample), np.arange(len(sample), dtype=np.int64)

    return values


def _number(sample: SparseImages) -> FloatArray:
    return np.asarray(sample.mask.sum(axis=1), dtype=np.float64)


def _total(sample: SparseImages) -> FloatArray:
    return np.asarray(sample.points[..., 2].sum(axis=1, dtype=np.float64))


def _width(sample: SparseImages) -> FloatArray:
    """Root mean squared distance of the intensity from its centre."""
    place, weight = sample.points[..., :2].astype(np.float64), sample.points[..., 2].astype(np.float64)
    total = np.maximum(weight.sum(axis=1), 1e-12)
    centre = (place * weight[..., None]).sum(axis=1) / total[:, None]
    squares = np.square(place - centre[:, None]).sum(axis=2)
    return np.asarray(np.sqrt(np.maximum((squares * weight).sum(axis=1), 0.0) / total))
