"""A Deep Sets network that measures energies from the hits of a shower."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from showerkit.models.calibrated_model import CalibratedEnergyModel
from showerkit.models.energy_model import dense
from showerkit.models.hits import PaddedHits, padded_hits

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.deep_sets_hits_config import DeepSetsHitsConfig


class DeepSetsHits(CalibratedEnergyModel):
    r"""A function of a set of hits that does not depend on their order.

    .. math:: \hat E = \rho\left(\sum_{i \in hits} \phi(v_i, r_i)\right)
              + \sum_{i \in hits} w_{l_i} \cdot v_i

    with values v and places r, phi and rho small networks (Zaheer et al., 2017, arXiv:1703.06114), and the
    linear calibration w of the layers l (see `CalibratedEnergyModel`).

    Parameters
    ----------
    config
        Its inputs and sizes.
    shape
        (layers, cells_y, cells_x) of the calorimeter.
    outputs
        Number of outputs, as the objective wants it; the first one is the energy in GeV.

    Examples
    --------
    >>> from showerkit.models.deep_sets_hits_config import DeepSetsHitsConfig
    >>> network = DeepSetsHits(DeepSetsHitsConfig(), (17, 8, 8))
    >>> network(torch.ones(2, 17, 8, 8)).shape
    torch.Size([2, 1])
    """

    places: Tensor
    layers: Tensor

    def __init__(self, config: DeepSetsHitsConfig, shape: tuple[int, int, int], outputs: int = 1) -> None:
        super().__init__(config, shape, config.hidden, outputs)
        self.config = config
        axes = [torch.linspace(-1.0, 1.0, cells) if cells > 1 else torch.zeros(1) for cells in shape]
        places = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).reshape(-1, 3)
        layers = torch.arange(shape[0]).repeat_interleave(shape[1] * shape[2])
        self.register_buffer("places", places, persistent=False)
        self.register_buffer("layers", layers, persistent=False)
        inputs, hidden = len(config.inputs), config.hidden
        self.layer_code = nn.Embedding(shape[0], config.layer_code)
        # Values, and their logarithms since they extend over decades.
        self.of_hit = dense([2 * inputs + 3 + config.layer_code, *[hidden] * config.hit_layers])
        self.of_set = dense([hidden] * (config.set_layers + 1))

    def forward(self, cells: Tensor, second: Tensor | None = None) -> Tensor:
        """Measure energies (see `CNN3D.forward`)."""
        return self.of_hits(padded_hits(self.images(cells, second), self.config.hit_threshold))

    def of_hits(self, hits: PaddedHits) -> Tensor:
        """Measure energies from lists of hits, in whatever order.

        Parameters
        ----------
        hits
            The hits of B showers, values not yet scaled.

        Returns
        -------
        torch.Tensor
            As `CNN3D.forward`, shape (B, outputs).
        """
        values = hits.values / self.input_scale
        layer = self.layers[hits.cell]
        told = torch.cat([values, values.log1p(), self.places[hits.cell], self.layer_code(layer)], dim=2)
        found = self.of_hit(told) * hits.mask[:, :, None]
        # A fixed factor that keeps sums over some ten hits, as in the toy calorimeter, of order one.
        pooled = found.sum(dim=1) / 10.0
        # Values are 0 where there is no hit.
        sums = values.new_zeros((len(values), values.shape[2], self.shape[0]))
        sums.scatter_add_(2, layer[:, None, :].expand(-1, values.shape[2], -1), values.transpose(1, 2))
        return self.calibrated(sums, self.of_set(pooled))
