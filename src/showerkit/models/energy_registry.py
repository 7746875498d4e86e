"""From the configuration of a network that measures energies to the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

from pydantic import Field

from showerkit.models.cnn3d_config import CNN3DConfig
from showerkit.models.deep_sets_hits_config import DeepSetsHitsConfig
from showerkit.models.layer_profile_config import LayerProfileConfig
from showerkit.models.own_energy_config import OwnEnergyConfig
from showerkit.models.residual3d_config import Residual3DConfig

if TYPE_CHECKING:
    from showerkit.models.energy_model import EnergyModel

#: A network that measures energies, chosen by its ``kind``; serves as the type of a recipe's field.
AnyEnergyConfig: TypeAlias = Annotated[
    CNN3DConfig | DeepSetsHitsConfig | LayerProfileConfig | Residual3DConfig | OwnEnergyConfig,
    Field(discriminator="kind"),
]

#: The classes of these configurations.
NETWORK_CONFIGS: Final = (
    CNN3DConfig,
    DeepSetsHitsConfig,
    LayerProfileConfig,
    Residual3DConfig,
    OwnEnergyConfig,
)


def build_energy_model(
    config: CNN3DConfig | DeepSetsHitsConfig | LayerProfileConfig | Residual3DConfig | OwnEnergyConfig,
    shape: tuple[int, int, int],
    *,
    outputs: int = 1,
    seed: int | None = None,
) -> EnergyModel:
    """Build the network that a configuration describes.

    Parameters
    ----------
    config
        Its configuration.
    shape
        (layers, cells_y, cells_x) of the calorimeter.
    outputs
        Number of outputs, as the objective wants it; the first one is the energy in GeV.
    seed
        Seed of the initial weights; the library's global random state is left as it was. None: draw from
        that global state.

    Returns
    -------
    EnergyModel
        The network, called with (cells, second quantity if it has two inputs), each of shape
        (B, layers, cells_y, cells_x); it gives (B, outputs).

    Raises
    ------
    ConfigurationError
        If the calorimeter is too small for the network.

    Examples
    --------
    >>> type(build_energy_model(CNN3DConfig(), (17, 8, 8), seed=1)).__name__
    'CNN3D'
    """
    import torch

    if seed is None:
        return _build(config, shape, outputs)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return _build(config, shape, outputs)


def _build(
    config: CNN3DConfig | DeepSetsHitsConfig | LayerProfileConfig | Residual3DConfig | OwnEnergyConfig,
    shape: tuple[int, int, int],
    outputs: int,
) -> EnergyModel:
    if isinstance(config, CNN3DConfig):
        from showerkit.models.cnn3d import CNN3D

        return CNN3D(config, shape, outputs)
    if isinstance(config, DeepSetsHitsConfig):
        from showerkit.models.deep_sets_hits import DeepSetsHits

        return DeepSetsHits(config, shape, outputs)
    if isinstance(config, LayerProfileConfig):
        from showerkit.models.layer_profile import LayerProfile

        return LayerProfile(config, shape, outputs)
    if isinstance(config, OwnEnergyConfig):
        return config.build(shape, outputs)
    from showerkit.models.residual3d import Residual3D

    return Residual3D(config, shape, outputs)
