from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import torch

from showerkit.data.cell_energy_transform import CellEnergyTransform
from showerkit.losses.mask_value_config import MaskValueLossConfig
from showerkit.models.mask_value_config import MaskValueConfig
from showerkit.models.registry import build_model
from showerkit.train.measured_total import measure_total_energy


def test_it_finds_the_distribution_of_the_ratio() -> None:
    """Showers whose total is log-normal about a tenth of the incident energy, a width of 0.2."""
    random = torch.Generator().manual_seed(1)
    n, scale = 4000, 1000.0
    network = build_model(MaskValueConfig(hidden=2, noise_inputs=3), seed=1)
    transform = CellEnergyTransform(kind="linear", threshold_mev=0.1, scale_mev=scale)
    ratio = torch.exp(0.2 * torch.randn(n, generator=random))
    energy = torch.zeros(n, 1, 20, 20)
    energy[:, 0, 10, 10] = 100.0 * ratio
    energy[:, 0, 0, 0] = 0.05  # below the threshold: no hit, and not counted
    energy[:100] = 0.0  # showers without hits have no total
    batch = {
        "condition": torch.rand(n, 1, generator=random),
        "energy": energy,
        "incident_energy": torch.full((n,), 1000.0),
    }
    validation = SimpleNamespace(events=[batch], cell_energy=transform, threshold_mev=0.1)
    torch.nn.init.constant_(network.value_head.bias, 0.25 / 200)  # so that m is above 0
    spread = measure_total_energy(network, validation, MaskValueLossConfig(value_cells="hit"), seed=1)
    assert spread is not None
    uniform = np.random.default_rng(2).random(20_000)
    # Whatever m is in a bin: ln E = ln m + residual has the mean ln 100 and the width 0.2.
    edges = np.asarray(spread.edges)
    assert len(edges) > 5
    middle = float(np.median(edges))
    drawn = middle + spread.draw(np.full(20_000, middle), uniform)
    per_bin = (n - 100) / (len(edges) + 1)
    assert abs(drawn.mean() - np.log(100.0)) < 4 * 0.2 / np.sqrt(per_bin) + 0.5 * np.ptp(edges[2:-2])
    assert abs(drawn.std() - 0.2) < 4 * 0.2 / np.sqrt(2 * per_bin) + 0.02
