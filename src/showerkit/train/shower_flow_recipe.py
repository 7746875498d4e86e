"""The recipe of a flow of showers (no network library is loaded)."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig
from showerkit.losses.flow_matching_config import FlowMatchingConfig
from showerkit.models.ode_solver_config import AnySolverConfig, FixedStepConfig
from showerkit.models.shower_flow_config import ShowerFlowConfig
from showerkit.train.adversarial_config import Average, KeepLast, KeepNearest
from showerkit.train.entry_window_recipe import WindowData
from showerkit.train.hardware_config import Hardware
from showerkit.train.schedule_config import OneCycleSchedule, Schedule


class MarginalsTraining(StrictConfig):
    """How the laws of cells by themselves are found, by maximum likelihood.

    Parameters
    ----------
    epochs
        Passes over the training events.
    batch_size
        Events per optimiser step.
    learning_rate
        The highest; it rises over the first tenth of the steps and falls to nothing.
    """

    epochs: int = Field(default=8, ge=1)
    batch_size: int = Field(default=256, ge=2)
    learning_rate: float = Field(default=2.0e-3, gt=0.0)


class ShowerFlowTraining(Hardware):
    """How the flow of the cells is found.

    Parameters
    ----------
    start
        A trained flow of the same showers to go on with (run directory, model file or shipped name), with its
        energies and laws of single cells; None: begin anew.
    marginals
        The training before it, of the laws of cells by themselves.
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
    hit_power
        A cell counts in the loss as this power of its share of hits: cells that are hardly ever hit are
        noise, of which there is little to learn. 0: all cells alike.
    average
        Averaging of the weights; None: none.
    keep
        Which weights become the model: of the ``last`` epoch, or by the ``distance`` of validation showers.
    device, devices, precision, compile, loader_workers
        On what it runs, see `Hardware`.
    seed
        Seed of initial weights, order of events and random inputs.
    """

    start: str | None = None
    marginals: MarginalsTraining = MarginalsTraining()
    epochs: int = Field(default=40, ge=1)
    epoch_showers: int | None = Field(default=None, ge=1)
    batch_size: int = Field(default=256, ge=2)
    schedule: Schedule = OneCycleSchedule(max_learning_rate=1.0e-3, pct_start=0.05)
    weight_decay: float = Field(default=1.0e-4, ge=0.0)
    gradient_clip: float | None = Field(default=1.0, gt=0.0)
    hit_power: float = Field(default=0.5, ge=0.0, le=1.0)
    average: Average | None = Average(decay=0.999)
    keep: KeepLast | KeepNearest = Field(default=KeepLast(), discriminator="kind")
    seed: int = Field(default=1, ge=0, lt=2**63)


class FlowDistillation(StrictConfig):
    """The stage after: the same network learns to follow the flow in few steps, or in one.

    Parameters
    ----------
    start
        The flow to be followed (run directory, model file or shipped name); None: the recipe's own, trained
        first as its section ``training`` says.
    steps
        Steps that the model will take.
    solver
        How the flow is followed to learn from it.
    epochs
        How many portions of showers are drawn from the flow.
    showers, passes
        Showers in a portion, and how often each portion is gone through.
    batch_size
        Showers per optimiser step.
    schedule
        Learning rate against step.
    average
        Averaging of the weights; None: none.
    """

    start: str | None = None
    steps: int = Field(default=1, ge=1, le=64)
    solver: AnySolverConfig = Field(default=FixedStepConfig(kind="midpoint", steps=8, crowding=1.0))
    epochs: int = Field(default=20, ge=1)
    showers: int = Field(default=10_000, ge=2)
    passes: int = Field(default=8, ge=1)
    batch_size: int = Field(default=256, ge=2)
    schedule: Schedule = OneCycleSchedule(max_learning_rate=1.0e-3, pct_start=0.05)
    average: Average | None = Average(decay=0.999)


class ShowerFlowRecipe(StrictConfig):
    """Everything that the training of a flow of showers needs but the showers.

    Parameters
    ----------
    name, description
        Short name, and one line of what it is for.
    model, loss, data, training
        The sections.
    distillation
        The stage after the flow's training; None: there is none.

    Examples
    --------
    >>> recipe = ShowerFlowRecipe(name="quick", model={"kind": "shower-flow"}, training={"epochs": 2})
    >>> recipe.model.network.kind, recipe.loss.kind
    ('dense', 'flow-matching')
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    description: str = ""
    model: ShowerFlowConfig = ShowerFlowConfig()
    loss: FlowMatchingConfig = FlowMatchingConfig()
    data: WindowData = WindowData()
    training: ShowerFlowTraining = ShowerFlowTraining()
    distillation: FlowDistillation | None = None

    @model_validator(mode="after")
    def _cells_have_places(self) -> Self:
        if self.loss.coupling != "independent":
            raise ValueError("loss.coupling 'independent': cells have places and cannot be paired anew")
        return self
