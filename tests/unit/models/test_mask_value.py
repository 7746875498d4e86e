from __future__ import annotations

import pytest
import torch

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError
from showerkit.geometry import load_detector
from showerkit.models.mask_value import MaskValueConfig, MaskValueGenerator, require_image
from showerkit.models.registry import build_model

SIX = ("energy", "px", "py", "pz", "theta", "phi")


def linear(n_in: int, n_out: int) -> int:
    return n_in * n_out + n_out


def convolution(kernel: int, n_in: int, n_out: int) -> int:
    return kernel * kernel * n_in * n_out + n_out


def expected_parameters(h: int, *, extended: bool, n_inputs: int, film: bool) -> int:
    """Count the weights of the reports' network text layer by layer."""
    extra = 2 if extended else 0
    if film:
        head_in = linear(n_inputs, 2 * h) + linear(2 * h, 4 * h) + linear(4 * h, h) + 2 * linear(h, h)
    else:
        head_in = linear(n_inputs, 4 * h)
    dense = (1 + extra) * 4 * linear(4 * h, 4 * h) + linear(4 * h, 9 * h) + 3 * linear(9 * h, 9 * h)
    to_5 = convolution(3, h, h)
    at_5 = convolution(3, h, 2 * h) + extra * convolution(3, 2 * h, 2 * h) + convolution(3, 2 * h, 4 * h)
    at_10 = convolution(5, h, 2 * h) + extra * convolution(5, 2 * h, 2 * h) + convolution(5, 2 * h, 4 * h)
    at_20 = (2 + extra) * convolution(5, h, h)
    return head_in + dense + to_5 + at_5 + at_10 + at_20 + 2 * convolution(1, h, 1)


@pytest.mark.parametrize("hidden", [4, 32])
@pytest.mark.parametrize("variant", ["default", "extended-2"])
@pytest.mark.parametrize("inputs", [("energy",), SIX])
def test_parameters_are_those_of_the_reports_text(hidden: int, variant: str, inputs: tuple[str, ...]) -> None:
    config = parse_config(
        MaskValueConfig, {"hidden": hidden, "variant": variant, "inputs": inputs}, source="test"
    )
    network = MaskValueGenerator(config)
    expected = expected_parameters(
        hidden, extended=variant == "extended-2", n_inputs=len(inputs), film=len(inputs) > 1
    )
    assert sum(parameter.numel() for parameter in network.parameters()) == expected


def test_documented_sizes() -> None:
    """The numbers of docs/physics/mask-value.md."""
    sizes = [
        expected_parameters(32, extended=False, n_inputs=1, film=False),
        expected_parameters(32, extended=True, n_inputs=1, film=False),
        expected_parameters(32, extended=False, n_inputs=6, film=True),
    ]
    assert sizes == [762_274, 1_224_418, 777_026]


def test_extended_2_has_the_24_numbered_layers() -> None:
    """The report of 2025/07/09 numbers the layers 0 to 23; 0 is the first linear layer, kept apart here."""
    network = MaskValueGenerator(MaskValueConfig(variant="extended-2", hidden=2))
    names = ["Linear", *(type(layer).__name__ for layer in network.encoder)]
    assert len(names) == 24
    assert [number for number, name in enumerate(names) if name == "Dropout"] == [5, 12, 18]
    assert names[7] == "ConvTranspose2d"
    assert [names[13], names[19]] == ["PixelShuffle2D", "PixelShuffle2D"]
    assert names[20:] == ["Conv2dBlockH5W5"] * 4


@pytest.mark.parametrize(
    ("variant", "dropout", "places", "share"),
    [
        ("default", None, 0, 0.0),
        ("default", 0.2, 3, 0.2),
        ("extended-2", 0.0, 0, 0.0),
        ("extended-2", None, 3, 0.1),
    ],
)
def test_dropout_is_where_and_what_was_asked_for(
    variant: str, dropout: float | None, places: int, share: float
) -> None:
    config = parse_config(
        MaskValueConfig, {"variant": variant, "dropout": dropout, "hidden": 2}, source="test"
    )
    layers = [m for m in MaskValueGenerator(config).modules() if isinstance(m, torch.nn.Dropout)]
    assert len(layers) == places
    assert all(layer.p == share for layer in layers)


@pytest.mark.parametrize("inputs", [("energy",), SIX])
@pytest.mark.parametrize("normalisation", ["none", "batch", "group"])
def test_every_weight_learns(inputs: tuple[str, ...], normalisation: str) -> None:
    config = parse_config(
        MaskValueConfig,
        {"inputs": inputs, "hidden": 8, "noise_inputs": 3, "normalisation": normalisation},
        source="test",
    )
    network = build_model(config, seed=3)
    generator = torch.Generator().manual_seed(1)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    for _ in range(2):  # zero weights of the modulation hide what is in front of them from the first step
        condition = torch.randn(16, len(inputs), generator=generator)
        noise = torch.randn(16, 3, generator=generator)
        mask_logit, value = network(condition, noise)
        assert mask_logit.shape == value.shape == (16, 1, 20, 20)
        optimizer.zero_grad()
        (mask_logit.square().mean() + (value - 1).square().mean()).backward()
        optimizer.step()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().sum()) > 0, name


def test_noise_starts_without_effect_so_that_training_can_go_on() -> None:
    plain = build_model(MaskValueConfig(hidden=4), seed=1)
    noisy = build_model(MaskValueConfig(hidden=4, noise_inputs=5), seed=2)
    missing, unexpected = noisy.load_state_dict(plain.state_dict(), strict=False)
    assert missing == ["noise_in.weight"]
    assert unexpected == []
    condition, noise = torch.rand(3, 1), torch.randn(3, 5)
    with torch.no_grad():
        for a, b in zip(plain(condition), noisy(condition, noise), strict=True):
            assert torch.equal(a, b)


def test_noise_that_is_missing_is_named() -> None:
    network = build_model(MaskValueConfig(hidden=2, noise_inputs=5), seed=1)
    with pytest.raises(ConfigurationError, match="expected 5 standard normal numbers"):
        network(torch.zeros(1, 1))


def test_weights_come_from_the_seed_alone_and_leave_the_global_state() -> None:
    before = torch.get_rng_state()
    one, again = (
        build_model(MaskValueConfig(hidden=4), seed=9),
        build_model(MaskValueConfig(hidden=4), seed=9),
    )
    other = build_model(MaskValueConfig(hidden=4), seed=10)
    assert torch.equal(torch.get_rng_state(), before)
    name = "encoder.0.0.weight"
    assert torch.equal(one.state_dict()[name], again.state_dict()[name])
    assert not torch.equal(one.state_dict()[name], other.state_dict()[name])


def test_other_images_are_refused_by_name() -> None:
    require_image(load_detector("zdc-ecal-pbwo4"))
    with pytest.raises(ConfigurationError, match=r"'toy-hcal'.*got 17 layers of 8 x 8.*1 layer of 20 x 20"):
        require_image(load_detector("toy-hcal"))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"inputs": ["energy", "energy"]}, "each input once"),
        ({"inputs": []}, "inputs"),
        ({"hidden": 0}, "hidden"),
        ({"dropout": 1.0}, "dropout"),
        ({"widht": 3}, "unknown key"),
    ],
)
def test_wrong_configurations_name_the_field(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parse_config(MaskValueConfig, values, source="test")
