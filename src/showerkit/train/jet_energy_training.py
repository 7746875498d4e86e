"""Training of networks that calibrate the energy of jets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

import torch
from lightning.pytorch import LightningModule

from showerkit.losses.jet_objectives import JetSquaredError
from showerkit.models.flat_candidates import JetTensors
from showerkit.train.batches_by_epoch import BatchesByEpoch
from showerkit.train.optimisers import build_optimiser
from showerkit.train.schedules import build_scheduler, first_learning_rate
from showerkit.train.weight_average import WeightAverage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lightning.pytorch.utilities.types import OptimizerLRScheduler
    from torch import Tensor

    from showerkit.losses.flavour_balance import FlavourBalance
    from showerkit.losses.jet_objective import JetObjective
    from showerkit.models.jet_energy_model import JetEnergyModel
    from showerkit.train.jet_energy_recipe import JetEnergyRecipe


class JetEnergyBatch(TypedDict):
    """One batch of B jets.

    ``candidates`` (B, P, 5), ``mask`` (B, P), ``jet`` (B, 6), ``true_gev``, ``weight`` and ``flavour`` (B,).
    """

    candidates: Tensor
    mask: Tensor
    jet: Tensor
    true_gev: Tensor
    weight: Tensor
    flavour: Tensor


class JetEnergyBatches(BatchesByEpoch[JetEnergyBatch]):
    """Batches of jets with their true pT, to be gone through once an epoch."""

    def learned_from(self, batch: dict[str, Tensor]) -> JetEnergyBatch:
        """Name the columns."""
        return JetEnergyBatch(
            candidates=batch["candidates"],
            mask=batch["mask"],
            jet=batch["jet"],
            true_gev=batch["true_gev"],
            weight=batch["weight"],
            flavour=batch["flavour"],
        )


class JetEnergyRegression(LightningModule):
    """Train a network with an objective, after a pretraining with the squared error of the response.

    Parameters
    ----------
    network
        The network, with as many outputs as the objective wants.
    objective
        The objective, already told of the true pT of the training part (`JetObjective.prepare`).
    recipe
        The recipe.
    some_jets
        Gives jets of the training part anew, by which sigma is fitted where the objective wants that; None:
        it does not.
    balance
        Penalty on unequal responses of quarks and gluons; None: none.
    """

    def __init__(
        self,
        network: JetEnergyModel,
        objective: JetObjective,
        recipe: JetEnergyRecipe,
        some_jets: Callable[[], Iterable[JetEnergyBatch]] | None = None,
        balance: FlavourBalance | None = None,
    ) -> None:
        super().__init__()
        self.network = network
        self.objective = objective
        self.recipe = recipe
        self.some_jets = some_jets
        self.squared_error = JetSquaredError()
        self.balance = balance
        average = recipe.training.average
        self.average = WeightAverage(network, average.decay) if average else None

    def model_to_be(self) -> JetEnergyModel:
        """Give the network that becomes the model: the averaged one, if there is one."""
        return self.network if self.average is None else self.average.network

    def _weight(self, batch: JetEnergyBatch) -> Tensor | None:
        return batch["weight"] if self.recipe.data.weighted else None

    def on_train_epoch_start(self) -> None:
        """Fit sigma anew where it is time to."""
        if self.some_jets is None or self.current_epoch not in self.recipe.refit_epochs:
            return
        true, predicted, weight = [], [], []
        with torch.no_grad():
            for batch in self.some_jets():
                moved: Any = self.transfer_batch_to_device(batch, self.device, 0)
                jets = jets_of(moved)
                estimate = self.objective.estimate(self.model_to_be()(jets), jets.pt_gev)
                true.append(moved["true_gev"])
                predicted.append(estimate.energy_gev)
                weight.append(moved["weight"])
        self.objective.refit(
            torch.cat(true), torch.cat(predicted), torch.cat(weight) if self.recipe.data.weighted else None
        )

    def training_step(self, batch: JetEnergyBatch, batch_idx: int) -> Tensor:
        """Compute and log the loss of one training batch."""
        jets = jets_of(batch)
        pretrains = self.current_epoch < self.recipe.training.pretraining_epochs
        objective = self.squared_error if pretrains else self.objective
        output, true = self.network(jets), batch["true_gev"]
        loss: Tensor = objective(output, jets.pt_gev, true, self._weight(batch))
        if self.balance is not None and not pretrains:
            response = self.objective.estimate(output, jets.pt_gev).energy_gev / true
            loss = loss + self.balance(response, true, batch["flavour"], self._weight(batch))
        self._log("train", {"loss": loss.detach()}, len(jets.jet))
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Let the average follow."""
        if self.average is not None:
            self.average.update(self.network)

    def validation_step(self, batch: JetEnergyBatch, batch_idx: int) -> None:
        """Log the objective of the model to be, and its squared error, on one validation batch."""
        jets = jets_of(batch)
        output = self.model_to_be()(jets)
        told = jets.pt_gev, batch["true_gev"], self._weight(batch)
        figures = {"loss": self.objective(output, *told), "squared_error": self.squared_error(output, *told)}
        self._log("validation", figures, len(jets.jet))

    def _log(self, part: str, figures: dict[str, Tensor], n_jets: int) -> None:
        self.log_dict(
            {f"{part}_{name}": figure for name, figure in figures.items()},
            on_step=False,
            on_epoch=True,
            batch_size=n_jets,
        )

    def learned(self) -> Iterator[torch.nn.Parameter]:
        """Give the parameters of network and objective that are learnt."""
        for module in (self.network, self.objective):
            yield from (parameter for parameter in module.parameters() if parameter.requires_grad)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Build the optimiser and its schedule, which is stepped once a batch."""
        settings = self.recipe.training
        optimiser = build_optimiser(
            settings.optimiser, self.learned(), first_learning_rate(settings.schedule)
        )
        steps = int(self.trainer.estimated_stepping_batches)
        scheduler: Any = build_scheduler(settings.schedule, optimiser, steps)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


def jets_of(batch: JetEnergyBatch) -> JetTensors:
    """Give what the network is told of a batch."""
    return JetTensors(batch["candidates"], batch["mask"], batch["jet"])
