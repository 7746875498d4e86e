"""The whole evaluation of a sample of jets, with the floor between two true samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from showerkit.evaluate.jets.jet_measures import JetMeasures, jet_measures
from showerkit.evaluate.jets.jet_table import JetTable, jet_table
from showerkit.evaluate.jets.settings import JetEvaluationConfig

if TYPE_CHECKING:
    from showerkit.data.jet_records import Jets
    from showerkit.evaluate.jets.jet_table import JetStream
    from showerkit.progress import Progress

#: Jets of each sample behind published numbers.
PUBLISHED_JETS: Final = 50_000


@dataclass(frozen=True, eq=False)
class JetEvaluation:
    """How a sample of jets compares with the reference.

    Parameters
    ----------
    reference, candidate, floor_sample
        What was read of the samples, for figures; the floor's sample or None.
    measures
        Measures of the candidate.
    floor
        The same measures of a second true sample, or None.
    config
        The settings.

    Examples
    --------
    `evaluate_jets` makes them; what they hold beside the measures is

    >>> from dataclasses import fields
    >>> [field.name for field in fields(JetEvaluation)]
    ['reference', 'candidate', 'floor_sample', 'measures', 'floor', 'config']
    """

    reference: JetTable
    candidate: JetTable
    floor_sample: JetTable | None
    measures: JetMeasures
    floor: JetMeasures | None
    config: JetEvaluationConfig

    @property
    def comparable(self) -> bool:
        """Whether samples and settings are those of JetNet's published W1, FPD and KPD."""
        enough = len(self.reference) == len(self.candidate) == PUBLISHED_JETS
        return enough and self.config.as_published

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON knows: counts, settings, measures and their floor."""
        samples = {"reference": self.reference, "candidate": self.candidate, "floor": self.floor_sample}
        return {
            "samples": {
                name: {"jets": table.n_jets, "jets_used": len(table), "particles_of_negative_pt": table.n_bad}
                for name, table in samples.items()
                if table is not None
            },
            "comparable_with_published": self.comparable,
            "config": self.config.model_dump(mode="json"),
            "measures": self.measures.to_dict(),
            "floor": None if self.floor is None else self.floor.to_dict(),
        }


def evaluate_jets(
    reference: JetStream | Jets | JetTable,
    candidate: JetStream | Jets | JetTable,
    floor: JetStream | Jets | JetTable | None = None,
    config: JetEvaluationConfig | None = None,
    *,
    progress: Progress | None = None,
) -> JetEvaluation:
    """Compare generated jets with simulated ones by all measures of the field.

    Each sample is read in portions, up to `config.max_jets`; memory does not grow with larger files. The same
    seed gives the same values.

    Parameters
    ----------
    reference
        Simulated jets: a `JetFile`, jets in memory, or a `JetTable` that was made before, to share it among
        candidates.
    candidate
        Generated jets.
    floor
        A second sample of simulated jets: its distance from the reference is what statistics leave.
    config
        Settings; None: those of JetNet.
    progress
        Told about the reading and the classifiers' epochs.

    Returns
    -------
    JetEvaluation
        Measures with errors, their floor, and the observables behind them.

    Raises
    ------
    DataError
        If a sample has no jets or particles, or a value is not finite.
    MissingDependencyError
        If coverage is wanted and POT is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from showerkit.data.jet_records import Jets
    >>> random = np.random.default_rng(1)
    >>> def jets(n):
    ...     cloud = np.abs(random.normal(0.0, 0.1, size=(n, 4, 3)))
    ...     return Jets(cloud, np.ones((n, 4), bool), *[np.ones(n)] * 4, np.arange(n))
    >>> settings = JetEvaluationConfig(coverage_jets=0, classifier_jets=0, w1_batch_jets=200)
    >>> result = evaluate_jets(jets(200), jets(200), config=settings)
    >>> result.comparable, 0.0 < result.measures.w1m.value < 0.05
    (False, True)
    """
    config = config or JetEvaluationConfig()

    def table(sample: JetStream | Jets | JetTable, name: str) -> JetTable:
        if isinstance(sample, JetTable):
            return sample
        return jet_table(sample, config.max_jets, radius=config.radius, name=name, progress=progress)

    true, made = table(reference, "reference"), table(candidate, "candidate")
    second = None if floor is None else table(floor, "floor")
    return JetEvaluation(
        true,
        made,
        second,
        jet_measures(true, made, config, progress=progress),
        None if second is None else jet_measures(true, second, config, progress=progress),
        config,
    )
