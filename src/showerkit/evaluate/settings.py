"""Settings of an evaluation."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from showerkit.configuration import StrictConfig
from showerkit.evaluate.classifier_network import ClassifierConfig

#: Small and quick, for it has to train on two cores; stops early where there is nothing to learn.
_QUICK = ClassifierConfig(hidden_width=128, epochs=60, learning_rate=1e-3, batch_size=250, patience=8)


class TwoSampleConfig(StrictConfig):
    """Which measures take two samples shower by shower, and how many showers they see.

    Parameters
    ----------
    max_showers
        At most the first so many showers of each sample; 0 leaves all these measures out. Time of the
        nearest neighbours grows with its square.
    classifier
        On which features classifiers are trained: ``none``, ``high`` (observables) or ``high+low`` (cells
        as well).
    network
        The classifier and its training.
    held_out_mev
        Ranges of incident energy in MeV that the candidates' generator has not learnt from: a classifier of
        observables is trained there and one next to them.
    held_out_theta_rad
        The same for ranges of the polar angle in rad; not for voxels.
    """

    max_showers: int = Field(default=5000, ge=0)
    classifier: Literal["none", "high", "high+low"] = "high+low"
    network: ClassifierConfig = _QUICK
    held_out_mev: tuple[tuple[float, float], ...] = ()
    held_out_theta_rad: tuple[tuple[float, float], ...] = ()

    @field_validator("held_out_mev", "held_out_theta_rad")
    @classmethod
    def _rising(cls, ranges: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        if any(not 0.0 <= low < high for low, high in ranges):
            raise ValueError("ranges that rise, from 0 on")
        return ranges


class EvaluationConfig(StrictConfig):
    """How showers are compared.

    Parameters
    ----------
    threshold_mev
        A cell is hit where its deposit is above this, in MeV.
    hits_only
        Take deposits that are no hits for none, in all samples.
    energy_bin_mev
        Width of the incident-energy bins of the hit probability, in MeV; None: 100, wider where showers are
        few (see `showerkit.evaluate.fitted_bins`).
    response_bins
        Number of equal incident-energy bins of response and resolution; None: 20, less where showers are few.
    histogram_bins
        Number of bins of each observable's histogram within the reference's range; None: 50, less where
        showers are few.
    bootstrap
        Number of bootstrap replicas behind every error.
    event_images
        Number of showers drawn side by side.
    seed
        Seed of the bootstrap, the classifiers and the divisions of samples.
    two_samples
        Classifiers, Fréchet and kernel distances, precision and recall, memorisation.

    Examples
    --------
    >>> EvaluationConfig(threshold_mev=0.5).bootstrap
    100
    """

    threshold_mev: float = Field(default=0.1, ge=0.0)
    hits_only: bool = False
    energy_bin_mev: float | None = Field(default=None, gt=0.0)
    response_bins: int | None = Field(default=None, ge=1, le=200)
    histogram_bins: int | None = Field(default=None, ge=5, le=500)
    bootstrap: int = Field(default=100, ge=10, le=2000)
    event_images: int = Field(default=5, ge=1, le=20)
    seed: int = Field(default=1, ge=0)
    two_samples: TwoSampleConfig = TwoSampleConfig()


class FittedEvaluationConfig(EvaluationConfig):
    """An evaluation's settings with the bins that it has used."""

    energy_bin_mev: float = Field(gt=0.0)
    response_bins: int = Field(ge=1, le=200)
    histogram_bins: int = Field(ge=5, le=500)
