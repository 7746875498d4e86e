"""Settings of an evaluation of jets."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig
from showerkit.evaluate.classifier_network import ClassifierConfig
from showerkit.evaluate.jets.cloud_classifier import QUICK


class JetEvaluationConfig(StrictConfig):
    """How jets are compared; the defaults are JetNet's, with which published numbers were made.

    Parameters
    ----------
    max_jets
        At most the first so many jets of each sample; 50,000 in published numbers.
    w1_batch_jets, w1_batches
        Size and number of the batches of Wasserstein distances.
    fpd_least_jets, fpd_most_jets, fpd_points, fpd_batches
        Batch sizes of the Frechet distance, their number, and the number of batches of each.
    kpd_batch_jets, kpd_batches
        Size and number of the batches of the kernel distance.
    coverage_jets, coverage_batches
        Size and number of the batches of coverage and matching distance; 0 jets: neither.
    classifier_jets
        At most so many jets of each sample for the classifier, 0 for none; at least 50 otherwise.
    network
        The classifier and its training.
    radius
        Radius of the jets, in N-subjettiness.
    seed
        Seed of batches, divisions and networks.

    Examples
    --------
    >>> JetEvaluationConfig(max_jets=1000).kpd_batch_jets
    5000
    """

    max_jets: int = Field(default=50_000, ge=2)
    w1_batch_jets: int = Field(default=50_000, ge=1)
    w1_batches: int = Field(default=5, ge=1, le=1000)
    fpd_least_jets: int = Field(default=20_000, ge=2)
    fpd_most_jets: int = Field(default=50_000, ge=2)
    fpd_points: int = Field(default=10, ge=3, le=100)
    fpd_batches: int = Field(default=20, ge=1, le=1000)
    kpd_batch_jets: int = Field(default=5_000, ge=2)
    kpd_batches: int = Field(default=10, ge=1, le=1000)
    coverage_jets: int = Field(default=100, ge=0, le=10_000)
    coverage_batches: int = Field(default=10, ge=1, le=1000)
    classifier_jets: int = Field(default=10_000, ge=0)
    network: ClassifierConfig = QUICK
    radius: float = Field(default=0.8, gt=0.0)
    seed: int = Field(default=1, ge=0)

    @model_validator(mode="after")
    def _sizes_rise(self) -> Self:
        if self.fpd_least_jets >= self.fpd_most_jets:
            raise ValueError("'fpd_least_jets' below 'fpd_most_jets'")
        return self

    @property
    def as_published(self) -> bool:
        """Whether W1, FPD and KPD have the settings of published numbers."""
        names = (
            "w1_batch_jets",
            "w1_batches",
            "fpd_least_jets",
            "fpd_most_jets",
            "fpd_points",
            "fpd_batches",
            "kpd_batch_jets",
            "kpd_batches",
        )
        return all(getattr(self, name) == type(self).model_fields[name].default for name in names)
