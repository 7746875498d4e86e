"""The recipe of the adversarial stage (read without loading any network library)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from showerkit.configuration import StrictConfig
from showerkit.losses.adversarial_config import GradientPenalty, SoftLabels
from showerkit.models.discriminator_config import DiscriminatorConfig
from showerkit.models.mask_sampling_config import MaskSampling, ProbabilityMask
from showerkit.train.noise_schedule import NoiseStrength
from showerkit.train.schedule_config import CyclicSchedule, Schedule


class Updates(StrictConfig):
    """The ratio D:G of the numbers of updates; the network with more of them is updated at every batch.

    Parameters
    ----------
    discriminator, generator
        Updates of each in max(discriminator, generator) batches.

    Examples
    --------
    >>> ratio = Updates(discriminator=1, generator=3)
    >>> [ratio.discriminator_at(batch) for batch in range(6)]
    [True, False, False, True, False, False]
    """

    discriminator: int = Field(default=1, ge=1)
    generator: int = Field(default=1, ge=1)

    def discriminator_at(self, batch: int) -> bool:
        """Whether the discriminator is updated at a batch, counted from the first of the training."""
        return self._at(batch, self.discriminator)

    def generator_at(self, batch: int) -> bool:
        """Whether the generator is updated at a batch, counted from the first of the training."""
        return self._at(batch, self.generator)

    def _at(self, batch: int, updates: int) -> bool:
        return (batch * updates) % max(self.discriminator, self.generator) < updates


class Average(StrictConfig):
    """The exponential average of the generator's weights becomes the model.

    Parameters
    ----------
    decay
        Factor per step on what was before.
    """

    decay: float = Field(default=0.999, ge=0.0, lt=1.0)


class KeepLast(StrictConfig):
    """The weights of the last epoch become the model."""

    kind: Literal["last"] = "last"


class KeepLeastLoss(StrictConfig):
    """The weights with the least regression loss on the validation showers become the model."""

    kind: Literal["loss"] = "loss"


class KeepNearest(StrictConfig):
    """The weights whose showers lie nearest to the validation showers become the model.

    Parameters
    ----------
    kind
        Name of this choice.
    events
        Validation showers to compare with, at most.
    """

    kind: Literal["distance"] = "distance"
    events: int = Field(default=4000, ge=200)


Keep: TypeAlias = Annotated[KeepLast | KeepLeastLoss | KeepNearest, Field(discriminator="kind")]


class AdversarialStage(StrictConfig):
    """Stage 2: generator against discriminator, from where the regression ended.

    Parameters
    ----------
    start
        A trained regression to start from (run directory, model file or shipped name); None: the recipe's
        own, trained first as its section ``training`` says.
    noise_inputs
        Number of random inputs that the generator gets.
    noise
        Their strength along the epochs.
    discriminator
        The discriminator.
    mask
        How MASK becomes the hits that the discriminator sees.
    labels
        The label pair real:fake.
    updates
        The ratio D:G of the numbers of updates.
    generator_schedule, discriminator_schedule
        Learning rates against step; every batch is a step of both.
    beta1
        Decay of Adam's mean gradient.
    weight
        Weight of the adversarial loss GEN beside the regression loss MASK + w VALUE of section ``loss``.
    r1
        Gradient penalty on the discriminator; None: none.
    average
        Averaging of the generator's weights; None: none.
    gradient_clip
        Largest norm of each network's gradient; a larger one is scaled down. None: no limit.
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
    noise_inputs: int = Field(default=32, ge=1, le=4096)
    noise: NoiseStrength = NoiseStrength()
    discriminator: DiscriminatorConfig = DiscriminatorConfig()
    mask: MaskSampling = ProbabilityMask()
    labels: SoftLabels = SoftLabels()
    updates: Updates = Updates()
    generator_schedule: Schedule = CyclicSchedule()
    discriminator_schedule: Schedule = CyclicSchedule()
    beta1: float = Field(default=0.9, ge=0.0, lt=1.0)
    weight: float = Field(default=1.0, gt=0.0)
    r1: GradientPenalty | None = None
    average: Average | None = None
    gradient_clip: float | None = Field(default=None, gt=0.0)
    epochs: int = Field(default=100, ge=1)
    batch_size: int = Field(default=256, ge=2)
    epoch_showers: int | None = Field(default=None, ge=2)
    keep: Keep = KeepLast()
    runaway_loss: float = Field(default=20.0, gt=0.0)
