"""A trained model in one self-describing file that holds tensors and text, never code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final, Self, TypeVar

from pydantic import Discriminator, Field, Tag, model_validator

from showerkit.configuration import StrictConfig
from showerkit.errors import CheckpointError
from showerkit.geometry import Calorimeter
from showerkit.losses.energy_score_config import EnergyScoreConfig
from showerkit.losses.flow_matching_config import FlowMatchingConfig
from showerkit.losses.mask_value_config import MaskValueLossConfig
from showerkit.models.entry_window_config import EntryWindowConfig
from showerkit.models.mask_value_config import MaskValueConfig
from showerkit.models.shower_flow_config import ShowerFlowConfig
from showerkit.models.total_energy_flow_config import TotalEnergyFlowConfig
from showerkit.train.model_file import read_model_file, write_model_file
from showerkit.train.value_spread import ValueSpread

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from showerkit.models.total_energy_flow import TotalEnergyFlow

#: What the file says it is; the number rises when old files could be misread.
FORMAT: Final = "showerkit-checkpoint-1"
#: Names of the flow's weights begin so.
_FLOW: Final = "total_energy_flow."
#: Kind of the loss that each kind of network is trained with.
_LOSS_KINDS: Final = {
    "mask-value": "mask-value",
    "entry-window": "energy-score",
    "shower-flow": "flow-matching",
}

ModelT = TypeVar("ModelT", MaskValueConfig, EntryWindowConfig, ShowerFlowConfig)
LossT = TypeVar("LossT", MaskValueLossConfig, EnergyScoreConfig, FlowMatchingConfig)


def _kind(settings: object) -> object:
    """Kind of network or loss; files from before there were several name none."""
    if isinstance(settings, dict):
        return settings.get("kind", "mask-value")
    return getattr(settings, "kind", None)


class CheckpointMeta(StrictConfig):
    """Everything in a checkpoint but the weights.

    Parameters
    ----------
    name, description, licence
        Name of the recipe, one line about the model, licence of its weights.
    model
        What the network is made of.
    loss
        Settings of the loss it was trained with.
    condition_transform, energy_transform
        The fitted transforms of inputs and cell energies, as plain values.
    detector
        The calorimeter whose showers it makes.
    threshold_mev
        A cell is hit if its deposit exceeds this, in MeV.
    value_spread
        How energies of hit cells scatter about the expected one; None: they get that itself.
    total_energy
        How the total energy's logarithm scatters about that of the expected one; None: that is not known.
    total_energy_flow
        What the flow for the total energy is made of, whose weights stand beside the network's; None: there
        is none. With neither, the total energy is what the cells sum up to.
    primaries
        Settings of the incident particles it was trained on, if they are known.
    valid_range
        Lowest and highest of each quantity of the incident particles that it may be asked for.
    particles
        Particle Data Group codes it was trained on.
    seed, data_fingerprint, n_train
        Seed of the training; fingerprint and number of the showers it saw.
    metrics
        Final figures, such as the validation loss.
    versions
        Versions of the software that trained it.
    """

    name: str
    description: str = ""
    licence: str = "BSD-3-Clause"
    model: Annotated[
        Annotated[MaskValueConfig, Tag("mask-value")]
        | Annotated[EntryWindowConfig, Tag("entry-window")]
        | Annotated[ShowerFlowConfig, Tag("shower-flow")],
        Discriminator(_kind),
    ]
    loss: Annotated[
        Annotated[MaskValueLossConfig, Tag("mask-value")]
        | Annotated[EnergyScoreConfig, Tag("energy-score")]
        | Annotated[FlowMatchingConfig, Tag("flow-matching")],
        Discriminator(_kind),
    ]
    condition_transform: dict[str, Any]
    energy_transform: dict[str, Any]
    detector: Calorimeter
    threshold_mev: float
    value_spread: ValueSpread | None = None
    total_energy: ValueSpread | None = None
    total_energy_flow: TotalEnergyFlowConfig | None = None
    primaries: dict[str, Any] | None = None
    valid_range: dict[str, tuple[float, float]]
    particles: tuple[int, ...]
    seed: int
    data_fingerprint: str
    n_train: int
    metrics: dict[str, float] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_family(self) -> Self:
        expected = _LOSS_KINDS[self.model.kind]
        if self.loss.kind != expected:
            raise ValueError(
                f"loss.kind '{expected}' (not '{self.loss.kind}') with model.kind '{self.model.kind}'"
            )
        return self

    def settings(self, model: type[ModelT], loss: type[LossT]) -> tuple[ModelT, LossT]:
        """Give the settings of network and loss, if they are those of a certain family.

        Raises
        ------
        CheckpointError
            If the model is one of another family.
        """
        if isinstance(self.model, model) and isinstance(self.loss, loss):
            return self.model, self.loss
        raise CheckpointError(
            f"model '{self.name}'",
            got=f"one of kind '{self.model.kind}'",
            expected=f"one of kind '{model.model_fields['kind'].default}'",
        )


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A trained model: weights and everything that is needed to use them.

    Parameters
    ----------
    meta
        What the weights are for.
    weights
        Tensors by name, on the processor.
    """

    meta: CheckpointMeta
    weights: dict[str, Tensor] = field(repr=False)

    @property
    def network_weights(self) -> dict[str, Tensor]:
        """Weights of the network alone."""
        if self.meta.total_energy_flow is None:
            return self.weights
        return {name: tensor for name, tensor in self.weights.items() if not name.startswith(_FLOW)}

    @property
    def flow_weights(self) -> dict[str, Tensor]:
        """Weights of the flow for the total energy, if there is one."""
        return {
            name.removeprefix(_FLOW): tensor
            for name, tensor in self.weights.items()
            if name.startswith(_FLOW)
        }

    def with_flow(self, flow: TotalEnergyFlow) -> Checkpoint:
        """Give the same model with a flow for the total energy."""
        meta = self.meta.model_copy(update={"total_energy": None, "total_energy_flow": flow.config})
        added = {_FLOW + name: tensor for name, tensor in flow.state_dict().items()}
        return Checkpoint(meta, {**self.network_weights, **added})


def save_checkpoint(path: Path | str, checkpoint: Checkpoint) -> None:
    """Write a checkpoint beside its place and rename it there.

    Raises
    ------
    CheckpointError
        If the file cannot be written (nothing is left behind, an older file stays).
    """
    write_model_file(path, FORMAT, checkpoint.meta, checkpoint.weights)


def load_checkpoint(path: Path | str) -> Checkpoint:
    """Read a checkpoint; nothing in the file is ever executed.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, of another kind, or its parts do not fit together.
    """
    return Checkpoint(*read_model_file(path, FORMAT, CheckpointMeta))
