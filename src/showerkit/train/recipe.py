"""The recipe of a training: network, objective, data and optimiser, each a typed section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from showerkit.bounded_yaml import parse_yaml
from showerkit.configuration import StrictConfig
from showerkit.errors import ConfigurationError
from showerkit.losses.mask_value_config import MaskValueLossConfig
from showerkit.models.mask_value_config import MaskValueConfig
from showerkit.train.adversarial_config import AdversarialStage
from showerkit.train.hardware_config import Hardware
from showerkit.train.schedule_config import OneCycleSchedule, Schedule


class TrainingData(StrictConfig):
    """How showers become the numbers that a network sees.

    Parameters
    ----------
    validation_fraction
        Share of the events that the training never sees and that judge it.
    normalisation
        Of the inputs: ``s2`` (energy to [0, 1], the others by mean and spread) or ``none``.
    cell_energy
        What VALUE means: ``linear`` deposit / largest deposit, ``fraction`` deposit / incident energy,
        ``log`` standardised logarithm of deposit / threshold.
    threshold_mev
        A cell is hit if its deposit exceeds this, in MeV.
    shuffle_buffer
        Events from which batches are drawn, where the sample is too large to be held in memory.
    """

    validation_fraction: float = Field(default=0.1, gt=0.0, lt=1.0)
    normalisation: Literal["s2", "none"] = "s2"
    cell_energy: Literal["linear", "fraction", "log"] = "linear"
    threshold_mev: float = Field(default=0.1, gt=0.0)
    shuffle_buffer: int = Field(default=16384, ge=1)


class EarlyStopping(StrictConfig):
    """End the training when the validation loss has stopped falling.

    Parameters
    ----------
    patience
        Epochs without a fall that are waited for.
    min_delta
        A smaller fall counts as none.
    """

    patience: int = Field(ge=1)
    min_delta: float = Field(default=0.0, ge=0.0)


class Training(Hardware):
    """How the weights are found.

    Parameters
    ----------
    epochs
        Passes over the training events.
    epoch_showers
        An epoch ends after this many showers, others each time; None: after all of the training part.
    batch_size
        Events per optimiser step.
    schedule
        Learning rate against step.
    weight_decay
        Decoupled weight decay of AdamW.
    gradient_clip
        Largest norm of the gradient; a larger one is scaled down. None: no limit.
    early_stopping
        When to end early; None: never.
    keep
        Which weights become the model: ``best`` in validation loss, or ``last``.
    value_spread
        Learn from the validation events how cell energies scatter about VALUE, and draw them so when
        generating; otherwise every hit cell gets its expected energy.
    total_energy
        Give each shower a total energy drawn from a density of its own when generating. ``quantiles``: the
        ratio to the expected total, from the validation events; ``flow``: a normalising flow on the incident
        particle, from the training events; ``none``: the total is what the drawn cells sum up to. (true and
        false, as recipes said before there were flows, are quantiles and none.)
    device, devices, precision, compile, loader_workers
        On what it runs, see `Hardware`.
    seed
        Seed of initial weights, order of events and dropout.
    """

    epochs: int = Field(default=20, ge=1)
    epoch_showers: int | None = Field(default=None, ge=1)
    batch_size: int = Field(default=128, ge=1)
    schedule: Schedule = OneCycleSchedule()
    weight_decay: float = Field(default=0.0, ge=0.0)
    gradient_clip: float | None = Field(default=1.0, gt=0.0)
    early_stopping: EarlyStopping | None = None
    keep: Literal["best", "last"] = "best"
    value_spread: bool = True
    total_energy: Literal["none", "quantiles", "flow"] = "none"
    seed: int = Field(default=1, ge=0, lt=2**63)

    @field_validator("total_energy", mode="before")
    @classmethod
    def _before_flows(cls, value: object) -> object:
        if isinstance(value, bool):
            return "quantiles" if value else "none"
        return value


class TrainingRecipe(StrictConfig):
    """Everything that a training needs but the showers.

    Parameters
    ----------
    name, description
        Short name, and one line of what it is for.
    model, loss, data, training
        The sections.
    adversarial
        The stage after the regression; None: there is none.

    Examples
    --------
    >>> recipe = TrainingRecipe(name="quick", training={"epochs": 2})
    >>> recipe.training.epochs, recipe.model.hidden
    (2, 32)
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    description: str = ""
    model: MaskValueConfig = MaskValueConfig()
    loss: MaskValueLossConfig = MaskValueLossConfig()
    data: TrainingData = TrainingData()
    training: Training = Training()
    adversarial: AdversarialStage | None = None

    @model_validator(mode="after")
    def _stages_fit(self) -> Self:
        if self.model.noise_inputs:
            raise ValueError("model.noise_inputs 0: random inputs are given by adversarial.noise_inputs")
        if self.adversarial is not None and self.loss.value_cells != "hit":
            raise ValueError(
                "loss.value_cells 'hit' with an adversarial stage, whose images are MASK x VALUE of hit cells"
            )
        return self


def with_overrides(values: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Set dotted keys of a nested mapping, without changing the mapping that was given.

    Parameters
    ----------
    values
        Nested mapping, as read from YAML.
    overrides
        New values by dotted key, such as ``{"training.epochs": 3}``.

    Returns
    -------
    dict
        A copy with the new values; sections that were missing are made.

    Raises
    ------
    ConfigurationError
        If a key leads through something that is no section.

    Examples
    --------
    >>> with_overrides({"training": {"epochs": 5}}, {"training.epochs": 3, "loss.value_weight": 200})
    {'training': {'epochs': 3}, 'loss': {'value_weight': 200}}
    """
    result = _copied(values)
    for key, value in overrides.items():
        *path, last = key.split(".")
        section = result
        for part in path:
            inner = section.get(part)
            if inner is None:
                inner = section[part] = {}
            if not isinstance(inner, dict):
                raise ConfigurationError(f"setting '{key}'", got=f"'{part}', which has no parts")
            section = inner
        section[last] = value
    return result


def _copied(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _copied(v) if isinstance(v, Mapping) else v for k, v in values.items()}


def parse_overrides(assignments: list[str]) -> dict[str, Any]:
    """Read ``key=value`` texts, the values as YAML.

    Raises
    ------
    ConfigurationError
        If one has no ``=`` or a value is no YAML.

    Examples
    --------
    >>> parse_overrides(["training.epochs=3", "model.inputs=[energy, px]"])
    {'training.epochs': 3, 'model.inputs': ['energy', 'px']}
    """
    result: dict[str, Any] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not key.strip():
            raise ConfigurationError(
                f"setting '{assignment}'", expected="key=value", mend="write it like training.epochs=5"
            )
        try:
            result[key.strip()] = parse_yaml(text)
        except ValueError:
            raise ConfigurationError(f"setting '{key}'", got=text, expected="a YAML value") from None
    return result
