from __future__ import annotations

import pytest
import torch
from torch import nn

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError, DataError
from showerkit.models.cnn3d import CNN3D
from showerkit.models.cnn3d_config import CNN3DConfig

TOY = (17, 8, 8)


def layers_of(network: CNN3D) -> list[nn.Module]:
    return [module for module in network.modules() if isinstance(module, nn.Conv3d | nn.Linear)]


def test_parameters_are_those_of_the_table_layer_by_layer():
    counts = [sum(p.numel() for p in layer.parameters()) for layer in layers_of(CNN3D(CNN3DConfig(), TOY))]
    assert counts == [896, 8650, 6255, 28288, 16512, 16512, 1290, 11]


def test_shapes_are_those_of_the_table_layer_by_layer():
    network, shapes = CNN3D(CNN3DConfig(), TOY), []
    for layer in layers_of(network):
        layer.register_forward_hook(lambda _m, _i, out: shapes.append(tuple(out.shape[1:])))
    network(torch.zeros(1, *TOY))
    convolved = [(32, 17, 8, 8), (10, 15, 6, 6), (5, 11, 2, 2)]
    assert shapes == [*convolved, (128,), (128,), (128,), (10,), (1,)]


def test_every_layer_but_the_last_is_followed_by_relu():
    network = CNN3D(CNN3DConfig(), TOY)
    order = [*network.convolutions, *network.dense, network.output]
    kinds = [type(module).__name__ for module in order]
    assert kinds == [*["Conv3d", "ReLU"] * 3, "Flatten", *["Linear", "ReLU"] * 4, "Linear"]


def test_weights_start_as_in_keras():
    """Glorot: uniform in +- sqrt(6 / (fan in + fan out)), of variance 2 / (fan in + fan out)."""
    torch.manual_seed(1)
    for layer in layers_of(CNN3D(CNN3DConfig(), TOY)):
        weight = layer.weight
        field = weight[0, 0].numel()
        fans = field * (weight.shape[0] + weight.shape[1])
        assert weight.abs().max() <= (6.0 / fans) ** 0.5
        # The kurtosis of a uniform law is 1.8: the variance is known to sqrt(0.8 / n) of itself.
        ratio = weight.square().mean().item() * fans / 2.0
        assert abs(ratio - 1.0) < 4.0 * (0.8 / weight.numel()) ** 0.5
        assert not layer.bias.any()


def test_two_inputs_and_two_outputs():
    network = CNN3D(CNN3DConfig(inputs=("charged-tracks", "deposits")), TOY, outputs=2)
    tracks, deposits = torch.rand(2, 3, *TOY)
    assert network(tracks, deposits).shape == (3, 2)
    assert not torch.equal(network(tracks, deposits), network(deposits, tracks))
    with pytest.raises(DataError, match=r"got 1 quantities .* expected charged-tracks and deposits"):
        network(tracks)


def test_the_scale_divides_the_input():
    torch.manual_seed(1)
    plain = CNN3D(CNN3DConfig(), TOY)
    scaled = CNN3D(CNN3DConfig(input_scale=(4.0,)), TOY)
    scaled.load_state_dict(plain.state_dict())
    cells = torch.rand(3, *TOY)
    torch.testing.assert_close(scaled(4.0 * cells), plain(cells))


@pytest.mark.parametrize("shape", [(7, 7, 7), (9, 10, 12)])
def test_other_grids(shape):
    assert CNN3D(CNN3DConfig(), shape)(torch.rand(2, *shape)).shape == (2, 1)


@pytest.mark.parametrize("shape", [(6, 8, 8), (17, 6, 8), (17, 8, 6), (1, 20, 20)])
def test_a_grid_that_is_too_small_is_one_line(shape):
    with pytest.raises(ConfigurationError, match=r"cnn3d.*at least 7 layers and cells") as caught:
        CNN3D(CNN3DConfig(), shape)
    assert "\n" not in str(caught.value)


def test_cells_of_another_shape_are_refused():
    with pytest.raises(DataError, match=r"shape \(2, 8, 8, 17\); expected shape \(any, 17, 8, 8\)"):
        CNN3D(CNN3DConfig(), TOY)(torch.zeros(2, 8, 8, 17))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"inputs": ["tracks"]}, "inputs"),
        ({"inputs": ["deposits", "deposits"]}, "each input once"),
        ({"input_scale": [1.0, 2.0]}, "an input_scale for each"),
        ({"input_scale": [0.0]}, "above 0"),
        ({"outputs": 2}, "outputs"),
        ({"width": 3}, "unknown key 'width'"),
    ],
)
def test_wrong_settings_are_named(values, words):
    with pytest.raises(ConfigurationError, match=words):
        parse_config(CNN3DConfig, values, source="recipe")
