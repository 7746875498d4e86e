"""The recipe of a network that measures energies (no network library is loaded)."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig
from showerkit.data.augmentation_config import AugmentationConfig
from showerkit.losses.likelihood_config import EnergyObjectiveConfig, RootEnergyLikelihoodConfig
from showerkit.losses.pivot_config import DistanceCorrelationConfig, PivotConfig
from showerkit.models.cnn3d_config import CNN3DConfig
from showerkit.models.energy_registry import AnyEnergyConfig
from showerkit.models.residual_classifier_config import ResidualClassifierConfig
from showerkit.train.adversarial_config import Average
from showerkit.train.energy_baseline_recipe import IntervalSettings, ResponseSettings
from showerkit.train.hardware_config import Hardware
from showerkit.train.optimiser_config import AdamOptimiser, Optimiser
from showerkit.train.schedule_config import OneCycleSchedule, Schedule


class EnergyData(StrictConfig):
    """Which showers are for what.

    Parameters
    ----------
    validation_fraction
        Share of the events that the training never sees and that choose its best epoch.
    calibration_fraction
        Share of the events that neither of them sees and that calibrate sigmas and intervals.
    shuffle_buffer
        Events from which batches are drawn, where the sample is too large to be held in memory.
    """

    validation_fraction: float = Field(default=0.05, gt=0.0, lt=1.0)
    calibration_fraction: float = Field(default=0.1, gt=0.0, lt=1.0)
    shuffle_buffer: int = Field(default=65536, ge=1)

    @model_validator(mode="after")
    def _leaves_training_events(self) -> Self:
        if self.validation_fraction + self.calibration_fraction >= 1.0:
            raise ValueError("validation and calibration fractions that leave events for training")
        return self


class EnergyPivot(PivotConfig):
    """The pivot with its adversary, trained in turn with the network.

    Parameters
    ----------
    kind, weight, classes, least_energy_gev
        See `PivotConfig`.
    adversary
        Size of the adversary.
    adversary_learning_rate
        Learning rate of its optimiser (Adam).
    adversary_steps
        Steps of the adversary for each step of the network.
    """

    adversary: ResidualClassifierConfig = ResidualClassifierConfig()
    adversary_learning_rate: float = Field(default=1.0e-3, gt=0.0)
    adversary_steps: int = Field(default=1, ge=1, le=100)


#: What makes the error independent of the energy, chosen by its ``kind``.
Independence: TypeAlias = Annotated[EnergyPivot | DistanceCorrelationConfig, Field(discriminator="kind")]


class EnergyTraining(Hardware):
    """How the weights are found.

    Parameters
    ----------
    epochs
        Passes over the training events, those of the pretraining among them.
    pretraining_epochs
        In so many epochs at the beginning the loss is the squared error of the energy: likelihoods, above all
        those of truncated Gaussians, need a network that is roughly right.
    epoch_showers
        An epoch ends after this many showers, others each time; None: after all of the training part.
    batch_size
        Events per optimiser step.
    optimiser
        What turns gradients into steps.
    schedule
        Learning rate against step.
    gradient_clip
        Largest norm of the gradient; a larger one is scaled down. None: no limit.
    average
        Averaging of the weights; None: none.
    keep
        Which weights become the model: those of the ``best`` epoch by the objective on the validation events,
        or of the ``last``.
    start_from_linear
        Begin as a linear fit of the layers, which the network then has to better only; None: if the network
        can (cnn3d cannot).
    device, devices, precision, compile, loader_workers
        On what it runs, see `Hardware`.
    seed
        Seed of initial weights, order of events and symmetries drawn.
    """

    epochs: int = Field(default=20, ge=1)
    pretraining_epochs: int = Field(default=4, ge=0)
    epoch_showers: int | None = Field(default=None, ge=1)
    batch_size: int = Field(default=256, ge=1)
    optimiser: Optimiser = AdamOptimiser()
    schedule: Schedule = OneCycleSchedule(max_learning_rate=1.0e-3, pct_start=0.1)
    gradient_clip: float | None = Field(default=5.0, gt=0.0)
    average: Average | None = None
    keep: Literal["best", "last"] = "best"
    start_from_linear: bool | None = None
    seed: int = Field(default=1, ge=0, lt=2**63)

    @model_validator(mode="after")
    def _something_after_the_pretraining(self) -> Self:
        if self.pretraining_epochs >= self.epochs:
            raise ValueError(
                f"fewer pretraining_epochs ({self.pretraining_epochs}) than epochs ({self.epochs})"
            )
        return self


class EnergyRecipe(StrictConfig):
    """Everything that the training of a network that measures energies needs but the showers.

    Parameters
    ----------
    name, description
        Short name, and one line of what it is for.
    model
        The network, and what it is told of the cells.
    objective
        What its outputs mean, and when they are good.
    independence
        What makes the error independent of the energy; None: nothing.
    augmentation
        Symmetries by which showers are varied during the training; None: none.
    response
        Correction of the response after the training; None: energies stay as the network gives them.
    data, training, intervals
        The sections.

    Examples
    --------
    >>> recipe = EnergyRecipe(name="quick", model={"kind": "residual3d"}, training={"epochs": 5})
    >>> recipe.model.channels, recipe.objective.kind
    ((8, 16, 32), 'root-energy-likelihood')
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    description: str = ""
    model: AnyEnergyConfig = CNN3DConfig()
    objective: EnergyObjectiveConfig = RootEnergyLikelihoodConfig()
    independence: Independence | None = None
    augmentation: AugmentationConfig | None = AugmentationConfig()
    response: ResponseSettings | None = None
    data: EnergyData = EnergyData()
    training: EnergyTraining = EnergyTraining()
    intervals: IntervalSettings = IntervalSettings()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        squared = self.objective.kind == "mean-squared-error"
        if squared and self.independence is None and self.training.pretraining_epochs > 0:
            raise ValueError(
                "training.pretraining_epochs 0 with objective.kind 'mean-squared-error', which they repeat"
            )
        if self.training.start_from_linear and isinstance(self.model, CNN3DConfig):
            raise ValueError("training.start_from_linear false or null with model.kind 'cnn3d', which cannot")
        return self

    @property
    def starts_from_linear(self) -> bool:
        """Whether the network begins as a linear fit."""
        asked = self.training.start_from_linear
        return not isinstance(self.model, CNN3DConfig) if asked is None else asked
