"""The recipe of a generator of windows about the point of entry (no network library is loaded)."""

from __future__ import annotations

from pydantic import Field

from showerkit.configuration import StrictConfig
from showerkit.losses.adversarial_config import GradientPenalty, SoftLabels
from showerkit.losses.energy_score_config import EnergyScoreConfig
from showerkit.models.entry_window_config import EntryWindowConfig, WindowDiscriminatorConfig
from showerkit.train.adversarial_config import Average, Keep, KeepLast, KeepNearest
from showerkit.train.hardware_config import Hardware
from showerkit.train.schedule_config import OneCycleSchedule, Schedule


class WindowData(StrictConfig):
    """How showers become the numbers that the network sees.

    Parameters
    ----------
    validation_fraction
        Share of the events that the training never sees and that judge it.
    threshold_mev
        A cell is hit if its deposit exceeds this, in MeV; the logarithm of a deposit is taken over it.
    shuffle_buffer
        Events from which batches are drawn, where the sample is too large to be held in memory.
    """

    validation_fraction: float = Field(default=0.1, gt=0.0, lt=1.0)
    threshold_mev: float = Field(default=0.1, gt=0.0)
    shuffle_buffer: int = Field(default=16384, ge=1)


class WindowTraining(Hardware):
    """Stage 1: the generator learns by a proper scoring rule, without an adversary.

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
    average
        Averaging of the weights; None: none.
    keep
        Which weights become the model: of the ``last`` epoch, or by the ``distance`` of validation showers.
    device, devices, precision, compile, loader_workers
        On what it runs, see `Hardware`.
    seed
        Seed of initial weights, order of events and random inputs.
    """

    epochs: int = Field(default=20, ge=1)
    epoch_showers: int | None = Field(default=None, ge=1)
    batch_size: int = Field(default=256, ge=2)
    schedule: Schedule = OneCycleSchedule(max_learning_rate=1.0e-3, pct_start=0.05)
    weight_decay: float = Field(default=1.0e-4, ge=0.0)
    gradient_clip: float | None = Field(default=5.0, gt=0.0)
    average: Average | None = Average(decay=0.998)
    keep: KeepLast | KeepNearest = Field(default=KeepNearest(), discriminator="kind")
    seed: int = Field(default=1, ge=0, lt=2**63)


class WindowAdversarialStage(StrictConfig):
    """Stage 2: generator against discriminators, the scoring rule beside it, from where stage 1 ended.

    Parameters
    ----------
    start
        A trained generator to start from (run directory, model file or shipped name); None: the recipe's
        own, trained first as its section ``training`` says.
    discriminator
        The discriminators.
    labels
        The label pair real:fake.
    generator_schedule, discriminator_schedule
        Learning rates against step; every batch is a step of both.
    beta1
        Decay of Adam's mean gradient.
    score_weight
        Weight of the scoring rule beside the adversarial loss, which has weight 1.
    r1
        Gradient penalty on the discriminators; None: none.
    average
        Averaging of the generator's weights; None: none.
    gradient_clip
        Largest norm of the generator's gradient; a larger one is scaled down. None: no limit.
    epochs, batch_size
        Passes over the training events, and events a batch.
    epoch_showers
        An epoch ends after this many showers, others each time; None: after all of the training part.
    keep
        Which weights become the model.
    runaway_loss
        The training has diverged if the mean GEN or DIS of an epoch is above this.
    """

    start: str | None = None
    discriminator: WindowDiscriminatorConfig = WindowDiscriminatorConfig()
    labels: SoftLabels = SoftLabels(real=1.0, fake=0.0)
    generator_schedule: Schedule = OneCycleSchedule(max_learning_rate=1.0e-4, pct_start=0.1)
    discriminator_schedule: Schedule = OneCycleSchedule(max_learning_rate=3.0e-4, pct_start=0.1)
    beta1: float = Field(default=0.5, ge=0.0, lt=1.0)
    score_weight: float = Field(default=0.05, ge=0.0)
    r1: GradientPenalty | None = GradientPenalty(weight=0.05, every=8)
    average: Average | None = Average(decay=0.998)
    gradient_clip: float | None = Field(default=5.0, gt=0.0)
    epochs: int = Field(default=20, ge=1)
    batch_size: int = Field(default=256, ge=2)
    epoch_showers: int | None = Field(default=None, ge=2)
    keep: Keep = KeepNearest()
    runaway_loss: float = Field(default=20.0, gt=0.0)


class EntryWindowRecipe(StrictConfig):
    """Everything that the training of a generator of windows needs but the showers.

    Parameters
    ----------
    name, description
        Short name, and one line of what it is for.
    model, loss, data, training
        The sections.
    adversarial
        The stage after the first; None: there is none.

    Examples
    --------
    >>> recipe = EntryWindowRecipe(name="quick", model={"kind": "entry-window"}, training={"epochs": 2})
    >>> recipe.model.cells_across, recipe.loss.cells
    (15, 1.0)
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    description: str = ""
    model: EntryWindowConfig = EntryWindowConfig()
    loss: EnergyScoreConfig = EnergyScoreConfig()
    data: WindowData = WindowData()
    training: WindowTraining = WindowTraining()
    adversarial: WindowAdversarialStage | None = None
