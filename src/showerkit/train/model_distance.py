"""Choose the epoch whose showers lie nearest to Geant4's, by a distance that is given from outside."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Final, TypeAlias

import torch
from lightning.pytorch.callbacks import Callback

from showerkit.train.adversarial import AdversarialTraining, with_noise_strength

if TYPE_CHECKING:
    from collections.abc import Callable

    from lightning.pytorch import LightningModule, Trainer

    from showerkit.models.mask_value import MaskValueGenerator

#: Distance of a generator's showers from true ones. Training does not know how showers are generated and
#: judged, which build on it; who calls the training does.
ModelDistance: TypeAlias = "Callable[[MaskValueGenerator], float]"
DISTANCE: Final = "validation_distance"


class MeasureDistance(Callback):
    """Log ``validation_distance`` at the end of every validation.

    Parameters
    ----------
    distance
        The distance; it is given a copy of the generator that takes standard normal random inputs.
    """

    def __init__(self, distance: ModelDistance) -> None:
        self.distance = distance

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Measure the model to be."""
        if not isinstance(pl_module, AdversarialTraining):
            raise TypeError(f"an AdversarialTraining is needed, not {type(pl_module).__name__}")
        network = copy.deepcopy(pl_module.model).eval()
        network.load_state_dict(with_noise_strength(network.state_dict(), pl_module.noise_strength))
        pl_module.log(DISTANCE, torch.tensor(self.distance(network), dtype=torch.float32))
