"""Edge convolutions on the candidates of a jet, which see their nearest neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch
from torch import nn

from showerkit.models.flat_candidates import candidate_columns, flat_candidates, relative_phi, sum_of_each
from showerkit.models.jet_energy_model import JetEnergyModel

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.edge_conv_config import EdgeConvConfig
    from showerkit.models.flat_candidates import FlatCandidates, JetTensors

#: Candidates in one cell are at one distance: the harder one then counts as the nearer, by this little.
_HARDER_IS_NEARER: Final = 1.0e-6


class EdgeConvNetwork(JetEnergyModel):
    r"""A graph of nearest neighbours in (eta, phi), convolved along its edges.

    .. math:: x_i \leftarrow \mathrm{ReLU}\left(S x_i + \frac{1}{k} \sum_{j \in N(i)}
              \mathrm{ReLU}(W \, \mathrm{ReLU}(U x_i + V (x_j - x_i)))\right)

    and in the end a sum over the candidates, as in a Particle Flow Network. Source: H. Qu and L. Gouskos,
    ParticleNet, Phys. Rev. D 101 (2020) 056019, arXiv:1902.08570.

    Parameters
    ----------
    config
        Its inputs and sizes.
    outputs
        Number of outputs, as the objective wants it.
    """

    def __init__(self, config: EdgeConvConfig, outputs: int = 1) -> None:
        super().__init__(config, sum(config.blocks), config.f, outputs)
        self.config = config
        widths = [config.candidate_columns, *config.blocks]
        self.blocks = nn.ModuleList(
            EdgeConv(before, after) for before, after in zip(widths, config.blocks, strict=False)
        )

    def forward(self, jets: JetTensors) -> Tensor:
        """Give the outputs (see `JetEnergyModel.forward`)."""
        flat = flat_candidates(jets)
        neighbour, there = nearest_neighbours(jets, flat, self.config.neighbours)
        x = candidate_columns(flat, self.config.candidate_inputs, self.radius)
        found = []
        for block in self.blocks:
            x = block(x, neighbour, there)
            found.append(x)
        # All blocks are summed, so that a candidate is also told of without its wider surroundings.
        sums = sum_of_each(torch.cat(found, dim=1), flat.owner, len(jets.mask))
        return self.of_sums(sums / self.config.typical_candidates, jets)


class EdgeConv(nn.Module):
    """One convolution; the mean runs over the neighbours that there are.

    Parameters
    ----------
    before, after
        Numbers of a candidate before and after it.
    """

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.of_self = nn.Linear(before, after)
        self.of_difference = nn.Linear(before, after, bias=False)
        self.second = nn.Linear(after, after)
        self.shortcut = nn.Linear(before, after)

    def forward(self, x: Tensor, neighbour: Tensor, there: Tensor) -> Tensor:
        """Convolve.

        Parameters
        ----------
        x
            Candidates, shape (M, before).
        neighbour
            Numbers of the neighbours of each, shape (M, k).
        there
            Which of them there are, shape (M, k).

        Returns
        -------
        torch.Tensor
            Shape (M, after).
        """
        # U x_i + V (x_j - x_i) from two products a candidate instead of one an edge.
        of_other = self.of_difference(x)
        first = (self.of_self(x) - of_other)[:, None] + of_other[neighbour]
        edges = self.second(first.relu()).relu()
        number = there.sum(dim=1, keepdim=True).clamp(min=1)
        share = (there / number).to(x.dtype)
        found: Tensor = self.shortcut(x) + torch.einsum("mkc,mk->mc", edges, share)
        return found.relu()


@torch.no_grad()
def nearest_neighbours(jets: JetTensors, flat: FlatCandidates, k: int) -> tuple[Tensor, Tensor]:
    """Find the candidates of the same jet that are nearest to each in (eta, phi).

    Parameters
    ----------
    jets
        B jets.
    flat
        Their M candidates.
    k
        How many.

    Returns
    -------
    tuple
        Their numbers among the M, and which of them there are (a small jet has fewer), both of shape (M, k)
        with the k of the largest jet if that is less; a neighbour that is not there is candidate 0.
    """
    mask = jets.mask
    places = mask.shape[1]
    k = max(1, min(k, places - 1))
    # What stands in places without a candidate must not matter, be it NaN.
    pt, eta, phi = jets.candidates[..., :3].masked_fill(~mask[:, :, None], 0.0).unbind(dim=2)
    distance = (eta[:, :, None] - eta[:, None, :]).square()
    distance += relative_phi(phi[:, :, None], phi[:, None, :]).square()
    share = pt / pt.amax(dim=1, keepdim=True).clamp(min=1e-9)
    distance -= _HARDER_IS_NEARER * share[:, None, :]
    itself = torch.eye(places, dtype=torch.bool, device=mask.device)
    distance.masked_fill_(itself | ~mask[:, None, :], torch.inf)
    # Rows of candidates alone; then numbers of places become numbers in the flat list.
    nearest = distance[mask].topk(k, dim=1, largest=False)
    number = torch.full(mask.shape, 0, dtype=torch.long, device=mask.device)
    number[mask] = torch.arange(len(flat.owner), device=mask.device)
    there = nearest.values < torch.inf
    neighbour = number[flat.owner].gather(1, nearest.indices)
    return torch.where(there, neighbour, 0), there
