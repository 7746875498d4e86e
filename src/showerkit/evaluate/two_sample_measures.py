"""Measures of two samples shower by shower: classifiers, distances of observables, neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from showerkit.evaluate.classifier import LEAST_SHOWERS, ClassifierAuc, classifier_auc
from showerkit.evaluate.frechet import frechet_physics_distance, least_showers
from showerkit.evaluate.hit_chi2 import hit_chi2
from showerkit.evaluate.interpolation import interpolation_test
from showerkit.evaluate.kernel_distance import kernel_physics_distance
from showerkit.evaluate.measurement import Measurement
from showerkit.evaluate.nearest_neighbour import NearestNeighbour, nearest_neighbour_test
from showerkit.evaluate.precision_recall import expected_coverage, precision_recall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from showerkit.evaluate.feature_tables import FeatureTables
    from showerkit.evaluate.settings import TwoSampleConfig
    from showerkit.progress import Progress
    from showerkit.typing import FloatArray

Features: TypeAlias = Literal["high", "low"]
CLASSIFIED: Final[dict[Features, tuple[str, str]]] = {
    "high": ("high_level", "observables"),
    "low": ("low_level", "cells"),
}
_WANTED: Final[dict[str, tuple[Features, ...]]] = {"none": (), "high": ("high",), "high+low": ("high", "low")}


@dataclass(frozen=True, eq=False)
class TwoSampleResult:
    """What the measures of two samples found beside their values.

    Parameters
    ----------
    reference_showers, candidate_showers
        Numbers of showers that they saw.
    classifiers
        Every classifier, by its features ("high", "low").
    memorisation
        The comparison with the training sample, if there was one.
    """

    reference_showers: int
    candidate_showers: int
    classifiers: dict[str, ClassifierAuc]
    memorisation: NearestNeighbour | None


def two_sample_measures(
    reference: FeatureTables,
    candidate: FeatureTables,
    config: TwoSampleConfig,
    edges_mev: FloatArray,
    *,
    seed: int,
    paired: bool,
    training: FloatArray | None = None,
    progress: Progress | None = None,
) -> tuple[list[Measurement], TwoSampleResult]:
    """Measure how far two samples are apart, shower by shower.

    Parameters
    ----------
    reference, candidate
        The samples' features.
    config
        What to measure.
    edges_mev
        Edges of the energy bins in which hit probabilities are compared, in MeV.
    seed
        Seed of networks and divisions.
    paired
        Whether shower i of both has the same incident particle.
    training
        Logarithms of the cells' energies of the showers that the candidate's generator has learnt from.
    progress
        Told about the classifiers' epochs.

    Returns
    -------
    tuple
        The measures that the samples are large enough for, and what stands behind them.
    """
    measures = list(_hit_probability(reference, candidate, edges_mev, paired=paired))
    classifiers: dict[str, ClassifierAuc] = {}
    smaller = min(len(reference), len(candidate))
    if smaller >= LEAST_SHOWERS:
        for features in _WANTED[config.classifier]:
            one, two = (t.observables if features == "high" else t.cells for t in (reference, candidate))
            found = classifier_auc(one, two, config=config.network, seed=seed, progress=progress)
            classifiers[features] = found
            measures += _classifier(features, found)
        measures += _observables(reference, candidate, seed, paired=paired)
        measures += _neighbours(reference, candidate, seed)
        if "high" in _WANTED[config.classifier]:
            measures += _interpolation(reference, candidate, config, seed, progress)
    memorisation = None
    if training is not None and smaller >= LEAST_SHOWERS and len(training) >= LEAST_SHOWERS:
        memorisation = nearest_neighbour_test(training, candidate.log_cells, reference.log_cells, seed=seed)
        measures += _memorisation(memorisation)
    return measures, TwoSampleResult(len(reference), len(candidate), classifiers, memorisation)


def _hit_probability(
    reference: FeatureTables, candidate: FeatureTables, edges_mev: FloatArray, *, paired: bool
) -> Iterator[Measurement]:
    if paired:
        common = slice(0, min(len(reference), len(candidate)))
        reference, candidate = reference[common], candidate[common]
    found = hit_chi2(
        reference.log_cells > 0.0,
        candidate.log_cells > 0.0,
        reference.energy_mev,
        candidate.energy_mev,
        edges_mev,
        paired=paired,
    )
    label = "Hit probability, chi-square per cell"
    yield Measurement(
        "hit_probability.chi2", label, "", "Hit probability", "level", found.value, found.error, 1.0
    )


def _classifier(features: Features, found: ClassifierAuc) -> Iterator[Measurement]:
    name, seen = CLASSIFIED[features]
    group = "Classifier"
    yield Measurement(
        f"classifier.{name}.auc", f"AUC on {seen}", "", group, "level", found.value, found.total_error, 0.5
    )
    label = f"Jensen-Shannon divergence on {seen}"
    yield Measurement(f"classifier.{name}.jsd", label, "bit", group, "shift", found.jsd, found.jsd_error, 0.0)


def _interpolation(
    reference: FeatureTables,
    candidate: FeatureTables,
    config: TwoSampleConfig,
    seed: int,
    progress: Progress | None,
) -> Iterator[Measurement]:
    for key, what, ranges, values in (
        ("interpolation", "energies", config.held_out_mev, [t.energy_mev for t in (reference, candidate)]),
        (
            "interpolation_theta",
            "angles",
            config.held_out_theta_rad,
            [t.theta_rad for t in (reference, candidate)],
        ),
    ):
        if not ranges or any(one is None for one in values):
            continue
        tables = [
            (table.observables, value)
            for table, value in zip((reference, candidate), values, strict=True)
            if value is not None
        ]
        found = interpolation_test(
            tables[0], tables[1], ranges, config=config.network, seed=seed, progress=progress
        )
        if found is None:
            continue
        group = f"Interpolation to held-out {what}"
        for name, label, value, error in (
            ("held_out", f"AUC on observables, held-out {what}", found.held_out, found.held_out_error),
            ("learnt", f"AUC on observables, {what} next to them", found.learnt, found.learnt_error),
        ):
            yield Measurement(f"{key}.{name}.auc", label, "", group, "level", value, error, 0.5)
        yield Measurement(
            f"{key}.rise", "Rise of the AUC", "", group, "shift", found.rise, found.rise_error, 0.0
        )


def _observables(
    reference: FeatureTables, candidate: FeatureTables, seed: int, *, paired: bool
) -> Iterator[Measurement]:
    group = "Distances of all observables"
    one, two = reference.observables, candidate.observables
    if min(len(one), len(two)) >= least_showers(one.shape[1]):
        largest = frechet_physics_distance(one, two, scale="largest", seed=seed)
        spread = frechet_physics_distance(one, two, scale="spread", seed=seed)
        for name, found in (("largest", largest), ("spread", spread)):
            label = f"Fréchet distance (FPD), scaled by {name}"
            yield Measurement(f"fpd.{name}", label, "", group, "shift", found.value, found.error, 0.0)
    if paired:
        common = min(len(one), len(two))
        one, two = one[:common], two[:common]
    kernel = kernel_physics_distance(one, two, paired=paired, seed=seed)
    label = "Kernel distance (KPD)"
    yield Measurement("kpd", label, "", group, "shift", kernel.value, kernel.error, 0.0)


def _neighbours(reference: FeatureTables, candidate: FeatureTables, seed: int) -> Iterator[Measurement]:
    # Balls of samples of unlike size cannot be compared.
    common = min(len(reference), len(candidate))
    found = precision_recall(
        reference.neighbour_cells[:common],
        candidate.neighbour_cells[:common],
        max_showers=common,
        seed=seed,
    )
    expected = {"density": 1.0, "coverage": expected_coverage(common, common, found.neighbours)}
    for name in ("precision", "recall", "density", "coverage"):
        estimate = getattr(found, name)
        yield Measurement(
            f"neighbours.{name}",
            name.capitalize(),
            "",
            "Precision and recall of the cells",
            "level",
            estimate.value,
            estimate.error,
            expected.get(name),
        )


def _memorisation(found: NearestNeighbour) -> Iterator[Measurement]:
    group = "Memorisation of training showers"
    for key, label, value, error, expected in (
        (
            "distance_ratio",
            "Distance to the training sample over that of the reference",
            found.value,
            found.error,
            1.0,
        ),
        (
            "near_share",
            "Share of showers very near a training shower",
            found.near_share,
            found.near_share_error,
            found.expected_near_share,
        ),
        (
            "training_share",
            "Of near showers, share nearest to the training sample",
            found.training_share,
            found.training_share_error,
            found.expected_training_share,
        ),
    ):
        yield Measurement(f"memorisation.{key}", label, "", group, "level", value, error, expected)
