"""Make showers with a trained generator of windows about the point of entry."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import torch

from showerkit.data.window_condition import WindowCondition
from showerkit.generate.block_generator import BlockGenerator
from showerkit.generate.loaded_weights import loading_weights
from showerkit.generate.random_inputs import RandomInput
from showerkit.generate.window_frame import window_frame
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
    from showerkit.models.entry_window import EntryWindowGenerator
    from showerkit.train.checkpoint import Checkpoint, CheckpointMeta

#: The network always sees this many events, so that no result depends on how many were asked for.
_BLOCK: Final = 256


class EntryWindowShowerGenerator(BlockGenerator):
    """A trained generator of windows: incident particles in, showers out.

    Random inputs, hits and energies of an event depend on the seed, its number and its incident particle
    alone. The deposits' sum is at most the incident energy but for rounding up to the threshold, and the
    probability of a hit is that for the event's random inputs.

    Parameters
    ----------
    network
        The network, with its weights.
    meta
        What it was trained for.
    device
        ``auto``: a graphics processor if there is one; or ``cpu``.
    """

    block_events = _BLOCK

    def __init__(
        self, network: EntryWindowGenerator, meta: CheckpointMeta, *, device: Literal["auto", "cpu"] = "auto"
    ) -> None:
        self._config, _ = meta.settings(EntryWindowConfig, EnergyScoreConfig)
        self.meta = meta
        self.device = torch.device("cuda" if device == "auto" and torch.cuda.is_available() else "cpu")
        # In single precision the last digits would tell where in its block an event stood.
        self.network = copy.deepcopy(network).double().to(self.device).eval()
        self._frame = window_frame(self._config, meta.detector)
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
        with loading_weights(meta.name):
            network.load_state_dict(checkpoint.weights)
        return cls(network, meta, device=device)

    @property
    def random_inputs(self) -> tuple[RandomInput, ...]:
        """The random numbers that an event takes: the shower's, and two for each cell of the window."""
        cells = int(np.prod(self._frame.shape))
        return (
            RandomInput("noise", "normal", self._config.random_inputs),
            RandomInput("mask", "normal", cells),
            RandomInput("value", "normal", cells),
        )

    def block(
        self,
        incident: IncidentParticles,
        random: Mapping[str, NDArray[np.floating]],
        *,
        with_mask: bool = False,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Make showers from given random numbers (see `BlockGenerator.block`)."""
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
