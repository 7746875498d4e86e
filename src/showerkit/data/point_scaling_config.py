"""How points (particles of a jet, pixels of a sparse image) are scaled for a network."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig


class NoScalingConfig(StrictConfig):
    """Points as they are."""

    kind: Literal["none"] = "none"


class FactorScalingConfig(StrictConfig):
    """Each feature times a number of its own.

    The ConVAE slides compare pT / 2000, (1, 1, 0.0005), with eta_rel and phi_rel times 100, (100, 100, 1).

    Parameters
    ----------
    kind
        Name of the scaling.
    factors
        One number a feature, not 0.
    """

    kind: Literal["factors"] = "factors"
    factors: tuple[float, ...] = Field(min_length=1, max_length=64)

    @model_validator(mode="after")
    def _can_be_undone(self) -> Self:
        if any(factor == 0.0 for factor in self.factors):
            raise ValueError("factors other than 0")
        return self


class _LogFeatures(StrictConfig):
    log_features: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _places(self) -> Self:
        if any(not 0 <= feature < 64 for feature in self.log_features):
            raise ValueError("log_features counted from 0")
        if len(set(self.log_features)) != len(self.log_features):
            raise ValueError("different log_features")
        return self


class MinMaxScalingConfig(_LogFeatures):
    """Each feature onto [0, 1] by its range in the training part, as in arXiv:2109.15197.

    Parameters
    ----------
    kind
        Name of the scaling.
    log_features
        Features, counted from 0, of which the logarithm is taken first.
    """

    kind: Literal["min-max"] = "min-max"


class StandardScalingConfig(_LogFeatures):
    """Each feature to mean 0 and width 1 in the training part.

    Parameters
    ----------
    kind
        Name of the scaling.
    log_features
        Features, counted from 0, of which the logarithm is taken first.
    """

    kind: Literal["standardise"] = "standardise"


#: Any of the scalings, told apart by ``kind``.
PointScalingConfig: TypeAlias = Annotated[
    NoScalingConfig | FactorScalingConfig | MinMaxScalingConfig | StandardScalingConfig,
    Field(discriminator="kind"),
]
