"""The strength of a generator's random inputs, epoch by epoch."""

from __future__ import annotations

from pydantic import Field

from showerkit.configuration import StrictConfig


class NoiseStrength(StrictConfig):
    """Factor on the standard normal random inputs, from the first epoch to the last on a straight line.

    The ZDC report of 2025/08/07 multiplies the noise "by 0.7 to 1.0" along the epochs (Test 26), or by 1.0
    throughout (NS1).

    Parameters
    ----------
    start, end
        Strength in the first and in the last epoch.

    Examples
    --------
    >>> [round(NoiseStrength(start=0.7, end=1.0).at(epoch, 4), 2) for epoch in range(4)]
    [0.7, 0.8, 0.9, 1.0]
    """

    start: float = Field(default=1.0, gt=0.0)
    end: float = Field(default=1.0, gt=0.0)

    def at(self, epoch: int, epochs: int) -> float:
        """Strength in an epoch, counted from 0, of so many epochs."""
        share = min(epoch / (epochs - 1), 1.0) if epochs > 1 else 1.0
        return self.start + (self.end - self.start) * share
