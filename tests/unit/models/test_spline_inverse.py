"""The way back through splines is the library's."""

from __future__ import annotations

import pytest
import torch
from zuko.transforms import MonotonicRQSTransform

from showerkit.models.spline_inverse import inverse_spline


@pytest.mark.parametrize("bins", [2, 12])
def test_images_come_back(bins: int) -> None:
    random = torch.Generator().manual_seed(1)
    knots = 3.0 * torch.randn(500, 3 * bins - 1, generator=random, dtype=torch.float64)
    x = 3.0 * torch.randn(500, generator=random, dtype=torch.float64)  # one in ten beyond the ends
    spline = MonotonicRQSTransform(*knots.split([bins, bins, bins - 1], dim=1))
    torch.testing.assert_close(inverse_spline(spline(x), knots.T), x, rtol=1e-8, atol=1e-8)
    y = 3.0 * torch.randn(500, generator=random, dtype=torch.float64)
    torch.testing.assert_close(inverse_spline(y, knots.T), spline.inv(y), rtol=1e-8, atol=1e-8)


def test_single_precision_does() -> None:
    random = torch.Generator().manual_seed(2)
    knots, y = torch.randn(35, 2000, generator=random), 2.0 * torch.randn(2000, generator=random)
    exact = inverse_spline(y.double(), knots.double()).float()
    torch.testing.assert_close(inverse_spline(y, knots), exact, rtol=0.0, atol=1e-4)
