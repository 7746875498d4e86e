"""Distil a flow of showers into few steps, or one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from showerkit.models.ode_solver_config import FixedStepConfig
from showerkit.train.checkpoint import Checkpoint
from showerkit.train.fitting import Fit, fit
from showerkit.train.flow_distillation import FlowDistillationFit, SecantBatches
from showerkit.train.hardware_config import Hardware
from showerkit.train.shower_flow_training import cell_weights
from showerkit.train.training_state import load_network, read_epoch
from showerkit.workflow.window_sample import VALIDATION_BATCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from showerkit.progress import Progress
    from showerkit.train.run_directory import RunDirectory
    from showerkit.train.shower_flow_recipe import FlowDistillation
    from showerkit.train.status_file import StatusFile
    from showerkit.workflow.flow_sample import FlowSample


def distil_flow(
    sample: FlowSample,
    stage: FlowDistillation,
    teacher: Checkpoint,
    begun: Checkpoint,
    run: RunDirectory,
    *,
    resume: bool,
    progress: Progress,
) -> tuple[Checkpoint, StatusFile]:
    """Teach a network to follow a flow in few steps: energies, shapes and laws of cells are as in `begun`."""
    training = sample.recipe.training
    folder = run.stage("distillation")
    folder.checkpoints.mkdir(parents=True, exist_ok=True)
    begun_model: Any = begun.meta.model
    solver = FixedStepConfig(kind="euler", steps=stage.steps, crowding=1.0)
    model = begun_model.model_copy(update={"solver": solver, "jumps": stage.steps})
    flow_model: Any = teacher.meta.model
    network, flow = sample.network(model), sample.network(flow_model)
    network.load_state_dict(begun.weights)
    flow.load_state_dict(teacher.weights)
    weight = cell_weights(torch.from_numpy(sample.fitted.hit_share), training.hit_power)
    module = FlowDistillationFit(network, stage, weight, weight_decay=training.weight_decay)
    figures = ("train_loss", "validation_loss")
    settings = Fit(
        sample.recipe.name,
        stage.epochs,
        training.seed,
        Hardware(device="cpu"),
        training.gradient_clip,
        stage="distillation",
        told=figures,
        kept=figures,
    )

    def epoch() -> int:
        return int(module.current_epoch)

    def always(number: int) -> Callable[[], int]:
        return lambda: number

    train = SecantBatches(
        flow,
        sample.batches("train", VALIDATION_BATCH, epoch),
        stage,
        seed=training.seed,
        epoch=epoch,
        showers=stage.showers,
        passes=stage.passes,
    )
    validation = SecantBatches(
        flow,
        sample.batches("validation", VALIDATION_BATCH),
        stage,
        seed=training.seed + 1,
        epoch=always(0),
        showers=max(2, stage.showers // 10),
        passes=1,
    )
    status = fit(module, train, validation, folder, settings, resume=resume, progress=progress)
    weights = load_network(folder.last, average=stage.average)
    metrics = status.figures(read_epoch(folder.last) + 1)
    return Checkpoint(sample.describe(model, metrics), weights), status
