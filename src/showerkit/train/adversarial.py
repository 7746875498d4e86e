"""Stage 2: a mask-and-value generator with random inputs learns against a discriminator."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

import torch
from lightning.pytorch import LightningModule
from torch import Tensor

from showerkit.errors import ConfigurationError
from showerkit.losses.adversarial import discriminator_loss, generator_loss
from showerkit.losses.gradient_penalty import r1_penalty
from showerkit.losses.mask_value import MaskValueLosses, mask_value_loss
from showerkit.models.mask_sampling import sampled_mask
from showerkit.models.registry import build_model
from showerkit.train.schedules import build_scheduler, first_learning_rate
from showerkit.train.weight_average import WeightAverage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lightning.pytorch.core.optimizer import LightningOptimizer
    from lightning.pytorch.utilities.types import OptimizerLRScheduler

    from showerkit.losses.mask_value_config import MaskValueLossConfig
    from showerkit.models.discriminator import Discriminator
    from showerkit.models.mask_value import MaskValueGenerator
    from showerkit.models.mask_value_config import MaskValueConfig
    from showerkit.train.adversarial_config import AdversarialStage
    from showerkit.train.regression import TargetBatch
    from showerkit.train.schedule_config import ConstantSchedule, CyclicSchedule, OneCycleSchedule

#: The losses of the ZDC reports, in their order.
LOSSES: Final = ("gen", "dis", "mask", "value")
_NOISE_WEIGHT: Final = "noise_in.weight"


def with_random_inputs(
    model: MaskValueConfig, weights: Mapping[str, Tensor], noise_inputs: int, *, seed: int
) -> MaskValueGenerator:
    """Build the generator that a regression becomes: random inputs are added, which change nothing yet.

    The random inputs' weights are zero, so that the generator starts exactly where the regression ended;
    their gradient is not.

    Parameters
    ----------
    model
        The generator without random inputs.
    weights
        Its trained weights.
    noise_inputs
        Number of random inputs.
    seed
        Seed of the network's building.

    Returns
    -------
    MaskValueGenerator
        The generator with random inputs.

    Raises
    ------
    ConfigurationError
        If the weights are not those of such a network.
    """
    network = build_model(model.model_copy(update={"noise_inputs": noise_inputs}), seed=seed)
    own = network.state_dict()
    if {name: tensor.shape for name, tensor in own.items() if name != _NOISE_WEIGHT} != {
        name: tensor.shape for name, tensor in weights.items()
    }:
        raise ConfigurationError(
            "model that the adversarial stage starts from",
            got="another network",
            expected="a regression with this recipe's section 'model'",
        )
    network.load_state_dict({**own, **weights})
    return network


def with_noise_strength(weights: Mapping[str, Tensor], strength: float) -> dict[str, Tensor]:
    """Scale a generator's response to its random inputs, which then have to be standard normal."""
    scaled = dict(weights)
    scaled[_NOISE_WEIGHT] = scaled[_NOISE_WEIGHT] * strength
    return scaled


class AdversarialTraining(LightningModule):
    r"""Train a generator with :math:`\lambda L_{GEN} + L_{MASK} + w L_{VALUE}` against a discriminator.

    The discriminator sees MASK (VALUE - v0), where v0 is the normalised energy of an empty cell (0 but for
    logarithmic energies): the showers as they are generated, in normalised energies, empty cells at 0.

    Parameters
    ----------
    network
        The generator.
    discriminator
        The discriminator.
    loss
        Settings of the regression loss, whose VALUE is that of hit cells.
    stage
        Settings of this stage.
    empty_value
        Normalised energy v0 of a cell without energy.
    """

    def __init__(
        self,
        network: MaskValueGenerator,
        discriminator: Discriminator,
        loss: MaskValueLossConfig,
        stage: AdversarialStage,
        *,
        empty_value: float = 0.0,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.network = network
        self.discriminator = discriminator
        self.loss = loss
        self.stage = stage
        self.empty_value = empty_value
        self.average = WeightAverage(network, stage.average.decay) if stage.average is not None else None

    @property
    def model(self) -> MaskValueGenerator:
        """The generator that becomes the model: the averaged one, if there is one."""
        return self.network if self.average is None else self.average.network

    @property
    def noise_strength(self) -> float:
        """Strength of the random inputs in the current epoch."""
        return self.stage.noise.at(self.current_epoch, self.stage.epochs)

    def model_to_be(self) -> MaskValueGenerator:
        """Copy the generator that becomes the model, for standard normal random inputs."""
        network = copy.deepcopy(self.model)
        network.load_state_dict(with_noise_strength(network.state_dict(), self.noise_strength))
        return network

    def image(self, mask: Tensor, value: Tensor) -> Tensor:
        """Make the image (B, channels, ny, nx) that the discriminator sees, of hits and energies."""
        image = mask * (value - self.empty_value)
        if self.discriminator.config.channels == 1:
            return image
        return torch.cat([image, mask], dim=1)

    def _noise(self, like: Tensor) -> Tensor:
        shape = (len(like), self.stage.noise_inputs)
        return self.noise_strength * torch.randn(shape, device=like.device)

    def training_step(self, batch: TargetBatch, batch_idx: int) -> dict[str, Tensor]:
        """Update discriminator and generator as their ratio has it."""
        number = self.current_epoch * int(self.trainer.num_training_batches) + batch_idx
        generator_optimizer, discriminator_optimizer = self._optimizers()
        figures: dict[str, Tensor] = {}
        if self.stage.updates.discriminator_at(number):
            figures["dis"] = self._update_discriminator(batch, discriminator_optimizer, number)
        if self.stage.updates.generator_at(number):
            figures |= self._update_generator(batch, generator_optimizer)
        for scheduler in self.lr_schedulers():  # type: ignore[union-attr]
            scheduler.step()
        self.log_dict(
            {f"train_{name}": figure for name, figure in figures.items()},
            on_step=False,
            on_epoch=True,
            batch_size=len(batch["condition"]),
        )
        return {"loss": torch.stack(list(figures.values())).sum()}

    def _update_discriminator(self, batch: TargetBatch, optimizer: LightningOptimizer, number: int) -> Tensor:
        condition = batch["condition"]
        with torch.no_grad():
            mask_logit, value = self.network(condition, self._noise(condition))
            fake = self.image(sampled_mask(mask_logit, self.stage.mask), value)
        real = self.image(batch["hit"], batch["target"])
        penalty = self.stage.r1
        penalised = penalty is not None and number % penalty.every == 0
        real.requires_grad_(penalised)
        real_logit = self.discriminator(real, condition)
        loss = discriminator_loss(real_logit, self.discriminator(fake, condition), self.stage.labels)
        total = loss
        if penalty is not None and penalised:
            total = loss + penalty.weight * penalty.every * r1_penalty(real_logit, real)
        self._step(optimizer, total)
        return loss.detach()

    def _update_generator(self, batch: TargetBatch, optimizer: LightningOptimizer) -> dict[str, Tensor]:
        condition = batch["condition"]
        mask_logit, value = self.network(condition, self._noise(condition))
        fake = self.image(sampled_mask(mask_logit, self.stage.mask), value)
        # The discriminator passes the gradient on and needs none of its own.
        self.discriminator.requires_grad_(False)
        gen = generator_loss(self.discriminator(fake, condition), self.stage.labels)
        self.discriminator.requires_grad_(True)
        losses = mask_value_loss(mask_logit, value, batch["hit"], batch["target"], self.loss)
        self._step(optimizer, self.stage.weight * gen + losses.total)
        if self.average is not None:
            self.average.update(self.network)
        return {"gen": gen.detach(), "mask": losses.mask.detach(), "value": losses.value.detach()}

    def _step(self, optimizer: LightningOptimizer, loss: Tensor) -> None:
        optimizer.zero_grad()
        self.manual_backward(loss)
        if self.stage.gradient_clip is not None:
            self.clip_gradients(optimizer.optimizer, self.stage.gradient_clip, gradient_clip_algorithm="norm")
        optimizer.step()

    def validation_step(self, batch: TargetBatch, batch_idx: int) -> None:
        """Log the regression losses of the model to be, and how the discriminator sees it."""
        condition = batch["condition"]
        mask_logit, value = self.model(condition, self._noise(condition))
        losses = mask_value_loss(mask_logit, value, batch["hit"], batch["target"], self.loss)
        fake = self.discriminator(self.image(sampled_mask(mask_logit, self.stage.mask), value), condition)
        real = self.discriminator(self.image(batch["hit"], batch["target"]), condition)
        figures = {
            "gen": generator_loss(fake, self.stage.labels),
            "dis": discriminator_loss(real, fake, self.stage.labels),
            **_named(losses),
        }
        self.log_dict(
            {f"validation_{name}": figure for name, figure in figures.items()}, batch_size=len(condition)
        )

    def _optimizers(self) -> tuple[LightningOptimizer, LightningOptimizer]:
        both: Any = self.optimizers()
        return both[0], both[1]

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Build Adam and a schedule for each network; a step of the schedule is a batch."""
        steps = int(self.trainer.estimated_stepping_batches)
        optimizers: list[Any] = []
        schedulers: list[Any] = []
        for network, schedule in (
            (self.network, self.stage.generator_schedule),
            (self.discriminator, self.stage.discriminator_schedule),
        ):
            optimizers.append(self._adam(network, schedule))
            schedulers.append(build_scheduler(schedule, optimizers[-1], steps))
        return optimizers, schedulers

    def _adam(
        self, network: torch.nn.Module, schedule: ConstantSchedule | OneCycleSchedule | CyclicSchedule
    ) -> torch.optim.Optimizer:
        return torch.optim.Adam(
            network.parameters(),
            lr=first_learning_rate(schedule),
            betas=(self.stage.beta1, 0.999),
            fused=True,
        )


def _named(losses: MaskValueLosses) -> dict[str, Tensor]:
    return {"loss": losses.total, "mask": losses.mask, "value": losses.value}
