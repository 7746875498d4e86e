"""The energies of a shower's hits moved so that hottest share, centre and width are those that were drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch

if TYPE_CHECKING:
    from torch import Tensor

#: Relative changes stay within these.
_LEAST_CHANGE, _MOST_CHANGE = -0.7, 1.5
#: What is added to the diagonal, relative to itself, where there are too few hits for all conditions; like
#: `_TINY` a power of two, as constants of exported graphs are in single precision.
_RIDGE: Final = 2.0**-10
#: Energies well below this stay as they are: the peak of 511 keV is sharper than one per cent.
_HARDLY_MOVES_MEV: Final = 4.0
_TINY: Final = 2.0**-30
#: Sum, x, y and squared distance: the conditions on the hits beside the hottest.
N_CONDITIONS: Final = 4


def conditions(across: int, place: Tensor) -> Tensor:
    """Give 1, x, y and squared distance from the window's centre in cells for places (K,), shape (K, 4)."""
    inside = place % (across * across)
    row = torch.div(inside, across, rounding_mode="floor")
    x = (inside - row * across - across // 2).double()
    y = (row - across // 2).double()
    return torch.stack([torch.ones_like(x), x, y, x * x + y * y], dim=1)


def wanted_sums(share: Tensor, centre: Tensor, width: Tensor) -> Tensor:
    """Give the sums of e, e x, e y and e r^2 over all hits of a shower of energy 1, shape (B, 4).

    `share` (B,) is not needed for them, `centre` (B, 2) and `width` (B,) are in cells.
    """
    square = width.square() + centre.square().sum(dim=1)
    return torch.stack([torch.ones_like(share), centre[:, 0], centre[:, 1], square], dim=1)


def spread(energy: Tensor, energy_mev: Tensor) -> Tensor:
    """How far energies e may move, as e to the power of 3/2; those of MeV, which have peaks, hardly."""
    square = energy_mev.square()
    return energy * energy.sqrt() * square / (square + _HARDLY_MOVES_MEV**2)


def multipliers(matrix: Tensor, missing: Tensor) -> Tensor:
    """Solve the symmetric conditions (B, 4, 4) for what is missing (B, 4), by elimination, shape (B, 4)."""
    rows = [[matrix[:, i, j] for j in range(N_CONDITIONS)] for i in range(N_CONDITIONS)]
    right = [missing[:, i] for i in range(N_CONDITIONS)]
    for i in range(N_CONDITIONS):
        # A sum with a tiny number would be taken for one with 0, and left out, where graphs are exported.
        rows[i][i] = (rows[i][i] * (1.0 + _RIDGE)).clamp(min=_TINY)
    for i in range(N_CONDITIONS):
        for k in range(i + 1, N_CONDITIONS):
            factor = rows[k][i] / rows[i][i]
            for j in range(i, N_CONDITIONS):
                rows[k][j] = rows[k][j] - factor * rows[i][j]
            right[k] = right[k] - factor * right[i]
    found: list[Tensor] = [right[0]] * N_CONDITIONS
    for i in reversed(range(N_CONDITIONS)):
        total = right[i]
        for j in range(i + 1, N_CONDITIONS):
            total = total - rows[i][j] * found[j]
        found[i] = total / rows[i][i]
    return torch.stack(found, dim=1)


def changed(energy: Tensor, allowed: Tensor, along: Tensor) -> Tensor:
    """Move energies by `allowed` times `along` (the multipliers' sum of conditions), within bounds."""
    relative = allowed * along / energy.clamp(min=_TINY)
    return energy * (1.0 + relative.clamp(min=_LEAST_CHANGE, max=_MOST_CHANGE))


def matched_to_shape(
    energy_mev: Tensor, event: Tensor, place: Tensor, wanted: Tensor, share: Tensor, across: int
) -> Tensor:
    r"""Move the energies of hits as little as possible so that share, centre and width are those wanted.

    The hottest hit gets its share; the others the :math:`\delta_i` that minimise
    :math:`\sum_i \delta_i^2 / v_i`, v_i as :math:`e_i^{3/2}` for energies well above 4 MeV, while sum,
    centre and mean squared distance, linear in them, are as wanted,

    .. math:: \delta_i = v_i \sum_c \lambda_c \phi_c(i), \qquad
              \sum_{c'} \Big( \sum_i v_i \phi_c(i)\, \phi_{c'}(i) \Big) \lambda_{c'} = b_c

    with :math:`\phi = (1, x, y, r^2)` and b what is missing. No hit changes by more than a factor 2.5.

    Parameters
    ----------
    energy_mev
        Energies of hits in MeV, above 0, shape (K,).
    event
        Whose hits they are, whole numbers of shape (K,), at most B - 1.
    place
        Their cells in the window, shape (K,).
    wanted
        From `wanted_sums`, shape (B, 4).
    share
        Share of the hottest hit, shape (B,).
    across
        Cells across the window.

    Returns
    -------
    torch.Tensor
        Energies in units of their shower's, shape (K,).

    Examples
    --------
    >>> place = torch.tensor([4, 1, 3, 5, 7])  # the centre of 3 x 3 cells and its four neighbours
    >>> event = torch.zeros(5, dtype=torch.long)
    >>> wanted = wanted_sums(torch.tensor([0.5]), torch.tensor([[0.1, 0.0]]), torch.tensor([0.7]))
    >>> energy = torch.tensor([600.0, 100.0, 100.0, 100.0, 100.0])
    >>> made = matched_to_shape(energy, event, place, wanted, torch.tensor([0.5]), 3)
    >>> round(float(made[0]), 2), round(float(made[3] - made[2]), 2)
    (0.5, 0.1)
    """
    showers = len(wanted)
    energy = energy_mev
    total = event.bincount(energy, minlength=showers).to(energy.dtype).clamp(min=_TINY)
    energy = energy / total.index_select(0, event)
    largest = energy.new_zeros(showers).scatter_reduce(0, event, energy, "amax")
    hottest = energy >= largest.index_select(0, event)
    cells = int(place.max()) + 1 if len(place) else 1
    table = conditions(across, torch.arange(cells, device=place.device)).to(energy.dtype)
    phi = table.index_select(0, place)
    fixed = torch.where(hottest, share.to(energy.dtype).index_select(0, event), energy)
    sums = energy.new_zeros(showers, N_CONDITIONS).index_add(0, event, fixed[:, None] * phi)
    allowed = torch.where(hottest, 0.0, spread(energy, energy_mev))
    upper = [(i, j) for i in range(N_CONDITIONS) for j in range(i, N_CONDITIONS)]
    products = torch.stack([table[:, i] * table[:, j] for i, j in upper], dim=1).index_select(0, place)
    half = energy.new_zeros(showers, len(upper)).index_add(0, event, allowed[:, None] * products)
    # The conditions are symmetric: what stands below the diagonal stands above it.
    both = [upper.index((min(i, j), max(i, j))) for i in range(N_CONDITIONS) for j in range(N_CONDITIONS)]
    matrix = half[:, both]
    missing = wanted.to(energy.dtype) - sums
    found = multipliers(matrix.view(-1, N_CONDITIONS, N_CONDITIONS).double(), missing.double())
    found = found.to(energy.dtype)
    along = (phi * found.index_select(0, event)).sum(dim=1)
    return changed(fixed, allowed, along)
