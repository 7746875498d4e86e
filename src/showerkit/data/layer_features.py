"""A shower in a few dozen numbers: what it leaves in each layer, how wide it is and how deep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    ArrayT = TypeVar("ArrayT", NDArray[Any], Tensor)

_OF_EVENT: Final = ("total", "hits", "hottest", "rim", "depth", "length", "radius", "width")
_OF_LAYER: Final = ("sum", "hits", "moment")


def layer_feature_names(layers: int) -> tuple[str, ...]:
    """Names of the columns of `layer_features`.

    Parameters
    ----------
    layers
        Number of layers.

    Returns
    -------
    tuple of str
        The names, those of the whole event first.

    Examples
    --------
    >>> layer_feature_names(2)[7:11]
    ('width', 'layer_0_sum', 'layer_1_sum', 'layer_0_hits')
    """
    of_layers = (f"layer_{layer}_{name}" for name in _OF_LAYER for layer in range(layers))
    return (*_OF_EVENT, *of_layers)


def layer_features(images: ArrayT, threshold: float = 0.0) -> ArrayT:
    r"""Describe showers by what they leave in each layer and by their moments.

    With v the values of the cells, r their transverse places in cells from the middle of the grid and l
    their layers: in each layer the sum S, the number of hits and the transverse second moment about the
    layer's centre,

    .. math:: m_l = \sum_{i \in l} v_i |r_i|^2 / S_l - |\langle r \rangle_l|^2

    and of the whole shower the sum, the number of hits, the largest value, the sum in the outermost ring
    of cells (what leaks out sideways passes there), the mean layer and its spread, the distance of the
    shower's centre from the middle and its width, both in cells. None changes when the transverse plane
    is reflected, or rotated by a right angle.

    Parameters
    ----------
    images
        Values of the cells, at least 0, shape (N, layers, cells_y, cells_x): an array or a tensor.
    threshold
        A cell is hit where its value is above this, in the values' unit.

    Returns
    -------
    numpy.ndarray or torch.Tensor
        Features named by `layer_feature_names`, shape (N, features), of the same kind as the images, an
        array in double precision; moments of an empty layer or shower are 0.

    Examples
    --------
    >>> shower = np.zeros((1, 2, 4, 4))
    >>> shower[0, 0, 1, 1] = 6.0
    >>> shower[0, 1, 1, :2] = 1.0  # two neighbours: half a cell from their centre
    >>> dict(zip(layer_feature_names(2), layer_features(shower)[0].round(3).tolist()))
    {'total': 8.0, 'hits': 3.0, 'hottest': 6.0, 'rim': 1.0, 'depth': 0.25, 'length': 0.433, 'radius': 0.8,
     'width': 0.331, 'layer_0_sum': 6.0, 'layer_1_sum': 2.0, 'layer_0_hits': 1.0, 'layer_1_hits': 2.0,
     'layer_0_moment': 0.0, 'layer_1_moment': 0.25}
    """
    features: ArrayT
    if isinstance(images, np.ndarray):
        columns = _columns(images.astype(np.float64, copy=False), np.asarray, threshold)
        features = np.concatenate(columns, axis=1)
        return features
    import torch

    features = torch.cat(_columns(images, images.new_tensor, threshold), dim=1)
    return features


def _columns(images: Any, constant: Any, threshold: float) -> list[Any]:
    """Compute the features with what arrays and tensors have in common; `constant` makes one of the kind."""
    n, layers, cells_y, cells_x = images.shape
    cells = images.reshape(n, layers, cells_y * cells_x)
    weights = constant(_transverse_weights(cells_y, cells_x))
    # (N, layers, 5): sum, x, y, r squared, sum in the rim; one product of matrices rather than N.
    moments = (cells.reshape(n * layers, cells_y * cells_x) @ weights).reshape(n, layers, 5)
    sums = moments[:, :, 0]
    # Where there is nothing, all moments are 0 already.
    per_layer = moments[:, :, 1:4] / (sums + (sums == 0))[:, :, None]
    # Rounding can make the moment of a single cell slightly negative.
    second = (per_layer[:, :, 2] - per_layer[:, :, 0] ** 2 - per_layer[:, :, 1] ** 2).clip(min=0.0)
    whole = moments.sum(1)
    total = whole[:, :1]
    safe = total + (total == 0)
    depths = constant(np.arange(layers, dtype=np.float64)[:, None])
    depth = sums @ depths / safe
    length = (sums @ depths**2 / safe - depth**2).clip(min=0.0)
    square_radius = (whole[:, 1:2] / safe) ** 2 + (whole[:, 2:3] / safe) ** 2
    square_width = (whole[:, 3:4] / safe - square_radius).clip(min=0.0)
    hits = (cells > threshold).sum(2) * constant([1.0])
    hottest = cells.reshape(n, layers * cells_y * cells_x).max(1)
    hottest = hottest if isinstance(images, np.ndarray) else hottest.values
    of_event = [total, hits.sum(1)[:, None], hottest[:, None], whole[:, 4:5]]
    shape = [depth, length**0.5, square_radius**0.5, square_width**0.5]
    return [*of_event, *shape, sums, hits, second]


def _transverse_weights(cells_y: int, cells_x: int) -> NDArray[np.float64]:
    """Give of each cell of a layer 1, x, y, r squared and whether it lies in the rim, (cells, 5)."""
    y, x = np.meshgrid(
        np.arange(cells_y) - 0.5 * (cells_y - 1), np.arange(cells_x) - 0.5 * (cells_x - 1), indexing="ij"
    )
    rim = (np.abs(y) == y.max()) | (np.abs(x) == x.max())
    return np.stack([np.ones_like(x), x, y, x**2 + y**2, rim], axis=-1).reshape(-1, 5)
