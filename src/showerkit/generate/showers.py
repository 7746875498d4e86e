"""Make showers with a trained mask-and-value generator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import torch

from showerkit.data.cell_energy_transform import CellEnergyTransform
from showerkit.data.condition_transform import ConditionTransform
from showerkit.generate.block_generator import BlockGenerator
from showerkit.generate.energy_limit import most_deposit_mev
from showerkit.generate.loaded_weights import loading_weights
from showerkit.generate.random_inputs import RandomInput
from showerkit.generate.total_energy import DrawnTotal, with_total
from showerkit.losses.mask_value_config import MaskValueLossConfig
from showerkit.models.hit_energy import expected_total_mev, value_if_hit
from showerkit.models.mask_value import require_image
from showerkit.models.mask_value_config import MaskValueConfig
from showerkit.models.registry import build_model
from showerkit.models.total_energy_flow import build_flow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from showerkit.data.records import IncidentParticles
    from showerkit.models.mask_value import MaskValueGenerator
    from showerkit.models.total_energy_flow import TotalEnergyFlow
    from showerkit.train.checkpoint import Checkpoint, CheckpointMeta

#: The network always sees this many events, so that no result depends on how many were asked for.
_BLOCK: Final = 256


class ShowerGenerator(BlockGenerator):
    """A trained generator: incident particles in, showers out.

    For every cell a hit is drawn with the probability p that MASK gives (a Bernoulli draw; a threshold at one
    half would forget all unlikely cells), and a cell that is hit gets the energy that VALUE gives, with the
    scatter that was measured after training if the model has it. If the model knows how the total energy is
    distributed, the cells are scaled to a total drawn accordingly. An event depends on the seed, its number
    and its incident particle alone.

    Parameters
    ----------
    network
        The network, with its weights.
    meta
        What it was trained for.
    flow
        The flow for the total energy, if there is one.
    device
        ``auto``: a graphics processor if there is one; or ``cpu``.
    """

    block_events = _BLOCK

    def __init__(
        self,
        network: MaskValueGenerator,
        meta: CheckpointMeta,
        *,
        flow: TotalEnergyFlow | None = None,
        device: Literal["auto", "cpu"] = "auto",
    ) -> None:
        self._model, self._loss = meta.settings(MaskValueConfig, MaskValueLossConfig)
        require_image(meta.detector)
        self.meta = meta
        self.device = torch.device("cuda" if device == "auto" and torch.cuda.is_available() else "cpu")
        self.network = network.to(self.device).eval()
        self._total = None if flow is None else DrawnTotal(flow, most_events=_BLOCK)
        self._condition = ConditionTransform.from_dict(meta.condition_transform)
        self._cell_energy = CellEnergyTransform.from_dict(meta.energy_transform)

    @classmethod
    def from_checkpoint(
        cls, checkpoint: Checkpoint, *, device: Literal["auto", "cpu"] = "auto"
    ) -> ShowerGenerator:
        """Build the generator that a checkpoint holds.

        Raises
        ------
        CheckpointError
            If the weights do not fit the network that the checkpoint describes.
        """
        meta = checkpoint.meta
        network = build_model(meta.settings(MaskValueConfig, MaskValueLossConfig)[0], seed=0)
        flow = None if meta.total_energy_flow is None else build_flow(meta.total_energy_flow, seed=0)
        with loading_weights(meta.name):
            network.load_state_dict(checkpoint.network_weights)
            if flow is not None:
                flow.load_state_dict(checkpoint.flow_weights)
        return cls(network, meta, flow=flow, device=device)

    @property
    def random_inputs(self) -> tuple[RandomInput, ...]:
        """The random numbers that an event takes."""
        n_cells = self.meta.detector.n_cells
        inputs = [RandomInput("mask", "uniform", n_cells)]
        if self._model.noise_inputs:
            inputs.append(RandomInput("noise", "normal", self._model.noise_inputs))
        if self.meta.value_spread is not None:
            inputs.append(RandomInput("value", "uniform", n_cells))
        if self._total is not None:
            inputs.append(RandomInput("total", "normal", 1))
        elif self.meta.total_energy is not None:
            inputs.append(RandomInput("total", "uniform", 1))
        return tuple(inputs)

    def block(
        self,
        incident: IncidentParticles,
        random: Mapping[str, NDArray[np.floating]],
        *,
        with_mask: bool = False,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Make showers from given random numbers (see `BlockGenerator.block`)."""
        probability, value = self._predict(incident, random)
        if not self.meta.detector.is_grid:
            # Places of the image without a cell.
            probability = np.where(self.meta.detector.cell_map.present, probability, np.float32(0.0))
        hit = random["mask"] < probability
        incident_mev = np.asarray(incident.energy_mev, dtype=np.float64)
        one = np.ones((1, 1))
        empty = float(self._cell_energy(0.0 * one, one[:, 0])[0, 0])
        expected = value_if_hit(value, probability, empty, self._loss.value_cells)
        row, _ = np.nonzero(hit)
        drawn = expected[hit].astype(np.float64)
        if self.meta.value_spread is not None:
            uniform = random["value"][hit].astype(np.float64)
            drawn += self.meta.value_spread.draw(drawn, uniform)
        energy_mev = np.zeros(hit.shape, dtype=np.float32)
        # One number per hit cell stands beside the energy of its own particle.
        hit_mev = self._cell_energy.inverse(drawn[:, None], incident_mev[row])[:, 0]
        # A hit is a deposit above the threshold.
        least = np.nextafter(np.float32(self.meta.threshold_mev), np.float32(np.inf))
        most = most_deposit_mev(incident)[row]
        energy_mev[hit] = np.maximum(np.minimum(hit_mev, most).astype(np.float32), least)
        total_mev = None
        if self._total is not None:
            total_mev = self._total(self._condition(incident), incident_mev, random["total"][:, 0])
        elif self.meta.total_energy is not None:
            mean = np.log(expected_total_mev(probability, expected, self._cell_energy, incident_mev))
            uniform = random["total"][:, 0].astype(np.float64)
            total_mev = np.exp(mean + self.meta.total_energy.draw(mean, uniform))
        if total_mev is not None:
            limit = most_deposit_mev(incident)
            energy_mev = with_total(energy_mev, total_mev, least_mev=float(least), most_mev=limit)
        return energy_mev, probability if with_mask else None

    def _predict(
        self, incident: IncidentParticles, random: Mapping[str, NDArray[np.floating]]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Hit probability and VALUE, each (n, cells), from a network that always sees a whole block."""
        n = len(incident)
        condition = torch.zeros(_BLOCK, self._model.n_inputs)
        condition[:n] = torch.from_numpy(self._condition(incident))
        noise = None
        if self._model.noise_inputs:
            noise = torch.zeros(_BLOCK, self._model.noise_inputs)
            noise[:n] = torch.from_numpy(random["noise"].astype(np.float32))
            noise = noise.to(self.device)
        with torch.inference_mode():
            mask_logit, value = self.network(condition.to(self.device), noise)
            probability = mask_logit.sigmoid()
        return (
            probability[:n].reshape(n, -1).cpu().numpy(),
            value[:n].reshape(n, -1).cpu().numpy(),
        )
