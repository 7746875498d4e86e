"""Stage 2 of a generator of windows: against discriminators, the energy score beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import torch
from lightning.pytorch import LightningModule

from showerkit.losses.adversarial import discriminator_loss, generator_loss
from showerkit.losses.energy_score import ShowerTable, shower_score
from showerkit.losses.gradient_penalty import r1_penalty
from showerkit.train.schedules import build_scheduler, first_learning_rate
from showerkit.train.weight_average import WeightAverage
from showerkit.train.window_sampling import split_in_two

if TYPE_CHECKING:
    from lightning.pytorch.core.optimizer import LightningOptimizer
    from lightning.pytorch.utilities.types import OptimizerLRScheduler
    from torch import Tensor

    from showerkit.losses.energy_score_config import EnergyScoreConfig
    from showerkit.models.entry_window import EntryWindowGenerator
    from showerkit.models.window_discriminator import WindowDiscriminator
    from showerkit.train.entry_window_recipe import WindowAdversarialStage
    from showerkit.train.window_batches import WindowBatch
    from showerkit.train.window_sampling import WindowSampling

#: Adversarial losses as in the ZDC reports, and the scoring rule in place of their regression losses.
WINDOW_LOSSES: Final = ("gen", "dis", "score")


class WindowAdversarialTraining(LightningModule):
    r"""Train a generator with :math:`L_{GEN} + w S` against two discriminators.

    The score S is proper: it pulls towards the true law, where a regression loss would pull the random inputs
    towards no effect. It keeps the generator near the truth however the contest goes.

    Parameters
    ----------
    network
        The generator.
    discriminator
        The discriminators.
    sampling
        Draws showers.
    loss
        Weights of the scores that make up S.
    stage
        Settings of this stage.
    """

    def __init__(
        self,
        network: EntryWindowGenerator,
        discriminator: WindowDiscriminator,
        sampling: WindowSampling,
        loss: EnergyScoreConfig,
        stage: WindowAdversarialStage,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.network = network
        self.discriminator = discriminator
        self.sampling = sampling
        self.loss = loss
        self.stage = stage
        self.average = WeightAverage(network, stage.average.decay) if stage.average is not None else None

    def model_to_be(self) -> EntryWindowGenerator:
        """Give the network that becomes the model: the averaged one, if there is one."""
        return self.network if self.average is None else self.average.network

    def training_step(self, batch: WindowBatch, batch_idx: int) -> dict[str, Tensor]:
        """Update the discriminators, then the generator."""
        both: Any = self.optimizers()
        number = self.current_epoch * int(self.trainer.num_training_batches) + batch_idx
        figures = {"dis": self._update_discriminator(batch, both[1], number)}
        figures |= self._update_generator(batch, both[0])
        for scheduler in self.lr_schedulers():  # type: ignore[union-attr]
            scheduler.step()
        self.log_dict(
            {f"train_{name}": figure for name, figure in figures.items()},
            on_step=False,
            on_epoch=True,
            batch_size=len(batch["condition"]),
        )
        return {"loss": torch.stack(list(figures.values())).sum()}

    def _view(self, table: ShowerTable, condition: Tensor) -> Tensor:
        times = len(table.hit) // len(condition)
        return self.discriminator.view(
            table.decades, table.hit, table.observables, condition.repeat(times, 1)
        )

    def _update_discriminator(self, batch: WindowBatch, optimizer: LightningOptimizer, number: int) -> Tensor:
        condition = batch["condition"]
        with torch.no_grad():
            fake = self._view(self.sampling.drawn(self.network, batch), condition)
            real = self._view(self.sampling.real(batch), condition)
        penalty = self.stage.r1
        penalised = penalty is not None and number % penalty.every == 0
        real.requires_grad_(penalised)
        real_logit = self.discriminator(real)
        loss = discriminator_loss(real_logit, self.discriminator(fake), self.stage.labels)
        total = loss
        if penalty is not None and penalised:
            total = loss + penalty.weight * penalty.every * r1_penalty(real_logit, real)
        self._step(optimizer, total, None)
        return loss.detach()

    def _update_generator(self, batch: WindowBatch, optimizer: LightningOptimizer) -> dict[str, Tensor]:
        scored = self.stage.score_weight > 0.0
        fake = self.sampling.drawn(self.network, batch, times=2 if scored else 1)
        # The discriminators pass the gradient on and need none of their own.
        self.discriminator.requires_grad_(False)
        gen = generator_loss(self.discriminator(self._view(fake, batch["condition"])), self.stage.labels)
        self.discriminator.requires_grad_(True)
        score = torch.zeros_like(gen)
        if scored:
            score = shower_score(self.sampling.real(batch), *split_in_two(fake), self.loss)
        self._step(optimizer, gen + self.stage.score_weight * score, self.stage.gradient_clip)
        if self.average is not None:
            self.average.update(self.network)
        return {"gen": gen.detach(), "score": score.detach()}

    def _step(self, optimizer: LightningOptimizer, loss: Tensor, clip: float | None) -> None:
        optimizer.zero_grad()
        self.manual_backward(loss)
        if clip is not None:
            self.clip_gradients(optimizer.optimizer, clip, gradient_clip_algorithm="norm")
        optimizer.step()

    def validation_step(self, batch: WindowBatch, batch_idx: int) -> None:
        """Log the losses of the model to be."""
        condition, table = batch["condition"], self.sampling.drawn(self.model_to_be(), batch, times=2)
        first, second = split_in_two(table)
        real_table = self.sampling.real(batch)
        fake, real = (self.discriminator(self._view(one, condition)) for one in (first, real_table))
        score = shower_score(real_table, first, second, self.loss)
        figures = {
            "gen": generator_loss(fake, self.stage.labels),
            "dis": discriminator_loss(real, fake, self.stage.labels),
            "score": score,
            "loss": score,
        }
        self.log_dict(
            {f"validation_{name}": figure for name, figure in figures.items()}, batch_size=len(condition)
        )

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Build Adam and a schedule for each network; a step of the schedule is a batch."""
        steps = int(self.trainer.estimated_stepping_batches)
        optimizers: list[Any] = []
        schedulers: list[Any] = []
        for network, schedule in (
            (self.network, self.stage.generator_schedule),
            (self.discriminator, self.stage.discriminator_schedule),
        ):
            optimizer = torch.optim.Adam(
                network.parameters(),
                lr=first_learning_rate(schedule),
                betas=(self.stage.beta1, 0.99),
                fused=True,
            )
            optimizers.append(optimizer)
            schedulers.append(build_scheduler(schedule, optimizer, steps))
        return optimizers, schedulers
