"""Networks from outside the package: registered, found in installed packages, and refused in one line."""

from __future__ import annotations

import sys

import pytest
import torch
from torch import nn

from showerkit.configuration import StrictConfig, parse_config
from showerkit.errors import CheckpointError, ConfigurationError
from showerkit.models import own_energy_config
from showerkit.models.energy_model import EnergyModel
from showerkit.models.energy_registry import build_energy_model
from showerkit.models.own_energy_config import OwnEnergyConfig, own_network, register_energy_network
from showerkit.train.energy_recipe import EnergyRecipe


class WideSettings(StrictConfig):
    hidden: int = 3


class Wide(EnergyModel):
    def __init__(self, config, settings, shape, outputs):
        super().__init__(config, shape)
        self.layers = nn.Sequential(nn.Linear(shape[0], settings.hidden), nn.Linear(settings.hidden, outputs))

    def forward(self, cells, second=None):
        return self.layers(self.images(cells, second).sum(dim=(1, 3, 4)))


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    monkeypatch.setattr(own_energy_config, "_REGISTERED", {})
    register_energy_network("wide", Wide, settings=WideSettings)


def test_settings_reach_the_network_and_defaults_are_kept():
    default = OwnEnergyConfig(network="wide")
    assert default.settings == {"hidden": 3}
    network = build_energy_model(
        OwnEnergyConfig(network="wide", settings={"hidden": 5}), (4, 2, 2), outputs=2, seed=1
    )
    assert network.layers[0].weight.shape == (5, 4)
    assert network(torch.ones(6, 4, 2, 2)).shape == (6, 2)


def test_the_seed_decides_on_the_weights():
    first, again, other = (
        build_energy_model(OwnEnergyConfig(network="wide"), (4, 2, 2), seed=seed) for seed in (1, 1, 2)
    )
    assert torch.equal(first.layers[0].weight, again.layers[0].weight)
    assert not torch.equal(first.layers[0].weight, other.layers[0].weight)


def test_a_recipe_comes_back_from_what_was_written():
    recipe = EnergyRecipe(name="mine", model={"kind": "own-energy", "network": "wide"})
    assert recipe.model_dump(mode="json")["model"]["settings"] == {"hidden": 3}
    assert EnergyRecipe.model_validate(recipe.model_dump(mode="json")) == recipe


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ({"network": "narrow"}, r"'model\.network': got 'narrow'.*registered \(wide\).*import the module"),
        ({"network": "wide", "settings": {"hiden": 2}}, r"'model\.settings'.*did you mean 'hidden'"),
        ({"network": "wide", "settings": {"hidden": "two"}}, r"'model\.settings'.*settings: 'hidden'.*'two'"),
        ({}, r"'model\.network' is missing"),
    ],
)
def test_what_is_wrong_is_one_line(section, says):
    values = {"name": "mine", "model": {"kind": "own-energy", **section}}
    for error in (ConfigurationError, CheckpointError):
        with pytest.raises(error, match=says) as caught:
            parse_config(EnergyRecipe, values, source="mine.yaml", error=error)
        assert "\n" not in str(caught.value)


def test_an_installed_package_is_asked_only_for_the_name_that_is_wanted(tmp_path, monkeypatch):
    about = tmp_path / "some_networks-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: some-networks\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[showerkit.energy_networks]\nfrom-outside = some_networks\nother = some_broken_networks\n"
    )
    (tmp_path / "some_networks.py").write_text(
        "from showerkit import register_energy_network\n"
        "from showerkit.models.energy_model import EnergyModel\n"
        "register_energy_network('from-outside', EnergyModel)\n"
    )
    (tmp_path / "some_broken_networks.py").write_text("raise RuntimeError('nobody asked for this one')\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert OwnEnergyConfig(network="from-outside").network == "from-outside"
    assert own_network("from-outside").build is EnergyModel
    sys.modules.pop("some_networks")
