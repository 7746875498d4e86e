"""Point clouds from a trained network, each depending on the seed and its own number alone."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final, Literal, Self

import numpy as np
import torch

from showerkit.errors import CheckpointError, OutOfRangeError
from showerkit.generate.cloud_request import draw_request
from showerkit.generate.event_random import event_normals
from showerkit.generate.loaded_weights import loading_weights
from showerkit.models.convae import ConVAE
from showerkit.train.cloud_network import build_cloud_network

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from showerkit.generate.cloud_request import CloudRequest
    from showerkit.models.cloud_flow import CloudFlow
    from showerkit.train.cloud_checkpoint import CloudCheckpoint, CloudMeta

#: The network always sees so many clouds, so that a cloud does not depend on which others come with it.
_BLOCK: Final = 256
#: So far beyond the training's extremes, in units of their distance, are jets still alike.
_MARGIN: Final = 0.1


class CloudGenerator:
    """Base of what makes jets and images from a trained network.

    Parameters
    ----------
    checkpoint
        The trained model.
    device
        ``auto``: a graphics processor if there is one; or ``cpu``.

    Raises
    ------
    CheckpointError
        If the weights do not fit the network that the file describes.
    """

    def __init__(self, checkpoint: CloudCheckpoint, *, device: Literal["auto", "cpu"] = "auto") -> None:
        self.meta: CloudMeta = checkpoint.meta
        self.population = checkpoint.population
        network = build_cloud_network(self.meta.model, scaling=self.meta.scaling, seed=0)
        with loading_weights(self.meta.name):
            network.load_state_dict(checkpoint.network)
        self.device = torch.device("cuda" if device == "auto" and torch.cuda.is_available() else "cpu")
        self.network: ConVAE | CloudFlow = network.to(self.device).eval()
        self.solver = None if isinstance(network, ConVAE) else network.config.solver
        self.places = self.meta.condition.places

    @classmethod
    def from_checkpoint(cls, checkpoint: CloudCheckpoint, *, device: Literal["auto", "cpu"] = "auto") -> Self:
        """Build the generator that a checkpoint holds (see the class)."""
        return cls(checkpoint, device=device)

    @property
    def threads(self) -> int:
        """Processor cores that the network uses."""
        return torch.get_num_threads() if self.device.type == "cpu" else 1

    def draw(self, rows: NDArray[np.int64], seed: int) -> CloudRequest:
        """Draw what is wanted as the training sample has it (see `draw_request`)."""
        return draw_request(self.population, self.meta.condition, rows, seed)

    def points(
        self, request: CloudRequest, rows: NDArray[np.int64], seed: int, *, allow_out_of_range: bool = False
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Make points, the scaling taken back.

        Parameters
        ----------
        request
            The clouds that are wanted, N of them.
        rows
            Their numbers, on which together with the seed each depends, shape (N,).
        seed
            The user's seed.
        allow_out_of_range
            Warn instead of refusing clouds unlike those of the training.

        Returns
        -------
        tuple of numpy.ndarray
            Features, shape (N, P, 3), and where there is a point, shape (N, P).

        Raises
        ------
        OutOfRangeError
            If a cloud is unlike those of the training.
        """
        self._check_range(request, allow=allow_out_of_range)
        points = np.zeros((len(request), self.places, 3))
        mask = np.zeros((len(request), self.places), dtype=np.bool_)
        for start in range(0, len(request), _BLOCK):
            piece = slice(start, start + _BLOCK)
            points[piece], mask[piece] = self._block(request[piece], rows[piece], seed)
        return points, mask

    def _block(
        self, request: CloudRequest, rows: NDArray[np.int64], seed: int
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        n = len(request)
        wanted = np.zeros((_BLOCK, self.places), dtype=np.bool_)
        wanted[:n] = np.arange(self.places) < request.number[:, None]
        if self._draws_ghosts:
            wanted[:] = True
        condition = torch.zeros(_BLOCK, self.meta.condition.columns)
        condition[:n] = torch.from_numpy(self.meta.condition(request.label, request.number))
        noise = torch.zeros(_BLOCK, self._normals)
        noise[:n] = torch.from_numpy(event_normals(seed, "noise", rows, self._normals).astype(np.float32))
        told = condition.to(self.device) if condition.shape[1] else None
        with torch.inference_mode():
            made = self._network(noise.to(self.device), torch.from_numpy(wanted).to(self.device), told)
        scaled = made[:n].double().cpu().numpy()
        mask = wanted[:n] & ~self._ghosts(scaled)
        if not np.isfinite(scaled[mask]).all():
            raise CheckpointError(
                f"model '{self.meta.name}'", got="points that are no numbers", mend="train it again"
            )
        return self.meta.scaling.inverse(scaled, mask), mask

    @property
    def _normals(self) -> int:
        """Normal numbers that a cloud is made of."""
        if isinstance(self.network, ConVAE):
            return self.network.config.latent
        return self.network.normals(self.places)

    def _network(self, noise: Tensor, mask: Tensor, condition: Tensor | None) -> Tensor:
        network = self.network
        if not isinstance(network, ConVAE):
            return network.transport(noise, mask, condition, solver=self.solver)
        if network.flow is not None and network.flow.ready:
            noise = network.flow.latent(noise, condition)
        return network.decode(noise, condition)

    @property
    def _draws_ghosts(self) -> bool:
        """Whether the network itself says which points are none."""
        return isinstance(self.network, ConVAE) and self.network.config.ghosts == "points"

    def _ghosts(self, scaled: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Say which scaled points lie nearer to where ghosts are than to a point in the middle of all."""
        position = self.network.config.ghost_position if isinstance(self.network, ConVAE) else None
        if position is None:
            return np.zeros(scaled.shape[:2], dtype=np.bool_)
        to_ghosts = ((scaled - np.array(position)) ** 2).sum(axis=2)
        return np.asarray(to_ghosts < (scaled**2).sum(axis=2))

    def _check_range(self, request: CloudRequest, *, allow: bool) -> None:
        """Refuse clouds that the training sample has nothing like."""
        if len(request) == 0:
            return
        self.meta.condition.class_index(request.label)
        if request.number.min() < 1 or request.number.max() > self.places:
            raise OutOfRangeError(
                "number of points",
                got=f"{request.number.min()} to {request.number.max()}",
                expected=f"1 to {self.places}, as model '{self.meta.name}' has places",
            )
        limits = self.meta.valid_range
        for name, values in (("pt_gev", request.pt_gev), ("eta", request.eta)):
            if name not in limits:
                continue
            low, high = limits[name]
            # Of two samples alike, the larger one's extremes lie further out.
            margin = _MARGIN * (high - low)
            low, high = low - margin, high + margin
            if values.min() < low or values.max() > high:
                problem = OutOfRangeError(
                    f"{name} of what is wanted",
                    got=f"{values.min():g} to {values.max():g}",
                    expected=f"{low:g} to {high:g}, as model '{self.meta.name}' was trained on",
                    mend="add --allow-out-of-range to try nevertheless",
                )
                if not allow:
                    raise problem
                warnings.warn(str(problem), stacklevel=4)
