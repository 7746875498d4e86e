"""Measure on held-out showers how the total energy scatters about what a trained network expects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from showerkit.models.hit_energy import expected_total_mev, value_if_hit
from showerkit.rng import seed_sequence
from showerkit.train.value_spread import ValueSpread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.losses.mask_value_config import MaskValueLossConfig
    from showerkit.models.mask_value import MaskValueGenerator
    from showerkit.train.target_batches import TargetBatches

#: Showers that are looked at, at most: enough for 48 bins with 65 quantiles.
_MOST_SHOWERS: Final = 200_000


def measure_total_energy(
    network: MaskValueGenerator, validation: TargetBatches, loss: MaskValueLossConfig, *, seed: int
) -> ValueSpread | None:
    r"""Learn the distribution of ln(E / m) in bins of ln m.

    E is a shower's total energy over its hits and m the one that the network expects for its incident
    particle (and its random inputs, which are drawn). Cells that are drawn one by one cannot have the right
    total by themselves: their fluctuations average out, while those of a shower are common to them.

    Parameters
    ----------
    network
        The trained network, for standard normal random inputs; it is left in evaluation mode.
    validation
        Showers that it was not trained on.
    loss
        The loss it was trained with, which decides what VALUE means.
    seed
        Seed of the random inputs.

    Returns
    -------
    ValueSpread or None
        None if there are too few showers.
    """
    network.eval()
    device = next(network.parameters()).device
    random = torch.Generator().manual_seed(int(seed_sequence(seed, "total energy").generate_state(1)[0]))
    transform = validation.cell_energy
    predicted: list[NDArray[np.float64]] = []
    residual: list[NDArray[np.float64]] = []
    n_showers = 0
    for batch in validation.events:
        condition, incident_mev = batch["condition"], batch["incident_energy"].numpy()
        noise = None
        if network.config.noise_inputs:
            noise = torch.randn(len(condition), network.config.noise_inputs, generator=random).to(device)
        with torch.inference_mode():
            mask_logit, value = network(condition.to(device), noise)
        probability = mask_logit.sigmoid().flatten(1).cpu().numpy()
        expected = value_if_hit(
            value.flatten(1).cpu().numpy(), probability, transform.empty_value(), loss.value_cells
        )
        mean = np.log(expected_total_mev(probability, expected, transform, incident_mev))
        energy_mev = batch["energy"].flatten(1).double()
        total_mev = torch.where(energy_mev > validation.threshold_mev, energy_mev, 0.0).sum(dim=1).numpy()
        some = total_mev > 0.0  # a shower without a hit has no total to be given
        predicted.append(mean[some])
        residual.append(np.log(total_mev[some]) - mean[some])
        n_showers += int(some.sum())
        if n_showers >= _MOST_SHOWERS:
            break
    return ValueSpread.fit(np.concatenate(predicted), np.concatenate(residual))
