from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from showerkit.models.blocks import (
    Conv2dBlockH3W3,
    Conv2dBlockH5W5,
    FiLM,
    LinearBlock,
    PixelShuffle2D,
    PixelUnshuffle2D,
    initialise,
)


def n_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_linear_block_stacks_layers_each_with_an_activation() -> None:
    block = LinearBlock(3, 7, 4)
    linear = [layer for layer in block if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [(3, 7), (7, 7), (7, 7), (7, 7)]
    assert len(block) == 8
    assert n_parameters(block) == (3 * 7 + 7) + 3 * (7 * 7 + 7)
    assert bool((block(torch.randn(5, 3)) >= 0).all())  # the last layer is rectified too


@pytest.mark.parametrize(("block", "kernel"), [(Conv2dBlockH3W3, 3), (Conv2dBlockH5W5, 5)])
def test_convolution_block_keeps_the_size_and_counts_its_weights(
    block: type[Conv2dBlockH3W3], kernel: int
) -> None:
    plain = block(2, 6)
    assert plain(torch.zeros(1, 2, 9, 11)).shape == (1, 6, 9, 11)
    assert n_parameters(plain) == kernel * kernel * 2 * 6 + 6
    normalised = block(2, 6, "relu", "batch")
    assert n_parameters(normalised) == kernel * kernel * 2 * 6 + 2 * 6


def test_convolution_block_sees_exactly_its_kernel() -> None:
    block = Conv2dBlockH5W5(1, 1)
    nn.init.ones_(block[0].weight)
    nn.init.zeros_(block[0].bias)
    point = torch.zeros(1, 1, 9, 9)
    point[0, 0, 4, 4] = 1.0
    expected = torch.zeros(9, 9)
    expected[2:7, 2:7] = 1.0
    assert torch.equal(block(point)[0, 0], expected)


@pytest.mark.parametrize("factors", [(2, 2), (2, 3), (1, 4)])
def test_shuffle_and_unshuffle_are_inverse(factors: tuple[int, int]) -> None:
    fy, fx = factors
    image = torch.arange(2.0 * 3 * fy * fx * 4 * 5).reshape(2, 3 * fy * fx, 4, 5)
    large = PixelShuffle2D(*factors)(image)
    assert large.shape == (2, 3, 4 * fy, 5 * fx)
    assert torch.equal(PixelUnshuffle2D(*factors)(large), image)


def test_equal_and_unequal_factors_order_pixels_alike() -> None:
    """Channel c fy fx + a fx + b of pixel (y, x) goes to pixel (y fy + a, x fx + b) of channel c."""
    image = torch.arange(1.0 * 2 * 4 * 3 * 3).reshape(1, 8, 3, 3)
    large = PixelShuffle2D(2, 2)(image)
    assert float(large[0, 1, 2 * 2 + 1, 2 * 1 + 0]) == float(image[0, 1 * 4 + 1 * 2 + 0, 2, 1])
    wide = PixelShuffle2D(1, 4)(image)
    assert float(wide[0, 1, 2, 4 * 1 + 3]) == float(image[0, 1 * 4 + 3, 2, 1])


def test_film_is_the_written_formula() -> None:
    film = FiLM(3)
    image, condition = torch.randn(4, 3, 5, 6), torch.randn(4, 3)
    scale = condition @ film.scale.weight.T + film.scale.bias
    shift = condition @ film.shift.weight.T + film.shift.bias
    expected = image * (1 + scale[:, :, None, None]) + shift[:, :, None, None]
    torch.testing.assert_close(film(image, condition), expected)


def test_initial_weights_keep_the_signal_through_a_deep_stack() -> None:
    width, depth = 256, 12
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(5)
        stack = LinearBlock(width, width, depth)
        initialise(stack)
        mean_square = float(stack(torch.randn(512, width)).square().mean())
    # A rectified layer with variance 2 / fan-in keeps the mean square of its (rectified) input; the first one
    # halves that of the normal input twice over: once 2, once 1/2. The relative variance that random weights
    # add per layer is 5 / width, so twelve layers stay within three deviations of sqrt(60 / 256).
    assert abs(math.log(mean_square)) < 3 * math.sqrt(5 * depth / width)
