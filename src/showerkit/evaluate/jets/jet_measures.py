"""All measures of one sample of jets against another."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from showerkit.evaluate.classifier import LEAST_SHOWERS, ClassifierAuc
from showerkit.evaluate.jets.cloud_classifier import cloud_classifier_auc
from showerkit.evaluate.jets.coverage import Coverage, coverage_and_matching
from showerkit.evaluate.jets.energy_flow import w1_polynomials
from showerkit.evaluate.jets.flow_graphs import W1_COLUMNS
from showerkit.evaluate.jets.frechet_extrapolated import ExtrapolatedFrechet, extrapolated_frechet_distance
from showerkit.evaluate.jets.kernel_batches import BatchedKernelDistance, batched_kernel_distance
from showerkit.evaluate.jets.wasserstein import BatchedWasserstein, jet_wasserstein, particle_wasserstein
from showerkit.evaluate.measurement import Measurement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from showerkit.evaluate.jets.jet_table import JetTable
    from showerkit.evaluate.jets.settings import JetEvaluationConfig
    from showerkit.evaluate.measurement import MeasureKind
    from showerkit.progress import Progress

_EFP_NAMES: Final = tuple(f"efp_{column}" for column in W1_COLUMNS)


@dataclass(frozen=True)
class JetMeasures:
    """The measures of one sample of jets against the reference.

    Parameters
    ----------
    w1m, w1p, w1efp
        Wasserstein distances of the relative mass, of the particles' features, and of five energy flow
        polynomials.
    fpd, kpd
        Frechet and kernel physics distances of 36 energy flow polynomials.
    coverage
        Coverage and minimum matching distance, or None.
    classifier
        Area under the curve of a classifier of particles, or None.
    """

    w1m: BatchedWasserstein
    w1p: BatchedWasserstein
    w1efp: BatchedWasserstein
    fpd: ExtrapolatedFrechet
    kpd: BatchedKernelDistance
    coverage: Coverage | None
    classifier: ClassifierAuc | None

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON knows."""
        return asdict(self)

    def measurements(self) -> tuple[Measurement, ...]:
        """Return every measure with its name, unit and error, as a report lists them."""
        return tuple(self._measurements())

    def _measurements(self) -> Iterator[Measurement]:
        group = "Wasserstein distances"
        for key, label, found in (
            ("w1m", "Mass, W1M", self.w1m),
            ("w1p", "Particle features, W1P", self.w1p),
            ("w1efp", "Energy flow polynomials, W1EFP", self.w1efp),
        ):
            yield Measurement(key, label, "", group, "distance", found.value, found.error)
        for feature, value, error in zip(self.w1p.features, self.w1p.values, self.w1p.errors, strict=True):
            label = f"Particles' {feature}"
            yield Measurement(f"w1p.{feature}", label, "", group, "distance", value, error)
        group = "Distances of energy flow polynomials"
        for key, label, kind, distance in _physics_distances(self.fpd, self.kpd):
            yield Measurement(key, label, "", group, kind, distance.value, distance.error)
        if self.coverage is not None:
            group, cover = "Energy mover's distance", self.coverage
            yield Measurement(
                "coverage", "Coverage, COV", "", group, "level", cover.coverage, cover.coverage_error
            )
            yield Measurement(
                "mmd",
                "Minimum matching distance, MMD",
                "",
                group,
                "level",
                cover.matching_distance,
                cover.matching_distance_error,
            )
        if self.classifier is not None:
            auc = self.classifier
            label = "AUC on particles"
            yield Measurement(
                "classifier.auc", label, "", "Classifier", "level", auc.value, auc.total_error, 0.5
            )


def _physics_distances(
    fpd: ExtrapolatedFrechet, kpd: BatchedKernelDistance
) -> tuple[tuple[str, str, MeasureKind, ExtrapolatedFrechet | BatchedKernelDistance], ...]:
    # The Frechet distance of equal laws is not 0 with batches drawn with replacement.
    return (
        ("fpd", "Fréchet distance, FPD", "squared", fpd),
        ("kpd", "Kernel distance, KPD", "shift", kpd),
    )


def jet_measures(
    reference: JetTable,
    candidate: JetTable,
    config: JetEvaluationConfig,
    *,
    progress: Progress | None = None,
) -> JetMeasures:
    """Measure how far a sample of jets is from the reference, as JetNet measures it.

    Parameters
    ----------
    reference, candidate
        The samples, from `jet_table`.
    config
        Sizes and numbers of batches, and what to leave out.
    progress
        Told about the classifiers' epochs.

    Returns
    -------
    JetMeasures
        All measures; the classifier is left out where a sample has fewer than 50 jets.

    Raises
    ------
    DataError
        If a sample has no particle, or fewer than two jets.
    MissingDependencyError
        If coverage is wanted and POT is not installed.
    """
    w1 = partial(
        jet_wasserstein, batch_jets=config.w1_batch_jets, batches=config.w1_batches, seed=config.seed
    )
    coverage = classifier = None
    if config.coverage_jets > 0:
        coverage = coverage_and_matching(
            reference.particles,
            candidate.particles,
            reference.mask,
            candidate.mask,
            batch_jets=config.coverage_jets,
            batches=config.coverage_batches,
            seed=config.seed,
        )
    seen = min(config.classifier_jets, max(len(reference), len(candidate)))
    if min(seen, len(reference), len(candidate)) >= LEAST_SHOWERS:
        classifier = cloud_classifier_auc(
            reference.particles[:seen],
            candidate.particles[:seen],
            reference.mask[:seen],
            candidate.mask[:seen],
            config=config.network,
            seed=config.seed,
            progress=progress,
        )
    return JetMeasures(
        w1m=w1(reference.mass_rel, candidate.mass_rel, features=("mass_rel",)),
        w1p=particle_wasserstein(
            reference.particles,
            candidate.particles,
            reference.mask,
            candidate.mask,
            batch_jets=config.w1_batch_jets,
            batches=config.w1_batches,
            seed=config.seed,
        ),
        w1efp=w1(w1_polynomials(reference.efps), w1_polynomials(candidate.efps), features=_EFP_NAMES),
        fpd=extrapolated_frechet_distance(
            reference.efps,
            candidate.efps,
            least_jets=config.fpd_least_jets,
            most_jets=config.fpd_most_jets,
            points=config.fpd_points,
            batches=config.fpd_batches,
            seed=config.seed,
        ),
        kpd=batched_kernel_distance(
            reference.efps,
            candidate.efps,
            batch_jets=config.kpd_batch_jets,
            batches=config.kpd_batches,
            seed=config.seed,
        ),
        coverage=coverage,
        classifier=classifier,
    )
