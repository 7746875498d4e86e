"""Two discriminators of showers in windows: by cells and observables, and by observables alone."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from showerkit.models.entry_window import N_INPUTS
from showerkit.models.entry_window_config import WindowDiscriminatorConfig

_DEPTH = 3
_SLOPE = 0.2


class WindowDiscriminator(nn.Module):
    """Judge showers by all that is known of them, and once more by their observables.

    What distinguishes showers to a physicist is a few numbers among hundreds of cells; a network of its own
    for them is not drowned by the cells.

    Parameters
    ----------
    config
        Widths of the networks.
    cells
        Number of cells of a window, all layers.
    observables
        Number of observables.

    Examples
    --------
    >>> judge = WindowDiscriminator(WindowDiscriminatorConfig(hidden=4, observables_hidden=4), 9, 8)
    >>> judge(torch.zeros(5, judge.n_inputs)).shape
    torch.Size([5, 2])
    """

    def __init__(self, config: WindowDiscriminatorConfig, cells: int, observables: int) -> None:
        super().__init__()
        self.n_observed = observables + N_INPUTS
        self.n_inputs = 2 * cells + self.n_observed
        self.by_cells = _perceptron(self.n_inputs, config.hidden)
        self.by_observables = _perceptron(self.n_observed, config.observables_hidden)

    @staticmethod
    def view(decades: Tensor, hit: Tensor, observables: Tensor, condition: Tensor) -> Tensor:
        """Put together what the discriminators see of showers, shape (B, n_inputs).

        Parameters
        ----------
        decades, hit
            Logarithmic energies and hits, shape (B, layers, W, W).
        observables
            Observables of unit spread, shape (B, observables).
        condition
            Standardised inputs, shape (B, 6).
        """
        # Halved, decades are of order one as all else is.
        return torch.cat([0.5 * decades.flatten(1), hit.flatten(1), observables, condition], dim=1)

    def forward(self, view: Tensor) -> Tensor:
        """Give the logits of both discriminators, shape (B, 2)."""
        observed = view[:, -self.n_observed :]
        return torch.cat([self.by_cells(view), self.by_observables(observed)], dim=1)


def _perceptron(inputs: int, hidden: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise([inputs, *[hidden] * _DEPTH]):
        layers += [nn.Linear(fan_in, fan_out), nn.LeakyReLU(_SLOPE)]
    return nn.Sequential(*layers, nn.Linear(hidden, 1))
