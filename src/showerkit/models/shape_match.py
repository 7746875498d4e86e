"""The energies of a shower's hits moved so that hottest share, centre and width are those that were drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch
from torch.nn.functional import embedding_bag

from showerkit.models.lit_cells import places_of

if TYPE_CHECKING:
    from torch import Tensor

#: Relative changes stay within these: a tail that Geant4 made is not to be folded into the middle.
_LEAST_CHANGE, _MOST_CHANGE = -0.4, 0.6
#: What is added to the diagonal, relative to itself, where there are too few hits for all conditions; like
#: `_TINY` a power of two, as constants of exported graphs are in single precision.
_RIDGE: Final = 2.0**-10
#: Energies well below this stay as they are: the peak of 511 keV is sharper than one per cent.
_HARDLY_MOVES_MEV: Final = 4.0
_TINY: Final = 2.0**-30
#: Sum, x, y and squared distance: the conditions on the hits beside the hottest.
N_CONDITIONS: Final = 4


def conditions(position: Tensor) -> Tensor:
    """Give 1, x, y and squared distance from the origin for positions (cells, 2), shape (cells, 4)."""
    x, y = position.unbind(dim=1)
    return torch.stack([torch.ones_like(x), x, y, x * x + y * y], dim=1)


def seen_from(centre: Tensor) -> Tensor:
    """Give matrices that turn 1, x, y, r^2 into those about centres (B, 2), shape (B, 4, 4).

    Examples
    --------
    >>> cell = conditions(torch.tensor([[3.0, 4.0]]))
    >>> (seen_from(torch.tensor([[3.0, 3.0]])) @ cell.T)[0, :, 0].tolist()
    [1.0, 0.0, 1.0, 1.0]
    """
    x, y = centre.unbind(dim=1)
    one, none = torch.ones_like(x), torch.zeros_like(x)
    rows = [
        [one, none, none, none],
        [-x, one, none, none],
        [-y, none, one, none],
        [x * x + y * y, -2.0 * x, -2.0 * y, one],
    ]
    return torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)


def multipliers_about(matrix: Tensor, missing: Tensor, centre: Tensor | None) -> Tensor:
    """Give `multipliers` found in coordinates about centres (B, 2), where showers may be far from the origin.

    What is added to the diagonal is little beside what there is only near the shower's own centre.
    """
    if centre is None:
        return multipliers(matrix, missing)
    turn = seen_from(centre)
    found = multipliers(turn @ matrix @ turn.mT, (turn @ missing[:, :, None])[:, :, 0])
    return (turn.mT @ found[:, :, None])[:, :, 0]


def wanted_sums(share: Tensor, centre: Tensor, width: Tensor) -> Tensor:
    """Give the sums of e, e x, e y and e r^2 over all hits of a shower of energy 1, shape (B, 4).

    `share` (B,) is not needed for them, `centre` (B, 2) and `width` (B,) are in cells.
    """
    square = width.square() + centre.square().sum(dim=1)
    return torch.stack([torch.ones_like(share), centre[:, 0], centre[:, 1], square], dim=1)


def spread(energy: Tensor, energy_mev: Tensor) -> Tensor:
    """How far energies e may move: as their square; those of MeV, which have peaks, hardly."""
    square = energy_mev.square()
    return energy.square() * square / (square + _HARDLY_MOVES_MEV**2)


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
    energy_mev: Tensor,
    event: Tensor,
    place: Tensor,
    wanted: Tensor,
    share: Tensor,
    table: Tensor,
    centre: Tensor | None = None,
) -> Tensor:
    r"""Move the energies of hits as little as possible so that share, centre and width are those wanted.

    The hottest hit gets its share; the others the :math:`\delta_i` that minimise
    :math:`\sum_i \delta_i^2 / v_i`, v_i as :math:`e_i^2` for energies well above 4 MeV, while sum,
    centre and mean squared distance, linear in them, are as wanted,

    .. math:: \delta_i = v_i \sum_c \lambda_c \phi_c(i), \qquad
              \sum_{c'} \Big( \sum_i v_i \phi_c(i)\, \phi_{c'}(i) \Big) \lambda_{c'} = b_c

    with :math:`\phi = (1, x, y, r^2)` and b what is missing, as far as no hit loses more than 40 %
    or gains more than 60 % by it.

    Parameters
    ----------
    energy_mev
        Energies of hits in MeV, above 0, shape (K,).
    event
        Whose hits they are, whole numbers that do not fall, of shape (K,), at most B - 1.
    place
        Their cells, shape (K,).
    wanted
        From `wanted_sums`, shape (B, 4).
    share
        Share of the hottest hit, shape (B,).
    table
        `conditions` of all cells, shape (cells, 4).
    centre
        Where the shower is, in cells, if that may be far from the origin, shape (B, 2).

    Returns
    -------
    torch.Tensor
        Energies in units of their shower's, shape (K,).

    Examples
    --------
    >>> place = torch.tensor([4, 1, 3, 5, 7])  # the centre of 3 x 3 cells and its four neighbours
    >>> event = torch.zeros(5, dtype=torch.long)
    >>> wanted = wanted_sums(torch.tensor([0.5]), torch.tensor([[0.05, 0.0]]), torch.tensor([0.7]))
    >>> energy = torch.tensor([600.0, 100.0, 100.0, 100.0, 100.0])
    >>> row, column = torch.arange(9) // 3 - 1.0, torch.arange(9) % 3 - 1.0
    >>> table = conditions(torch.stack([column, row], dim=1))
    >>> made = matched_to_shape(energy, event, place, wanted, torch.tensor([0.5]), table)
    >>> round(float(made[0]), 2), round(float(made[3] - made[2]), 2)
    (0.5, 0.05)
    """
    showers = len(wanted)
    total = energy_mev.new_zeros(showers).scatter_add(0, event, energy_mev).clamp(min=_TINY)
    energy = energy_mev / total.index_select(0, event)
    largest = energy.new_zeros(showers).scatter_reduce(0, event, energy, "amax")
    hottest = places_of(energy >= largest.index_select(0, event))
    table = table.to(energy)
    owner = event.index_select(0, hottest)
    fixed = energy.index_copy(0, hottest, share.to(energy.dtype).index_select(0, owner))
    allowed = spread(energy, energy_mev).index_fill(0, hottest, 0.0)
    upper = [(i, j) for i in range(N_CONDITIONS) for j in range(i, N_CONDITIONS)]
    products = torch.stack([table[:, i] * table[:, j] for i, j in upper], dim=1)
    begin = torch.searchsorted(event, torch.arange(showers, device=event.device))
    sums = embedding_bag(place, table, begin, mode="sum", per_sample_weights=fixed)
    half = embedding_bag(place, products, begin, mode="sum", per_sample_weights=allowed)
    # The conditions are symmetric: what stands below the diagonal stands above it.
    both = [upper.index((min(i, j), max(i, j))) for i in range(N_CONDITIONS) for j in range(N_CONDITIONS)]
    matrix = half[:, both]
    missing = wanted.to(energy.dtype) - sums
    found = multipliers_about(
        matrix.view(-1, N_CONDITIONS, N_CONDITIONS).double(),
        missing.double(),
        None if centre is None else centre.double(),
    ).to(energy.dtype)
    along = torch.zeros_like(energy)
    for of_cells, of_showers in zip(table.T.contiguous(), found.T.contiguous(), strict=True):
        along = along.addcmul(of_cells.index_select(0, place), of_showers.index_select(0, event))
    return changed(fixed, allowed, along)
