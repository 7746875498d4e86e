"""Settings of learning-rate schedules (read without loading any network library)."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig


class ConstantSchedule(StrictConfig):
    """The same learning rate throughout.

    Parameters
    ----------
    learning_rate
        The learning rate.
    """

    kind: Literal["constant"] = "constant"
    learning_rate: float = Field(default=1.0e-3, gt=0.0)


class OneCycleSchedule(StrictConfig):
    """One rise and one fall of the learning rate over the whole training, both as half a cosine.

    Parameters
    ----------
    max_learning_rate
        Learning rate at the peak.
    pct_start
        Share of all steps before the peak.
    div_factor, final_div_factor
        The rate starts at max / div_factor and ends at max / (div_factor * final_div_factor).
    """

    kind: Literal["one-cycle"] = "one-cycle"
    max_learning_rate: float = Field(default=1.0e-3, gt=0.0)
    pct_start: float = Field(default=0.3, gt=0.0, lt=1.0)
    div_factor: float = Field(default=25.0, ge=1.0)
    final_div_factor: float = Field(default=1.0e4, ge=1.0)


class CyclicSchedule(StrictConfig):
    """Linear rises and falls between two learning rates, again and again, the peaks shrinking by gamma^step.

    Parameters
    ----------
    base_learning_rate, max_learning_rate
        The two learning rates.
    step_size_up, step_size_down
        Steps of a rise and of a fall.
    gamma
        Factor per step on the height of the peaks (mode ``exp_range``).
    """

    kind: Literal["cyclic"] = "cyclic"
    base_learning_rate: float = Field(default=1.0e-6, gt=0.0)
    max_learning_rate: float = Field(default=1.0e-4, gt=0.0)
    step_size_up: int = Field(default=40, ge=1)
    step_size_down: int = Field(default=160, ge=1)
    gamma: float = Field(default=0.999925, gt=0.0, le=1.0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max_learning_rate < self.base_learning_rate:
            raise ValueError("max_learning_rate at least base_learning_rate")
        return self


Schedule: TypeAlias = Annotated[
    ConstantSchedule | OneCycleSchedule | CyclicSchedule, Field(discriminator="kind")
]
