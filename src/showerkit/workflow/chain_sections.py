"""What every whole chain has beside its training: samples, generation, evaluation."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, field_validator, model_validator

from showerkit.configuration import StrictConfig
from showerkit.data.image_config import ImageConfig
from showerkit.evaluate.energy_settings import EnergyEvaluationConfig
from showerkit.evaluate.image_settings import ImageReportConfig
from showerkit.evaluate.jet_energy.settings import JetEnergyEvaluationConfig
from showerkit.evaluate.jets.report_settings import JetReportConfig
from showerkit.evaluate.settings import EvaluationConfig
from showerkit.models.jet_baseline_config import NumericalInversionConfig
from showerkit.simulate.jets.calibration_config import PRESETS, CalibrationJetConfig
from showerkit.simulate.jets.config import JetCollisionConfig, JetProcess, JetProcessConfig
from showerkit.simulate.primaries import PrimaryConfig

if TYPE_CHECKING:
    from showerkit.train.families import AnyTrainingRecipe
    from showerkit.train.jet_baseline_recipe import JetBaselineRecipe
    from showerkit.train.jet_energy_recipe import JetEnergyRecipe


class SimulationSection(StrictConfig):
    """The samples of Geant4 showers that a chain needs.

    The training sample uses `seed`, the test sample `seed` + 1; the floor, which is the test sample's
    incident particles once more, uses `seed` + 2.

    Parameters
    ----------
    train
        Number of showers to train on.
    test
        Number of showers to judge by; for a generator, again as many for the floor.
    primaries
        The incident particles.
    cut_mm
        Geant4's production cut in mm.
    seed
        The first of three seeds.
    """

    train: int = Field(ge=2)
    test: int = Field(ge=2)
    primaries: PrimaryConfig = PrimaryConfig()
    cut_mm: float = Field(default=0.7, gt=0.0, le=1000.0)
    seed: int = Field(default=1, ge=0)


class GenerationSection(StrictConfig):
    """How the trained generator makes its showers, jets or images.

    Parameters
    ----------
    seed
        Seed of what is drawn.
    """

    seed: int = Field(default=1, ge=0)


class JetSimulationSection(JetCollisionConfig):
    """The samples of jets that a chain needs (further settings as for `JetCollisionConfig`).

    The training sample uses `seed`, the test sample `seed` + 1, and the floor, of as many jets as the test
    sample, `seed` + 2.

    Parameters
    ----------
    process
        What starts the jets, or several of them: then one model learns all, and is told which is wanted.
    train, test
        Number of jets of each process to train on, and to judge by.
    seed
        The first of three seeds.

    Examples
    --------
    >>> section = JetSimulationSection(process="t", train=1000, test=100, constituents=50)
    >>> section.process_config().constituents
    50
    """

    process: JetProcess | Annotated[tuple[JetProcess, ...], Field(min_length=1)]
    train: int = Field(ge=2)
    test: int = Field(ge=2)
    seed: int = Field(default=1, ge=0)

    @field_validator("process")
    @classmethod
    def _each_once(cls, process: JetProcess | tuple[JetProcess, ...]) -> JetProcess | tuple[JetProcess, ...]:
        if isinstance(process, tuple) and len(set(process)) < len(process):
            raise ValueError("every process once")
        return process

    @property
    def processes(self) -> tuple[JetProcess, ...]:
        """What starts the jets, one or several."""
        return self.process if isinstance(self.process, tuple) else (self.process,)

    def process_config(self, process: JetProcess | None = None) -> JetProcessConfig:
        """What decides each jet of a process; None: of the first."""
        common = {name: getattr(self, name) for name in JetCollisionConfig.model_fields}
        return JetProcessConfig(process=process or self.processes[0], **common)


class CalibrationJetSection(CalibrationJetConfig):
    """The samples of matched jets that a chain needs (further settings as for `CalibrationJetConfig`).

    The training sample uses `seed`, the test sample `seed` + 1. A key ``preset``, ``narrow`` or ``wide``,
    stands for the settings of that name; what is written beside it counts more.

    Parameters
    ----------
    train, test
        Number of jets to learn from, and to judge by.
    seed
        The first of two seeds.

    Examples
    --------
    >>> section = CalibrationJetSection(preset="wide", train=1000, test=100, pile_up=20)
    >>> section.jet_config().true_pt_gev, section.jet_config().bias_power, section.pile_up
    ((30.0, 2000.0), 5.5, 20.0)
    """

    train: int = Field(ge=2)
    test: int = Field(ge=2)
    seed: int = Field(default=1, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, values: Any) -> Any:
        if not isinstance(values, dict) or "preset" not in values:
            return values
        preset = values["preset"]
        if not isinstance(preset, str) or preset not in PRESETS:
            raise ValueError("preset " + " or ".join(PRESETS))
        return {**PRESETS[preset], **{key: value for key, value in values.items() if key != "preset"}}

    def jet_config(self) -> CalibrationJetConfig:
        """What decides each pair of jets."""
        return CalibrationJetConfig(
            **{name: getattr(self, name) for name in CalibrationJetConfig.model_fields}
        )


class ChainSections(StrictConfig):
    """What a whole chain's recipe has, whatever its model does.

    Parameters
    ----------
    name, description
        Short name, and one line of what it is for.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    description: str = ""

    @abstractmethod
    def training_recipe(self) -> AnyTrainingRecipe:
        """The part that concerns the training."""


class ShowerSections(ChainSections):
    """What a chain's recipe has that learns from showers.

    Parameters
    ----------
    detector
        A shipped detector's name or a YAML file (looked for beside the recipe first).
    simulate
        The samples of showers.
    """

    detector: str
    simulate: SimulationSection


class GeneratorSections(ShowerSections):
    """What a chain's recipe has whose model makes showers.

    Parameters
    ----------
    generate
        How showers are made.
    evaluate
        How they are compared with those of Geant4.
    """

    generate: GenerationSection = GenerationSection()
    evaluate: EvaluationConfig = EvaluationConfig()


class EnergySections(ShowerSections):
    """What a chain's recipe has whose model measures energies.

    Parameters
    ----------
    evaluate
        How they are judged.
    """

    evaluate: EnergyEvaluationConfig = EnergyEvaluationConfig()


class JetSections(ChainSections):
    """What a chain's recipe has whose model makes jets.

    Parameters
    ----------
    simulate
        The samples of jets.
    generate
        How jets are made.
    evaluate
        How they are compared with those of Pythia 8.
    """

    simulate: JetSimulationSection
    generate: GenerationSection = GenerationSection()
    evaluate: JetReportConfig = JetReportConfig()


class JetEnergySections(ChainSections):
    """What a chain's recipe has whose model calibrates the energy of jets.

    Parameters
    ----------
    simulate
        The samples of matched jets.
    baseline
        The calibration that the model is compared with, fitted to the same jets; None: the uncalibrated jets.
    evaluate
        How calibrated jets are judged.
    """

    simulate: CalibrationJetSection
    baseline: NumericalInversionConfig | None = NumericalInversionConfig()
    evaluate: JetEnergyEvaluationConfig = JetEnergyEvaluationConfig()

    @abstractmethod
    def training_recipe(self) -> JetEnergyRecipe | JetBaselineRecipe:
        """The part that concerns the training."""


class ImageSections(ChainSections):
    """What a chain's recipe has whose model makes sparse images.

    Parameters
    ----------
    images
        The samples of images.
    generate
        How images are made.
    evaluate
        How they are compared with true ones.
    """

    images: ImageConfig = ImageConfig()
    generate: GenerationSection = GenerationSection()
    evaluate: ImageReportConfig = ImageReportConfig()


#: Sections that a training does not read.
CHAIN_SECTIONS = frozenset().union(
    *(
        cls.model_fields
        for cls in (GeneratorSections, EnergySections, JetSections, JetEnergySections, ImageSections)
    )
) - {"name", "description"}
