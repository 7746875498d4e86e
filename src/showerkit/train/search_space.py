"""What a study of hyperparameters looks for and how: the settings of ``showerkit tune``."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any, Literal, Self

from pydantic import Field, JsonValue, model_validator

from showerkit.configuration import StrictConfig


class FloatRange(StrictConfig):
    """A real number.

    Parameters
    ----------
    low, high
        The range, both ends included.
    log
        Look for its logarithm.
    step
        Distance of the values that are tried, from `low` on; None: any value.
    """

    kind: Literal["float"] = "float"
    low: float
    high: float
    log: bool = False
    step: float | None = Field(default=None, gt=0.0)

    @model_validator(mode="after")
    def _range(self) -> Self:
        _check_range(self.low, self.high, self.log)
        if self.log and self.step is not None:
            raise ValueError("either 'log' or 'step'")
        if self.step is not None and self.step > self.high - self.low:
            raise ValueError("a 'step' inside the range")
        return self

    def extremes(self) -> tuple[float, float]:
        """Give the values at the ends of the range."""
        if self.step is None:
            return self.low, self.high
        return self.low, self.low + self.step * math.floor((self.high - self.low) / self.step + 1e-9)


class IntRange(StrictConfig):
    """A whole number.

    Parameters
    ----------
    low, high
        The range, both ends included.
    log
        Look for its logarithm.
    step
        Distance of the values that are tried, from `low` on.
    """

    kind: Literal["int"]
    low: int
    high: int
    log: bool = False
    step: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _range(self) -> Self:
        _check_range(self.low, self.high, self.log)
        if self.log and self.step != 1:
            raise ValueError("either 'log' or 'step'")
        if self.step > self.high - self.low:
            raise ValueError("a 'step' inside the range")
        return self

    def extremes(self) -> tuple[int, int]:
        """Give the values at the ends of the range."""
        return self.low, self.low + self.step * ((self.high - self.low) // self.step)


class Choice(StrictConfig):
    """One of several values, without an order; a value may be a list or a whole section.

    Parameters
    ----------
    choices
        The values.

    Examples
    --------
    >>> choice = Choice(kind="choice", choices=[16, {"kind": "constant"}])
    >>> choice.labels
    (16, '{"kind": "constant"}')
    >>> choice.value('{"kind": "constant"}')
    {'kind': 'constant'}
    """

    kind: Literal["choice"]
    choices: tuple[JsonValue, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if len({json.dumps(value, sort_keys=True) for value in self.choices}) < len(self.choices):
            raise ValueError("choices that differ")
        return self

    @property
    def labels(self) -> tuple[bool | int | float | str | None, ...]:
        """The choices as plain values; lists and sections are told by their JSON text."""
        return tuple(_label(value) for value in self.choices)

    def value(self, label: Any) -> JsonValue:
        """Give the choice of that label."""
        # In Python, True is 1.
        labels = [(type(known), known) for known in self.labels]
        return self.choices[labels.index((type(label), label))]

    def extremes(self) -> tuple[JsonValue, ...]:
        """Give all choices."""
        return self.choices


Parameter = Annotated[FloatRange | IntRange | Choice, Field(discriminator="kind")]


class MedianPruning(StrictConfig):
    """End a trial whose best figure so far is worse than the median of the finished trials at that epoch.

    Parameters
    ----------
    startup_trials
        Trials that run to their end first.
    warmup_epochs
        Epochs that every trial may have.
    """

    kind: Literal["median"] = "median"
    startup_trials: int = Field(default=5, ge=1)
    warmup_epochs: int = Field(default=1, ge=0)


class HalvingPruning(StrictConfig):
    """Successive halving: after `min_epochs`, then `reduction` times as many, ..., only the best go on.

    Asynchronous, as in Li et al., "A system for massively parallel hyperparameter tuning" (MLSys 2020).

    Parameters
    ----------
    min_epochs
        Epochs before the first decision.
    reduction
        One in this many trials goes on.
    """

    kind: Literal["halving"]
    min_epochs: int = Field(default=1, ge=1)
    reduction: int = Field(default=3, ge=2)


class NoPruning(StrictConfig):
    """Let every trial run to its end."""

    kind: Literal["none"]


class SearchSpace(StrictConfig):
    """The settings of a study: what is varied, what is sought, how it is looked for.

    Values are proposed by a tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011): after some
    trials at random, those are tried that the density of the good trials favours most over that of the rest.

    Parameters
    ----------
    parameters
        What is varied, by dotted key of the recipe, such as ``training.batch_size``.
    objective
        The logged figure whose lowest epoch counts; None: the one by which the training chooses its best
        epoch. Name one that does not change its meaning if settings of the loss itself are varied.
    startup_trials
        Trials at random before the estimator begins.
    pruning
        How trials without prospects are ended.
    seed
        Seed of what is proposed; the trainings keep the recipe's.

    Examples
    --------
    >>> space = SearchSpace(parameters={"training.batch_size": {"kind": "int", "low": 64, "high": 512}})
    >>> space.parameters["training.batch_size"].extremes()
    (64, 512)
    """

    parameters: dict[str, Parameter] = Field(min_length=1)
    objective: str | None = None
    startup_trials: int = Field(default=10, ge=1)
    pruning: MedianPruning | HalvingPruning | NoPruning = Field(default=MedianPruning(), discriminator="kind")
    seed: int = Field(default=1, ge=0, lt=2**63)

    def settings(self, labels: dict[str, Any]) -> dict[str, JsonValue]:
        """Give settings of a recipe from the plain values of a trial."""
        return {key: _setting(labels[key], parameter) for key, parameter in self.parameters.items()}


def _check_range(low: float, high: float, log: bool) -> None:
    if low >= high:
        raise ValueError("'low' below 'high'")
    if log and low <= 0:
        raise ValueError("'low' above 0 for a logarithm")


def _setting(label: Any, parameter: Parameter) -> JsonValue:
    if isinstance(parameter, Choice):
        return parameter.value(label)
    if isinstance(parameter, FloatRange) and parameter.step is not None:
        return float(f"{label:.12g}")  # 0.1 + 2 x 0.1 is to be 0.3
    number: int | float = label
    return number


def _label(value: JsonValue) -> bool | int | float | str | None:
    return json.dumps(value, sort_keys=True) if isinstance(value, list | dict) else value
