"""Teach a flow's network to follow the flow in few steps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, TypedDict

import torch
from lightning.pytorch import LightningModule

from showerkit.rng import generator
from showerkit.train.schedules import build_scheduler, first_learning_rate
from showerkit.train.weight_average import WeightAverage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lightning.pytorch.utilities.types import OptimizerLRScheduler
    from torch import Tensor

    from showerkit.models.shower_flow import ShowerFlow
    from showerkit.train.shower_flow_recipe import FlowDistillation
    from showerkit.train.window_batches import WindowBatches

#: Showers that are drawn from the flow at a time.
_AT_ONCE: Final = 512


class SecantBatch(TypedDict):
    """One batch: where paths are at times (B,), what they are told (B, told), and their secants."""

    time: Tensor
    state: Tensor
    told: Tensor
    secant: Tensor


class SecantBatches:
    r"""Steps of the paths of a flow, a new portion of showers every epoch.

    .. math:: s_k = K\,(x(\tfrac{k+1}{K}) - x(\tfrac{k}{K})), \quad k = 0 \dots K - 1

    is the velocity with which one Euler step takes the flow's path from its k-th knot to the next; K = 1 is
    the whole way from noise to shower.

    Parameters
    ----------
    teacher
        The flow; its own solver is not used.
    particles
        Batches of showers whose incident particles are used.
    settings
        Solver, steps, and sizes.
    seed
        Seed of what is drawn.
    epoch
        Tells which epoch it is; the portion depends on it.
    showers, passes
        Showers in a portion, and how often it is gone through.
    """

    def __init__(
        self,
        teacher: ShowerFlow,
        particles: WindowBatches,
        settings: FlowDistillation,
        *,
        seed: int,
        epoch: Callable[[], int],
        showers: int,
        passes: int,
    ) -> None:
        self.teacher = teacher.eval()
        self.particles = particles
        self.settings = settings
        self.seed = seed
        self.epoch = epoch
        self.showers = showers
        self.passes = passes

    @property
    def n_events(self) -> int:
        """Steps of paths per epoch."""
        return self.showers * self.passes

    def __len__(self) -> int:
        """Return the number of batches per epoch."""
        return self.passes * math.ceil(self.showers / self.settings.batch_size)

    def __iter__(self) -> Iterator[SecantBatch]:
        """Draw a portion and go through it, at each pass one step of every path."""
        epoch, steps = self.epoch(), self.settings.steps
        random = torch.Generator().manual_seed(int(generator(self.seed, "paths", epoch).integers(2**62)))
        told, knots = self._portion(random)
        for _ in range(self.passes):
            order = torch.randperm(self.showers, generator=random)
            step = torch.randint(steps, (self.showers,), generator=random)
            for rows in torch.split(order, self.settings.batch_size):
                k = step[rows]
                state = knots[rows, k]
                yield {
                    "time": k / steps,
                    "state": state,
                    "told": told[rows],
                    "secant": steps * (knots[rows, k + 1] - state),
                }

    @torch.no_grad()
    def _portion(self, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """What showers are told, (N, told), and the knots of their paths, (N, steps + 1, *shape)."""
        teacher, steps = self.teacher, self.settings.steps
        tolds: list[Tensor] = []
        paths: list[Tensor] = []
        left = self.showers
        while left > 0:
            for batch in self.particles:
                condition, incident = batch["condition"][:left], batch["incident_mev"][:left]
                n = len(condition)
                normal = torch.randn(n, teacher.energies.normals, generator=random)
                layer_mev = teacher.layer_energies(condition, incident, normal)
                normal = torch.randn(n, teacher.normals, generator=random)
                shape = teacher.draw_shape(condition, incident, layer_mev, normal)
                told = teacher.told(condition, incident, layer_mev, shape)
                state = teacher.start(normal)
                tolds.append(told)
                paths.append(self._path(state, told, steps))
                left -= n
                if left <= 0:
                    break
        return torch.cat(tolds), torch.cat(paths)

    def _path(self, state: Tensor, told: Tensor, steps: int) -> Tensor:
        """Knots of paths, (B, steps + 1, *shape)."""
        solver = self.settings.solver
        knots = [state]
        for step in range(steps):
            # A part of the way takes its part of the steps.
            part = solver
            if solver.kind != "dormand-prince":
                part = solver.model_copy(update={"steps": math.ceil(solver.steps / steps), "crowding": 1.0})
            begin, end = step / steps, (step + 1) / steps
            knots.append(self.teacher.carried(knots[-1], told, part, begin=begin, end=end))
        return torch.stack(knots, dim=1)


class FlowDistillationFit(LightningModule):
    """Regress the velocities of a network, at the knots alone, onto the secants of a flow's paths.

    Distillation of a deterministic sampler into few steps: T. Salimans and J. Ho, arXiv:2202.00512; of the
    whole path into one step: X. Liu et al., arXiv:2209.03003.

    Parameters
    ----------
    network
        The student; energies and laws of single cells stay as they are.
    settings
        Optimiser, schedule and average.
    weight
        How much each cell counts, shape (layers, rows, columns), with mean 1.
    weight_decay
        Decoupled weight decay of AdamW.
    """

    weight: Tensor

    def __init__(
        self, network: ShowerFlow, settings: FlowDistillation, weight: Tensor, *, weight_decay: float
    ) -> None:
        super().__init__()
        self.network = network.requires_grad_(False)
        self.network.velocity.requires_grad_(True)
        self.settings = settings
        self.weight_decay = weight_decay
        self.register_buffer("weight", weight, persistent=False)
        self.average = WeightAverage(network, settings.average.decay) if settings.average else None

    def model_to_be(self) -> ShowerFlow:
        """Give the network that becomes the model: the averaged one, if there is one."""
        return self.network if self.average is None else self.average.network

    def loss(self, network: ShowerFlow, batch: SecantBatch) -> Tensor:
        """Mean squared error of the velocities at the knots."""
        made = network.field(batch["time"], batch["state"], batch["told"])
        return ((made - batch["secant"]).square() * self.weight).mean()

    def training_step(self, batch: SecantBatch, batch_idx: int) -> Tensor:
        """Compute and log the loss of one training batch."""
        loss = self.loss(self.network, batch)
        self.log("train_loss", loss.detach(), on_step=False, on_epoch=True, batch_size=len(batch["time"]))
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Let the average follow."""
        if self.average is not None:
            self.average.update(self.network)

    def validation_step(self, batch: SecantBatch, batch_idx: int) -> None:
        """Log the loss of the model to be on one validation batch."""
        self.log("validation_loss", self.loss(self.model_to_be(), batch), batch_size=len(batch["time"]))

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Build AdamW and its schedule, which is stepped once a batch."""
        optimizer = torch.optim.AdamW(
            self.network.velocity.parameters(),
            lr=first_learning_rate(self.settings.schedule),
            betas=(0.9, 0.99),
            weight_decay=self.weight_decay,
            fused=True,
        )
        steps = int(self.trainer.estimated_stepping_batches)
        scheduler: Any = build_scheduler(self.settings.schedule, optimizer, steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}
