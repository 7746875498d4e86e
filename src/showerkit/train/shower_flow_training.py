"""Training of the flow of a shower's cells by flow matching."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import torch
from lightning.pytorch import LightningModule

from showerkit.losses.flow_matching import FlowMatching
from showerkit.train.schedules import build_scheduler, first_learning_rate
from showerkit.train.weight_average import WeightAverage

if TYPE_CHECKING:
    from collections.abc import Callable

    from lightning.pytorch.utilities.types import OptimizerLRScheduler
    from torch import Tensor

    from showerkit.losses.flow_matching_config import FlowMatchingConfig
    from showerkit.models.shower_flow import ShowerFlow
    from showerkit.train.shower_flow_recipe import ShowerFlowTraining
    from showerkit.train.window_batches import WindowBatch

#: Draws the noise of the validation, the same at every epoch, so that epochs can be compared.
_VALIDATION_SEED: Final = 20260521
#: No cell counts less than this, before weights are brought to a mean of one.
_LEAST_WEIGHT: Final = 0.02


class ShowerFlowFit(LightningModule):
    """Train the velocities of a flow of showers, the laws of energies and single cells staying as they are.

    Parameters
    ----------
    network
        The flow.
    loss
        Path and times of flow matching.
    training
        Settings of optimiser, schedule and average.
    hit_share
        Share of the training showers that hit each cell, shape (layers, rows, columns).
    """

    weight: Tensor

    def __init__(
        self, network: ShowerFlow, loss: FlowMatchingConfig, training: ShowerFlowTraining, hit_share: Tensor
    ) -> None:
        super().__init__()
        self.register_buffer("weight", cell_weights(hit_share, training.hit_power), persistent=False)
        self.network = network.requires_grad_(False)
        self.network.velocity.requires_grad_(True)
        self.objective = FlowMatching(loss)
        self.training_settings = training
        self.average = WeightAverage(network, training.average.decay) if training.average else None

    def model_to_be(self) -> ShowerFlow:
        """Give the network that becomes the model: the averaged one, if there is one."""
        return self.network if self.average is None else self.average.network

    def loss(self, network: ShowerFlow, batch: WindowBatch, noise: torch.Generator | None) -> Tensor:
        """Estimate the loss of a network on a batch."""
        told, target = flow_target(network, batch, noise)

        def field(time: Tensor, point: Tensor) -> Tensor:
            return network.field(time, point, told)

        return self.objective(field, target, weight=self.weight, generator=noise)["loss"]

    def training_step(self, batch: WindowBatch, batch_idx: int) -> Tensor:
        """Compute and log the loss of one training batch."""
        loss = self.loss(self.network, batch, None)
        self.log("train_loss", loss.detach(), on_step=False, on_epoch=True, batch_size=len(batch["hit"]))
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Let the average follow."""
        if self.average is not None:
            self.average.update(self.network)

    def validation_step(self, batch: WindowBatch, batch_idx: int) -> None:
        """Log the loss of the model to be on one validation batch."""
        noise = torch.Generator(device=self.device).manual_seed(_VALIDATION_SEED + batch_idx)
        loss = self.loss(self.model_to_be(), batch, noise)
        self.log("validation_loss", loss, batch_size=len(batch["hit"]))

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Build AdamW and its schedule, which is stepped once a batch."""
        settings = self.training_settings
        optimizer = torch.optim.AdamW(
            self.network.velocity.parameters(),
            lr=first_learning_rate(settings.schedule),
            betas=(0.9, 0.99),
            weight_decay=settings.weight_decay,
            fused=True,
        )
        steps = int(self.trainer.estimated_stepping_batches)
        scheduler: Any = build_scheduler(settings.schedule, optimizer, steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


def cell_weights(hit_share: Tensor, power: float) -> Tensor:
    """Give how much cells count that are hit in a share of the showers, any shape, with mean 1.

    Examples
    --------
    >>> cell_weights(torch.tensor([1.0, 0.0]), 0.0).tolist()
    [1.0, 1.0]
    """
    weight = hit_share.float().pow(power) + _LEAST_WEIGHT
    return weight / weight.mean()


@torch.no_grad()
def flow_target(
    network: ShowerFlow, batch: WindowBatch, noise: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """Give what the flow is told of the showers of a batch, and their cells as normal numbers."""
    decades, hit = batch["decades"], batch["hit"]

    def uniform(like: Tensor) -> Tensor:
        return torch.rand(like.shape, generator=noise, device=like.device, dtype=like.dtype)

    told = told_of_showers(network, batch, uniform)
    return told, network.marginals.normal(network.marginals(told), decades, hit, uniform(hit))


def told_of_showers(network: ShowerFlow, batch: WindowBatch, uniform: Callable[[Tensor], Tensor]) -> Tensor:
    """Describe incident particles, energies of layers and shapes of true showers, shape (B, told).

    `uniform` draws numbers in (0, 1), as many as the tensor it is given has: they say where in its range of
    values a layer without a hit is, or a whole number.
    """
    decades, hit = batch["decades"], batch["hit"]
    layer_mev = network.layer_energy(decades, hit)
    layer_mev = network.energies.spread_out(layer_mev, uniform(layer_mev))
    shape = None
    one = network.shower_shape
    if one is not None:
        measured = one.measure(decades, hit, network.origin(batch["condition"]))
        shape = one.described(measured, uniform(measured[:, : one.uniforms]))
    return network.told(batch["condition"], batch["incident_mev"], layer_mev, shape)
