"""Measure on held-out showers how cell energies scatter about a trained network's VALUE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from showerkit.models.hit_energy import value_if_hit
from showerkit.train.value_spread import ValueSpread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.losses.mask_value_config import MaskValueLossConfig
    from showerkit.models.mask_value import MaskValueGenerator
    from showerkit.train.target_batches import TargetBatches

#: Hit cells that are looked at, at most: enough for 48 bins with 65 quantiles.
_MOST_CELLS: Final = 2_000_000


def measure_value_spread(
    network: MaskValueGenerator, validation: TargetBatches, loss: MaskValueLossConfig
) -> ValueSpread | None:
    """Collect predicted and true normalised energies of hit cells and learn their spread.

    Parameters
    ----------
    network
        The trained network; it is left in evaluation mode.
    validation
        Showers that it was not trained on.
    loss
        The loss it was trained with, which decides what VALUE means.

    Returns
    -------
    ValueSpread or None
        None if there are too few hits, or the network has random inputs and scatters by itself.
    """
    if network.config.noise_inputs:
        return None
    network.eval()
    device = next(network.parameters()).device
    # A cell without energy has the same normalised energy in every batch.
    zero = torch.zeros(1, 1)
    empty = float(validation.cell_energy(zero, zero + 1.0))
    predicted: list[NDArray[np.float32]] = []
    residual: list[NDArray[np.float32]] = []
    n_cells = 0
    for batch in validation:
        with torch.inference_mode():
            mask_logit, value = network(batch["condition"].to(device))
            probability = mask_logit.sigmoid().cpu().numpy()
        expected = value_if_hit(value.cpu().numpy(), probability, empty, loss.value_cells)
        hit = batch["hit"].numpy() > 0
        predicted.append(expected[hit])
        residual.append(batch["target"].numpy()[hit] - expected[hit])
        n_cells += len(predicted[-1])
        if n_cells >= _MOST_CELLS:
            break
    return ValueSpread.fit(np.concatenate(predicted), np.concatenate(residual))
