"""The recipe of a network that calibrates the energy of jets (no network library is loaded)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig
from showerkit.losses.flavour_balance_config import FlavourBalanceConfig
from showerkit.losses.jet_objective_config import JetObjectiveConfig, TruncatedJetLikelihoodConfig
from showerkit.models.jet_energy_registry import AnyJetEnergyConfig
from showerkit.models.particle_flow_config import ParticleFlowConfig
from showerkit.train.adversarial_config import Average
from showerkit.train.energy_recipe import EnergyData
from showerkit.train.hardware_config import Hardware
from showerkit.train.jet_error_config import JetIntervalSettings
from showerkit.train.jet_response_config import JetResponseSettings
from showerkit.train.optimiser_config import AdamOptimiser, Optimiser
from showerkit.train.schedule_config import OneCycleSchedule, Schedule


class JetEnergyData(EnergyData):
    """Which jets are for what.

    Parameters
    ----------
    validation_fraction, calibration_fraction, shuffle_buffer
        See `EnergyData`; jets of one event are always on the same side.
    pt_range_gev
        Learn from jets with a true pT in this range only; None: from all. Truncated likelihoods end there.
    weighted
        Let jets count by the weights of their events, that is, with the spectrum of nature; or alike.
    """

    pt_range_gev: tuple[float, float] | None = None
    weighted: bool = False

    @model_validator(mode="after")
    def _rising_range(self) -> Self:
        ends = self.pt_range_gev
        if ends is not None and not 0.0 < ends[0] < ends[1]:
            raise ValueError("two rising values above 0 as pt_range_gev")
        return self


class JetEnergyTraining(Hardware):
    """How the weights are found.

    Parameters
    ----------
    epochs
        Passes over the training jets, those of the pretraining among them.
    pretraining_epochs
        In so many epochs at the beginning the loss is the squared error of the response.
    epoch_jets
        An epoch ends after this many jets, others each time; None: after all of the training part.
    batch_size
        Jets per optimiser step.
    optimiser, schedule
        What turns gradients into steps; learning rate against step.
    gradient_clip
        Largest norm of the gradient; a larger one is scaled down. None: no limit.
    average
        Averaging of the weights; None: none.
    keep
        Which weights become the model: those of the ``best`` epoch by the objective on the validation jets,
        or of the ``last``; where the objective fits its sigma anew, after that alone.
    device, devices, precision, compile, loader_workers
        On what it runs, see `Hardware`.
    seed
        Seed of initial weights and of the order of jets.
    """

    epochs: int = Field(default=20, ge=1)
    pretraining_epochs: int = Field(default=2, ge=0)
    epoch_jets: int | None = Field(default=None, ge=1)
    batch_size: int = Field(default=256, ge=2)
    optimiser: Optimiser = AdamOptimiser()
    schedule: Schedule = OneCycleSchedule(max_learning_rate=2.0e-3, pct_start=0.1)
    gradient_clip: float | None = Field(default=5.0, gt=0.0)
    average: Average | None = None
    keep: Literal["best", "last"] = "last"
    seed: int = Field(default=1, ge=0, lt=2**63)

    @model_validator(mode="after")
    def _something_after_the_pretraining(self) -> Self:
        if self.pretraining_epochs >= self.epochs:
            raise ValueError(
                f"fewer pretraining_epochs ({self.pretraining_epochs}) than epochs ({self.epochs})"
            )
        return self


class JetEnergyRecipe(StrictConfig):
    """Everything that the training of a network that calibrates jets needs but the jets.

    Parameters
    ----------
    name, description
        Short name, and one line of what it is for.
    model
        The network, and what it is told of jets and candidates.
    objective
        What its outputs mean, and when they are good.
    flavour_balance
        Penalty, after the pretraining, on a difference of the responses of light quarks and gluons, whose
        flavours the sample has to know; None: none.
    response
        Correction of the response after the training; None: jets stay as the network gives them.
    data, training, intervals
        The sections.

    Examples
    --------
    >>> recipe = JetEnergyRecipe(name="quick", model={"kind": "energy-flow"}, training={"epochs": 5})
    >>> recipe.model.phi, recipe.objective.kind
    ((100, 100, 128), 'truncated-likelihood')
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    description: str = ""
    model: AnyJetEnergyConfig = ParticleFlowConfig()
    objective: JetObjectiveConfig = TruncatedJetLikelihoodConfig()
    flavour_balance: FlavourBalanceConfig | None = None
    response: JetResponseSettings | None = JetResponseSettings()
    data: JetEnergyData = JetEnergyData()
    training: JetEnergyTraining = JetEnergyTraining()
    intervals: JetIntervalSettings = JetIntervalSettings()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.objective.kind == "mean-squared-error" and self.training.pretraining_epochs > 0:
            raise ValueError(
                "training.pretraining_epochs 0 with objective.kind 'mean-squared-error', which they repeat"
            )
        if self.objective.kind == "mean-squared-error" and self.flavour_balance is not None:
            raise ValueError("flavour_balance null with objective.kind 'mean-squared-error', of another unit")
        if isinstance(self.objective, TruncatedJetLikelihoodConfig):
            after = self.training.epochs - self.training.pretraining_epochs
            if self.objective.refits >= after:
                raise ValueError("fewer objective.refits than epochs after the pretraining")
        return self

    @property
    def refit_epochs(self) -> tuple[int, ...]:
        """Epochs before which sigma is fitted anew, at equal distances after the pretraining.

        Examples
        --------
        >>> JetEnergyRecipe(name="quick", training={"epochs": 11, "pretraining_epochs": 2}).refit_epochs
        (5, 8)
        """
        if not isinstance(self.objective, TruncatedJetLikelihoodConfig):
            return ()
        first, last, refits = self.training.pretraining_epochs, self.training.epochs, self.objective.refits
        return tuple(first + (k * (last - first)) // (refits + 1) for k in range(1, refits + 1))
