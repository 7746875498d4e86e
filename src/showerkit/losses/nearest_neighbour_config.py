"""Settings of the nearest-neighbour reconstruction losses (read without loading any network library)."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from showerkit.configuration import StrictConfig

#: Which features count: see `NearestNeighbourConfig`.
NearestNeighbourForm: TypeAlias = Literal["positions", "positions-intensity", "points"]
#: Which of the two sums are taken.
NearestNeighbourSide: TypeAlias = Literal["both", "input", "output"]


class NearestNeighbourConfig(StrictConfig):
    """Which of the nearest-neighbour losses compares two sets of points.

    Parameters
    ----------
    kind
        Name of the loss.
    form
        ``positions``: squared distances of positions alone, the document's equation (1).
        ``positions-intensity``: equation (2), which adds the squared differences of the remaining features
        (the intensity) of the pairs that positions match. ``points``: squared distances over all features,
        equation (3) for (x, y, I) and equation (4) for particles, given as (pT, eta, phi) or (px, py, pz).
    side
        ``both`` sums over input and output points; ``input`` asks only that every input point has an output
        point near it, ``output`` only the reverse. The authors found that one side alone does not work.
    n_positions
        Number of leading features that are a position (not used by ``points``, where all are).
    """

    kind: Literal["nearest-neighbour"] = "nearest-neighbour"
    form: NearestNeighbourForm = "points"
    side: NearestNeighbourSide = "both"
    n_positions: int = Field(default=2, ge=1, le=64)
