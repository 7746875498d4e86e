"""Choose the epoch whose showers lie nearest to Geant4's, by a distance that is given from outside."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, runtime_checkable

import torch
from lightning.pytorch.callbacks import Callback

if TYPE_CHECKING:
    from collections.abc import Callable

    from lightning.pytorch import LightningModule, Trainer
    from torch import nn

#: Distance of a generator's showers from true ones. Training does not know how showers are generated and
#: judged, which build on it; who calls the training does.
ModelDistance: TypeAlias = "Callable[[Any], float]"
DISTANCE: Final = "validation_distance"


@runtime_checkable
class HasModelToBe(Protocol):
    """A training that can show the model it would end with now."""

    def model_to_be(self) -> nn.Module:
        """Give the network that would become the model, for standard normal random inputs."""


class MeasureDistance(Callback):
    """Log ``validation_distance`` at the end of every validation.

    Parameters
    ----------
    distance
        The distance; it is given a copy of the network that would become the model, which takes standard
        normal random inputs.
    """

    def __init__(self, distance: ModelDistance) -> None:
        self.distance = distance

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Measure the model to be."""
        if not isinstance(pl_module, HasModelToBe):
            raise TypeError(f"a training with model_to_be() is needed, not {type(pl_module).__name__}")
        network = copy.deepcopy(pl_module.model_to_be()).eval()
        pl_module.log(DISTANCE, torch.tensor(self.distance(network), dtype=torch.float32))
