"""Train the flows of the energies of layers by maximum likelihood."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import torch

from showerkit.errors import DataError
from showerkit.models.layer_energies import LEAST_INCIDENT_MEV, TOLD_ERROR
from showerkit.rng import generator
from showerkit.train.schedule_config import OneCycleSchedule
from showerkit.train.schedules import build_scheduler
from showerkit.train.spline_passes import passes
from showerkit.train.total_energy_flow import ShowerTotals, train_total_energy_flow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from showerkit.models.layer_energies import LayerEnergies
    from showerkit.train.window_batches import WindowBatch

#: Showers that are looked at, at most.
_MOST_SHOWERS: Final = 500_000
_FEWEST_SHOWERS: Final = 4
_BATCH: Final = 1024
_LN_10: Final = math.log(10.0)
_LEARNING_RATE: Final = 3.0e-3


@dataclass(frozen=True)
class ShowerLayers:
    """Energies of layers, with what is known of the incident particles.

    Parameters
    ----------
    condition
        The network's inputs, shape (N, inputs).
    incident_mev
        Incident energies in MeV, shape (N,).
    layer_mev
        Sums over the hits of each layer in MeV, 0 without any, shape (N, layers).
    """

    condition: torch.Tensor
    incident_mev: torch.Tensor
    layer_mev: torch.Tensor

    @classmethod
    def collect(cls, batches: Iterable[WindowBatch], threshold_mev: float) -> ShowerLayers:
        """Add up the hits of the layers of showers; 500,000 are enough.

        Raises
        ------
        DataError
            If there are too few showers to learn from.
        """
        parts: list[tuple[torch.Tensor, ...]] = []
        seen = 0
        for batch in batches:
            energy = batch["hit"] * (_LN_10 * batch["decades"]).exp()
            layer_mev = threshold_mev * energy.sum(dim=(2, 3))
            parts.append((batch["condition"], batch["incident_mev"], layer_mev))
            seen += len(layer_mev)
            if seen >= _MOST_SHOWERS:
                break
        if seen < _FEWEST_SHOWERS:
            raise DataError(
                "showers, for the flows of the energies of layers",
                got=seen,
                expected=f"at least {_FEWEST_SHOWERS} in the training part and in the validation part",
                mend="train on more showers",
            )
        return cls(*(torch.cat(column) for column in zip(*parts, strict=True)))

    def totals(self, layer_mev: torch.Tensor) -> ShowerTotals:
        """Give the totals of energies of layers (N, layers) without empty ones."""
        incident = self.incident_mev.clamp(min=LEAST_INCIDENT_MEV)
        return ShowerTotals(self.condition, incident, layer_mev.sum(dim=1))

    @property
    def beyond_incident(self) -> bool:
        """Whether a shower holds more than the incident energy, but for rounding."""
        return bool((self.layer_mev.sum(dim=1) > 1.0001 * self.incident_mev).any())


def train_layer_energies(
    energies: LayerEnergies, train: ShowerLayers, validation: ShowerLayers, *, seed: int
) -> None:
    """Find the flows whose likelihood of the training showers' energies of layers is largest.

    Parameters
    ----------
    energies
        The flows; their weights change.
    train, validation
        Showers to learn from, and others that say when to end.
    seed
        Seed of the order of the showers, and of the energies that empty layers are given.
    """
    random = torch.Generator().manual_seed(int(generator(seed, "layer energies").integers(2**31)))
    spread = [
        energies.spread_out(part.layer_mev, torch.rand(part.layer_mev.shape, generator=random))
        for part in (train, validation)
    ]
    energies.standardise(spread[0])
    totals = [part.totals(layer_mev) for part, layer_mev in zip((train, validation), spread, strict=True)]
    found = train_total_energy_flow(*totals, seed=seed, variable=energies.total.config.variable).state_dict()
    energies.total.load_state_dict(found)
    if energies.several is not None:
        _train_several(energies, train, random=random, seed=seed)


def _train_several(
    energies: LayerEnergies, train: ShowerLayers, *, random: torch.Generator, seed: int
) -> None:
    """Find the flow of the layers; empty ones are given other energies in every epoch."""
    flow: Any = energies.several

    def spread(rows: torch.Tensor | slice) -> torch.Tensor:
        layer_mev = train.layer_mev[rows]
        return energies.spread_out(layer_mev, torch.rand(layer_mev.shape, generator=random))

    energies.standardise_several(spread(slice(None)))
    optimiser = torch.optim.Adam(flow.parameters(), lr=_LEARNING_RATE)
    batches = -(-len(train.layer_mev) // _BATCH)
    cycle = OneCycleSchedule(max_learning_rate=_LEARNING_RATE, pct_start=0.1)
    epochs = passes(batches)
    schedule = build_scheduler(cycle, optimiser, epochs * batches)
    for epoch in range(epochs):
        order = torch.from_numpy(generator(seed, "layer shares", epoch).permutation(len(train.layer_mev)))
        for rows in torch.split(order, _BATCH):
            layer_mev, incident_mev = spread(rows), train.incident_mev[rows]
            total = layer_mev.sum(dim=1)
            total = total * (TOLD_ERROR * torch.randn(len(total), generator=random)).exp()
            told = energies.told_of_total(train.condition[rows], incident_mev, total)
            optimiser.zero_grad()
            (-flow.log_density(energies.numbers(layer_mev), told).mean()).backward()
            torch.nn.utils.clip_grad_norm_(flow.parameters(), 1.0)
            optimiser.step()
            schedule.step()
    flow.eval()
