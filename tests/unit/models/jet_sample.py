"""Jets with candidates drawn at random, as the networks see them."""

from __future__ import annotations

import torch

from showerkit.models.flat_candidates import JetTensors


def random_jets(n: int, *, places: int = 12, least: int = 1, seed: int = 1) -> JetTensors:
    """Jets of `least` to `places` candidates in double precision, on both sides of the detector."""
    random = torch.Generator().manual_seed(seed)

    def uniform(*shape: int) -> torch.Tensor:
        return torch.rand(shape, generator=random, dtype=torch.float64)

    number = torch.randint(least, places + 1, (n,), generator=random)
    mask = torch.arange(places) < number[:, None]
    pt = (1.0 + 50.0 * uniform(n, places) ** 3) * mask
    pt = pt.sort(dim=1, descending=True).values
    axis_eta, axis_phi = 4.0 * uniform(n, 1) - 2.0, 6.28 * uniform(n, 1) - 3.14
    eta = axis_eta + 0.8 * uniform(n, places) - 0.4
    phi = torch.remainder(axis_phi + 0.8 * uniform(n, places) - 0.4 + torch.pi, 2 * torch.pi) - torch.pi
    kind = torch.randint(0, 5, (n, places), generator=random).double()
    charge = torch.where((kind == 1) | (kind == 2), 0.0, 1.0).double()
    candidates = torch.stack([pt, eta, phi, charge, kind], dim=2) * mask[:, :, None]
    jet = torch.stack(
        [
            pt.sum(dim=1),
            axis_eta[:, 0],
            axis_phi[:, 0],
            0.1 * pt.sum(dim=1) * uniform(n),
            10 * uniform(n),
            number.double(),
        ],
        dim=1,
    )
    return JetTensors(candidates, mask, jet)
