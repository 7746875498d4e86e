"""A trained calibration of jets in one self-describing file, be it a network or a baseline."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final, Self, TypeAlias

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig
from showerkit.losses.jet_objective_config import JetObjectiveConfig
from showerkit.models.edge_conv_config import EdgeConvConfig
from showerkit.models.energy_flow_config import EnergyFlowConfig
from showerkit.models.jet_baseline_config import JetBoostedTreesConfig, NumericalInversionConfig
from showerkit.models.particle_flow_config import ParticleFlowConfig
from showerkit.train.jet_error_config import JetErrorBins
from showerkit.train.jet_response_config import JetResponseCorrection
from showerkit.train.model_file import is_model_file, part_of, read_model_file, write_model_file

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

#: What the file says it is; the number rises when old files could be misread.
JET_ENERGY_FORMAT: Final = "showerkit-jet-energy-2"

#: Whatever calibrates jets, chosen by its ``kind``.
AnyJetCalibration: TypeAlias = Annotated[
    ParticleFlowConfig | EnergyFlowConfig | EdgeConvConfig | NumericalInversionConfig | JetBoostedTreesConfig,
    Field(discriminator="kind"),
]


class JetEnergyMeta(StrictConfig):
    """Everything in the file but the weights; pT counts as an energy in what is said of errors.

    Parameters
    ----------
    name, description, licence
        Name of the recipe, one line about the model, licence of its weights.
    model
        What the network or baseline is made of.
    objective
        What the network's outputs mean; None for a baseline.
    response
        Correction of pT, in MeV, in bins of |eta|, before anything is said of its error; None: none.
    errors
        Standard errors and intervals of pT, in MeV, in bins of |eta|.
    pt_low_gev, pt_high_gev
        The range of the true pT in GeV.
    valid_range
        Lowest and highest of measured pT in GeV, |eta|, number of further collisions and density rho.
    sample
        How the jets were made, as far as their file says.
    seed
        Seed of the training; None for a fit that draws nothing.
    data_fingerprint, n_train, n_calibration
        Fingerprint of the jets; how many it was trained and calibrated on.
    metrics
        Final figures, such as the validation loss.
    versions
        Versions of the software that trained it.
    """

    name: str
    description: str = ""
    licence: str = "BSD-3-Clause"
    model: AnyJetCalibration
    objective: JetObjectiveConfig | None = None
    response: JetResponseCorrection | None = None
    errors: JetErrorBins
    pt_low_gev: float
    pt_high_gev: float
    valid_range: dict[str, tuple[float, float]]
    sample: dict[str, Any] = Field(default_factory=dict)
    seed: int | None = None
    data_fingerprint: str
    n_train: int
    n_calibration: int
    metrics: dict[str, float] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _network_or_baseline(self) -> Self:
        is_baseline = isinstance(self.model, NumericalInversionConfig | JetBoostedTreesConfig)
        if is_baseline == (self.objective is not None):
            raise ValueError("'objective' for a network, and none for a baseline")
        if self.pt_high_gev <= self.pt_low_gev:
            raise ValueError("pt_high_gev above pt_low_gev")
        return self


@dataclass(frozen=True, eq=False)
class JetEnergyCheckpoint:
    """A trained calibration of jets.

    Parameters
    ----------
    meta
        What it is.
    weights
        Tensors by name: of the network (``network.``) and the objective (``objective.``), or of the baseline
        (``baseline.``).
    """

    meta: JetEnergyMeta
    weights: dict[str, Tensor] = field(default_factory=dict, repr=False)

    def part(self, name: str) -> dict[str, Tensor]:
        """Give the tensors of ``network``, ``objective`` or ``baseline``."""
        return part_of(self.weights, name)


def is_jet_energy_model(path: Path | str) -> bool:
    """Whether a model file says that it calibrates jets; False for whatever cannot be read."""
    return is_model_file(path, JET_ENERGY_FORMAT)


def save_jet_energy_checkpoint(path: Path | str, checkpoint: JetEnergyCheckpoint) -> None:
    """Write a model beside its place and rename it there.

    Raises
    ------
    CheckpointError
        If the file cannot be written (nothing is left behind, an older file stays).
    """
    write_model_file(path, JET_ENERGY_FORMAT, checkpoint.meta, checkpoint.weights)


def load_jet_energy_checkpoint(path: Path | str) -> JetEnergyCheckpoint:
    """Read a model; nothing in the file is ever executed.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, of another kind, or its parts do not fit together.
    """
    return JetEnergyCheckpoint(
        *read_model_file(path, JET_ENERGY_FORMAT, JetEnergyMeta, what="a model that calibrates jets")
    )
