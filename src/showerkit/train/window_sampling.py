"""Showers drawn from a generator of windows while it is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from showerkit.losses.energy_score import ShowerTable
from showerkit.models.entry_window import draw_cells, energy_limit
from showerkit.models.window_observables import window_observables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from showerkit.models.entry_window import EntryWindowGenerator
    from showerkit.train.window_batches import WindowBatch

#: Showers whose observables tell their spread.
_SHOWERS_FOR_SPREAD = 20_000


class WindowSampling(nn.Module):
    """Draw showers with the library's random state, and make true and drawn ones comparable.

    Parameters
    ----------
    threshold_mev
        A cell is hit if its deposit exceeds this, in MeV.
    temperature
        Temperature of the concrete law of the hits' gradient.
    spread
        Spread of each observable, shape (observables,).
    """

    spread: Tensor

    def __init__(self, threshold_mev: float, temperature: float, spread: Tensor) -> None:
        super().__init__()
        self.threshold_mev = threshold_mev
        self.temperature = temperature
        self.register_buffer("spread", spread)

    def drawn(self, network: EntryWindowGenerator, batch: WindowBatch, times: int = 1) -> ShowerTable:
        """Draw showers of a batch's incident particles, `times` for each, one batch after the other."""
        condition = batch["condition"].repeat(times, 1)
        incident_mev = batch["incident_mev"].repeat(times)
        noise = torch.randn(len(condition), network.config.random_inputs, device=condition.device)
        law = network(condition, noise)
        hit, decades = draw_cells(
            law,
            network.mask_noise(torch.randn_like(law.mask_probit)),
            network.value_noise(torch.randn_like(law.mask_probit)),
            energy_limit(incident_mev, threshold_mev=self.threshold_mev),
            temperature=self.temperature,
        )
        return self._table(decades, hit, incident_mev, batch["offset"].repeat(times, 1))

    def real(self, batch: WindowBatch) -> ShowerTable:
        """Give the true showers of a batch."""
        return self._table(batch["decades"], batch["hit"], batch["incident_mev"], batch["offset"])

    def _table(self, decades: Tensor, hit: Tensor, incident_mev: Tensor, offset: Tensor) -> ShowerTable:
        observables = window_observables(decades, hit, incident_mev, offset, threshold_mev=self.threshold_mev)
        return ShowerTable((hit * decades).flatten(1), hit.flatten(1), observables / self.spread)


def observable_spread(batches: Iterable[WindowBatch], threshold_mev: float) -> Tensor:
    """Measure the spread of each observable over the first showers; 1 for one that is constant."""
    tables: list[Tensor] = []
    seen = 0
    for batch in batches:
        tables.append(
            window_observables(
                batch["decades"],
                batch["hit"],
                batch["incident_mev"],
                batch["offset"],
                threshold_mev=threshold_mev,
            )
        )
        seen += len(tables[-1])
        if seen >= _SHOWERS_FOR_SPREAD:
            break
    spread = torch.cat(tables).std(dim=0, correction=0)
    return torch.where(spread > 0.0, spread, torch.ones_like(spread))


def split_in_two(table: ShowerTable) -> tuple[ShowerTable, ShowerTable]:
    """Take a table of twice as many showers apart."""
    half = len(table.hit) // 2
    first, second = (ShowerTable(*(column[rows] for column in table)) for rows in _halves(half))
    return first, second


def _halves(half: int) -> tuple[slice, slice]:
    return slice(None, half), slice(half, None)
