"""Train the laws of cells by themselves by maximum likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from showerkit.train.schedule_config import OneCycleSchedule
from showerkit.train.schedules import build_scheduler
from showerkit.train.shower_flow_training import told_of_showers

if TYPE_CHECKING:
    from collections.abc import Callable

    from showerkit.models.shower_flow import ShowerFlow
    from showerkit.progress import Progress
    from showerkit.train.shower_flow_recipe import MarginalsTraining
    from showerkit.train.window_batches import WindowBatches


def train_cell_marginals(
    network: ShowerFlow,
    batches: Callable[[int], WindowBatches],
    settings: MarginalsTraining,
    *,
    seed: int,
    progress: Progress,
) -> float:
    """Find the laws of cells whose likelihood of the training showers is largest, each cell by itself.

    Parameters
    ----------
    network
        The flow whose marginals are trained; its energies of layers are already.
    batches
        Gives the training batches of an epoch.
    settings
        How long and how fast.
    seed
        Seed of the energies that empty layers are given, and of what makes whole numbers continuous.
    progress
        Where to report.

    Returns
    -------
    float
        Mean of -ln of the likelihood of a shower's cells, in the last epoch.
    """
    random = torch.Generator().manual_seed(seed % 2**63)
    marginals = network.marginals

    def uniform(like: torch.Tensor) -> torch.Tensor:
        return torch.rand(like.shape, generator=random)

    optimiser = torch.optim.AdamW(marginals.parameters(), settings.learning_rate, weight_decay=1e-4)
    first = batches(0)
    steps = settings.epochs * len(first)
    cycle = OneCycleSchedule(max_learning_rate=settings.learning_rate, pct_start=0.1)
    schedule = build_scheduler(cycle, optimiser, steps)
    progress.start("laws of cells by themselves", settings.epochs * first.n_events, "showers")
    mean = 0.0
    for epoch in range(settings.epochs):
        total, seen = 0.0, 0
        for batch in batches(epoch):
            law = marginals(told_of_showers(network, batch, uniform))
            loss = marginals.negative_log_likelihood(law, batch["decades"], batch["hit"]).mean()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(marginals.parameters(), 10.0)
            optimiser.step()
            schedule.step()
            total, seen = total + float(loss.detach()) * len(batch["hit"]), seen + len(batch["hit"])
            progress.advance(len(batch["hit"]))
        mean = total / seen
    progress.finish()
    return mean
