"""The recipe of a network that makes point clouds: jets or sparse images (no network library is loaded)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig
from showerkit.data.cloud_features import CloudFeatures
from showerkit.data.point_scaling_config import MinMaxScalingConfig, PointScalingConfig, StandardScalingConfig
from showerkit.losses.flow_matching_config import FlowMatchingConfig
from showerkit.losses.vae_config import VaeLossConfig
from showerkit.models.cloud_flow_config import CloudFlowConfig
from showerkit.models.convae_config import ConVAEConfig
from showerkit.train.adversarial_config import Average
from showerkit.train.cloud_condition import ConditionName
from showerkit.train.hardware_config import Hardware
from showerkit.train.optimiser_config import AdamOptimiser, Optimiser
from showerkit.train.schedule_config import OneCycleSchedule, Schedule

#: A network that makes point clouds, chosen by its ``kind``.
AnyCloudConfig: TypeAlias = Annotated[ConVAEConfig | CloudFlowConfig, Field(discriminator="kind")]
#: What trains it.
CloudObjectiveConfig: TypeAlias = Annotated[VaeLossConfig | FlowMatchingConfig, Field(discriminator="kind")]


class CloudData(StrictConfig):
    """Which clouds are for what, and what the network sees of them.

    Parameters
    ----------
    features
        What describes a particle: ``relative`` (eta_rel, phi_rel, pt_rel), ``pt-gev`` (eta_rel, phi_rel and
        pT in GeV) or ``cartesian`` (px, py, pz in GeV); ``pixels`` (x, y, intensity) for images.
    places
        Take only the first (hardest, brightest) so many points of each cloud; None: all that the files have.
    full_only
        Leave out clouds with fewer points than places.
    condition
        What the network is told of the cloud that is wanted: its ``class``, if there are several, and its
        ``number`` of points.
    drop_below
        A generated point of at most this pT in GeV, or intensity, is none.
    validation_fraction
        Share of the clouds that the training never sees and that choose its best epoch.
    shuffle_buffer
        Clouds from which batches are drawn, where the sample is too large to be held in memory.
    """

    features: CloudFeatures = "relative"
    places: int | None = Field(default=None, ge=1)
    full_only: bool = False
    condition: tuple[ConditionName, ...] = ("class", "number")
    drop_below: float = Field(default=0.0, ge=0.0)
    validation_fraction: float = Field(default=0.1, gt=0.0, lt=1.0)
    shuffle_buffer: int = Field(default=65536, ge=1)


class CloudTraining(Hardware):
    """How the weights are found.

    Parameters
    ----------
    epochs
        Passes over the training clouds.
    epoch_jets
        An epoch ends after this many clouds, others each time; None: after all of the training part.
    batch_size
        Clouds per optimiser step.
    optimiser
        What turns gradients into steps.
    schedule
        Learning rate against step.
    gradient_clip
        Largest norm of the gradient; a larger one is scaled down. None: no limit.
    average
        Averaging of the weights; None: none.
    keep
        Which weights become the model: those of the ``best`` epoch by the loss on the validation clouds, or
        of the ``last``.
    start
        A trained model to begin with, with its scaling: a shipped model's name, a run directory or a model
        file. A flow that was told several classes can go on with one, and a model of one class with another.
        None: new weights.
    device, devices, precision, compile, loader_workers
        On what it runs, see `Hardware`.
    seed
        Seed of initial weights, order of clouds and noise.
    """

    epochs: int = Field(default=100, ge=1)
    epoch_jets: int | None = Field(default=None, ge=1)
    batch_size: int = Field(default=256, ge=1)
    optimiser: Optimiser = AdamOptimiser()
    schedule: Schedule = OneCycleSchedule(max_learning_rate=1.0e-3, pct_start=0.1)
    gradient_clip: float | None = Field(default=1.0, gt=0.0)
    average: Average | None = None
    keep: Literal["best", "last"] = "best"
    start: str | None = None
    seed: int = Field(default=1, ge=0, lt=2**63)


class LatentFlowTraining(StrictConfig):
    """How the flow on an autoencoder's latent space is trained, after the autoencoder.

    Parameters
    ----------
    epochs, batch_size, optimiser, schedule, gradient_clip
        As for `CloudTraining`; seed and device are those of that section, and the best epoch is kept.
    """

    epochs: int = Field(default=50, ge=1)
    batch_size: int = Field(default=256, ge=1)
    optimiser: Optimiser = AdamOptimiser()
    schedule: Schedule = OneCycleSchedule(max_learning_rate=1.0e-3, pct_start=0.1)
    gradient_clip: float | None = Field(default=5.0, gt=0.0)


class CloudRecipe(StrictConfig):
    """Everything that the training of a network that makes point clouds needs but the clouds.

    Parameters
    ----------
    name, description
        Short name, and one line of what it is for.
    model
        The network. How many points, features, classes and conditions it has is taken from the clouds.
    objective
        What trains it: ``vae`` for a ConVAE, ``flow-matching`` for a flow.
    scaling
        How the features are scaled.
    data, training
        The sections.
    latent_flow
        Training of the flow that ``model.flow`` describes; None where there is none.

    Examples
    --------
    >>> recipe = CloudRecipe(name="quick", model={"kind": "cloud-flow"}, training={"epochs": 5})
    >>> recipe.objective.kind, recipe.scaling.kind
    ('flow-matching', 'standardise')
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    description: str = ""
    model: AnyCloudConfig = ConVAEConfig()
    objective: CloudObjectiveConfig = VaeLossConfig()
    scaling: PointScalingConfig = StandardScalingConfig()
    data: CloudData = CloudData()
    training: CloudTraining = CloudTraining()
    latent_flow: LatentFlowTraining | None = None

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_the_kind(cls, values: Any) -> Any:
        """Fill in what depends on the kind of network."""
        if not isinstance(values, dict):
            return values
        model = values.get("model", ConVAEConfig())
        kind, flow = (
            (model.get("kind"), model.get("flow"))
            if isinstance(model, dict)
            else (getattr(model, "kind", None), getattr(model, "flow", None))
        )
        filled = dict(values)
        if kind == "cloud-flow":
            filled.setdefault("objective", FlowMatchingConfig())
        if flow is not None and filled.get("latent_flow") is None:
            filled["latent_flow"] = LatentFlowTraining()
        return filled

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        expected = "vae" if isinstance(self.model, ConVAEConfig) else "flow-matching"
        if self.objective.kind != expected:
            raise ValueError(f"objective.kind '{expected}' for model.kind '{self.model.kind}'")
        if self.latent_flow is not None and not self.has_latent_flow:
            raise ValueError("a section 'model.flow' for latent_flow to train")
        if isinstance(self.model, CloudFlowConfig) and "number" not in self.data.condition:
            raise ValueError("'number' in data.condition for a flow, which always knows it")
        shaped = isinstance(self.model, CloudFlowConfig) and self.model.shape is not None
        if shaped and self.data.features != "relative":
            raise ValueError("data.features 'relative' for a flow with model.shape")
        sigmoid = isinstance(self.model, ConVAEConfig) and self.model.output == "sigmoid"
        if sigmoid and not isinstance(self.scaling, MinMaxScalingConfig):
            raise ValueError("scaling.kind 'min-max' for model.output 'sigmoid'")
        if isinstance(self.objective, VaeLossConfig) and self.objective.jet is not None:
            cartesian = self.data.features == "cartesian"
            if self.data.features == "pixels":
                raise ValueError("no objective.jet for images")
            if (self.objective.jet.coordinates == "cartesian") != cartesian:
                raise ValueError(f"objective.jet.coordinates as data.features, '{self.data.features}'")
        return self

    @property
    def has_latent_flow(self) -> bool:
        """Whether a flow on the latent space is trained after the network."""
        return isinstance(self.model, ConVAEConfig) and self.model.flow is not None
