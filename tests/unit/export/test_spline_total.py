from __future__ import annotations

import torch
from zuko.transforms import MonotonicRQSTransform

from showerkit.export.spline_total import SplineTotal, inverse_spline
from showerkit.models.total_energy_flow import build_flow
from showerkit.models.total_energy_flow_config import TotalEnergyFlowConfig


def test_the_spline_is_inverted():
    random = torch.Generator().manual_seed(1)
    widths, heights = (3.0 * torch.randn(500, 6, generator=random, dtype=torch.float64) for _ in range(2))
    slopes = 2.0 * torch.randn(500, 5, generator=random, dtype=torch.float64)
    x = 14.0 * torch.rand(500, generator=random, dtype=torch.float64) - 7.0
    y = MonotonicRQSTransform(widths, heights, slopes)(x)
    assert (y != x).sum() > 300
    back = inverse_spline(y[:, None], widths[:, None], heights[:, None], slopes[:, None])[:, 0]
    torch.testing.assert_close(back, x, rtol=1e-8, atol=1e-8)


def test_the_total_is_that_of_the_flow():
    for variable in ("logit", "log"):
        flow = build_flow(TotalEnergyFlowConfig(n_inputs=2, hidden=8, bins=5, variable=variable), seed=1)
        flow.knots.weight.data.normal_(generator=torch.Generator().manual_seed(2))
        flow.mean.fill_(-0.7)
        random = torch.Generator().manual_seed(3)
        condition = torch.randn(300, 2, generator=random, dtype=torch.float64)
        energy = 1e4 * torch.rand(300, generator=random, dtype=torch.float64) + 1.0
        normal = 3.0 * torch.randn(300, generator=random, dtype=torch.float64)
        with torch.no_grad():
            wanted = flow.double().total_mev(condition, energy, normal)
            made = SplineTotal(flow)(condition, energy[:, None], normal[:, None])[:, 0]
        torch.testing.assert_close(made, wanted, rtol=1e-9, atol=0.0)
