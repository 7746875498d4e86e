"""Observables of showers in windows, as functions that can be differentiated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from showerkit.models.entry_window import shower_energy

if TYPE_CHECKING:
    from torch import Tensor

#: Added to sums of energy in units of the threshold, so that an empty layer has a centre and a logarithm.
_TINY: float = 0.1
_LEAST_VARIANCE: float = 1.0e-4
#: A response beyond this is impossible; the logarithm of the energy says by how much, without shouting.
_LARGEST_RESPONSE: float = 1.2


def window_observables(
    decades: Tensor, hit: Tensor, incident_mev: Tensor, offset: Tensor, *, threshold_mev: float
) -> Tensor:
    r"""Compute what a physicist would look at first.

    The response (up to 1.2), the hottest cell's share; and of every layer the logarithm of its energy, the
    number of hits, the energy-weighted centre from the line of flight and the widths about it, in cells,

    .. math:: \sigma_x = \sqrt{\langle x^2 \rangle_E - \langle x \rangle_E^2}

    and of the pattern of its hits: pairs of hits side by side and corner to corner, hits without any
    neighbour, the rms distance of hits from the centre, and the logarithms of the energy in the ring of 16
    cells around the central nine and outside of it.

    Parameters
    ----------
    decades
        Logarithmic energies log10(E / threshold) of cells if they are hit, shape (B, layers, W, W).
    hit
        Hits, 0 or 1, same shape.
    incident_mev
        Energies of the incident particles in MeV, shape (B,).
    offset
        Place of the line of flight in the central cell, in cells from its centre, shape (B, 2): x, y.
    threshold_mev
        Threshold of a hit in MeV.

    Returns
    -------
    torch.Tensor
        Observables, shape (B, 2 + 12 layers).

    Examples
    --------
    >>> one = torch.zeros(1, 1, 3, 3)
    >>> one[0, 0, 1, 2] = 1.0  # 1 MeV beside the centre
    >>> found = window_observables(one, one, torch.tensor([2.0]), torch.zeros(1, 2), threshold_mev=0.1)
    >>> [round(value, 2) for value in found[0, :8].tolist()]
    [0.5, 0.99, 1.0, 1.0, 0.99, 0.0, 0.1, 0.01]
    """
    energy = shower_energy(decades, hit, threshold_mev=threshold_mev)
    tiny = _TINY * threshold_mev
    layer_mev = energy.sum(dim=(2, 3)) + tiny
    total_mev = layer_mev.sum(dim=1)
    across = energy.shape[-1]
    cells = torch.arange(across, dtype=energy.dtype, device=energy.device) - across // 2
    hottest = energy.flatten(1).max(dim=1).values / total_mev
    response = total_mev / incident_mev.clamp(min=threshold_mev)
    columns = [response.clamp(max=_LARGEST_RESPONSE), hottest]
    centres, widths = [], []
    for axis, along in enumerate((2, 3)):
        profile = energy.sum(dim=along) / layer_mev[:, :, None]
        centre = profile @ cells
        variance = profile @ cells.square() - centre.square()
        centres.append(centre - offset[:, axis, None])
        widths.append(variance.clamp(min=_LEAST_VARIANCE).sqrt())
    layers = [(layer_mev / threshold_mev).log10(), hit.sum(dim=(2, 3)), *centres, *widths]
    layers += _pattern(hit) + _rings(energy, tiny, threshold_mev)
    return torch.cat([torch.stack(columns, dim=1), *layers], dim=1)


def _pattern(hit: Tensor) -> list[Tensor]:
    """Pairs of neighbours, hits without any, and their rms distance from the centre; (B, layers) each."""
    beside = (hit[..., 1:] * hit[..., :-1]).sum(dim=(2, 3)) + (hit[..., 1:, :] * hit[..., :-1, :]).sum(
        dim=(2, 3)
    )
    falling = (hit[..., 1:, 1:] * hit[..., :-1, :-1]).sum(dim=(2, 3))
    rising = (hit[..., 1:, :-1] * hit[..., :-1, 1:]).sum(dim=(2, 3))
    padded = functional.pad(hit, (1, 1, 1, 1))
    rows = padded[..., :-2, :] + padded[..., 1:-1, :] + padded[..., 2:, :]
    around = rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:] - hit
    # One where no neighbour is hit, zero where any is.
    alone = (hit * (1.0 - around).clamp(min=0.0)).sum(dim=(2, 3))
    square = _square_distance(hit)
    spread = (hit * square).sum(dim=(2, 3)) / hit.sum(dim=(2, 3)).clamp(min=1.0)
    return [beside, falling + rising, alone, (spread + _LEAST_VARIANCE).sqrt()]


def _rings(energy: Tensor, tiny_mev: float, threshold_mev: float) -> list[Tensor]:
    """Logarithmic energies in the second ring of cells and beyond; (B, layers) each."""
    across = energy.shape[-1]
    steps = (torch.arange(across, device=energy.device) - across // 2).abs()
    ring = torch.maximum(steps[:, None], steps[None, :])
    sums = [(energy * (ring == 2)).sum(dim=(2, 3)), (energy * (ring > 2)).sum(dim=(2, 3))]
    return [((total + tiny_mev) / threshold_mev).log10() for total in sums]


def _square_distance(like: Tensor) -> Tensor:
    """Squared distance of each cell from the central one, in cells, shape (W, W)."""
    across = like.shape[-1]
    steps = torch.arange(across, dtype=like.dtype, device=like.device) - across // 2
    return steps.square()[:, None] + steps.square()[None, :]
