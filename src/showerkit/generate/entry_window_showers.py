"""Make showers with a trained generator of windows about the point of entry."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import torch

from showerkit.data.entry_frame import EntryFrame
from showerkit.data.records import Showers
from showerkit.data.window_condition import WindowCondition
from showerkit.errors import CheckpointError, DataError
from showerkit.generate.random_inputs import RandomInput, draw_random
from showerkit.generate.valid_range import check_range
from showerkit.losses.energy_score_config import EnergyScoreConfig
from showerkit.models.entry_window import (
    draw_cells,
    energy_limit,
    shower_energy,
    within_incident_energy,
)
from showerkit.models.entry_window_config import EntryWindowConfig
from showerkit.models.registry import build_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from showerkit.data.records import IncidentParticles
    from showerkit.geometry import Calorimeter
    from showerkit.models.entry_window import EntryWindowGenerator
    from showerkit.train.checkpoint import Checkpoint, CheckpointMeta

#: The network always sees this many events, so that no result depends on how many were asked for.
_BLOCK: Final = 256


class EntryWindowShowerGenerator:
    """A trained generator of windows: incident particles in, showers out.

    Random inputs, hits and energies of an event depend on the seed, its number and its incident particle
    alone.

    Parameters
    ----------
    network
        The network, with its weights.
    meta
        What it was trained for.
    device
        ``auto``: a graphics processor if there is one; or ``cpu``.
    """

    def __init__(
        self, network: EntryWindowGenerator, meta: CheckpointMeta, *, device: Literal["auto", "cpu"] = "auto"
    ) -> None:
        self._config, _ = meta.settings(EntryWindowConfig, EnergyScoreConfig)
        self.meta = meta
        self.device = torch.device("cuda" if device == "auto" and torch.cuda.is_available() else "cpu")
        # In single precision the last digits would tell where in its block an event stood.
        self.network = copy.deepcopy(network).double().to(self.device).eval()
        self._frame = entry_frame(self._config, meta.detector)
        self._condition = WindowCondition.from_dict(meta.condition_transform)

    @classmethod
    def from_checkpoint(
        cls, checkpoint: Checkpoint, *, device: Literal["auto", "cpu"] = "auto"
    ) -> EntryWindowShowerGenerator:
        """Build the generator that a checkpoint holds.

        Raises
        ------
        CheckpointError
            If the weights do not fit the network that the checkpoint describes.
        """
        meta = checkpoint.meta
        config, _ = meta.settings(EntryWindowConfig, EnergyScoreConfig)
        network = build_model(config, seed=0, layers=len(meta.detector.layers))
        try:
            network.load_state_dict(checkpoint.weights)
        except RuntimeError as misfit:
            reason = " ".join(str(misfit).split())[:160]
            raise CheckpointError(
                f"weights of model '{meta.name}'",
                got=reason,
                expected="those of the network that the file describes",
            ) from None
        return cls(network, meta, device=device)

    @property
    def threads(self) -> int:
        """Processor cores that the network uses."""
        return torch.get_num_threads() if self.device.type == "cpu" else 1

    @property
    def random_inputs(self) -> tuple[RandomInput, ...]:
        """The random numbers that an event takes: the shower's, and two for each cell of the window."""
        cells = int(np.prod(self._frame.shape))
        return (
            RandomInput("noise", "normal", self._config.random_inputs),
            RandomInput("mask", "normal", cells),
            RandomInput("value", "normal", cells),
        )

    def generate(
        self,
        incident: IncidentParticles,
        event_id: NDArray[np.int64],
        seed: int,
        *,
        with_mask: bool = False,
        allow_out_of_range: bool = False,
    ) -> Showers:
        """Make one shower for each incident particle.

        Parameters
        ----------
        incident
            The incident particles, N of them.
        event_id
            Event numbers, at least 0, shape (N,).
        seed
            Seed of all random numbers.
        with_mask
            Keep the probability of a hit for each cell, too; it is that for the event's random inputs.
        allow_out_of_range
            Warn instead of refusing particles unlike those of the training.

        Returns
        -------
        Showers
            N showers; every deposit is 0 or above the model's threshold, their sum at most the incident
            energy but for rounding up to the threshold.

        Raises
        ------
        OutOfRangeError
            If a particle is unlike those of the training, naming what and the range.
        DataError
            If there is not one event number for each particle.
        """
        ids = np.asarray(event_id, dtype=np.int64)
        if ids.shape != (len(incident),):
            raise DataError("event_id", got=f"shape {ids.shape}", expected=f"shape ({len(incident)},)")
        check_range(incident, self.meta, allow=allow_out_of_range)
        n_cells = self.meta.detector.n_cells
        energy = np.zeros((len(ids), n_cells), dtype=np.float32)
        probability = np.zeros((len(ids), n_cells), dtype=np.float32) if with_mask else None
        for start in range(0, len(ids), _BLOCK):
            rows = slice(start, start + _BLOCK)
            random = draw_random(self.random_inputs, seed, ids[rows])
            energy[rows], hit_probability = self.block(incident[rows], random, with_mask=with_mask)
            if probability is not None:
                probability[rows] = hit_probability
        return Showers(incident, energy, ids, mask_probability=probability)

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
            The incident particles, N of them, at most 256.
        random
            Numbers by name, as `random_inputs` tells, shape (N, numbers) each.
        with_mask
            Whether hit probabilities are wanted.

        Returns
        -------
        tuple
            Cell energies in MeV and, if wanted, hit probabilities, each of shape (N, cells).
        """
        placement = self._frame.place(incident)
        condition = self._condition(self._frame.condition(incident, placement))
        energy_mev, hit_probability = self._windows(condition, incident.energy_mev, random)
        energy_mev = self._frame.images(energy_mev, placement)
        return energy_mev, self._frame.images(hit_probability, placement) if with_mask else None

    def _windows(
        self,
        condition: NDArray[np.float32],
        incident_mev: NDArray[np.float32],
        random: Mapping[str, NDArray[np.floating]],
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Energies in MeV and hit probabilities of at most one block of events, (n, layers, W, W) each."""
        n, threshold_mev = len(condition), self.meta.threshold_mev
        shape = self._frame.shape

        def whole(values: NDArray[np.floating], *inner: int) -> torch.Tensor:
            block = torch.zeros(_BLOCK, *inner, dtype=torch.float64)
            block[:n] = torch.from_numpy(np.asarray(values, dtype=np.float64)).view(n, *inner)
            return block.to(self.device)

        inputs, randoms = condition.shape[1], self._config.random_inputs
        most_mev = whole(incident_mev)
        with torch.inference_mode():
            law = self.network(whole(condition, inputs), whole(random["noise"], randoms))
            hit, decades = draw_cells(
                law,
                self.network.mask_noise(whole(random["mask"], *shape)),
                self.network.value_noise(whole(random["value"], *shape)),
                energy_limit(most_mev, threshold_mev=threshold_mev),
                temperature=self._config.temperature,
            )
            decades = within_incident_energy(decades, hit, most_mev, threshold_mev=threshold_mev)
            energy_mev = shower_energy(decades, hit, threshold_mev=threshold_mev)
            # A hit is a deposit above the threshold.
            least = float(np.nextafter(np.float32(threshold_mev), np.float32(np.inf)))
            energy_mev = torch.where(hit > 0.0, energy_mev.clamp(min=least), energy_mev)
            probability = torch.special.ndtr(law.mask_probit)
        return energy_mev[:n].float().cpu().numpy(), probability[:n].float().cpu().numpy()


def entry_frame(config: EntryWindowConfig, detector: Calorimeter) -> EntryFrame:
    """Give the frame that a model's windows are cut in."""
    return EntryFrame(detector, config.cells_across, config.depth_mm, config.mirror)
