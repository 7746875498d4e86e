"""Pairing noise with particles, against all permutations."""

from __future__ import annotations

from itertools import permutations

import pytest
import torch

from showerkit.errors import DataError
from showerkit.losses.particle_assignment import assign_noise


@pytest.fixture
def ends():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, 20, 5, 3, generator=generator, dtype=torch.float64).unbind(0)


def cost(noise, target):
    return (noise - target).square().sum(dim=(1, 2))


def test_least_cost_of_all_permutations(ends):
    noise, target = ends
    least = torch.stack([cost(noise[:, list(order)], target) for order in permutations(range(5))]).amin(dim=0)
    paired = assign_noise(noise, target)
    torch.testing.assert_close(cost(paired, target), least)
    assert (least < cost(noise, target)).float().mean() > 0.9


def test_true_particles_are_paired_among_themselves(ends):
    noise, target = ends
    n = torch.arange(20) % 6
    mask = torch.arange(5)[None, :] < n[:, None]
    mask[5] = torch.tensor([True, False, True, False, True])
    paired = assign_noise(noise, target, mask)
    assert torch.equal(paired[~mask], noise[~mask])
    for cloud in range(20):
        kept = mask[cloud]
        alone = assign_noise(noise[cloud : cloud + 1, kept], target[cloud : cloud + 1, kept])
        assert torch.equal(paired[cloud : cloud + 1, kept], alone)


def test_noise_is_permuted_only(ends):
    noise, target = ends
    paired = assign_noise(noise, target)
    assert torch.equal(paired[:, :, 0].sort(dim=1).values, noise[:, :, 0].sort(dim=1).values)


def test_clouds_are_needed():
    with pytest.raises(DataError, match="clouds, particles, features"):
        assign_noise(torch.zeros(3, 4), torch.zeros(3, 4))
