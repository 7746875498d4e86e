"""A measurement of energies as one graph: cells in, calibrated energies with errors out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from showerkit.losses.energy_objectives import Quantiles, RootEnergyLikelihood
from showerkit.models.deep_sets_hits import DeepSetsHits
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from showerkit.reconstruct.energy_measurement import NetworkMeasurement
    from showerkit.train.energy_checkpoint import EnergyMeta


class EnergyGraph(nn.Module):
    """`showerkit.reconstruct.energy_reconstructor.CalibratedReconstructor` for tensors.

    Parameters
    ----------
    measurement
        Network and objective.
    meta
        Correction of the response, errors and intervals.
    """

    def __init__(self, measurement: NetworkMeasurement, meta: EnergyMeta) -> None:
        super().__init__()
        self.network = measurement.network
        self.objective = measurement.objective
        self.meta = meta

    def forward(self, *given: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Give energies, standard errors and both ends of intervals in MeV, each (N, 1)."""
        images = [cells.reshape(-1, *self.network.shape) for cells in given]
        second = images[1] if len(images) > 1 else None
        if isinstance(self.network, DeepSetsHits):
            output = _of_hits(self.network, images)
        else:
            output = self.network(images[0], second)
        estimate = self.objective.estimate(output)
        energy = MEV_PER_GEV * estimate.energy_gev.double()[:, None]
        sigma = None
        if estimate.sigma_gev is not None and not isinstance(self.objective, RootEnergyLikelihood):
            sigma = MEV_PER_GEV * estimate.sigma_gev.double()[:, None]
        ends = None
        if isinstance(self.objective, Quantiles):
            ordered = MEV_PER_GEV * self.objective.quantiles(output).sort(dim=1).values.double()
            ends = ordered[:, :1], ordered[:, -1:]
        if self.meta.response is not None:
            slope, measured = self._slope(energy), energy
            energy = self._corrected(measured)
            sigma = None if sigma is None else sigma * slope
            ends = None if ends is None else (self._corrected(ends[0]), self._corrected(ends[1]))
        sigma = self._sigma(energy, sigma)
        score = self._score(energy)
        if ends is None:
            low, high = energy - score * sigma, energy + score * sigma
        else:
            low, high = ends[0] - score, ends[1] + score
            middle = 0.5 * (low + high)
            low, high = torch.minimum(low, middle), torch.maximum(high, middle)
        return energy.float(), sigma.float(), low.float(), high.float()

    def _sigma(self, energy: Tensor, sigma: Tensor | None) -> Tensor:
        terms = self.meta.resolution
        if terms is not None:
            least = energy.clamp(min=terms.least_energy_mev)
            variance = terms.stochastic**2 * least + (terms.constant * least) ** 2 + terms.noise_mev**2
            return self.meta.sigma_scale * variance.sqrt()
        # What a checkpoint has neither of is refused when it is read.
        return self.meta.sigma_scale * (torch.ones_like(energy) if sigma is None else sigma)

    def _score(self, energy: Tensor) -> Tensor:
        intervals = self.meta.intervals
        edges = torch.tensor(intervals["inner_edges_mev"], dtype=torch.float64)
        scores = torch.tensor(intervals["scores"], dtype=torch.float64)
        place = (energy >= edges).long().sum(dim=1) if len(edges) else torch.zeros_like(energy[:, 0]).long()
        return scores[place][:, None]

    def _piece(self, energy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Where the piece begins that an energy lies in, its value there, and its slope."""
        response = self.meta.response
        if response is None:
            raise TypeError("a response is needed")
        knots = torch.tensor(response.measured_mev, dtype=torch.float64)
        values = torch.tensor(response.corrected_mev, dtype=torch.float64)
        slopes = values.diff() / knots.diff()
        place = (energy >= knots[1:-1]).long().sum(dim=1)
        return knots[place][:, None], values[place][:, None], slopes[place][:, None]

    def _corrected(self, energy: Tensor) -> Tensor:
        begin, value, slope = self._piece(energy)
        return value + slope * (energy - begin)

    def _slope(self, energy: Tensor) -> Tensor:
        return self._piece(energy)[2]


def _of_hits(network: DeepSetsHits, images: list[Tensor]) -> Tensor:
    """`DeepSetsHits.forward` with one list of the hits of all showers."""
    cells = torch.stack([image.flatten(1) for image in images], dim=2)
    is_hit = (cells > network.config.hit_threshold).any(dim=2)
    event, cell = is_hit.nonzero(as_tuple=True)
    values = cells[event, cell] / network.input_scale
    told = torch.cat(
        [values, values.log1p(), network.places[cell], network.layer_code(network.layers[cell])], dim=1
    )
    pooled = _sum_of_rows(network.of_hit(told), is_hit.sum(dim=1)) / 10.0
    scaled = cells * is_hit[:, :, None] / network.input_scale
    sums = scaled.reshape(cells.shape[0], network.shape[0], -1, cells.shape[2]).sum(dim=2).transpose(1, 2)
    return network.calibrated(sums, network.of_set(pooled))


def _sum_of_rows(rows: Tensor, number: Tensor) -> Tensor:
    """Sum the first rows, the next ones and so on, `number` of them each; shape (N, columns).

    As differences of running sums: threads of ONNX Runtime that add to one place (``index_add``) overwrite
    each other's sums.
    """
    running = torch.cat([rows.new_zeros((1, rows.shape[1])), rows]).double().cumsum(dim=0)
    end = number.cumsum(dim=0)
    return (running[end] - running[end - number]).to(rows.dtype)
