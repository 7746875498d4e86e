"""The classifier's network and its training."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from pydantic import Field

from showerkit.configuration import StrictConfig
from showerkit.errors import ConfigurationError
from showerkit.evaluate.roc_auc import roc_auc
from showerkit.rng import seed_sequence

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from showerkit.progress import Progress
    from showerkit.typing import BoolArray, Float32Array, FloatArray, IntArray

    #: Makes a network of the inputs' last length, its settings and the generator of its weights.
    NetworkBuilder: TypeAlias = Callable[[int, "ClassifierConfig", torch.Generator], torch.nn.Module]


class ClassifierConfig(StrictConfig):
    """How the classifier is built and trained.

    The CaloChallenge has 2 hidden layers of 2048, 50 epochs, a learning rate of 2e-4 and batches of 1000;
    the default is narrower, for it has to train on two cores.

    Parameters
    ----------
    hidden_layers, hidden_width
        Size of the network.
    epochs
        Passes over the training part; the epoch with the best validation is used.
    learning_rate
        Step size of Adam.
    batch_size
        Showers a step.
    patience
        Stop after so many epochs without a better validation; None: never before the last epoch.
    repeats
        Trainings, each with its own start and its own fifth of the showers to test.
    device
        Where to train; "auto" takes a GPU if there is one.
    """

    hidden_layers: int = Field(default=2, ge=1, le=20)
    hidden_width: int = Field(default=256, ge=1, le=65536)
    epochs: int = Field(default=50, ge=1)
    learning_rate: float = Field(default=2e-4, gt=0.0)
    batch_size: int = Field(default=1000, ge=1)
    patience: int | None = Field(default=None, ge=1)
    repeats: int = Field(default=3, ge=1, le=100)
    device: Literal["auto", "cpu", "cuda"] = "auto"


def choose_device(name: str) -> torch.device:
    """Choose the device."""
    import torch

    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise ConfigurationError("device", got="cuda", expected="a usable GPU", mend="set device to auto")
    return torch.device("cuda" if available and name != "cpu" else "cpu")


def seeded_linear(fan_in: int, fan_out: int, random: torch.Generator) -> torch.nn.Linear:
    """Make a linear layer with weights from the given generator alone."""
    import torch
    from torch import nn

    # skip_init, since the usual construction draws from torch's global generator.
    linear: nn.Linear = nn.utils.skip_init(nn.Linear, fan_in, fan_out)  # type: ignore[no-untyped-call]
    bound = fan_in**-0.5
    with torch.no_grad():
        linear.weight.uniform_(-bound, bound, generator=random)
        linear.bias.uniform_(-bound, bound, generator=random)
    return linear


def _network(inputs: int, config: ClassifierConfig, random: torch.Generator) -> torch.nn.Module:
    """Build the network with weights from the given generator alone."""
    from torch import nn

    widths = [inputs, *[config.hidden_width] * config.hidden_layers, 1]
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(widths):
        layers += [seeded_linear(fan_in, fan_out, random), nn.LeakyReLU()]
    return nn.Sequential(*layers[:-1])


def train_classifier(
    inputs: Float32Array,
    label: Float32Array,
    training: IntArray,
    validation: BoolArray,
    config: ClassifierConfig,
    seed: int,
    repeat: int,
    device: torch.device,
    progress: Progress,
    build: NetworkBuilder | None = None,
) -> tuple[FloatArray, int]:
    """Train one network; return its scores (logits) of all showers at the best epoch, and that epoch.

    The network is fully connected, unless `build` makes another.
    """
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    start = seed_sequence(seed, "classifier", repeat).generate_state(1)[0]
    random = torch.Generator().manual_seed(int(start))
    network = (build or _network)(inputs.shape[-1], config, random).to(device)
    optimiser = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    x, y = torch.from_numpy(inputs).to(device), torch.from_numpy(label).to(device)
    # Both samples weigh alike, so that equal laws give probability 1/2.
    reference_share = float(label[training].mean())
    weight = torch.where(y == 1.0, 0.5 / reference_share, 0.5 / (1.0 - reference_share))
    rows = torch.from_numpy(training)
    reference = validation & (label == 1.0)
    candidate = validation & (label == 0.0)

    best_area, best_epoch, best_scores = -1.0, 0, np.zeros(len(label))
    for epoch in range(1, config.epochs + 1):
        order = rows[torch.randperm(len(rows), generator=random)].to(device)
        for batch in torch.split(order, config.batch_size):
            loss = binary_cross_entropy_with_logits(network(x[batch]).squeeze(1), y[batch], weight[batch])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        progress.advance(1)
        scores = _scores(network, x)
        area, _ = roc_auc(scores[reference], scores[candidate])
        if area > best_area:
            best_area, best_epoch, best_scores = area, epoch, scores
        elif config.patience is not None and epoch - best_epoch >= config.patience:
            progress.advance(config.epochs - epoch)
            break
    return best_scores, best_epoch


def _scores(network: torch.nn.Module, x: torch.Tensor) -> FloatArray:
    """Logits of all showers, in pieces of bounded memory."""
    import torch

    with torch.no_grad():
        pieces = [network(piece).squeeze(1) for piece in torch.split(x, 8192)]
    return torch.cat(pieces).cpu().numpy().astype(np.float64)
