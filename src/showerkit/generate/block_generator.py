"""What generators of showers have in common: blocks of events that do not know of each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np
import torch

from showerkit.data.records import Showers
from showerkit.errors import DataError
from showerkit.generate.random_inputs import draw_random
from showerkit.generate.valid_range import check_range

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from showerkit.data.records import IncidentParticles
    from showerkit.generate.random_inputs import RandomInput
    from showerkit.train.checkpoint import CheckpointMeta


class BlockGenerator(ABC):
    """A trained generator: incident particles in, showers out, a block of events at a time.

    An event depends on the seed, its number and its incident particle alone, not on the events beside it.
    """

    #: Most events that the network sees at once.
    block_events: int

    meta: CheckpointMeta
    device: torch.device

    @property
    def threads(self) -> int:
        """Processor cores that the network uses."""
        return torch.get_num_threads() if self.device.type == "cpu" else 1

    @property
    @abstractmethod
    def random_inputs(self) -> tuple[RandomInput, ...]:
        """The random numbers that an event takes."""

    @abstractmethod
    def block(
        self,
        incident: IncidentParticles,
        random: Mapping[str, NDArray[np.floating]],
        *,
        with_mask: bool = False,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Make showers from given random numbers, whatever the incident particles.

        Parameters
        ----------
        incident
            The incident particles, N of them, at most `block_events`.
        random
            Numbers by name, as `random_inputs` tells, shape (N, numbers) each.
        with_mask
            Whether hit probabilities are wanted.

        Returns
        -------
        tuple
            Cell energies in MeV and, if wanted, hit probabilities, each of shape (N, cells).
        """

    def generate(
        self,
        incident: IncidentParticles,
        event_id: NDArray[np.int64],
        seed: int,
        *,
        with_mask: bool = False,
        allow_out_of_range: bool = False,
    ) -> Showers:
        """Make one shower for each incident particle (see `showerkit.generate.generator.Generator`)."""
        ids = np.asarray(event_id, dtype=np.int64)
        if ids.shape != (len(incident),):
            raise DataError("event_id", got=f"shape {ids.shape}", expected=f"shape ({len(incident)},)")
        check_range(incident, self.meta, allow=allow_out_of_range)
        n_cells = self.meta.detector.n_cells
        energy_mev = np.zeros((len(ids), n_cells), dtype=np.float32)
        probability = np.zeros((len(ids), n_cells), dtype=np.float32) if with_mask else None
        for start in range(0, len(ids), self.block_events):
            rows = slice(start, start + self.block_events)
            random = draw_random(self.random_inputs, seed, ids[rows])
            energy_mev[rows], hit_probability = self.block(incident[rows], random, with_mask=with_mask)
            if probability is not None:
                probability[rows] = hit_probability
        return Showers(incident, energy_mev, ids, mask_probability=probability)
