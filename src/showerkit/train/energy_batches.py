"""From cells and energies to what a network that measures energies learns from, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from showerkit.train.batches_by_epoch import BatchesByEpoch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from showerkit.data.cell_batches import CellBatches


class EnergyBatch(TypedDict):
    """One batch.

    ``true_gev`` (B,), ``cells`` (B, layers, cells_y, cells_x), and ``second`` of the same shape, which is
    None if there is one input alone.
    """

    true_gev: Tensor
    cells: Tensor
    second: Tensor | None


class EnergyBatches(BatchesByEpoch[EnergyBatch]):
    """Batches of cells and true energies, to be gone through once an epoch.

    Parameters
    ----------
    showers
        Batches of showers.
    epoch
        See `BatchesByEpoch`.
    """

    def __init__(self, showers: CellBatches, epoch: Callable[[], int] = lambda: 0) -> None:
        super().__init__(showers, epoch)
        self.inputs = showers.inputs

    def learned_from(self, batch: dict[str, Tensor]) -> EnergyBatch:
        """Name the quantities as the networks do."""
        first, *rest = (batch[name] for name in self.inputs)
        return {"true_gev": batch["energy_gev"], "cells": first, "second": rest[0] if rest else None}
