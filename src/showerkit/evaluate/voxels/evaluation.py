"""Compare samples of showers on voxels with a reference, by the CaloChallenge's measures and with a floor."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from showerkit.data.open_voxels import open_voxels
from showerkit.data.sample_names import sample_names
from showerkit.data.timing import read_timing
from showerkit.errors import DataError
from showerkit.evaluate.classifier import LEAST_SHOWERS
from showerkit.evaluate.frechet import frechet_physics_distance, least_showers
from showerkit.evaluate.measurement import Measurement
from showerkit.evaluate.named_twice import refuse_twice
from showerkit.evaluate.two_sample_measures import two_sample_measures
from showerkit.evaluate.voxels.halves import blocks_of_half, every_second
from showerkit.evaluate.voxels.histograms import VOXEL_ENERGY, filled, voxel_histograms
from showerkit.evaluate.voxels.notes import voxel_notes
from showerkit.evaluate.voxels.observables import ObservableMaker
from showerkit.evaluate.voxels.result import (
    VoxelCandidate,
    VoxelComparison,
    VoxelFacts,
    VoxelOrigin,
    VoxelResult,
    VoxelSampleResult,
)
from showerkit.evaluate.voxels.sample_pass import summarise, voxel_energy_counts
from showerkit.evaluate.voxels.sample_result import response_shift, sample_result
from showerkit.evaluate.voxels.separations import separations
from showerkit.evaluate.voxels.tables import high_level_table, voxel_tables
from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from showerkit.data.voxel_showers import VoxelSample
    from showerkit.evaluate.voxels.histograms import VoxelHistogram
    from showerkit.evaluate.voxels.sample_pass import VoxelSummary
    from showerkit.evaluate.voxels.settings import VoxelEvaluationConfig
    from showerkit.geometry.voxels import VoxelGeometry
    from showerkit.progress import Progress
    from showerkit.typing import FloatArray

_LEAST = 4  # so that halves have a spread


@dataclass(frozen=True, eq=False)
class _Passed:
    """A sample after its passes."""

    facts: VoxelFacts
    summary: VoxelSummary
    counts: dict[str, FloatArray]


class _Evaluation:
    """What the comparisons of one evaluation share."""

    def __init__(self, geometry: VoxelGeometry, config: VoxelEvaluationConfig, progress: Progress) -> None:
        self.geometry, self.config, self.progress = geometry, config, progress
        self.threshold_mev = config.threshold_mev or geometry.threshold_mev
        self.maker = ObservableMaker(geometry)
        self.histograms: list[VoxelHistogram] = []
        self.training: FloatArray | None = None

    def passed(self, sample: VoxelSample, facts: VoxelFacts) -> _Passed:
        """Read a sample, the reference first: its largest energies choose the bins."""
        most = self.config.two_samples.max_showers
        self.progress.start(facts.name, 2 * len(sample), "showers")
        summary = summarise(sample, self.maker, self.threshold_mev, most, self.progress)
        if len(summary) < _LEAST:
            raise DataError(f"{sample.path}", got=f"{len(summary)} showers", expected=f"at least {_LEAST}")
        if not self.histograms:
            self.histograms = voxel_histograms(
                self.geometry, self.threshold_mev, summary.observables, summary.largest
            )
        counts = filled(self.histograms, summary.observables, summary.incident_mev)
        for histogram in self.histograms:
            if histogram.group == VOXEL_ENERGY:
                counts[histogram.key] = voxel_energy_counts(
                    sample, self.threshold_mev, histogram.edges, self.progress
                )
        self.progress.finish()
        return _Passed(facts, summary, counts)

    def compared(self, reference: _Passed, candidate: _Passed) -> VoxelComparison:
        """All measures of a candidate."""
        config, paired = self.config, _paired(reference.summary, candidate.summary)
        found = separations(
            self.histograms, reference.counts, candidate.counts, replicas=config.bootstrap, seed=config.seed
        )
        measures = {measure.key: measure for measure in found.measures}
        shift = response_shift(
            reference.summary, candidate.summary, replicas=config.bootstrap, seed=config.seed
        )
        measures[shift.key] = shift
        two_samples = None
        if config.two_samples.max_showers:
            tables = [voxel_tables(one.summary, self.threshold_mev) for one in (reference, candidate)]
            more, two_samples = two_sample_measures(
                tables[0],
                tables[1],
                config.two_samples,
                _energy_edges(reference.summary.incident_mev),
                seed=config.seed,
                paired=paired,
                training=self.training,
                progress=self.progress,
            )
            measures |= {measure.key: measure for measure in more}
            measures |= {one.key: one for one in _frechet(reference.summary, candidate.summary, config.seed)}
        return VoxelComparison(paired, measures, found, two_samples)

    def sample_of(self, one: _Passed, shown: list[VoxelHistogram]) -> VoxelSampleResult:
        """What the report shows of a sample."""
        return sample_result(
            one.facts,
            one.summary,
            self.geometry,
            shown,
            one.counts,
            replicas=self.config.bootstrap,
            seed=self.config.seed,
        )


def evaluate_voxel_samples(
    reference: Path | str,
    candidates: Sequence[Path | str],
    geometry: VoxelGeometry,
    config: VoxelEvaluationConfig,
    *,
    floor: Path | str | None = None,
    training: Path | str | None = None,
    command: str = "",
    progress: Progress | None = None,
) -> VoxelResult:
    """Compare samples of showers on voxels with a reference.

    Parameters
    ----------
    reference
        A file of the full simulation, or a folder of files.
    candidates
        The samples to judge, at least one.
    geometry
        The voxels of all.
    config
        How to compare.
    floor
        A second sample of the full simulation; without it the reference is split into two halves.
    training
        The showers that the candidates' generator has learnt from.
    command
        How the evaluation was called, for the report.
    progress
        Told how many showers are read, and about the classifiers' epochs.

    Returns
    -------
    VoxelResult
        All measures with their floors.

    Raises
    ------
    DataError
        If a file is missing, damaged, of another number of voxels, named twice, or the very reference.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from showerkit.data.calochallenge_file import write_calochallenge
    >>> from showerkit.data.voxel_showers import VoxelShowers
    >>> from showerkit.evaluate.voxels.settings import VoxelEvaluationConfig
    >>> from showerkit.geometry.voxels import VoxelGeometry
    >>> layers = [{"radial_edges_mm": [0, 10, 20], "angular_bins": 4, "repeat": 3}]
    >>> voxels = VoxelGeometry(name="small", threshold_mev=0.1, layers=layers)
    >>> random, files = np.random.default_rng(1), []
    >>> for name in ("true", "made", "floor"):
    ...     showers = VoxelShowers(np.full(200, 1000.0), random.exponential(5.0, (200, voxels.n_voxels)))
    ...     files.append(Path(tempfile.mkdtemp()) / f"{name}.hdf5")
    ...     write_calochallenge(files[-1], [showers])
    >>> settings = VoxelEvaluationConfig(bootstrap=10, two_samples={"classifier": "none"})
    >>> evaluate_voxel_samples(files[0], [files[1]], voxels, settings, floor=files[2]).floor_kind
    'file'
    """
    progress = progress or SilentProgress()
    if not candidates:
        raise DataError("candidates", got="none", expected="at least one file of showers")
    refuse_twice(reference, candidates, floor)
    paths = [reference, *candidates, *([] if floor is None else [floor])]
    names = sample_names(paths)
    run = _Evaluation(geometry, config, progress)
    with ExitStack() as stack:
        samples = [stack.enter_context(open_voxels(path)) for path in paths]
        for sample in samples:
            _check(sample, geometry)
        training_showers = None
        if training is not None:
            with open_voxels(training) as learnt:
                _check(learnt, geometry)
                training_showers = len(learnt)
                progress.start("training sample", len(learnt), "showers")
                most = len(learnt) if config.two_samples.max_showers else 0
                run.training = summarise(learnt, run.maker, run.threshold_mev, most, progress).log_cells
                progress.finish()
        passed: list[_Passed] = []
        for sample, name, path in zip(samples, names, paths, strict=True):
            generator = "the reference" if not passed else name
            facts = VoxelFacts(name, Path(path), sample.form, read_timing(Path(path)), VoxelOrigin(generator))
            passed.append(run.passed(sample, facts))
            if len(passed) > 1:
                _refuse_identical(passed[0], passed[-1])
    first, judged = passed[0], passed[1 : 1 + len(candidates)]
    comparisons = [run.compared(first, one) for one in judged]
    kind: Literal["file", "halves"] = "halves" if floor is None else "file"
    if floor is None:
        second, of_floor = _halves(run, first)
    else:
        second = passed[-1]
        of_floor = run.compared(first, second)
    shown = _shown(run.histograms, comparisons)
    result = VoxelResult(
        config=config,
        geometry=geometry,
        threshold_mev=run.threshold_mev,
        reference=run.sample_of(first, shown),
        floor=VoxelCandidate(run.sample_of(second, shown), of_floor),
        floor_kind=kind,
        candidates=tuple(
            VoxelCandidate(run.sample_of(one, shown), found)
            for one, found in zip(judged, comparisons, strict=True)
        ),
        training_showers=training_showers,
        notes=(),
        command=command,
    )
    return voxel_notes(result)


def _halves(run: _Evaluation, first: _Passed) -> tuple[_Passed, VoxelComparison]:
    """The reference's showers at odd places against those at even ones, distances scaled to the whole."""
    halves = []
    for start in (0, 1):
        summary = every_second(first.summary, start)
        counts = filled(run.histograms, summary.observables, summary.incident_mev)
        if VOXEL_ENERGY in first.counts:
            counts[VOXEL_ENERGY] = blocks_of_half(first.counts[VOXEL_ENERGY], start)
        halves.append(_Passed(first.facts, summary, counts))
    found = run.compared(halves[0], halves[1])
    measures = {key: one.scaled(2.0) if one.kind == "squared" else one for key, one in found.measures.items()}
    return halves[1], VoxelComparison(found.paired, measures, found.separations, found.two_samples)


def _shown(histograms: list[VoxelHistogram], comparisons: list[VoxelComparison]) -> list[VoxelHistogram]:
    """Of every group the histogram that differs most, and what is of the whole shower."""
    shown: list[VoxelHistogram] = []
    for group in dict.fromkeys(histogram.group for histogram in histograms):
        of_group = [histogram for histogram in histograms if histogram.group == group]
        whole = [one for one in of_group if one.layer is None and one.window_mev is None]
        shown += whole or [max(of_group, key=lambda one: _worst(one, comparisons))]
    return shown


def _worst(histogram: VoxelHistogram, comparisons: list[VoxelComparison]) -> float:
    """The largest separation power of a histogram among the candidates."""
    return max(float(np.nan_to_num(one.separations.each[histogram.key].value)) for one in comparisons)


def _frechet(reference: VoxelSummary, candidate: VoxelSummary, seed: int) -> Iterator[Measurement]:
    """The Fréchet distance of all showers, not only those whose voxels were kept."""
    one, two = high_level_table(reference), high_level_table(candidate)
    if min(len(one), len(two)) < max(least_showers(one.shape[1]), LEAST_SHOWERS):
        return
    found = frechet_physics_distance(one, two, scale="largest", seed=seed)
    group, label = "Distances of all observables", "Fréchet distance (FPD), scaled by largest"
    yield Measurement("fpd.largest", label, "", group, "shift", found.value, found.error, 0.0)


def _paired(reference: VoxelSummary, candidate: VoxelSummary) -> bool:
    """Whether shower i of both has the same incident energy, and not by all being equal."""
    one, two = reference.incident_mev, candidate.incident_mev
    return len(one) == len(two) and len(np.unique(one)) == len(one) and np.array_equal(one, two)


def _energy_edges(incident_mev: FloatArray) -> FloatArray:
    """Edges of ten bins of equal numbers of showers, or of one around a single energy."""
    edges = np.unique(np.quantile(incident_mev, np.linspace(0.0, 1.0, 11)))
    if len(edges) == 1:
        return np.asarray(edges[0] * np.array([0.5, 2.0]))
    return np.append(edges[:-1], np.nextafter(edges[-1], np.inf))


def _check(sample: VoxelSample, geometry: VoxelGeometry) -> None:
    if sample.n_voxels != geometry.n_voxels:
        raise DataError(
            f"{sample.path}",
            got=f"{sample.n_voxels} voxels a shower",
            expected=f"{geometry.n_voxels} of geometry '{geometry.name}'",
            mend="give the geometry of these showers with --geometry",
        )
    shape = geometry.regular_shape
    if sample.shape is not None and shape is not None and sample.shape != shape:
        raise DataError(
            f"{sample.path}",
            got=f"{sample.shape} layers, sectors and rings",
            expected=f"{shape} of geometry '{geometry.name}'",
            mend="give the geometry of these showers with --geometry",
        )


def _refuse_identical(reference: _Passed, other: _Passed) -> None:
    one, two = reference.summary, other.summary
    same = len(one) == len(two) and np.array_equal(one.observables.total, two.observables.total)
    if same and one.observables.total.any() and np.array_equal(one.voxel_sums, two.voxel_sums):
        raise DataError(
            f"{other.facts.path}",
            got=f"the very showers of {reference.facts.path}",
            expected="an independent sample",
        )
