from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from showerkit.errors import ConfigurationError, DataError
from showerkit.losses.vae import VaeObjective
from showerkit.losses.vae_config import VaeLossConfig
from showerkit.models.convae import ConVAE, build_convae
from showerkit.models.convae_config import ConVAEConfig
from showerkit.models.latent_flow_config import LatentFlowConfig

SMALL = {"n_points": 20, "filters": (4, 6), "dense": 16, "latent": 5}
TINY_FLOW = LatentFlowConfig(transforms=2, hidden=8, layers=1, bins=4)


def small(objective=None, **settings) -> ConVAE:
    return build_convae(ConVAEConfig(**{**SMALL, **settings}), objective, seed=1).double()


def examples(n=6, points=20, features=3, seed=1):
    random = torch.Generator().manual_seed(seed)
    particles = torch.randn(n, points, features, generator=random, dtype=torch.float64)
    mask = torch.arange(points) < torch.randint(1, points + 1, (n, 1), generator=random)
    return particles, mask


def noise(seed=3):
    return torch.Generator().manual_seed(seed)


def n_parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


def expected_parameters(config: ConVAEConfig) -> int:
    """Weights and biases of each layer, counted by hand."""
    widths = (1, *config.filters)
    heights = (config.n_features, *[1] * (len(config.filters) - 1))
    pairs = list(zip(widths, widths[1:], heights, strict=False))
    total = sum(a * b * height * config.kernel + b for a, b, height in pairs)
    total += sum(a * b * height * config.kernel + a for a, b, height in pairs)
    inner, dense, latent = config.filters[-1] * config.inner_points, config.dense, config.latent
    total += (inner + config.n_conditions + 1) * dense + (dense + 1) * 2 * latent
    return total + (latent + config.n_conditions + 1) * dense + (dense + 1) * inner


def test_the_papers_network_has_its_parameters():
    config = ConVAEConfig(filters=(50, 100, 200), padding=0, dense=1500, latent=30, output="sigmoid")
    network = ConVAE(config)
    # (3,5) 1-50, (1,5) 50-100, (1,5) 100-200; 200 x 18 places; dense 1500; twice 30.
    assert n_parameters(network.encoder) == (15 * 50 + 50) + (250 * 100 + 100) + (500 * 200 + 200)
    assert n_parameters(network.decoder) == (1000 * 100 + 100) + (500 * 50 + 50) + (15 * 50 + 1)
    assert n_parameters(network.to_latent) == 3601 * 1500 + 1501 * 60
    assert n_parameters(network.from_latent) == 31 * 1500 + 1501 * 3600
    assert n_parameters(network) == expected_parameters(config) == 11_193_661
    assert [layer.kernel_size for layer in network.encoder[::2]] == [(3, 5), (1, 5), (1, 5)]
    assert isinstance(network.decoder[-1], torch.nn.Sigmoid)


def test_the_documents_network_pads_and_ends_without_an_activation():
    network = ConVAE(ConVAEConfig())
    convolutions = [layer for layer in network.modules() if isinstance(layer, torch.nn.Conv2d)]
    transposed = [layer for layer in network.modules() if isinstance(layer, torch.nn.ConvTranspose2d)]
    assert {layer.padding for layer in convolutions + transposed} == {(0, 1)}
    assert {layer.stride for layer in convolutions + transposed} == {(1, 1)}
    assert [layer.kernel_size for layer in transposed] == [(1, 5), (1, 5), (3, 5)]
    assert network.decoder[-1] is transposed[-1]
    kinds = {type(layer).__name__ for layer in network.modules() if not list(layer.children())}
    assert kinds == {"Conv2d", "ConvTranspose2d", "Linear", "ReLU"}
    # ReLU after every layer but the last of each half.
    assert sum(isinstance(layer, torch.nn.ReLU) for layer in network.modules()) == 3 + 1 + 2 + 2
    assert n_parameters(network) == expected_parameters(network.config)


@pytest.mark.parametrize("points", [25, 30, 50, 75, 100, 150])
@pytest.mark.parametrize("padding", [0, 1])
def test_shapes_for_images_and_jets(points, padding):
    config = ConVAEConfig(n_points=points, padding=padding, filters=(3, 4, 5), dense=12, latent=6)
    network = build_convae(config, VaeObjective(VaeLossConfig()), seed=1)
    particles, mask = torch.randn(2, points, 3), torch.ones(2, points, dtype=torch.bool)
    mean, log_variance = network.encode(particles, mask)
    assert mean.shape == log_variance.shape == (2, 6)
    assert network.decode(mean).shape == (2, points, 3)
    assert network.sample(mask, None, noise()).shape == (2, points, 3)
    assert network.reconstruct(particles, mask).shape == (2, points, 3)
    assert network.loss(particles, mask, None, noise())["loss"].ndim == 0
    assert n_parameters(network) == expected_parameters(config)


@pytest.mark.parametrize("settings", [{}, {"output": "sigmoid"}, {"flow": TINY_FLOW}])
def test_what_stands_in_masked_places_changes_nothing(settings):
    network = small(VaeObjective(VaeLossConfig()), **settings)
    particles, mask = examples()
    changed = torch.where(mask[:, :, None], particles, float("nan"))
    if network.flow is not None:
        network.flow.standardise(network.latent_vectors(particles, mask, None, noise()))
    for function in (network.loss, network.flow_loss) if "flow" in settings else (network.loss,):
        one, other = (function(x, mask, None, noise()) for x in (particles, changed))
        assert {k: v.item() for k, v in one.items()} == {k: v.item() for k, v in other.items()}
    assert torch.equal(network.reconstruct(particles, mask), network.reconstruct(changed, mask))


def test_masked_places_come_out_empty_and_the_sigmoid_keeps_its_range():
    network = small(output="sigmoid")
    particles, mask = examples()
    for made in (network.sample(mask, None, noise()), network.reconstruct(particles, mask)):
        assert not made[~mask].any()
        assert ((made[mask] > 0.0) & (made[mask] < 1.0)).all()


def test_the_generator_decides():
    network = small(VaeObjective(VaeLossConfig()))
    particles, mask = examples()
    before = torch.random.get_rng_state()
    one, same, other = (network.sample(mask, None, noise(seed)) for seed in (1, 1, 2))
    first, again = (network.loss(particles, mask, None, noise())["loss"] for _ in range(2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert first == again
    assert torch.equal(torch.random.get_rng_state(), before)


def test_one_seed_makes_one_network_and_the_global_random_state_stays():
    before = torch.random.get_rng_state()
    one, same, other = (
        build_convae(ConVAEConfig(**SMALL, flow=TINY_FLOW), seed=s).state_dict() for s in (1, 1, 2)
    )
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["encoder.0.weight"], other["encoder.0.weight"])


def test_every_weight_is_trained():
    network = small(VaeObjective(VaeLossConfig()), n_conditions=2)
    particles, mask = examples()
    condition = torch.rand(len(mask), 2, dtype=torch.float64, generator=noise())
    network.loss(particles, mask, condition, noise())["loss"].backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.any(), name


def test_the_condition_tells():
    network = small(n_conditions=1)
    _, mask = examples()
    low, high = torch.zeros(len(mask), 1).double(), torch.ones(len(mask), 1).double()
    assert not torch.equal(network.sample(mask, low, noise()), network.sample(mask, high, noise()))
    with pytest.raises(DataError, match="condition"):
        network.sample(mask, None, noise())


def test_it_learns_to_reconstruct_what_it_has_seen():
    objective = VaeObjective(VaeLossConfig(beta=1e-3))
    network = build_convae(ConVAEConfig(**{**SMALL, "dense": 64, "latent": 8}), objective, seed=1)
    particles, mask = examples(8)
    particles = particles.float()
    random, optimiser = noise(), torch.optim.Adam(network.parameters(), lr=3e-3)
    losses = []
    for _ in range(250):
        parts = network.loss(particles, mask, None, random)
        optimiser.zero_grad()
        parts["loss"].backward()
        optimiser.step()
        losses.append(parts["reconstruction"].item())
    assert losses[-1] < 0.3 * losses[0]


def test_ghosts_as_points_stand_where_they_are_put_and_count():
    far = (9.0, 9.0, 9.0)
    seen = {}

    def objective(points, mask, reconstructed, mean, log_variance, *, step=None):
        seen.update(points=points, mask=mask, step=step)
        return {"loss": reconstructed.sum()}

    particles, mask = examples()
    small(objective, ghosts="points", ghost_position=far).loss(particles, mask, None, noise(), step=7)
    assert seen["mask"].all()
    assert seen["step"] == 7
    assert (seen["points"][~mask] == 9.0).all()
    assert torch.equal(seen["points"][mask], particles[mask])
    small(objective, ghosts="points").loss(particles, mask, None, noise())
    assert not seen["points"][~mask].any()
    assert seen["mask"].all()
    small(objective).loss(particles, mask, None, noise())
    assert torch.equal(seen["mask"], mask)


def test_the_flow_is_used_once_it_is_trained():
    network = small(VaeObjective(VaeLossConfig()), flow=TINY_FLOW)
    particles, mask = examples(200)
    untrained = network.sample(mask, None, noise())
    plain = small()
    plain.load_state_dict({k: v for k, v in network.state_dict().items() if not k.startswith("flow")})
    assert torch.equal(untrained, plain.sample(mask, None, noise()))
    z = network.latent_vectors(particles, mask, None, noise())
    network.flow.standardise(z)
    assert not torch.equal(network.sample(mask, None, noise()), untrained)
    # It survives being stored.
    again = small(flow=TINY_FLOW)
    again.load_state_dict(network.state_dict())
    assert torch.equal(network.sample(mask, None, noise()), again.sample(mask, None, noise()))


def test_only_the_flow_learns_from_its_loss():
    network = small(flow=TINY_FLOW)
    particles, mask = examples()
    network.flow.standardise(network.latent_vectors(particles, mask, None, noise()))
    network.flow_loss(particles, mask, None, noise())["loss"].backward()
    trained = {name.split(".")[0] for name, p in network.named_parameters() if p.grad is not None}
    assert trained == {"flow"}


def test_means_have_no_noise_and_samples_do():
    particles, mask = examples()
    for latent, equal in (("means", True), ("samples", False)):
        network = small(flow=TINY_FLOW.model_copy(update={"latent": latent}))
        one, other = (network.latent_vectors(particles, mask, None, noise(seed)) for seed in (1, 2))
        assert torch.equal(one, other) == equal


def test_a_network_without_objective_or_flow_says_so():
    particles, mask = examples()
    with pytest.raises(ConfigurationError, match="objective"):
        small().loss(particles, mask)
    with pytest.raises(ConfigurationError, match="flow"):
        small().flow_loss(particles, mask)
    with pytest.raises(ConfigurationError, match="standardise"):
        small(flow=TINY_FLOW).flow_loss(particles, mask)


@pytest.mark.parametrize(("points", "features"), [(19, 3), (20, 2)])
def test_points_of_another_shape_are_refused(points, features):
    particles, mask = examples(points=points, features=features)
    with pytest.raises(DataError):
        small().encode(particles, mask)


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_points": 12, "padding": 0},
        {"padding": 3},
        {"filters": ()},
        {"filters": (0,)},
        {"ghost_position": (0.0, 0.0, 0.0)},
        {"ghosts": "points", "ghost_position": (0.0,)},
        {"latent": 1, "flow": {}},
        {"dropout": 0.1},
    ],
)
def test_a_config_that_makes_no_network_is_refused(wrong):
    with pytest.raises(ValidationError):
        ConVAEConfig.model_validate(wrong)
