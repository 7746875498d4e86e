"""Train the flow of a shower's shape by maximum likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch

from showerkit.rng import generator
from showerkit.train.schedule_config import OneCycleSchedule
from showerkit.train.schedules import build_scheduler
from showerkit.train.spline_passes import passes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from showerkit.models.shower_flow import ShowerFlow
    from showerkit.models.shower_shape import ShowerShape
    from showerkit.progress import Progress
    from showerkit.train.window_batches import WindowBatch

#: Showers that are looked at, at most.
_MOST_SHOWERS: Final = 500_000
_BATCH: Final = 1024
_LEARNING_RATE: Final = 3.0e-3
#: Shapes that a network learns from at a time, how many times, and how often it goes through each portion.
_PORTION, _PORTIONS, _PASSES = 65_536, 10, 6


def train_shower_shape(
    network: ShowerFlow,
    batches: Iterable[WindowBatch],
    *,
    seed: int,
    progress: Progress,
    splines: Mapping[str, torch.Tensor] | None = None,
) -> float:
    """Find the flow whose likelihood of the training showers' shapes is largest.

    Parameters
    ----------
    network
        A flow of showers that draws shapes, whose energies of layers are trained already.
    batches
        Training showers.
    seed
        Seed of the order of the showers, and of what makes whole numbers continuous.
    progress
        Where to report.
    splines
        Weights of splines that are trained already, so that only the network in their place has to learn.

    Returns
    -------
    float
        Mean of -ln of the density of a shower's shape, in the last epoch; 0 if it was not trained.
    """
    shape = network.shower_shape
    if shape is None:
        return 0.0
    random = torch.Generator().manual_seed(int(generator(seed, "shower shape").integers(2**31)))
    parts: list[tuple[torch.Tensor, ...]] = []
    seen = 0
    for batch in batches:
        layer_mev = network.layer_energy(batch["decades"], batch["hit"])
        measured = shape.measure(batch["decades"], batch["hit"], network.origin(batch["condition"]))
        parts.append((batch["condition"], batch["incident_mev"], layer_mev, measured))
        seen += len(layer_mev)
        if seen >= _MOST_SHOWERS:
            break
    condition, incident_mev, layer_mev, measured = (torch.cat(column) for column in zip(*parts, strict=True))

    def numbers(rows: torch.Tensor | slice) -> torch.Tensor:
        some = measured[rows]
        return shape.described(some, torch.rand(len(some), shape.uniforms, generator=random))

    if splines is not None:
        shape.load_state_dict(dict(shape.state_dict()) | dict(splines))
        spread = network.energies.spread_out(layer_mev, torch.rand(layer_mev.shape, generator=random))
        teach_network(shape, network.told_before_shape(condition, incident_mev, spread), random)
        return 0.0
    shape.standardise(numbers(slice(None)))
    optimiser = torch.optim.Adam(shape.parameters(), lr=_LEARNING_RATE)
    n_batches = -(-seen // _BATCH)
    cycle = OneCycleSchedule(max_learning_rate=_LEARNING_RATE, pct_start=0.1)
    epochs = passes(n_batches)
    schedule = build_scheduler(cycle, optimiser, epochs * n_batches)
    progress.start("shapes of showers", epochs * seen, "showers")
    mean = 0.0
    for epoch in range(epochs):
        order = torch.from_numpy(generator(seed, "shower shape", epoch).permutation(seen))
        total = 0.0
        for rows in torch.split(order, _BATCH):
            spread = network.energies.spread_out(
                layer_mev[rows], torch.rand(layer_mev[rows].shape, generator=random)
            )
            told = network.told_before_shape(condition[rows], incident_mev[rows], spread)
            loss = -shape.flow.log_density(numbers(rows), told).mean()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(shape.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach()) * len(rows)
            progress.advance(len(rows))
        mean = total / seen
    progress.finish()
    shape.eval()
    spread = network.energies.spread_out(layer_mev, torch.rand(layer_mev.shape, generator=random))
    teach_network(shape, network.told_before_shape(condition, incident_mev, spread), random)
    return mean


def teach_network(shape: ShowerShape, told: torch.Tensor, random: torch.Generator) -> float:
    """Teach a shape's network to draw what its splines draw from the same numbers.

    Parameters
    ----------
    shape
        Shape whose splines are trained; its network's weights change.
    told
        What is known of showers, shape (N, told).
    random
        Draws the normal numbers.

    Returns
    -------
    float
        Mean squared error in the last portion, in units of the flow's widths.
    """
    if shape.network is None:
        return 0.0
    optimiser = torch.optim.Adam(shape.network.parameters(), lr=2e-3)
    portion = min(len(told), _PORTION)
    cycle = OneCycleSchedule(max_learning_rate=2e-3, pct_start=0.1)
    schedule = build_scheduler(cycle, optimiser, _PORTIONS * _PASSES * -(-portion // _BATCH))
    mean = 0.0
    for _ in range(_PORTIONS):
        known = told[torch.randperm(len(told), generator=random)[:portion]]
        normal = torch.randn(portion, shape.numbers, generator=random)
        with torch.no_grad():
            wanted = (shape.bounded(shape.flow.latent(normal, known)) - shape.flow.mean) / shape.flow.width
        mean = 0.0
        for _ in range(_PASSES):
            for rows in torch.split(torch.randperm(portion, generator=random), _BATCH):
                loss = (shape.by_network(known[rows], normal[rows]) - wanted[rows]).square().mean()
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(shape.parameters(), 1.0)
                optimiser.step()
                schedule.step()
                mean += float(loss.detach()) * len(rows) / (portion * _PASSES)
    return mean
