"""What all networks that measure energies promise."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import nn

from showerkit.configuration import StrictConfig, parse_config
from showerkit.errors import ConfigurationError, DataError
from showerkit.models.cnn3d_config import CNN3DConfig
from showerkit.models.deep_sets_hits_config import DeepSetsHitsConfig
from showerkit.models.energy_registry import AnyEnergyConfig, build_energy_model
from showerkit.models.layer_profile import LayerProfile
from showerkit.models.layer_profile_config import LayerProfileConfig
from showerkit.models.residual3d_config import Residual3DConfig

TOY = (17, 8, 8)
CONFIGS = (CNN3DConfig, DeepSetsHitsConfig, LayerProfileConfig, Residual3DConfig)
every_network = pytest.mark.parametrize("config", CONFIGS, ids=lambda cls: cls().kind)


class Section(StrictConfig):
    model: AnyEnergyConfig


def some_cells(n: int, shape: tuple[int, int, int] = TOY, seed: int = 1) -> torch.Tensor:
    """Counts of 0 to 8, most of them 0."""
    random = torch.Generator().manual_seed(seed)
    counts = torch.randint(1, 9, (n, *shape), generator=random).float()
    return counts * (torch.rand((n, *shape), generator=random) < 0.2)


@every_network
@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("inputs", [("deposits",), ("charged-tracks", "deposits")])
def test_one_interface(config, outputs, inputs):
    network = build_energy_model(config(inputs=inputs), TOY, outputs=outputs, seed=1)
    given = [some_cells(5, seed=seed) for seed in range(len(inputs))]
    found = network(*given)
    assert found.shape == (5, outputs)
    assert found.dtype == torch.float32
    assert torch.isfinite(found).all()
    # One event does not depend on the others beside it.
    torch.testing.assert_close(network(*(cells[2:3] for cells in given)), found[2:3], rtol=1e-5, atol=1e-6)
    with pytest.raises(DataError, match="quantities of the cells"):
        network(*given, given[0]) if len(inputs) == 1 else network(given[0])


@every_network
def test_empty_showers_and_empty_batches(config):
    network = build_energy_model(config(), TOY, seed=1)
    assert torch.isfinite(network(torch.zeros(3, *TOY))).all()
    assert network(torch.zeros(0, *TOY)).shape == (0, 1)


@every_network
def test_every_parameter_has_a_gradient_after_a_step(config):
    """Two steps, since some weights start at zero and let no gradient through at first."""
    network = build_energy_model(config(), TOY, outputs=2, seed=1)
    optimiser = torch.optim.SGD(network.parameters(), lr=1e-3)
    for _ in range(2):
        optimiser.zero_grad()
        (network(some_cells(64)) - 3.0).square().mean().backward()
        optimiser.step()
    dead = [name for name, weights in network.named_parameters() if not weights.grad.any()]
    assert dead == []


@every_network
def test_the_seed_alone_decides_the_weights(config):
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    once, again, other = (build_energy_model(config(), TOY, seed=seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(once[name], again[name]) for name in once)
    assert any(not torch.equal(once[name], other[name]) for name in once)


@every_network
def test_the_configuration_is_read_by_its_kind(config):
    section = parse_config(
        Section, {"model": config(input_scale=(3.0,)).model_dump(mode="json")}, source="recipe"
    )
    assert section.model == config(input_scale=(3.0,))


@every_network
def test_it_learns_the_sum(config):
    """A shower whose energy is proportional to its counts: far better than the mean in some steps."""
    torch.manual_seed(1)
    cells = some_cells(64, (7, 7, 7)) * torch.rand(64, 1, 1, 1).add(0.1)
    energy = cells.sum(dim=(1, 2, 3))[:, None] / 40.0
    network = build_energy_model(config(), (7, 7, 7), seed=1)
    if isinstance(network, LayerProfile):
        network.standardise(cells)
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(60):
        optimiser.zero_grad()
        loss = nn.functional.mse_loss(network(cells), energy)
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.1 * energy.var().item()


def test_an_unknown_kind_is_named():
    with pytest.raises(ConfigurationError, match="did you mean 'cnn3d'"):
        parse_config(Section, {"model": {"kind": "cnn3"}}, source="recipe")


def test_configurations_load_no_network_library():
    code = "import sys, showerkit.models.energy_registry; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
