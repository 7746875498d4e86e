"""Training of networks that make point clouds, and of a flow on an autoencoder's latent space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from lightning.pytorch import LightningModule

from showerkit.models.convae import ConVAE
from showerkit.train.optimisers import build_optimiser
from showerkit.train.schedules import build_scheduler, first_learning_rate
from showerkit.train.weight_average import WeightAverage

if TYPE_CHECKING:
    from lightning.pytorch.utilities.types import OptimizerLRScheduler
    from torch import Tensor

    from showerkit.models.cloud_flow import CloudFlow
    from showerkit.train.cloud_recipe import CloudTraining, LatentFlowTraining

#: Draws the noise of the validation, the same at every epoch, so that epochs can be compared.
_VALIDATION_SEED = 20260521


class CloudGeneration(LightningModule):
    """Train a network on point clouds by its own objective.

    Parameters
    ----------
    network
        The network, with an objective.
    training
        Settings of optimiser, schedule and average.
    """

    def __init__(self, network: ConVAE | CloudFlow, training: CloudTraining) -> None:
        super().__init__()
        self.network = network
        self.training_settings: CloudTraining | LatentFlowTraining = training
        self.average = WeightAverage(network, training.average.decay) if training.average else None

    def losses(
        self, network: ConVAE | CloudFlow, batch: dict[str, Tensor], noise: torch.Generator | None
    ) -> dict[str, Tensor]:
        """Give the loss of a batch and its parts."""
        condition = batch["condition"] if batch["condition"].shape[1] else None
        if isinstance(network, ConVAE):
            step = self.global_step if network.training else None
            return network.loss(batch["points"], batch["mask"], condition, noise, step=step)
        return network.loss(batch["points"], batch["mask"], condition, noise)

    def learned(self) -> list[torch.nn.Parameter]:
        """Give the parameters that are learnt: not those of a flow on the latent space."""
        return [
            parameter
            for name, parameter in self.network.named_parameters()
            if not (isinstance(self.network, ConVAE) and name.startswith("flow."))
        ]

    def training_step(self, batch: dict[str, Tensor], batch_idx: int) -> Tensor:
        """Compute and log the loss of one training batch."""
        losses = self.losses(self.network, batch, None)
        self._log("train", {name: value.detach() for name, value in losses.items()}, batch)
        return losses["loss"]

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Let the average follow."""
        if self.average is not None:
            self.average.update(self.network)

    def validation_step(self, batch: dict[str, Tensor], batch_idx: int) -> None:
        """Log the loss of the model to be on one validation batch."""
        network = self.network if self.average is None else self.average.network
        noise = torch.Generator(device=self.device).manual_seed(_VALIDATION_SEED + batch_idx)
        self._log("validation", self.losses(network, batch, noise), batch)

    def _log(self, part: str, figures: dict[str, Tensor], batch: dict[str, Tensor]) -> None:
        self.log_dict(
            {f"{part}_{name}": figure for name, figure in figures.items()},
            on_step=False,
            on_epoch=True,
            batch_size=len(batch["mask"]),
        )

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Build the optimiser and its schedule, which is stepped once a batch."""
        settings = self.training_settings
        optimiser = build_optimiser(
            settings.optimiser, self.learned(), first_learning_rate(settings.schedule)
        )
        steps = int(self.trainer.estimated_stepping_batches)
        scheduler: Any = build_scheduler(settings.schedule, optimiser, steps)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


class LatentFlowFit(CloudGeneration):
    """Train the flow on the latent space of an autoencoder, which stays as it is.

    Parameters
    ----------
    network
        The trained autoencoder with a flow.
    training, latent
        Settings of the autoencoder's training, and of the flow's.
    """

    def __init__(self, network: ConVAE, training: CloudTraining, latent: LatentFlowTraining) -> None:
        super().__init__(network, training.model_copy(update={"average": None}))
        self.training_settings = latent
        for parameter in network.parameters():
            parameter.requires_grad_(False)
        for parameter in self.learned():
            parameter.requires_grad_(True)

    def losses(
        self, network: ConVAE | CloudFlow, batch: dict[str, Tensor], noise: torch.Generator | None
    ) -> dict[str, Tensor]:
        """Give the mean of -ln p of a batch's latent vectors."""
        condition = batch["condition"] if batch["condition"].shape[1] else None
        if not isinstance(network, ConVAE):
            raise TypeError("a flow on a latent space needs an autoencoder")
        return network.flow_loss(batch["points"], batch["mask"], condition, noise)

    def learned(self) -> list[torch.nn.Parameter]:
        """Give the parameters of the flow."""
        return [parameter for name, parameter in self.network.named_parameters() if name.startswith("flow.")]
