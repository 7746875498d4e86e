"""The residual network and the network on layer sums."""

from __future__ import annotations

import pytest
import torch

from showerkit.data.layer_features import layer_features
from showerkit.errors import DataError
from showerkit.models.deep_sets_hits_config import DeepSetsHitsConfig
from showerkit.models.energy_registry import build_energy_model
from showerkit.models.layer_profile import LayerProfile
from showerkit.models.layer_profile_config import LayerProfileConfig
from showerkit.models.residual3d import Residual3D, ResidualBlock3D
from showerkit.models.residual3d_config import Residual3DConfig

TOY = (17, 8, 8)


def counts(n: int, shape: tuple[int, int, int] = TOY) -> torch.Tensor:
    random = torch.Generator().manual_seed(2)
    return torch.poisson(torch.full((n, *shape), 0.7), generator=random)


def test_a_residual_block_starts_as_the_identity():
    features = torch.randn(2, 4, 5, 6, 7)
    block = ResidualBlock3D(4)
    assert torch.equal(block(features), features)
    torch.nn.init.normal_(block.second.weight)
    assert not torch.allclose(block(features), features)


@pytest.mark.parametrize("shape", [(1, 20, 20), (17, 8, 8), (5, 3, 9)])
def test_the_residual_network_takes_any_grid(shape):
    network = Residual3D(Residual3DConfig(blocks=2), shape)
    assert network(counts(3, shape)).shape == (3, 1)


def test_the_residual_network_depends_on_where_cells_are():
    torch.manual_seed(1)
    network = Residual3D(Residual3DConfig(), TOY)
    cells = torch.zeros(2, *TOY)
    cells[0, 5, 4, 4] = cells[0, 5, 4, 3] = cells[1, 5, 4, 4] = cells[1, 5, 2, 3] = 20.0
    found = network(cells)
    # The layer sums are the same: only the convolutions can tell them apart.
    assert abs(found[0] - found[1]) > 1e-5


@pytest.mark.parametrize(
    "config", [DeepSetsHitsConfig, LayerProfileConfig, Residual3DConfig], ids=lambda cls: cls().kind
)
def test_a_rival_starts_as_the_linear_fit(config):
    network = build_energy_model(
        config(inputs=("charged-tracks", "deposits"), input_scale=(10.0, 0.3)), TOY, outputs=2, seed=1
    )
    weights = torch.rand(2, 17)
    tracks = counts(4)
    deposits = 0.7 * tracks.square()
    spread = network(tracks, deposits)[:, 1]
    network.start_from(weights, 0.4)
    linear = tracks.sum(dim=(2, 3)) @ weights[0] + deposits.sum(dim=(2, 3)) @ weights[1] + 0.4
    torch.testing.assert_close(network(tracks, deposits), torch.stack([linear, spread], dim=1))
    with pytest.raises(DataError, match=r"shape \(1, 17\); expected shape \(2, 17\)"):
        network.start_from(weights[:1], 0.4)


def test_features_are_standardised():
    network = LayerProfile(LayerProfileConfig(), TOY)
    cells = counts(500)
    cells[:, 3] = 0.0  # a dead layer: features without any spread
    network.standardise(cells)
    features = (layer_features(cells).log1p() - network.mean) / network.width
    varies = layer_features(cells).std(dim=0) > 0
    assert varies.sum() > 40
    torch.testing.assert_close(features.mean(dim=0), torch.zeros(len(varies)), rtol=0, atol=1e-3)
    torch.testing.assert_close(
        features[:, varies].std(dim=0), torch.ones(int(varies.sum())), rtol=1e-2, atol=0
    )
    assert not features[:, ~varies].any()


def test_the_shifts_are_kept_with_the_weights():
    one, other = (LayerProfile(LayerProfileConfig(), TOY) for _ in "ab")
    one.standardise(counts(50))
    other.load_state_dict(one.state_dict())
    torch.testing.assert_close(other(counts(5)), one(counts(5)))


def test_the_profile_does_not_see_reflections_and_rotations():
    torch.manual_seed(1)
    network = LayerProfile(LayerProfileConfig(), TOY)
    cells = counts(5)
    for turned in (cells.flip(3), cells.flip(2), cells.rot90(1, (2, 3))):
        torch.testing.assert_close(network(turned), network(cells), rtol=1e-4, atol=1e-4)


def test_one_shower_has_no_spread():
    with pytest.raises(DataError, match="at least 2"):
        LayerProfile(LayerProfileConfig(), TOY).standardise(counts(1))
