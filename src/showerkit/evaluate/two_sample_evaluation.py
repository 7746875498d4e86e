"""Two-sample measures of every sample of an evaluation, on the first showers of each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from showerkit.evaluate.feature_tables import FeatureTables, feature_tables, training_cells
from showerkit.evaluate.two_sample_measures import two_sample_measures

if TYPE_CHECKING:
    from showerkit.data.shower_file import ShowerFile
    from showerkit.evaluate.result import Candidate
    from showerkit.evaluate.settings import EvaluationConfig
    from showerkit.progress import Progress
    from showerkit.typing import FloatArray


class TwoSampleEvaluation:
    """The reference's tables, against which samples are measured one after the other.

    Parameters
    ----------
    reference
        The reference's file.
    config
        How to compare.
    edges_mev
        Edges of the energy bins in which hit probabilities are compared, in MeV.
    training
        The showers that the candidates' generator has learnt from.
    progress
        Told about the classifiers' epochs.
    """

    def __init__(
        self,
        reference: ShowerFile,
        config: EvaluationConfig,
        edges_mev: FloatArray,
        training: ShowerFile | None,
        progress: Progress,
    ) -> None:
        self._config = config
        self._edges_mev = edges_mev
        self._progress = progress
        self._reference = self._tables(reference)
        self._training = None if training is None else training_cells(training, config.threshold_mev)

    def of_file(self, candidate: Candidate, file: ShowerFile) -> Candidate:
        """Add the measures of a sample to its comparison."""
        paired = candidate.comparison.paired
        return self._measured(candidate, self._reference, self._tables(file), paired=paired)

    def of_halves(self, floor: Candidate) -> Candidate:
        """Add the measures of the reference's showers at odd places against those at even ones."""
        halves = self._reference[0::2], self._reference[1::2]
        return self._measured(floor, *halves, paired=False)

    def _tables(self, file: ShowerFile) -> FeatureTables:
        config = self._config
        most = config.two_samples.max_showers
        return feature_tables(file, most, config.threshold_mev, hits_only=config.hits_only)

    def _measured(
        self, candidate: Candidate, reference: FeatureTables, tables: FeatureTables, *, paired: bool
    ) -> Candidate:
        measures, found = two_sample_measures(
            reference,
            tables,
            self._config.two_samples,
            self._edges_mev,
            seed=self._config.seed,
            paired=paired,
            training=self._training,
            progress=self._progress,
        )
        old = candidate.comparison
        merged = {**old.measures, **{measure.key: measure for measure in measures}}
        return replace(candidate, comparison=replace(old, measures=merged, two_samples=found))
