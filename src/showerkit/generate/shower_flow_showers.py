"""Make showers with a trained flow of showers."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import torch

from showerkit.data.datasets import one_of
from showerkit.data.window_condition import WindowCondition
from showerkit.generate.block_generator import BlockGenerator
from showerkit.generate.energy_limit import most_deposit_mev
from showerkit.generate.loaded_weights import loading_weights
from showerkit.generate.random_inputs import RandomInput
from showerkit.generate.window_frame import window_frame
from showerkit.losses.flow_matching_config import FlowMatchingConfig
from showerkit.models.shower_flow import ShowerFlow
from showerkit.models.shower_flow_config import ShowerFlowConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from showerkit.data.records import IncidentParticles
    from showerkit.models.ode_solver_config import AnySolverConfig
    from showerkit.train.checkpoint import Checkpoint, CheckpointMeta

#: The network sees so many events at a time, the least of these numbers that is enough.
_BLOCKS: Final = (1, 16, 128, 1024, 2048)
#: More than this many only in a flow distilled for speed, whose operations take about as long as their calls,
#: and up to so many cells of all showers of a block.
_EVENTS, _MOST_CELLS = 1024, 2**19


class ShowerFlowGenerator(BlockGenerator):
    """A trained flow of showers: incident particles in, showers out.

    An event depends on the seed, its number and its incident particle alone. The deposits' sum is at most
    what the particle can deposit but for what falls off the detector's edge; the probability of a hit is that
    for each cell by itself, given the energies that were drawn.

    Parameters
    ----------
    network
        The flow, with its weights.
    meta
        What it was trained for.
    device
        ``auto``: a graphics processor if there is one; or ``cpu``.
    """

    def __init__(
        self, network: ShowerFlow, meta: CheckpointMeta, *, device: Literal["auto", "cpu"] = "auto"
    ) -> None:
        self._config, _ = meta.settings(ShowerFlowConfig, FlowMatchingConfig)
        self.meta = meta
        self.solver: AnySolverConfig = self._config.solver
        self.device = torch.device("cuda" if device == "auto" and torch.cuda.is_available() else "cpu")
        self.network = copy.deepcopy(network).to(self.device).eval()
        self.jumps = self._config.jumps
        most = _MOST_CELLS if self.jumps is not None else 0
        at_once = most // math.prod(self.network.shape)
        self.block_events = max(block for block in _BLOCKS if block <= max(at_once, _EVENTS))
        # The velocities take the time and single precision, unless the flow was distilled for speed: then all
        # is in single precision.
        self._set_precision(torch.float64 if self.jumps is None else torch.float32)
        self._frame = window_frame(self._config, meta.detector)
        self._condition = WindowCondition.from_dict(meta.condition_transform)

    def _set_precision(self, precision: torch.dtype) -> None:
        self._exact = precision
        for part in (self.network.energies, self.network.shower_shape, self.network.marginals):
            if part is not None:
                part.to(precision)

    def with_all_digits(self) -> None:
        """Compute all but the velocities in double precision, also for a flow distilled for speed."""
        self._set_precision(torch.float64)

    @classmethod
    def from_checkpoint(
        cls, checkpoint: Checkpoint, *, device: Literal["auto", "cpu"] = "auto"
    ) -> ShowerFlowGenerator:
        """Build the generator that a checkpoint holds.

        Raises
        ------
        CheckpointError
            If the weights do not fit the network that the checkpoint describes.
        """
        meta = checkpoint.meta
        config, _ = meta.settings(ShowerFlowConfig, FlowMatchingConfig)
        network = ShowerFlow(
            config,
            layout=window_frame(config, meta.detector).layout,
            particles=len(meta.particles),
            threshold_mev=meta.threshold_mev,
        )
        with loading_weights(meta.name):
            network.load_state_dict(checkpoint.weights)
        return cls(network, meta, device=device)

    @property
    def random_inputs(self) -> tuple[RandomInput, ...]:
        """The random numbers of an event: those of its energies; of its shape, then one for each cell."""
        return (
            RandomInput("energies", "normal", self.network.energies.normals),
            RandomInput("cells", "normal" if self.jumps is None else "normal-32", self.network.normals),
        )

    def block(
        self,
        incident: IncidentParticles,
        random: Mapping[str, NDArray[np.floating]],
        *,
        with_mask: bool = False,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Make showers from given random numbers (see `BlockGenerator.block`)."""
        n = len(incident)
        placement = self._frame.place(incident)
        told = self._condition(self._frame.condition(incident, placement))
        if len(self.meta.particles) > 1:
            told = np.concatenate([told, one_of(incident.pdg, self.meta.particles)], axis=1)

        size = next(block for block in _BLOCKS if block >= n)

        def whole(values: NDArray[np.floating], filling: float = 0.0) -> torch.Tensor:
            if n == size:
                return torch.from_numpy(np.asarray(values)).to(self.device, self._exact)
            block = torch.full((size, *values.shape[1:]), filling, dtype=self._exact)
            block[:n] = torch.from_numpy(np.asarray(values))
            return block.to(self.device)

        condition, incident_mev = whole(told), whole(incident.energy_mev, 1.0)
        with torch.inference_mode():
            layer_mev = self.network.layer_energies(
                condition, incident_mev, whole(random["energies"]), whole(most_deposit_mev(incident), 1.0)
            )
            hits, probit = self.network.transport(
                condition, incident_mev, layer_mev, whole(random["cells"]), solver=self.solver
            )
        # A hit is a deposit above the threshold, in the file's digits as well.
        least = np.nextafter(np.float32(self.meta.threshold_mev), np.float32(np.inf))
        event, place, made = (part.cpu().numpy() for part in hits)
        asked = (event < n) & (made > 0.0)
        energy = np.maximum(made[asked].astype(np.float32), least)
        energy_mev = self._frame.scattered(event[asked], place[asked], energy, placement)
        if not with_mask:
            return energy_mev, None
        probability = torch.special.ndtr(probit[:n]).float().cpu().numpy()
        return energy_mev, self._frame.images(probability, placement)
