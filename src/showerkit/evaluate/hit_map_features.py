"""Features of hit maps that do not depend on where in the calorimeter the shower lies.

A map holds each cell's weight from 0 to 1: 0 or 1 where hits are known, a probability where a model gives
one. Features of a map of probabilities use expected numbers of hits and of neighbours, for independent cells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.errors import DataError

if TYPE_CHECKING:
    from showerkit.typing import Float32Array, FloatArray

FEATURES: Final = (
    "log_hits",
    "isolated",
    "neighbours",
    "pieces",
    "log_radius",
    "anisotropy",
    "core",
    "inner_ring",
    "outer_ring",
    "tail_weight",
)

#: What each feature means, for tables and figures.
MEANINGS: Final = {
    "log_hits": "ln(1 + number of hits)",
    "isolated": "share of hits without any of 8 neighbours",
    "neighbours": "touching pairs of hits per hit",
    "pieces": "connected pieces less holes, per hit",
    "log_radius": "ln(1 + rms distance of hits from the densest place, in cells)",
    "anisotropy": "(major - minor) / (major + minor) second moment",
    "core": "share of hits within 1.5 cells",
    "inner_ring": "share of hits at 1.5 to 3 cells",
    "outer_ring": "share of hits at 3 to 6 cells",
    "tail_weight": "ln of fourth moment over squared second moment of distance",
}


def hit_map_features(maps: FloatArray | Float32Array) -> FloatArray:
    """Features of hit maps, unchanged when a map is moved by whole cells or turned by quarter turns.

    Distances are from the mean place of the hits, each weighted with the square of the number of hits around
    it, so that single hits far away hardly move the centre. Pieces less holes is Euler's number of the map
    with four neighbours: cells less touching pairs plus full squares of four.

    Parameters
    ----------
    maps
        Hit maps, shape (N, cells_y, cells_x), values from 0 to 1.

    Returns
    -------
    numpy.ndarray
        Features in the order of `FEATURES`, shape (N, 10); all 0 for a map without hits.

    Raises
    ------
    DataError
        If the shape is wrong or a value is outside 0 to 1.

    Examples
    --------
    >>> one = np.zeros((1, 9, 9)); one[0, 4, 4] = 1.0
    >>> features = dict(zip(FEATURES, hit_map_features(one)[0].tolist(), strict=True))
    >>> round(np.expm1(features["log_hits"])), features["isolated"], features["pieces"]
    (1, 1.0, 1.0)
    """
    maps = np.asarray(maps, dtype=np.float64)
    if maps.ndim != 3:
        raise DataError("hit maps", got=f"shape {maps.shape}", expected="shape (events, cells_y, cells_x)")
    if maps.size and not (np.isfinite(maps).all() and maps.min() >= 0.0 and maps.max() <= 1.0):
        raise DataError("hit maps", got="values outside 0 to 1", expected="hits (0, 1) or probabilities")
    _, rows, columns = maps.shape
    padded: FloatArray = np.pad(maps, ((0, 0), (1, 1), (1, 1)))
    around = np.zeros_like(maps)
    none_around = np.ones_like(maps)
    for dy in range(3):
        for dx in range(3):
            if (dy, dx) != (1, 1):
                beside = padded[:, dy : dy + rows, dx : dx + columns]
                around += beside
                none_around *= 1.0 - beside
    hits = maps.sum(axis=(1, 2))
    safe = np.where(hits > 0, hits, 1.0)
    across = (maps[:, :, 1:] * maps[:, :, :-1]).sum(axis=(1, 2))
    up = (maps[:, 1:] * maps[:, :-1]).sum(axis=(1, 2))
    square = (maps[:, 1:, 1:] * maps[:, :-1, 1:] * maps[:, 1:, :-1] * maps[:, :-1, :-1]).sum(axis=(1, 2))

    weight = maps * np.square(1.0 + around)
    total = np.where(hits > 0, weight.sum(axis=(1, 2)), 1.0)
    y, x = np.arange(rows, dtype=np.float64), np.arange(columns, dtype=np.float64)
    dx = x - ((weight.sum(axis=1) @ x) / total)[:, None]
    dy = y - ((weight.sum(axis=2) @ y) / total)[:, None]
    of_column, of_row = maps.sum(axis=1), maps.sum(axis=2)
    xx = (of_column * dx**2).sum(axis=1) / safe
    yy = (of_row * dy**2).sum(axis=1) / safe
    xy = np.einsum("nyx,ny,nx->n", maps, dy, dx) / safe
    second = xx + yy
    distance2 = dy[:, :, None] ** 2 + dx[:, None, :] ** 2
    fourth = (maps * distance2**2).sum(axis=(1, 2)) / safe

    def share_within(cells: float) -> FloatArray:
        # A hair wider, so that rounding does not decide about cells exactly on the circle.
        return np.asarray((maps * (distance2 <= (cells + 1.0e-9) ** 2)).sum(axis=(1, 2)) / safe)

    within = [share_within(radius) for radius in (1.5, 3.0, 6.0)]
    spread = second > 1.0e-12
    features = [
        np.log1p(hits),
        (maps * none_around).sum(axis=(1, 2)) / safe,
        (across + up) / safe,
        (hits - across - up + square) / safe,
        np.log1p(np.sqrt(second)),
        np.where(spread, np.hypot(xx - yy, 2.0 * xy) / np.where(spread, second, 1.0), 0.0),
        within[0],
        within[1] - within[0],
        within[2] - within[1],
        np.log1p(np.where(spread, fourth / np.where(spread, second, 1.0) ** 2, 0.0)),
    ]
    return np.where(hits[:, None] > 0, np.stack(features, axis=1), 0.0)
