"""Batches of matched jets from a file, shuffled anew every epoch, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.data.calibration_file import CalibrationJetFile
from showerkit.data.shuffled_batches import ShuffledBatches

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from numpy.typing import NDArray

    from showerkit.data.calibration_jets import CalibrationJets
    from showerkit.data.splits import Part, SplitConfig

#: Jets that are read at once.
_BLOCK: Final = 4096
#: The numbers of a jet that networks are told, as `showerkit.models.flat_candidates.JET_COLUMNS` has them.
_OF_JET: Final = ("pt_gev", "eta", "phi", "mass_gev", "rho_gev", "n_candidates")
#: Bytes of a jet's own columns, and of a candidate.
_JET_BYTES: Final = 4 * (len(_OF_JET) + 3)
_CANDIDATE_BYTES: Final = 21


class CalibrationBatches(ShuffledBatches[CalibrationJetFile]):
    """Whole batches of jets with their true pT.

    Parameters
    ----------
    path
        A file of matched jets.
    batch_size, split, part, seed, shuffle, buffer_events, memory_mb, epoch_events
        See `ShuffledBatches`; jets of one event are always of the same part.
    pt_range_gev
        Take jets with a true pT in this range only, in GeV; None: all.

    Raises
    ------
    DataError
        If the part is empty or more than one loading process is used.

    Notes
    -----
    A batch is a dict of ``candidates`` (B, P, 5), ``mask`` (B, P), ``jet`` (B, 6), ``true_gev``,
    ``weight`` and ``flavour`` (B,), where P is the largest number of candidates of any of its jets.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        batch_size: int,
        split: SplitConfig,
        part: Part = "train",
        pt_range_gev: tuple[float, float] | None = None,
        seed: int = 1,
        shuffle: bool = True,
        buffer_events: int = 65536,
        memory_mb: float = 2048.0,
        epoch_events: int | None = None,
    ) -> None:
        self.pt_range_gev = pt_range_gev
        with CalibrationJetFile(path) as file:
            starts = np.arange(0, max(len(file), 1), _BLOCK)
            blocks = np.stack([starts, np.minimum(starts + _BLOCK, len(file))], axis=1)
            places = file.metadata.constituents
            self.part, self.split = part, split
            counts = np.array([self.selects(file.read(*rows)).sum() for rows in blocks.tolist()], np.int64)
        super().__init__(
            path,
            blocks,
            counts,
            event_bytes=_JET_BYTES + places * _CANDIDATE_BYTES,
            batch_size=batch_size,
            split=split,
            part=part,
            seed=seed,
            shuffle=shuffle,
            buffer_events=buffer_events,
            memory_mb=memory_mb,
            epoch_events=epoch_events,
        )

    def open(self) -> CalibrationJetFile:
        """Open the file."""
        return CalibrationJetFile(self.path)

    def selects(self, jets: CalibrationJets) -> NDArray[np.bool_]:
        """Say which jets belong to the part and the range, shape (N,)."""
        chosen = self.split.selects(self.part, jets.event_id)
        if self.pt_range_gev is not None:
            low, high = self.pt_range_gev
            chosen = chosen & (jets.true_pt_gev >= low) & (jets.true_pt_gev <= high)
        return chosen

    def part_columns(self, sample: CalibrationJetFile, start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Give the columns of the part's jets among the rows."""
        jets = sample.read(start, stop)
        jets = jets[self.selects(jets)]
        return {
            "candidates": jets.candidates,
            "mask": jets.mask,
            "jet": np.stack([getattr(jets, name).astype(np.float32) for name in _OF_JET], axis=1),
            "true_gev": jets.true_pt_gev,
            "weight": jets.weight.astype(np.float32),
            "flavour": jets.flavour,
        }

    def batch(self, columns: dict[str, NDArray[Any]], random: np.random.Generator) -> dict[str, torch.Tensor]:
        """Leave out the places that no jet of the batch fills."""
        filled = np.flatnonzero(columns["mask"].any(axis=0))
        places = int(filled[-1]) + 1 if len(filled) else 1
        shorter = {name: np.ascontiguousarray(columns[name][:, :places]) for name in ("candidates", "mask")}
        return super().batch({**columns, **shorter}, random)
