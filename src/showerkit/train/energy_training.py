"""Training of networks that measure energies, alone or against the pivot's adversary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from lightning.pytorch import LightningModule
from torch.nn import functional

from showerkit.losses.distance_correlation import distance_correlation_squared
from showerkit.losses.pivot import adversary_loss, energy_class, pivot_loss, scaled_residual
from showerkit.losses.pivot_config import DistanceCorrelationConfig
from showerkit.train.optimisers import build_optimiser
from showerkit.train.schedules import build_scheduler, first_learning_rate
from showerkit.train.weight_average import WeightAverage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lightning.pytorch.core.optimizer import LightningOptimizer
    from lightning.pytorch.utilities.types import OptimizerLRScheduler
    from torch import Tensor

    from showerkit.losses.energy_objectives import EnergyObjective
    from showerkit.models.energy_model import EnergyModel
    from showerkit.models.residual_classifier import ResidualClassifier
    from showerkit.train.energy_batches import EnergyBatch
    from showerkit.train.energy_recipe import EnergyPivot, EnergyTraining


class EnergyRegression(LightningModule):
    """Train a network with an objective, after a pretraining with the squared error.

    Parameters
    ----------
    network
        The network, with as many outputs as the objective wants.
    objective
        The objective.
    training
        Settings of optimiser and schedule.
    correlation
        Distance correlation of scaled residual and energy as a penalty; None: none. The pretraining is
        without.
    """

    def __init__(
        self,
        network: EnergyModel,
        objective: EnergyObjective,
        training: EnergyTraining,
        correlation: DistanceCorrelationConfig | None = None,
    ) -> None:
        super().__init__()
        self.network = network
        self.objective = objective
        self.training_settings = training
        self.correlation = correlation
        self.average = WeightAverage(network, training.average.decay) if training.average else None

    @property
    def pretrains(self) -> bool:
        """Whether this epoch belongs to the pretraining."""
        return self.current_epoch < self.training_settings.pretraining_epochs

    def model_to_be(self) -> EnergyModel:
        """Give the network that becomes the model: the averaged one, if there is one."""
        return self.network if self.average is None else self.average.network

    def regression_loss(self, output: Tensor, true_gev: Tensor) -> Tensor:
        """Compute the loss of this epoch's phase."""
        if self.pretrains:
            return functional.mse_loss(output[:, 0], true_gev)
        loss: Tensor = self.objective(output, true_gev)
        return loss

    def training_step(self, batch: EnergyBatch, batch_idx: int) -> Tensor:
        """Compute and log the loss of one training batch."""
        true_gev = batch["true_gev"]
        output = self.network(batch["cells"], batch["second"])
        loss = self.regression_loss(output, true_gev)
        figures = {"loss": loss.detach()}
        if self.correlation is not None and not self.pretrains:
            residual = scaled_residual(
                self.objective.estimate(output).energy_gev, true_gev, self.correlation.least_energy_gev
            )
            penalty = distance_correlation_squared(residual, true_gev, unbiased=self.correlation.unbiased)
            loss = loss + self.correlation.weight * penalty
            figures["correlation"] = penalty.detach()
        self.log_figures("train", figures, len(true_gev))
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Let the average follow."""
        if self.average is not None:
            self.average.update(self.network)

    def validation_step(self, batch: EnergyBatch, batch_idx: int) -> None:
        """Log the objective of the model to be, and its squared error, on one validation batch."""
        true_gev = batch["true_gev"]
        output = self.model_to_be()(batch["cells"], batch["second"])
        squared = functional.mse_loss(self.objective.estimate(output).energy_gev, true_gev)
        # The objective in the pretraining as well, so that epochs of both phases can be compared.
        figures = {"loss": self.objective(output, true_gev), "squared_error": squared}
        self.log_figures("validation", figures, len(true_gev))

    def log_figures(self, part: str, figures: dict[str, Tensor], n_events: int) -> None:
        """Log means over an epoch."""
        self.log_dict(
            {f"{part}_{name}": figure for name, figure in figures.items()},
            on_step=False,
            on_epoch=True,
            batch_size=n_events,
        )

    def learned(self) -> Iterator[torch.nn.Parameter]:
        """Give the parameters of network and objective that are learnt."""
        for module in (self.network, self.objective):
            yield from (parameter for parameter in module.parameters() if parameter.requires_grad)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Build the optimiser and its schedule, which is stepped once a batch."""
        settings = self.training_settings
        optimiser = build_optimiser(
            settings.optimiser, self.learned(), first_learning_rate(settings.schedule)
        )
        steps = int(self.trainer.estimated_stepping_batches)
        scheduler: Any = build_scheduler(settings.schedule, optimiser, steps)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


class PivotRegression(EnergyRegression):
    """Train a network and, in turn, an adversary that names the energy's class from the scaled residual.

    The adversary learns in the pretraining too, so that it knows its task when the network begins to mislead
    it.

    Parameters
    ----------
    network, objective, training
        See `EnergyRegression`.
    adversary
        The adversary.
    pivot
        Settings of the penalty.
    low_gev, high_gev
        The range of the true energies in GeV, which is divided into classes.
    """

    def __init__(
        self,
        network: EnergyModel,
        objective: EnergyObjective,
        training: EnergyTraining,
        adversary: ResidualClassifier,
        pivot: EnergyPivot,
        *,
        low_gev: float,
        high_gev: float,
    ) -> None:
        super().__init__(network, objective, training)
        self.automatic_optimization = False
        self.adversary = adversary
        self.pivot = pivot
        self.low_gev, self.high_gev = low_gev, high_gev

    def cross_entropy(self, output: Tensor, true_gev: Tensor) -> Tensor:
        """Compute how badly the adversary names the classes."""
        residual = scaled_residual(
            self.objective.estimate(output).energy_gev, true_gev, self.pivot.least_energy_gev
        )
        classes = energy_class(true_gev, self.low_gev, self.high_gev, self.pivot.classes)
        return adversary_loss(self.adversary(residual), classes)

    def training_step(self, batch: EnergyBatch, batch_idx: int) -> Tensor:
        """Take the steps of both on one training batch."""
        of_network, of_adversary = self._optimisers()
        true_gev = batch["true_gev"]
        with torch.no_grad():
            seen = self.network(batch["cells"], batch["second"])
        for _ in range(self.pivot.adversary_steps):
            entropy = self.cross_entropy(seen, true_gev)
            of_adversary.zero_grad()
            self.manual_backward(entropy)
            of_adversary.step()
        output = self.network(batch["cells"], batch["second"])
        loss = self.regression_loss(output, true_gev)
        total = loss
        if not self.pretrains:
            # The adversary passes the gradient on and needs none of its own.
            self.adversary.requires_grad_(False)
            total = pivot_loss(loss, self.cross_entropy(output, true_gev), self.pivot.weight)
            self.adversary.requires_grad_(True)
        of_network.zero_grad()
        self.manual_backward(total)
        clip = self.training_settings.gradient_clip
        if clip is not None:
            self.clip_gradients(of_network.optimizer, clip, gradient_clip_algorithm="norm")
        of_network.step()
        scheduler: Any = self.lr_schedulers()
        scheduler.step()
        figures = {"loss": loss.detach(), "adversary": entropy.detach()}
        self.log_figures("train", figures, len(true_gev))
        return total.detach()

    def _optimisers(self) -> tuple[LightningOptimizer, LightningOptimizer]:
        both: Any = self.optimizers()
        return both[0], both[1]

    def validation_step(self, batch: EnergyBatch, batch_idx: int) -> None:
        """Log what `EnergyRegression` does, and how badly the adversary names the classes."""
        super().validation_step(batch, batch_idx)
        output = self.model_to_be()(batch["cells"], batch["second"])
        entropy = self.cross_entropy(output, batch["true_gev"])
        self.log_figures("validation", {"adversary": entropy}, len(batch["true_gev"]))

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Build an optimiser for each; the network's has a schedule."""
        settings = self.training_settings
        of_network = build_optimiser(
            settings.optimiser, self.learned(), first_learning_rate(settings.schedule)
        )
        of_adversary = torch.optim.Adam(
            self.adversary.parameters(), lr=self.pivot.adversary_learning_rate, fused=True
        )
        steps = int(self.trainer.estimated_stepping_batches)
        scheduler: Any = build_scheduler(settings.schedule, of_network, steps)
        return [of_network, of_adversary], [scheduler]
