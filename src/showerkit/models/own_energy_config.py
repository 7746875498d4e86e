"""Networks from outside the package that measure energies: how they get a name, and their settings."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field, JsonValue, ValidationInfo, field_validator

from showerkit.configuration import StrictConfig, parse_config
from showerkit.errors import ConfigurationError
from showerkit.models.energy_config import EnergyModelConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from showerkit.models.energy_model import EnergyModel

#: Installed packages name modules in this group of entry points; such a module registers its networks.
ENTRY_POINTS: Final = "showerkit.energy_networks"


class NoSettings(StrictConfig):
    """Settings of a network that has none."""


@dataclass(frozen=True)
class OwnNetwork:
    """What is known of a registered network.

    Parameters
    ----------
    build
        Makes it from its configuration, its settings, the calorimeter's shape and the number of outputs.
    settings
        Class of its settings.
    """

    build: Callable[[OwnEnergyConfig, Any, tuple[int, int, int], int], EnergyModel]
    settings: type[StrictConfig]


_REGISTERED: Final[dict[str, OwnNetwork]] = {}


def register_energy_network(
    name: str,
    build: Callable[[OwnEnergyConfig, Any, tuple[int, int, int], int], EnergyModel],
    *,
    settings: type[StrictConfig] = NoSettings,
) -> None:
    """Give a network that measures energies a name by which recipes call it.

    After that ``model: {kind: own-energy, network: NAME, settings: {...}}`` is a section of a recipe like any
    other. Whoever loads a model of this kind has to have registered the network as well: a model file holds
    tensors and text, never code. For the command line, a package names the module that registers its networks
    in the group ``showerkit.energy_networks`` of its entry points.

    Parameters
    ----------
    name
        The name; registering another network by the same name replaces the former.
    build
        Called with the configuration (an `OwnEnergyConfig`), the settings (of class `settings`), the
        calorimeter's shape (layers, cells_y, cells_x) and the number of outputs, the first of which is the
        energy in GeV. Gives an `EnergyModel`; its class will do.
    settings
        Class of the network's own settings, a frozen `StrictConfig` whose values all have defaults or are
        given in the recipe.

    Examples
    --------
    >>> from torch import nn
    >>> from showerkit.models.energy_model import EnergyModel
    >>> from showerkit.models.energy_registry import build_energy_model
    >>> class OneWeight(EnergyModel):
    ...     def __init__(self, config, settings, shape, outputs):
    ...         super().__init__(config, shape)
    ...         self.weight = nn.Linear(1, outputs)
    ...
    ...     def forward(self, cells, second=None):
    ...         return self.weight(self.scaled_images(cells, second).sum(dim=(2, 3, 4)))
    >>> register_energy_network("one-weight", OneWeight)
    >>> network = build_energy_model(OwnEnergyConfig(network="one-weight"), (17, 8, 8), seed=1)
    >>> sum(weights.numel() for weights in network.parameters())
    2
    """
    _REGISTERED[name] = OwnNetwork(build, settings)


def own_network(name: str) -> OwnNetwork:
    """Look a registered network up, in installed packages too.

    Raises
    ------
    ConfigurationError
        If nobody has registered one by this name.
    """
    if name not in _REGISTERED:
        for point in entry_points(group=ENTRY_POINTS, name=name):
            point.load()
    if name not in _REGISTERED:
        known = ", ".join(sorted(_REGISTERED)) or "there is none"
        raise ConfigurationError(
            "network",
            got=repr(name),
            expected=f"one that is registered ({known})",
            mend="import the module that registers it first, or install its package",
        )
    return _REGISTERED[name]


class OwnEnergyConfig(EnergyModelConfig):
    """A network that was registered by `register_energy_network`.

    Parameters
    ----------
    kind
        Name of this kind of network.
    network
        The name that it was registered by.
    settings
        Its own settings; those that are left out get their defaults.
    """

    kind: Literal["own-energy"] = "own-energy"
    network: str
    settings: dict[str, JsonValue] = Field(default_factory=dict, validate_default=True)

    @field_validator("network")
    @classmethod
    def _is_registered(cls, name: str) -> str:
        try:
            own_network(name)
        except ConfigurationError as unknown:
            raise ValueError(f"{unknown.expected}; to mend: {unknown.mend}") from None
        return name

    @field_validator("settings")
    @classmethod
    def _complete(cls, settings: dict[str, JsonValue], info: ValidationInfo) -> dict[str, JsonValue]:
        if "network" not in info.data:
            return settings
        wanted = own_network(info.data["network"]).settings
        try:
            return parse_config(wanted, settings, source="settings").model_dump(mode="json")
        except ConfigurationError as wrong:
            raise ValueError(f"other settings ({wrong})") from None

    def build(self, shape: tuple[int, int, int], outputs: int) -> EnergyModel:
        """Make the network for a calorimeter (see `register_energy_network`)."""
        own = own_network(self.network)
        settings = parse_config(own.settings, self.settings, source=f"settings of '{self.network}'")
        return own.build(self, settings, shape, outputs)
