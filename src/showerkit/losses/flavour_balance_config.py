"""Settings of the penalty on unequal responses of quarks and gluons (no network library is loaded)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from showerkit.configuration import StrictConfig


class FlavourBalanceConfig(StrictConfig):
    """How dearly a difference of the responses of light quark and gluon jets is paid for.

    Parameters
    ----------
    weight
        Weight of the squared difference of the mean responses, in units of the response's variance. A
        likelihood counts deviations in the same unit.
    bins
        Bins of the true pT that the difference is taken in; all count alike.
    spacing
        Whether these bins are equal in pT (``linear``) or in its logarithm (``log``).
    memory
        The means are those of about so many of the last batches.
    """

    weight: float = Field(default=3.0, gt=0.0)
    bins: int = Field(default=6, ge=1, le=100)
    spacing: Literal["linear", "log"] = "linear"
    memory: int = Field(default=200, ge=1)
