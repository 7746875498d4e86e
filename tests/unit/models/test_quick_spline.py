"""The spline with a gradient of its own is the library's spline."""

from __future__ import annotations

import pytest
import torch
from zuko.transforms import MonotonicRQSTransform

from showerkit.models.quick_spline import BOUND, QuickSpline


@pytest.mark.parametrize("bins", [2, 8])
def test_images_slopes_and_gradients_are_those_of_the_library(bins: int) -> None:
    random = torch.Generator().manual_seed(1)
    raw = [
        3.0 * torch.randn(200, 5, size, generator=random, dtype=torch.float64)
        for size in (bins, bins, bins - 1)
    ]
    x = 3.0 * torch.randn(200, 5, generator=random, dtype=torch.float64)  # one in ten beyond the ends
    assert bool((x.abs() > BOUND).any())
    found = []
    for kind in (MonotonicRQSTransform, QuickSpline):
        inputs = [one.clone().requires_grad_() for one in (x, *raw)]
        y, log_slope = kind(*inputs[1:]).call_and_ladj(inputs[0])
        (y.sin() + log_slope.cos()).sum().backward()
        found.append((y, log_slope, *(one.grad for one in inputs)))
    for theirs, ours in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)


def test_the_inverse_undoes_it() -> None:
    random = torch.Generator().manual_seed(2)
    raw = [torch.randn(100, 3, size, generator=random, dtype=torch.float64) for size in (8, 8, 7)]
    x = 3.0 * torch.randn(100, 3, generator=random, dtype=torch.float64)
    spline = QuickSpline(*raw)
    torch.testing.assert_close(spline.inv(spline.call_and_ladj(x)[0]), x, rtol=1e-9, atol=1e-9)
