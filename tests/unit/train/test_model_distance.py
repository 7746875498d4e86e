"""The distance that chooses an epoch is measured for the network that would become the model."""

from __future__ import annotations

import pytest
import torch
from lightning.pytorch import LightningModule
from torch import nn

from showerkit.losses.mask_value_config import MaskValueLossConfig
from showerkit.models.discriminator import build_discriminator
from showerkit.models.mask_value_config import MaskValueConfig
from showerkit.models.registry import build_model
from showerkit.train.adversarial import AdversarialTraining
from showerkit.train.adversarial_config import AdversarialStage
from showerkit.train.model_distance import DISTANCE, HasModelToBe, MeasureDistance


class Training(LightningModule):
    """A training of some other family."""

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Dropout(0.5)
        self.logged: dict[str, float] = {}

    def model_to_be(self) -> nn.Module:
        return self.network

    def log(self, name: str, value: torch.Tensor, **_: object) -> None:  # type: ignore[override]
        self.logged[name] = float(value)


def test_any_training_that_shows_its_model_is_measured() -> None:
    seen: list[nn.Module] = []

    def distance(network: nn.Module) -> float:
        seen.append(network)
        return 2.5

    module = Training().train()
    MeasureDistance(distance).on_validation_epoch_end(None, module)
    assert module.logged == {DISTANCE: 2.5}
    # It is a copy ready for use, and the training's own goes on as it was.
    assert seen[0] is not module.network
    assert not seen[0].training
    assert module.network.training


def test_a_training_that_does_not_is_refused() -> None:
    with pytest.raises(TypeError, match="model_to_be"):
        MeasureDistance(lambda _network: 0.0).on_validation_epoch_end(None, LightningModule())


def test_the_adversarial_training_shows_the_averaged_network_at_its_noise_strength() -> None:
    config = MaskValueConfig(hidden=2, inputs=("energy", "theta"), noise_inputs=3)
    stage = AdversarialStage(noise_inputs=3, noise={"start": 0.5, "end": 0.5}, average={"decay": 0.9})
    network = build_model(config, seed=1)
    nn.init.normal_(network.noise_in.weight)
    discriminator = build_discriminator(stage.discriminator, 2, seed=1)
    module = AdversarialTraining(network, discriminator, MaskValueLossConfig(value_cells="hit"), stage)
    assert isinstance(module, HasModelToBe)
    before = module.model.noise_in.weight.clone()
    network.noise_in.weight.data.zero_()  # the model is the average, not this one
    made = module.model_to_be()
    assert torch.allclose(made.noise_in.weight, 0.5 * before)
    assert torch.equal(module.model.noise_in.weight, before)
