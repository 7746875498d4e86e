"""From showers in MeV to what the regression learns from, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.train.batches_by_epoch import BatchesByEpoch
from showerkit.train.regression import TargetBatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from showerkit.data.cell_energy_transform import CellEnergyTransform
    from showerkit.data.datasets import ShowerBatches


class TargetBatches(BatchesByEpoch[TargetBatch]):
    """Batches of inputs, hits and normalised energies, to be gone through once an epoch.

    Parameters
    ----------
    showers
        Batches of showers.
    cell_energy
        Transform of the cell energies.
    threshold_mev
        A cell is hit if its deposit exceeds this, in MeV.
    epoch
        See `BatchesByEpoch`.
    """

    def __init__(
        self,
        showers: ShowerBatches,
        cell_energy: CellEnergyTransform,
        threshold_mev: float,
        epoch: Callable[[], int] = lambda: 0,
    ) -> None:
        super().__init__(showers, epoch)
        self.cell_energy = cell_energy
        self.threshold_mev = threshold_mev

    def learned_from(self, batch: dict[str, Tensor]) -> TargetBatch:
        """Give inputs, hits and normalised energies."""
        energy_mev = batch["energy"]
        return {
            "condition": batch["condition"],
            "hit": (energy_mev > self.threshold_mev).to(energy_mev.dtype),
            "target": self.cell_energy(energy_mev, batch["incident_energy"]),
        }
