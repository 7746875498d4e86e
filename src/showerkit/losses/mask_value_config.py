"""Settings of the mask-and-value loss (read without loading any network library)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from showerkit.configuration import StrictConfig


class MaskValueLossConfig(StrictConfig):
    """The regression loss L = L_MASK + w L_VALUE.

    Parameters
    ----------
    kind
        Name of the loss.
    value_weight
        The weight w; the reports tried 1, 200, 500 and 1000.
    value_cells
        Over which cells L_VALUE averages: ``all``, or ``hit`` for those above the threshold.
    """

    kind: Literal["mask-value"] = "mask-value"
    value_weight: float = Field(default=1.0, ge=0.0)
    value_cells: Literal["all", "hit"] = "all"
