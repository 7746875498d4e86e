"""The fitted, invertible scaling of points, for arrays and tensors alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import numpy as np
from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig, parse_config
from showerkit.data.point_scaling_config import FactorScalingConfig, MinMaxScalingConfig, NoScalingConfig
from showerkit.data.running_moments import RunningMoments
from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from showerkit.data.point_scaling_config import StandardScalingConfig

    ArrayT = TypeVar("ArrayT", NDArray[Any], Tensor)

#: Logarithms are taken of nothing smaller, and exponentials of nothing larger, so that all stays finite.
_LEAST: Final = 1.0e-12
_LARGEST_EXPONENT: Final = 30.0


class PointScaling(StrictConfig):
    r"""Scaled features :math:`s = (f(v) - \mathrm{offset}) / \mathrm{scale}`, f the logarithm or nothing.

    Parameters
    ----------
    offset, scale
        One number a feature.
    log_features
        Features of which the logarithm is taken.

    Examples
    --------
    >>> scaling = PointScaling(offset=(0.0, 0.0, 0.0), scale=(0.01, 0.01, 1.0))
    >>> scaling(np.array([[[0.02, -0.01, 0.5], [7.0, 7.0, 7.0]]]), np.array([[True, False]])).tolist()
    [[[2.0, -1.0, 0.5], [0.0, 0.0, 0.0]]]
    """

    offset: tuple[float, ...] = Field(min_length=1, max_length=64)
    scale: tuple[float, ...]
    log_features: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.offset) != len(self.scale):
            raise ValueError("one offset and one scale for each feature")
        if any(scale == 0.0 for scale in self.scale):
            raise ValueError("scales other than 0")
        if any(not 0 <= feature < len(self.offset) for feature in self.log_features):
            raise ValueError("log_features among the features")
        return self

    def __call__(self, points: ArrayT, mask: ArrayT) -> ArrayT:
        """Scale points.

        Parameters
        ----------
        points
            Points, shape (..., P, features), a NumPy array or a torch tensor.
        mask
            True where there is a point, shape (..., P).

        Returns
        -------
        numpy.ndarray or torch.Tensor
            Scaled points, 0 where there is none, same shape and type.
        """
        values = _kept(self._checked(points), mask)
        if self.log_features:
            values = _where(self._is_log(values), _log(_clipped(values, low=_LEAST)), values)
        scaled: ArrayT = (values - _row(self.offset, values)) / _row(self.scale, values)
        return _kept(scaled, mask)

    def inverse(self, points: ArrayT, mask: ArrayT) -> ArrayT:
        """Give the points back, 0 where there is none (parameters as for the call)."""
        scaled = _kept(self._checked(points), mask)
        values: ArrayT = scaled * _row(self.scale, scaled) + _row(self.offset, scaled)
        if self.log_features:
            values = _where(self._is_log(values), _exp(_clipped(values, high=_LARGEST_EXPONENT)), values)
        return _kept(values, mask)

    def to_dict(self) -> dict[str, Any]:
        """Give the scaling as JSON-able values."""
        return self.model_dump(mode="json")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Rebuild the scaling from `to_dict`.

        Raises
        ------
        DataError
            If the values describe no valid scaling.
        """
        return parse_config(cls, values, source="point scaling", error=DataError)

    def _checked(self, points: ArrayT) -> ArrayT:
        if points.shape[-1] != len(self.offset):
            raise DataError("points", got=f"{points.shape[-1]} features", expected=str(len(self.offset)))
        return points

    def _is_log(self, like: Any) -> Any:
        chosen = [feature in self.log_features for feature in range(len(self.offset))]
        return np.array(chosen) if isinstance(like, np.ndarray) else like.new_tensor(chosen).bool()


def fit_point_scaling(
    config: NoScalingConfig | FactorScalingConfig | MinMaxScalingConfig | StandardScalingConfig,
    portions: Iterable[tuple[NDArray[Any], NDArray[np.bool_]]],
) -> PointScaling:
    """Fit a scaling to the training part, portion by portion.

    Parameters
    ----------
    config
        The kind of scaling.
    portions
        Points (N, P, features) and masks (N, P) of the training part.

    Returns
    -------
    PointScaling
        The scaling; a feature that never varies keeps its width.

    Raises
    ------
    DataError
        If there are no points, their features do not fit the settings, or the logarithm of a value is asked
        for that is not above 0.

    Examples
    --------
    >>> points = np.array([[[1.0, 10.0], [3.0, 30.0]]])
    >>> fit_point_scaling(MinMaxScalingConfig(), [(points, np.ones((1, 2), bool))]).scale
    (2.0, 20.0)
    """
    moments: RunningMoments | None = None
    log_features = getattr(config, "log_features", ())
    for points, mask in portions:
        values = np.asarray(points, dtype=np.float64)[np.asarray(mask, dtype=bool)]
        if moments is None:
            moments = RunningMoments(values.shape[1])
        for feature in log_features:
            _check_log(values, feature)
            values[:, feature] = np.log(np.maximum(values[:, feature], _LEAST))
        moments.update(values)
    if moments is None or moments.count == 0:
        raise DataError("training part", got="no points", expected="at least one")
    features = len(moments.mean)
    if isinstance(config, NoScalingConfig):
        return PointScaling(offset=(0.0,) * features, scale=(1.0,) * features)
    if isinstance(config, FactorScalingConfig):
        if len(config.factors) != features:
            raise DataError("factors", got=f"{len(config.factors)} numbers", expected=f"{features}")
        return PointScaling(offset=(0.0,) * features, scale=tuple(1.0 / f for f in config.factors))
    if isinstance(config, MinMaxScalingConfig):
        offset, scale = moments.low, moments.high - moments.low
    else:
        offset, scale = moments.mean, np.sqrt(moments.variance)
    # The width of a feature that never varies comes out as a rounding error.
    scale = np.where(scale > 1e-9 * np.maximum(np.abs(moments.low), np.abs(moments.high)), scale, 1.0)
    return PointScaling(offset=tuple(offset.tolist()), scale=tuple(scale.tolist()), log_features=log_features)


def _check_log(values: NDArray[np.float64], feature: int) -> None:
    if feature >= values.shape[1]:
        raise DataError("log_features", got=feature, expected=f"below {values.shape[1]}")
    if (values[:, feature] <= 0.0).any():
        low = values[:, feature].min()
        raise DataError(f"feature {feature}", got=f"{low:.6g}", expected="values above 0, for a logarithm")


def _kept(values: ArrayT, mask: ArrayT) -> ArrayT:
    """Put 0 where there is no point, whatever stood there."""
    kept: ArrayT = _where(mask[..., None], values, _row((0.0,), values))
    return kept


def _row(numbers: tuple[float, ...], like: Any) -> Any:
    return np.array(numbers, dtype=like.dtype) if isinstance(like, np.ndarray) else like.new_tensor(numbers)


def _where(condition: Any, one: Any, other: Any) -> Any:
    if isinstance(one, np.ndarray):
        return np.where(condition, one, other)
    return one.where(condition, other)


def _clipped(values: Any, *, low: float | None = None, high: float | None = None) -> Any:
    return values.clip(low, high)


def _log(values: Any) -> Any:
    return np.log(values) if isinstance(values, np.ndarray) else values.log()


def _exp(values: Any) -> Any:
    return np.exp(values) if isinstance(values, np.ndarray) else values.exp()
