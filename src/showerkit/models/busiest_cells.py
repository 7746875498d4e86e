"""The cells of a window that are hit most often: what a network need not see costs it nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from showerkit.errors import ConfigurationError

if TYPE_CHECKING:
    from torch import Tensor


class BusiestCells(nn.Module):
    """Takes some cells out of windows, and puts values of theirs back between those of the others.

    Of a calorimeter in many layers most cells are hardly ever hit. Which are not is known after a pass over
    the showers; until then they are the first ones.

    Parameters
    ----------
    number
        How many cells are chosen.
    cells
        How many there are.
    channels
        Values of a cell, one after another: those of all cells for the first, then for the second.

    Raises
    ------
    ConfigurationError
        If more cells are to be chosen than there are.

    Examples
    --------
    >>> busiest = BusiestCells(2, 4)
    >>> busiest.choose(torch.tensor([0.1, 0.8, 0.0, 0.5]))
    >>> busiest.taken(torch.tensor([[5.0, 6.0, 7.0, 8.0]])).tolist()
    [[6.0, 8.0]]
    >>> busiest.put(torch.tensor([[1.0, 2.0]]), torch.zeros(4)).tolist()
    [[0.0, 1.0, 0.0, 2.0]]
    """

    place: Tensor

    def __init__(self, number: int, cells: int, channels: int = 1) -> None:
        super().__init__()
        if number > cells:
            raise ConfigurationError(
                "model.busiest_cells",
                got=number,
                expected=f"at most {cells}, the cells of a window",
                mend="leave it out, or choose fewer",
            )
        self.number, self.cells, self.channels = number, cells, channels
        self.register_buffer("place", torch.arange(number))

    def choose(self, hit_share: Tensor) -> None:
        """Choose the cells with the largest shares of hits, shape (cells,)."""
        order = hit_share.flatten().sort(descending=True, stable=True).indices
        self.place.copy_(order[: self.number].sort().values)

    def taken(self, values: Tensor) -> Tensor:
        """Take the chosen cells out of values (B, cells), shape (B, number)."""
        return values.index_select(1, self.place)

    def rank(self) -> Tensor:
        """Give for each cell which of the chosen ones it is, -1 for the others, shape (cells,)."""
        rank = torch.full((self.cells,), -1, device=self.place.device)
        return rank.index_copy(0, self.place, torch.arange(self.number, device=self.place.device))

    def put(self, values: Tensor, others: Tensor) -> Tensor:
        """Put values (B, channels number) into place, and `others` (B or 1, channels cells) between them.

        There may be fewer channels than all.
        """
        channel = torch.arange(values.shape[1] // self.number, device=values.device)[:, None]
        at = (channel * self.cells + self.place).flatten()
        source = torch.arange(others.shape[-1], device=values.device) + values.shape[1]
        # A gather, not a scatter: its gradient is a sum, and graphs can hold it.
        source = source.scatter(0, at, torch.arange(values.shape[1], device=values.device))
        return torch.cat([values, others.expand(values.shape[0], -1)], dim=1).index_select(1, source)


class BusiestHead(nn.Module):
    """A last layer whose outputs vary for each of the chosen cells, and for the others of a layer together.

    Parameters
    ----------
    hidden
        Width of what it sees.
    busiest
        The chosen cells, with as many channels as outputs of a cell.
    layers
        Layers of as many cells each, of which the first channel of the cells that are not chosen moves by the
        same amount; None: those cells do not vary at all.

    Examples
    --------
    >>> head = BusiestHead(4, BusiestCells(2, 6, channels=3), layers=2)
    >>> head(torch.zeros(5, 4)).shape, head.output(torch.zeros(5, 4)).shape
    (torch.Size([5, 18]), torch.Size([5, 8]))
    """

    others: Tensor

    def __init__(self, hidden: int, busiest: BusiestCells, *, layers: int | None = None) -> None:
        super().__init__()
        self.busiest = busiest
        self.inner = nn.Linear(hidden, busiest.channels * busiest.number)
        self.of_layers = None if layers is None else nn.Linear(hidden, layers)
        self.register_buffer("others", torch.zeros(busiest.channels * busiest.cells))
        for one in (self.inner, self.of_layers):
            if one is not None:
                nn.init.zeros_(one.weight)
                nn.init.zeros_(one.bias)

    def output(self, hidden: Tensor) -> Tensor:
        """Give the outputs of the chosen cells for states (B, hidden), then those of the layers, if any."""
        seen: Tensor = self.inner(hidden)
        return seen if self.of_layers is None else torch.cat([seen, self.of_layers(hidden)], dim=1)

    def first_of_others(self, output: Tensor) -> Tensor:
        """Give the first channel of all cells as if none were chosen, (B or 1, cells), from `output`."""
        first = self.others[None, : self.busiest.cells]
        if self.of_layers is None:
            return first
        moved = output[:, self.busiest.channels * self.busiest.number :]
        return first + moved.repeat_interleave(self.busiest.cells // self.of_layers.out_features, dim=1)

    def forward(self, hidden: Tensor) -> Tensor:
        """Give the outputs of all cells for states (B, hidden), shape (B, channels cells)."""
        output = self.output(hidden)
        first = self.first_of_others(output)
        # The length by its name: `len` would fix it in an exported graph.
        rest = self.others[None, self.busiest.cells :].expand(first.shape[0], -1)
        seen = output[:, : self.busiest.channels * self.busiest.number]
        return self.busiest.put(seen, torch.cat([first, rest], dim=1))
