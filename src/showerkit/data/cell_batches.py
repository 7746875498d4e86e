"""Batches of cells and true energies for whatever measures energies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from showerkit.data.augmentation import draw_symmetries
from showerkit.data.cell_quantities import cell_images
from showerkit.data.event_batches import EventBatches
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.augmentation_config import AugmentationConfig
    from showerkit.data.cell_quantities import CellQuantity
    from showerkit.data.records import Showers
    from showerkit.data.shower_file import ShowerFile
    from showerkit.data.splits import Part, SplitConfig

#: Bytes of a cell in the buffer, as rarely exceeded: counts in 16 bits, deposits in 32.
_BYTES: Final = {"charged-tracks": 2, "deposits": 4}


class CellBatches(EventBatches):
    """Whole batches of cells and true energies, shuffled and varied by symmetries anew every epoch.

    Counts of tracks are kept in the smallest unsigned integers that hold them, a quarter or half of the
    memory that the batches need in the end.

    Parameters
    ----------
    path
        A shower file or a folder of shards.
    inputs
        Which quantities of the cells to give.
    augmentation
        Symmetries to vary the showers by; None: give them as they are.
    batch_size, split, part, seed, shuffle, buffer_events, memory_mb, epoch_events
        See `EventBatches`.

    Raises
    ------
    DataError
        If the part is empty, more than one loading process is used, or (when reading) the showers do not have
        a quantity.
    ConfigurationError
        If the detector does not have the symmetries.

    Notes
    -----
    A batch is a dict of each quantity by its name, (B, layers, cells_y, cells_x), and ``energy_gev`` (B,),
    the true energy, all float32.
    """

    def __init__(
        self,
        path: Path | str,
        inputs: tuple[CellQuantity, ...],
        *,
        batch_size: int,
        split: SplitConfig,
        part: Part = "train",
        augmentation: AugmentationConfig | None = None,
        seed: int = 1,
        shuffle: bool = True,
        buffer_events: int = 65536,
        memory_mb: float = 2048.0,
        epoch_events: int | None = None,
    ) -> None:
        self.inputs = inputs
        self.augmentation = augmentation
        super().__init__(
            path,
            event_bytes=lambda cells: sum(_BYTES[name] for name in inputs) * cells,
            batch_size=batch_size,
            split=split,
            part=part,
            seed=seed,
            shuffle=shuffle,
            buffer_events=buffer_events,
            memory_mb=memory_mb,
            epoch_events=epoch_events,
        )
        if augmentation is not None:
            augmentation.check_detector(self.detector)

    def read(self, sample: ShowerFile, start: int, stop: int) -> Showers:
        """Read rows of the sample, with counts of tracks if they are wanted."""
        return sample.read(start, stop, optional="charged-tracks" in self.inputs)

    def columns(self, showers: Showers) -> dict[str, NDArray[Any]]:
        """Give cells and true energies."""
        images = {name: cell_images(showers, self.detector.shape, name) for name in self.inputs}
        return {
            **{name: _compact(image) if name != "deposits" else image for name, image in images.items()},
            "energy_gev": showers.incident.energy_mev / np.float32(MEV_PER_GEV),
        }

    def batch(self, columns: dict[str, NDArray[Any]], random: np.random.Generator) -> dict[str, torch.Tensor]:
        """Vary the showers by symmetries, and give all as float32."""
        if self.augmentation is not None:
            symmetries = draw_symmetries(self.augmentation, [columns[name] for name in self.inputs], random)
            columns = {**columns, **{name: symmetries.apply(columns[name]) for name in self.inputs}}
        return {name: torch.from_numpy(values).float() for name, values in columns.items()}


def _compact(counts: NDArray[np.float32]) -> NDArray[Any]:
    """Keep counts in the smallest unsigned integers that hold them; a model's counts need not be whole."""
    highest = float(counts.max(initial=0.0))
    for kind in (np.uint8, np.uint16):
        if highest <= np.iinfo(kind).max:
            small = counts.astype(kind)
            return small if np.array_equal(small, counts) else counts
    return counts
