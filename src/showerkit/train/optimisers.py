"""From the configuration of an optimiser to the optimiser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch

from showerkit.train.optimiser_config import AdamWOptimiser, RMSpropOptimiser

if TYPE_CHECKING:
    from collections.abc import Iterable

    from showerkit.train.optimiser_config import AdamOptimiser

#: Added to the root of the mean square gradient, as Keras has it.
_RMSPROP_EPSILON: Final = 1.0e-7


def build_optimiser(
    config: RMSpropOptimiser | AdamOptimiser | AdamWOptimiser,
    parameters: Iterable[torch.nn.Parameter],
    learning_rate: float,
) -> torch.optim.Optimizer:
    """Build the optimiser that a configuration describes.

    Parameters
    ----------
    config
        Its configuration.
    parameters
        What it changes.
    learning_rate
        Learning rate of the first step.

    Returns
    -------
    torch.optim.Optimizer
        The optimiser.

    Examples
    --------
    >>> line = torch.nn.Linear(1, 1)
    >>> optimiser = build_optimiser(RMSpropOptimiser(decay=0.8), line.parameters(), 0.01)
    >>> type(optimiser).__name__, optimiser.param_groups[0]["alpha"]
    ('RMSprop', 0.8)
    """
    if isinstance(config, RMSpropOptimiser):
        return torch.optim.RMSprop(
            parameters, lr=learning_rate, alpha=config.decay, eps=_RMSPROP_EPSILON, foreach=True
        )
    if isinstance(config, AdamWOptimiser):
        return torch.optim.AdamW(parameters, lr=learning_rate, weight_decay=config.weight_decay, fused=True)
    return torch.optim.Adam(parameters, lr=learning_rate, fused=True)
