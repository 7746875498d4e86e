"""A trained measurement of energies in one self-describing file, be it a network or a baseline."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Final, Self, TypeAlias

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig
from showerkit.geometry import Calorimeter
from showerkit.losses.likelihood_config import EnergyObjectiveConfig
from showerkit.models.cnn3d_config import CNN3DConfig
from showerkit.models.deep_sets_hits_config import DeepSetsHitsConfig
from showerkit.models.energy_baseline_config import BoostedTreesConfig, LinearCalibrationConfig
from showerkit.models.layer_profile_config import LayerProfileConfig
from showerkit.models.own_energy_config import OwnEnergyConfig
from showerkit.models.residual3d_config import Residual3DConfig
from showerkit.train.model_file import part_of, read_model_file, write_model_file

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

#: What the file says it is; the number rises when old files could be misread.
ENERGY_FORMAT: Final = "showerkit-energy-1"

#: Whatever measures energies, chosen by its ``kind``.
AnyEnergyMeasurement: TypeAlias = Annotated[
    CNN3DConfig
    | DeepSetsHitsConfig
    | LayerProfileConfig
    | Residual3DConfig
    | OwnEnergyConfig
    | LinearCalibrationConfig
    | BoostedTreesConfig,
    Field(discriminator="kind"),
]


class ResolutionTerms(StrictConfig):
    r"""Standard error of an energy, :math:`\sigma^2 = a^2 E + b^2 E^2 + c^2`, in MeV.

    Parameters
    ----------
    stochastic, constant, noise_mev
        a in the root of MeV, b, and c in MeV.
    least_energy_mev
        Lower energies have the sigma of this one, in MeV.
    """

    stochastic: float = Field(ge=0.0)
    constant: float = Field(ge=0.0)
    noise_mev: float = Field(ge=0.0)
    least_energy_mev: float = Field(gt=0.0)


class ResponseCorrection(StrictConfig):
    """A continuous function of the measured energy, linear between knots and beyond the outermost ones.

    Parameters
    ----------
    measured_mev
        Rising knots in MeV.
    corrected_mev
        Its values there in MeV.
    """

    measured_mev: tuple[float, ...] = Field(min_length=2)
    corrected_mev: tuple[float, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _values_at_rising_knots(self) -> Self:
        rising = all(one < other for one, other in pairwise(self.measured_mev))
        if not rising or len(self.measured_mev) != len(self.corrected_mev):
            raise ValueError("rising measured_mev, and a corrected_mev for each of them")
        return self


class EnergyMeta(StrictConfig):
    """Everything in the file but the weights.

    Parameters
    ----------
    name, description, licence
        Name of the recipe, one line about the model, licence of its weights.
    model
        What the network or baseline is made of.
    objective
        What the network's outputs mean; None for a baseline.
    baseline
        A baseline's fitted numbers; None for a network.
    response
        Correction of the energies, before anything is said of their errors; None: none.
    resolution
        Standard error as a function of the measured energy; None: the objective tells it.
    sigma_scale
        Factor on the standard error, by which pulls have width 1 on the calibration events.
    intervals
        Calibrated intervals, as `showerkit.reconstruct.conformal.ConformalIntervals` writes them.
    detector
        The calorimeter.
    energy_low_gev, energy_high_gev
        The range of the energies in GeV.
    primaries
        Settings of the incident particles it was trained on, if they are known.
    valid_range
        Lowest and highest of each quantity of the incident particles, energies in MeV.
    particles
        Particle Data Group codes it was trained on.
    physics_data
        Which Geant4 data the showers were made with, if it is known.
    approximate_physics
        Whether these showers were made with tables that are approximate.
    seed
        Seed of the training; None for a fit that draws nothing.
    data_fingerprint, n_train, n_calibration
        Fingerprint of the showers; how many it was trained and calibrated on.
    metrics
        Final figures, such as the validation loss.
    versions
        Versions of the software that trained it.
    """

    name: str
    description: str = ""
    licence: str = "BSD-3-Clause"
    model: AnyEnergyMeasurement
    objective: EnergyObjectiveConfig | None = None
    baseline: dict[str, Any] | None = None
    response: ResponseCorrection | None = None
    resolution: ResolutionTerms | None = None
    sigma_scale: float = Field(default=1.0, gt=0.0)
    intervals: dict[str, Any]
    detector: Calorimeter
    energy_low_gev: float
    energy_high_gev: float
    primaries: dict[str, Any] | None = None
    valid_range: dict[str, tuple[float, float]]
    particles: tuple[int, ...]
    physics_data: str | None = None
    approximate_physics: bool = False
    seed: int | None = None
    data_fingerprint: str
    n_train: int
    n_calibration: int
    metrics: dict[str, float] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _network_or_baseline(self) -> Self:
        is_baseline = isinstance(self.model, LinearCalibrationConfig | BoostedTreesConfig)
        if is_baseline != (self.baseline is not None) or is_baseline == (self.objective is not None):
            raise ValueError("'objective' for a network, 'baseline' for a baseline")
        if self.energy_high_gev <= self.energy_low_gev:
            raise ValueError("energy_high_gev above energy_low_gev")
        return self


@dataclass(frozen=True, eq=False)
class EnergyCheckpoint:
    """A trained measurement of energies.

    Parameters
    ----------
    meta
        What it is.
    weights
        Tensors of the network (``network.``) and of the objective (``objective.``) by name; none for a
        baseline.
    """

    meta: EnergyMeta
    weights: dict[str, Tensor] = field(default_factory=dict, repr=False)

    def part(self, name: str) -> dict[str, Tensor]:
        """Give the weights of ``network`` or ``objective``."""
        return part_of(self.weights, name)


def save_energy_checkpoint(path: Path | str, checkpoint: EnergyCheckpoint) -> None:
    """Write a model beside its place and rename it there.

    Raises
    ------
    CheckpointError
        If the file cannot be written (nothing is left behind, an older file stays).
    """
    write_model_file(path, ENERGY_FORMAT, checkpoint.meta, checkpoint.weights)


def load_energy_checkpoint(path: Path | str) -> EnergyCheckpoint:
    """Read a model; nothing in the file is ever executed.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, of another kind, or its parts do not fit together.
    """
    return EnergyCheckpoint(
        *read_model_file(path, ENERGY_FORMAT, EnergyMeta, what="a model that measures energies")
    )
