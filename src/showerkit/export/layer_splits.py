"""Energies of layers from the flows that split them, inside a graph."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn

from showerkit.export.normal_law import NormalLaw
from showerkit.export.spline_chain import SplineChain
from showerkit.export.spline_total import SplineTotal
from showerkit.models.layer_energies import HIT_OR_NOT, LEAST_INCIDENT_MEV, layers_of_total

if TYPE_CHECKING:
    from showerkit.models.layer_energies import LayerEnergies

#: Those of `showerkit.models.layer_energies`.
_TINY: Final = 1.0e-6
_NEAR_ALL: Final = 1.0e-4


class LayerSplits(nn.Module):
    """`LayerEnergies.draw` and `LayerEnergies.code` with operations that a graph can hold.

    Parameters
    ----------
    energies
        The flows.
    """

    def __init__(self, energies: LayerEnergies) -> None:
        super().__init__()
        self.energies = copy.deepcopy(energies).double().eval()
        self.total = SplineTotal(self.energies.total)
        self._normal = NormalLaw()
        self.several = None if self.energies.several is None else SplineChain(self.energies.several)

    def forward(self, condition: Tensor, incident_mev: Tensor, normal: Tensor) -> Tensor:
        """Give energies of layers in MeV, shape (N, layers).

        Parameters
        ----------
        condition
            Descriptions of the incident particles, shape (N, inputs).
        incident_mev
            Incident energies in MeV, shape (N, 1).
        normal
            Standard normal numbers, shape (N, `LayerEnergies.normals`).
        """
        incident_mev = incident_mev.clamp(min=LEAST_INCIDENT_MEV)
        total: Tensor = self.total(condition, incident_mev, normal[:, :1])
        if self.several is None:
            return total
        told = [self._ratio(incident_mev, total), _log10(total)]
        u = self.several(normal[:, 1:], torch.cat([condition, *told], dim=1))
        quantiles, _ = self._normal.tails(u + HIT_OR_NOT)
        over = self.energies.above_threshold(u)
        return layers_of_total(u, over, quantiles, total[:, 0], self.energies.threshold_mev)

    def code(self, incident_mev: Tensor, layer_mev: Tensor) -> Tensor:
        """Describe energies of layers (N, layers) to networks, shape (N, told)."""
        total = layer_mev.sum(dim=1, keepdim=True)
        logs = (_log10(layer_mev) - self.energies.log_mean) / self.energies.log_width
        ratio = self._ratio(incident_mev, total)
        if self.energies.layers == 1:
            return torch.cat([ratio, logs], dim=1)
        return torch.cat([ratio, _log10(total), logs], dim=1)

    def _ratio(self, incident_mev: Tensor, total_mev: Tensor) -> Tensor:
        share = total_mev / incident_mev.clamp(min=LEAST_INCIDENT_MEV)
        flow = self.energies.total
        if flow.config.variable == "logit":
            # Constants are single precision in the graph: one next to 1 would lose what is left of 1.
            below, above = share.clamp(min=_NEAR_ALL), (1.0 - share).clamp(min=_NEAR_ALL)
            u = torch.where(share < 0.5, below / (1.0 - below), (1.0 - above) / above).log()
        else:
            u = share.clamp(min=_TINY).log()
        return (u - flow.mean) / flow.log_width.exp()


def _log10(energy: Tensor) -> Tensor:
    return energy.clamp(min=_TINY).log() / torch.log(torch.tensor(10.0, dtype=torch.float64))
