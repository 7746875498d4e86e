"""From showers in MeV to what the regression learns from, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.train.regression import TargetBatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from showerkit.data.datasets import ShowerBatches
    from showerkit.data.transforms import CellEnergyTransform


class TargetBatches:
    """Batches of inputs, hits and normalised energies, to be gone through once an epoch.

    Parameters
    ----------
    showers
        Batches of showers.
    cell_energy
        Transform of the cell energies.
    threshold_mev
        A cell is hit if its deposit exceeds this.
    epoch
        Tells which epoch it is, on which the order of the events depends.
    """

    def __init__(
        self,
        showers: ShowerBatches,
        cell_energy: CellEnergyTransform,
        threshold_mev: float,
        epoch: Callable[[], int] = lambda: 0,
    ) -> None:
        self.showers = showers
        self.cell_energy = cell_energy
        self.threshold_mev = threshold_mev
        self.epoch = epoch

    @property
    def n_events(self) -> int:
        """Events per epoch."""
        return self.showers.epoch_events

    def __len__(self) -> int:
        """Return the number of batches per epoch."""
        return len(self.showers)

    def __iter__(self) -> Iterator[TargetBatch]:
        """Go through one epoch."""
        self.showers.set_epoch(self.epoch())
        for batch in self.showers:
            energy_mev = batch["energy"]
            yield {
                "condition": batch["condition"],
                "hit": (energy_mev > self.threshold_mev).to(energy_mev.dtype),
                "target": self.cell_energy(energy_mev, batch["incident_energy"]),
            }
