"""What a network of windows is told of the incident particle, standardised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Self

import numpy as np
from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig, parse_config
from showerkit.data.shower_frame import GAP_INPUTS, WINDOW_INPUTS
from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from showerkit.data.running_moments import RunningMoments

_INPUTS: Final = len(WINDOW_INPUTS)
_MOST_INPUTS: Final = _INPUTS + len(GAP_INPUTS)
#: A column that varies by less than this share is constant: files hold 24 binary digits, 6e-8.
_CONSTANT: Final = 1e-6


class WindowCondition(StrictConfig):
    r"""The columns `WINDOW_INPUTS` to network inputs, :math:`(v - \mathrm{mean}) / \mathrm{width}`.

    A column that was constant in the training part has width 0 and becomes 0, whatever its value: the
    network has never seen it vary.

    Parameters
    ----------
    mean, width
        Mean and standard deviation of each column over the training part, in the column's units.

    Examples
    --------
    >>> condition = WindowCondition(
    ...     mean=(1e3, 6.9, 0.0, 0.0, 0.0, 0.0), width=(500.0, 0.5, 0.0, 0.0, 0.3, 0.3)
    ... )
    >>> condition(np.array([[2e3, 6.9, 0.1, 0.0, 0.3, -0.3]])).tolist()
    [[2.0, 0.0, 0.0, 0.0, 1.0, -1.0]]
    """

    mean: tuple[float, ...] = Field(min_length=_INPUTS, max_length=_MOST_INPUTS)
    width: tuple[Annotated[float, Field(ge=0.0)], ...] = Field(min_length=_INPUTS, max_length=_MOST_INPUTS)

    @model_validator(mode="after")
    def _as_many(self) -> Self:
        if len(self.mean) != len(self.width) or len(self.mean) not in (_INPUTS, _MOST_INPUTS):
            raise ValueError(f"as many means as widths, {_INPUTS} or {_MOST_INPUTS}")
        return self

    @classmethod
    def fit(cls, moments: RunningMoments) -> Self:
        """Fit to the moments of `ShowerFrame.condition` over the training part.

        Raises
        ------
        DataError
            If there are no events.
        """
        if moments.count == 0:
            raise DataError("training part", got="no events", expected="at least one")
        width = np.sqrt(moments.variance)
        varies = width > _CONSTANT * np.maximum(1.0, np.abs(moments.mean))
        return cls(mean=tuple(moments.mean.tolist()), width=tuple(np.where(varies, width, 0.0).tolist()))

    def __call__(self, values: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Give the network's inputs, shape (N, 6) or (N, 8), from `ShowerFrame.condition`."""
        mean, width = self._columns(values)
        varies = width > 0.0
        scaled = np.where(varies, (values - mean) / np.where(varies, width, 1.0), 0.0)
        return scaled.astype(np.float32)

    def inverse(self, condition: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Give the columns of `ShowerFrame.condition` back, of the same shape; a constant one as it was."""
        mean, width = self._columns(condition)
        return np.asarray(np.asarray(condition, dtype=np.float64) * width + mean)

    def _columns(self, values: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        inputs = len(self.mean)
        if values.ndim != 2 or values.shape[1] != inputs:
            raise DataError(
                "window condition", got=f"shape {values.shape}", expected=f"shape (any, {inputs})"
            )
        return np.array(self.mean), np.array(self.width)

    def to_dict(self) -> dict[str, Any]:
        """Give the transform as JSON-able values."""
        return self.model_dump(mode="json")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Rebuild the transform from `to_dict`.

        Raises
        ------
        DataError
            If the values describe no valid transform.
        """
        return parse_config(cls, values, source="window condition", error=DataError)
