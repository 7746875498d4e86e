"""EPiC and transformer: equivariance, masks, conditions, any number of particles."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from showerkit.errors import DataError
from showerkit.models.cloud_transformer import CloudTransformer
from showerkit.models.cloud_transformer_config import CloudTransformerConfig
from showerkit.models.epic import EpicNetwork
from showerkit.models.epic_config import EpicConfig

NETWORKS = {
    "epic": (EpicNetwork, EpicConfig, {"hidden": 16, "layers": 2}),
    "epic without weight norm": (EpicNetwork, EpicConfig, {"hidden": 16, "layers": 2, "weight_norm": False}),
    "transformer": (CloudTransformer, CloudTransformerConfig, {"hidden": 16, "blocks": 2}),
}
N_PARTICLES = (7, 3, 1, 0)


def build(name, **settings):
    """A network in double precision whose every parameter is at work (some are 0 at first)."""
    network, config, sizes = NETWORKS[name]
    made = network(config(**sizes, **settings)).double()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    return made


@pytest.fixture
def clouds():
    generator = torch.Generator().manual_seed(2)
    particles = torch.randn(4, 7, 3, generator=generator, dtype=torch.float64)
    mask = torch.arange(7)[None, :] < torch.tensor(N_PARTICLES)[:, None]
    return torch.rand(4, generator=generator, dtype=torch.float64), particles, mask


@pytest.mark.parametrize("name", NETWORKS)
def test_permutations(name, clouds):
    time, particles, mask = clouds
    network = build(name)
    order = torch.tensor([3, 0, 6, 1, 5, 2, 4])
    plain = network(time, particles, mask)[:, order]
    assert plain.abs().max() > 1e-3
    torch.testing.assert_close(network(time, particles[:, order], mask[:, order]), plain)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("padding", [0.0, 1e6, float("nan")])
def test_masked_places_do_not_matter(name, clouds, padding):
    time, particles, mask = clouds
    network = build(name)
    plain = network(time, particles, mask)
    changed = network(time, particles.masked_fill(~mask[:, :, None], padding), mask)
    assert torch.equal(changed, plain)
    assert (plain[~mask] == 0.0).all()
    assert torch.isfinite(plain).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_a_cloud_without_its_padding_and_without_the_others(name, clouds):
    time, particles, mask = clouds
    network = build(name)
    whole = network(time, particles, mask)
    for cloud, n in enumerate(N_PARTICLES):
        one = slice(cloud, cloud + 1)
        alone = network(time[one], particles[one, :n], mask[one, :n])
        torch.testing.assert_close(alone, whole[one, :n])


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_stay_in_true_places(name, clouds):
    time, particles, mask = clouds
    particles = particles.clone().requires_grad_()
    build(name)(time, particles, mask).square().sum().backward()
    assert (particles.grad[~mask] == 0.0).all()
    assert (particles.grad[0].abs().sum(dim=1) > 0.0).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_particles_know_of_each_other(name, clouds):
    time, particles, mask = clouds
    network = build(name)
    moved = particles.clone()
    moved[0, 6] += 1.0
    change = (network(time, moved, mask) - network(time, particles, mask)).abs()
    assert (change[0, :6].sum(dim=1) > 1e-6).all()
    assert (change[1:] == 0.0).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_time_class_and_features_matter(name, clouds):
    time, particles, mask = clouds
    network = build(name, classes=3, condition_features=2)
    condition = torch.tensor([[0.0, 0.5, -0.5]] * 4, dtype=torch.float64)
    plain = network(time, particles, mask, condition)
    assert not torch.allclose(network(1.0 - time, particles, mask, condition), plain)
    for column, value in ((0, 1.0), (1, 0.7), (2, 0.7)):
        other = condition.clone()
        other[:, column] = value
        assert not torch.allclose(network(time, particles, mask, other), plain), column


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("n", [1, 30, 150])
def test_any_number_of_particles(name, n):
    network = build(name).float()
    mask = torch.ones(2, n, dtype=torch.bool)
    assert network(torch.rand(2), torch.randn(2, n, 3), mask).shape == (2, n, 3)


@pytest.mark.parametrize("name", NETWORKS)
def test_no_velocity_at_first(name):
    network, config, sizes = NETWORKS[name]
    mask = torch.ones(2, 5, dtype=torch.bool)
    assert (network(config(**sizes))(torch.rand(2), torch.randn(2, 5, 3), mask) == 0.0).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_a_condition_that_does_not_fit(name, clouds):
    time, particles, mask = clouds
    bare, told = build(name), build(name, classes=3)
    with pytest.raises(DataError, match=r"condition: got shape \(4, 1\); expected none"):
        bare(time, particles, mask, torch.zeros(4, 1))
    with pytest.raises(DataError, match=r"condition: got none; expected shape \(4, 1\)"):
        told(time, particles, mask)
    with pytest.raises(DataError, match=r"condition: got shape \(4, 2\); expected shape \(4, 1\)"):
        told(time, particles, mask, torch.zeros(4, 2))
    with pytest.raises(DataError, match="got 0 to 3; expected numbers from 0 to 2"):
        told(time, particles, mask, torch.tensor([[0.0], [1.0], [3.0], [2.0]]))


def test_heads_share_the_width():
    with pytest.raises(ValidationError, match="hidden, 30, a multiple of heads, 4"):
        CloudTransformerConfig(hidden=30)
