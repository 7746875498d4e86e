"""From the configuration of a network that calibrates the energy of jets to the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import Field

from showerkit.models.edge_conv_config import EdgeConvConfig
from showerkit.models.energy_flow_config import EnergyFlowConfig
from showerkit.models.particle_flow_config import ParticleFlowConfig

if TYPE_CHECKING:
    from showerkit.models.jet_energy_model import JetEnergyModel

#: A network that calibrates jets, chosen by its ``kind``; serves as the type of a recipe's field.
AnyJetEnergyConfig: TypeAlias = Annotated[
    ParticleFlowConfig | EnergyFlowConfig | EdgeConvConfig, Field(discriminator="kind")
]


def build_jet_energy_model(
    config: ParticleFlowConfig | EnergyFlowConfig | EdgeConvConfig,
    *,
    outputs: int = 1,
    seed: int | None = None,
) -> JetEnergyModel:
    """Build the network that a configuration describes.

    Parameters
    ----------
    config
        Its configuration.
    outputs
        Number of outputs, as the objective wants it.
    seed
        Seed of the initial weights; the library's global random state is left as it was. None: draw from
        that global state.

    Returns
    -------
    JetEnergyModel
        The network, called with `showerkit.models.flat_candidates.JetTensors`; it gives (B, outputs).

    Examples
    --------
    >>> type(build_jet_energy_model(EnergyFlowConfig(), seed=1)).__name__
    'EnergyFlowNetwork'
    """
    import torch

    if seed is None:
        return _build(config, outputs)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return _build(config, outputs)


def _build(config: ParticleFlowConfig | EnergyFlowConfig | EdgeConvConfig, outputs: int) -> JetEnergyModel:
    if isinstance(config, ParticleFlowConfig):
        from showerkit.models.particle_flow import ParticleFlowNetwork

        return ParticleFlowNetwork(config, outputs)
    if isinstance(config, EnergyFlowConfig):
        from showerkit.models.energy_flow import EnergyFlowNetwork

        return EnergyFlowNetwork(config, outputs)
    from showerkit.models.edge_conv import EdgeConvNetwork

    return EdgeConvNetwork(config, outputs)
