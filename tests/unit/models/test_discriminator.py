from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from showerkit.models.discriminator import Discriminator, build_discriminator
from showerkit.models.discriminator_config import DiscriminatorConfig


def n_parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def expected_parameters(h: int, k: int, channels: int, variant: str) -> int:
    """Weights and biases, layer by layer, of the text of the report and of the condition's entry."""

    def linear(n_in: int, n_out: int) -> int:
        return n_in * n_out + n_out

    def convolution(n_in: int, n_out: int, kernel: int) -> int:
        return kernel**2 * n_in * n_out + n_out

    condition = linear(k, 2 * h) + linear(2 * h, 4 * h) + linear(4 * h, h) + 2 * linear(h, h) + 16 * h * h
    entrance = convolution(channels, h, 1)
    if variant == "default":
        images = (
            2 * convolution(h, h, 5)
            + convolution(4 * h, 2 * h, 5)
            + convolution(2 * h, h, 5)
            + convolution(4 * h, 2 * h, 3)
            + convolution(2 * h, h, 3)
        )
        dense = linear(9 * h, 4 * h) + 7 * linear(4 * h, 4 * h)
    else:
        images = convolution(h, h, 5) + convolution(4 * h, h, 5) + convolution(4 * h, h, 3)
        dense = linear(9 * h, 4 * h) + 3 * linear(4 * h, 4 * h)
    return condition + entrance + images + convolution(h, h, 3) + dense + linear(4 * h, 1)


@pytest.mark.parametrize("variant", ["default", "simplified"])
@pytest.mark.parametrize(("h", "k", "sees"), [(32, 1, "image"), (32, 6, "image"), (5, 6, "image-and-mask")])
def test_number_of_parameters(h: int, k: int, sees: str, variant: str) -> None:
    config = DiscriminatorConfig(variant=variant, hidden=h, sees=sees)
    assert n_parameters(Discriminator(config, k)) == expected_parameters(h, k, config.channels, variant)


def test_numbers_in_the_documentation() -> None:
    assert expected_parameters(32, 1, 1, "default") == 592_705
    assert expected_parameters(32, 1, 1, "simplified") == 292_001


@pytest.mark.parametrize("variant", ["default", "simplified"])
@pytest.mark.parametrize("spectral_norm", [None, 1.7])
def test_it_tells_images_and_particles_apart(variant: str, spectral_norm: float | None) -> None:
    config = DiscriminatorConfig(
        variant=variant,
        hidden=8,
        activation="silu",
        sees="image-and-mask",
        spectral_norm=spectral_norm,
    )
    network = build_discriminator(config, 2, seed=1)
    random = torch.Generator().manual_seed(1)
    with torch.no_grad():  # condition enters from the first step on, but not before
        network.projection.weight.normal_(generator=random)
        network.film.scale.weight.normal_(generator=random)
    image, condition = torch.rand(3, 2, 20, 20, generator=random), torch.rand(3, 2, generator=random)
    verdict = network.eval()(image, condition)
    assert verdict.shape == (3,)
    assert not torch.allclose(verdict, network(image.roll(1, 0), condition))
    assert not torch.allclose(verdict, network(image, condition.roll(1, 0)))
    # Each event is judged by itself.
    assert torch.allclose(verdict[1:2], network(image[1:2], condition[1:2]), atol=1e-5)


def test_it_begins_without_a_verdict() -> None:
    network = build_discriminator(DiscriminatorConfig(hidden=8), 1, seed=1)
    logit = network(torch.rand(16, 1, 20, 20), torch.rand(16, 1))
    assert logit.abs().max() < 0.5


def test_spectral_norm_bounds_every_layer_of_the_image() -> None:
    network = Discriminator(DiscriminatorConfig(hidden=4, spectral_norm=1.5), 1)
    for _ in range(50):  # the power iteration goes on at each pass
        network(torch.rand(2, 1, 20, 20), torch.rand(2, 1))
    layers = [layer for layer in network.proj_head.modules() if isinstance(layer, nn.Linear | nn.Conv2d)]
    assert len(layers) == 6 + 1 + 8
    for layer in layers:
        largest = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), ord=2)
        assert largest.item() == pytest.approx(1.5, abs=0.03)


def test_same_seed_same_weights() -> None:
    one, two, other = (build_discriminator(DiscriminatorConfig(hidden=2), 1, seed=s) for s in (1, 1, 2))
    weights = [network.entrance.weight for network in (one, two, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValidationError, match="variant"):
        DiscriminatorConfig(variant="large")
