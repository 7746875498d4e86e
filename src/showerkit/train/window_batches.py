"""From showers in MeV in a frame to what a generator learns from, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import torch

from showerkit.train.batches_by_epoch import BatchesByEpoch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from showerkit.data.datasets import ShowerBatches
    from showerkit.data.window_condition import WindowCondition


class WindowBatch(TypedDict):
    """One batch.

    ``condition`` (B, 6) standardised, with a column for each particle if there are several, ``decades`` and
    ``hit`` (B, layers, rows, columns), ``incident_mev`` (B,) and ``offset`` (B, 2) in cells.
    """

    condition: Tensor
    decades: Tensor
    hit: Tensor
    incident_mev: Tensor
    offset: Tensor


class WindowBatches(BatchesByEpoch[WindowBatch]):
    """Batches of windows, to be gone through once an epoch.

    Parameters
    ----------
    showers
        Batches of windows in MeV.
    condition
        Transform of the incident particles.
    threshold_mev
        A cell is hit if its deposit exceeds this, in MeV.
    epoch
        See `BatchesByEpoch`.
    """

    def __init__(
        self,
        showers: ShowerBatches,
        condition: WindowCondition,
        threshold_mev: float,
        epoch: Callable[[], int] = lambda: 0,
    ) -> None:
        super().__init__(showers, epoch)
        self.condition = condition
        self.threshold_mev = threshold_mev

    def learned_from(self, batch: dict[str, Tensor]) -> WindowBatch:
        """Give inputs, decades over the threshold, hits, energies and offsets."""
        above = batch["energy"] / self.threshold_mev
        values = self.condition.inverse(batch["condition"].numpy())
        told = [batch["condition"], *([batch["particle"]] if "particle" in batch else [])]
        return {
            "condition": torch.cat(told, dim=1),
            "decades": above.clamp(min=1.0).log10(),
            "hit": (above > 1.0).to(above.dtype),
            "incident_mev": batch["incident_energy"],
            "offset": torch.from_numpy(values[:, -2:]).float(),
        }
