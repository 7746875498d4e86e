"""Learning-rate schedules, stepped once per optimiser step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.optim.lr_scheduler import CyclicLR, LambdaLR, LRScheduler, OneCycleLR

from showerkit.train.schedule_config import CyclicSchedule, OneCycleSchedule

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from showerkit.train.schedule_config import ConstantSchedule


def first_learning_rate(schedule: ConstantSchedule | OneCycleSchedule | CyclicSchedule) -> float:
    """Learning rate of the first step, with which the optimiser is built."""
    if isinstance(schedule, OneCycleSchedule):
        return schedule.max_learning_rate / schedule.div_factor
    if isinstance(schedule, CyclicSchedule):
        return schedule.base_learning_rate
    return schedule.learning_rate


def build_scheduler(
    schedule: ConstantSchedule | OneCycleSchedule | CyclicSchedule, optimizer: Optimizer, total_steps: int
) -> LRScheduler:
    """Build the scheduler of an optimiser for a training of `total_steps` steps.

    The momenta are left alone, since the optimisers here are of Adam's kind.

    Parameters
    ----------
    schedule
        Its settings.
    optimizer
        The optimiser whose learning rate it sets.
    total_steps
        Number of optimiser steps of the whole training.

    Returns
    -------
    torch.optim.lr_scheduler.LRScheduler
        The scheduler; call ``step()`` after each optimiser step.
    """
    if isinstance(schedule, OneCycleSchedule):
        steps = max(total_steps, 1) + 1  # the step after the last one must exist too
        return OneCycleLR(
            optimizer,
            max_lr=schedule.max_learning_rate,
            total_steps=steps,
            # The library divides by the length of the rise, which must not be a single step.
            pct_start=min(1.0, max(schedule.pct_start, 1.5 / steps)),
            div_factor=schedule.div_factor,
            final_div_factor=schedule.final_div_factor,
            cycle_momentum=False,
        )
    if isinstance(schedule, CyclicSchedule):
        return CyclicLR(
            optimizer,
            base_lr=schedule.base_learning_rate,
            max_lr=schedule.max_learning_rate,
            step_size_up=schedule.step_size_up,
            step_size_down=schedule.step_size_down,
            mode="exp_range",
            gamma=schedule.gamma,
            cycle_momentum=False,
        )
    return LambdaLR(optimizer, _unchanged)


def _unchanged(_step: int) -> float:
    return 1.0
