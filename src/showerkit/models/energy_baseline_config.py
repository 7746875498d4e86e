"""Settings of the baselines of energy measurement, which need no network."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig
from showerkit.data.cell_quantities import CellQuantity


class LinearCalibrationConfig(StrictConfig):
    """What a linear calibration is fitted to.

    Parameters
    ----------
    kind
        ``linear-total``: one weight for all cells; ``linear-layers``: one for each layer.
    quantity
        ``charged-tracks`` or ``deposits``.
    """

    kind: Literal["linear-total", "linear-layers"] = "linear-total"
    quantity: CellQuantity = "charged-tracks"


class BoostedTreesConfig(StrictConfig):
    """How gradient-boosted trees are grown.

    Parameters
    ----------
    kind
        Name of this baseline.
    inputs
        Quantities of the cells whose features the trees see, the first one also the linear fit.
    hit_threshold
        A cell counts as hit where a quantity is above this.
    trees
        Number of trees.
    learning_rate
        Share of each tree's result that is added.
    leaves
        Largest number of leaves of a tree.
    leaf_events
        Least number of events in a leaf.
    max_events
        At most this many events are learned from, the first of the stream; their features are kept in memory.
    """

    kind: Literal["boosted-trees"] = "boosted-trees"
    inputs: tuple[CellQuantity, ...] = Field(default=("charged-tracks",), min_length=1, max_length=2)
    hit_threshold: float = Field(default=0.0, ge=0.0)
    trees: int = Field(default=300, ge=1, le=10_000)
    learning_rate: float = Field(default=0.05, gt=0.0, le=1.0)
    leaves: int = Field(default=31, ge=2, le=1000)
    leaf_events: int = Field(default=20, ge=1)
    max_events: int = Field(default=500_000, ge=2)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len(set(self.inputs)) < len(self.inputs):
            raise ValueError("each input once")
        return self


#: A baseline, chosen by its ``kind``; serves as the type of a recipe's field.
AnyBaselineConfig: TypeAlias = Annotated[
    LinearCalibrationConfig | BoostedTreesConfig, Field(discriminator="kind")
]
