"""The evaluation: one streaming pass over every sample, then all comparisons with the reference."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from showerkit.data.sample_names import sample_names
from showerkit.data.shower_file import ShowerFile
from showerkit.data.timing import read_timing
from showerkit.errors import DataError
from showerkit.evaluate.bootstrap import BootstrapWeights
from showerkit.evaluate.comparison import compare
from showerkit.evaluate.curves import sample_result
from showerkit.evaluate.event_images import event_images
from showerkit.evaluate.fitted_bins import few_showers_note, fitted_to
from showerkit.evaluate.hit_probability import energy_bin_edges
from showerkit.evaluate.named_twice import refuse_twice
from showerkit.evaluate.notes import evaluation_notes
from showerkit.evaluate.profiles import profile_bins
from showerkit.evaluate.result import Candidate, Comparison, EvaluationResult
from showerkit.evaluate.sample import Binning, SampleAccumulator, SampleFacts, SampleSummary
from showerkit.evaluate.two_sample_evaluation import TwoSampleEvaluation
from showerkit.progress import Progress, SilentProgress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.data.records import IncidentParticles
    from showerkit.evaluate.settings import EvaluationConfig, FittedEvaluationConfig
    from showerkit.typing import FloatArray

#: Cells read at once: bounds the memory of a batch whatever the detector.
_CELLS_PER_BATCH: Final = 800_000

FloorKind = Literal["file", "candidate", "halves"]


@dataclass(frozen=True, eq=False)
class _Input:
    """An open sample with its incident particles."""

    file: ShowerFile
    facts: SampleFacts
    incident: IncidentParticles

    @property
    def incident_mev(self) -> FloatArray:
        return self.incident.energy_mev.astype(np.float64)


def evaluate_samples(
    reference: Path | str,
    candidates: Sequence[Path | str],
    config: EvaluationConfig,
    *,
    floor: Path | str | None = None,
    training: Path | str | None = None,
    command: str = "",
    progress: Progress | None = None,
) -> EvaluationResult:
    """Compare samples of showers with a reference.

    Parameters
    ----------
    reference
        A shower file of the full simulation, or a folder of shards.
    candidates
        The samples to judge, at least one.
    config
        How to compare.
    floor
        A second sample of the full simulation, best of the same incident particles. Without it the first
        Geant4 sample among several candidates is taken, else the reference is split into two halves.
    training
        The showers that the candidates' generator has learnt from: are any of them copied?
    command
        How the evaluation was called, for the report.
    progress
        Told how many showers are read.

    Returns
    -------
    EvaluationResult
        All measures with their floors.

    Raises
    ------
    DataError
        If a sample is empty, given twice, of another detector, or identical to the reference.
    """
    progress = progress or SilentProgress()
    if not candidates:
        raise DataError("candidates", got="none", expected="at least one file of showers")
    refuse_twice(reference, candidates, floor, training)
    with ExitStack() as stack:
        names = sample_names([reference, *candidates, *([] if floor is None else [floor])])
        inputs = [_open(stack, path, names[i]) for i, path in enumerate([reference, *candidates])]
        first, rest = inputs[0], inputs[1:]
        floor_input = None if floor is None else _open(stack, floor, names[-1])
        kind: FloorKind = "halves" if floor_input is None else "file"
        for other in [*rest, *([] if floor_input is None else [floor_input])]:
            _same_detector(first, other)
        if floor_input is None and len(rest) > 1:
            geant4 = [sample for sample in rest if sample.file.metadata.kind == "geant4"]
            if geant4:
                floor_input, kind = geant4[0], "candidate"
                rest = [sample for sample in rest if sample is not floor_input]
        learnt = None if training is None else _open(stack, training, "training")
        if learnt is not None:
            _same_detector(first, learnt)
        return _evaluate(first, rest, floor_input, learnt, kind, config, command, progress)


def _evaluate(
    first: _Input,
    rest: list[_Input],
    floor_input: _Input | None,
    learnt: _Input | None,
    kind: FloorKind,
    asked: EvaluationConfig,
    command: str,
    progress: Progress,
) -> EvaluationResult:
    detector = first.file.detector
    config = fitted_to(asked, first.incident_mev)
    binning = _binning(first, config)
    weights = BootstrapWeights(config.seed, config.bootstrap)
    inputs = [first, *rest, *([] if floor_input is None else [floor_input])]
    progress.start("evaluate", sum(len(sample.file) for sample in inputs), "showers")
    halves = floor_input is None
    summaries = _passed(first, binning, weights, config, progress, halves=halves)
    reference = summaries[0]

    def judged(sample: _Input) -> Candidate:
        (summary,) = _passed(sample, binning, weights, config, progress, halves=False)
        paired = _paired(first.incident, sample.incident)
        _refuse_identical(reference, summary, paired=paired)
        comparison = compare(reference, summary, binning, config.histogram_bins, paired=paired)
        return Candidate(sample_result(summary, reference, binning, config.histogram_bins), comparison)

    if floor_input is None:
        of_halves = compare(summaries[1], summaries[2], binning, config.histogram_bins, paired=False)
        half = sample_result(summaries[2], reference, binning, config.histogram_bins)
        floor = Candidate(half, scaled_comparison(of_halves, events_ratio=2.0))
        del summaries[1:]
    else:
        floor = judged(floor_input)
    candidates = tuple(judged(sample) for sample in rest)
    progress.finish()
    if config.two_samples.max_showers > 0 and config.threshold_mev > 0.0:
        training = None if learnt is None else learnt.file
        measured = TwoSampleEvaluation(first.file, config, binning.response_mev, training, progress)
        floor = (
            measured.of_halves(floor) if floor_input is None else measured.of_file(floor, floor_input.file)
        )
        candidates = tuple(
            measured.of_file(candidate, sample.file)
            for candidate, sample in zip(candidates, rest, strict=True)
        )
    columns = {
        sample.facts.name: (sample.file, sample.incident_mev, _paired(first.incident, sample.incident))
        for sample in [*([] if floor_input is None else [floor_input]), *rest]
    }
    images = event_images(first.file, columns, first.incident_mev, config.event_images)
    result = EvaluationResult(
        config=config,
        detector=detector,
        energy_edges_mev=binning.energy_mev,
        reference=sample_result(reference, reference, binning, config.histogram_bins),
        floor=floor,
        floor_kind=kind,
        candidates=candidates,
        events=images,
        notes=(),
        command=command,
    )
    few = few_showers_note(asked, config, len(first.file))
    return replace(result, notes=(*evaluation_notes(result), *([] if few is None else [few])))


def scaled_comparison(comparison: Comparison, events_ratio: float) -> Comparison:
    """Scale a comparison's distances to samples with `events_ratio` times the events, by statistics alone.

    Parameters
    ----------
    comparison
        Between two samples of one generator, which differ by statistics alone.
    events_ratio
        How many times the events.

    Returns
    -------
    Comparison
        Squared distances divided by the ratio, others by its square root.
    """
    hits = comparison.hit_probability
    fields = ("mse", "error", "expected", "mean", "mean_error", "mean_expected")
    worst = ("worst", "worst_error", "worst_expected")
    scaled = {name: getattr(hits, name) / events_ratio for name in (*fields, *worst)}
    return replace(
        comparison,
        measures={key: measure.scaled(events_ratio) for key, measure in comparison.measures.items()},
        hit_probability=replace(hits, **scaled),
    )


def _passed(
    sample: _Input,
    binning: Binning,
    weights: BootstrapWeights,
    config: EvaluationConfig,
    progress: Progress,
    *,
    halves: bool,
) -> list[SampleSummary]:
    """Stream a sample once: its summary, and those of its showers at even and odd places if asked for."""
    detector, batch = sample.file.detector, max(1, _CELLS_PER_BATCH // sample.file.cells)
    with_masks = sample.file.read(0, 1).mask_probability is not None
    accumulators = [
        SampleAccumulator(sample.facts, detector, binning, config.bootstrap, with_masks=with_masks)
        for _ in range(3 if halves else 1)
    ]
    start = 0
    for showers in sample.file.iterate(batch):
        rows = weights.rows(start, start + len(showers))
        accumulators[0].add(showers, rows)
        if halves:
            for half in (0, 1):
                every_second = slice((half + start) % 2, None, 2)
                accumulators[1 + half].add(showers[every_second], rows[every_second])
        start += len(showers)
        progress.advance(len(showers))
    return [accumulator.summary() for accumulator in accumulators]


def _open(stack: ExitStack, path: Path | str, name: str) -> _Input:
    file = stack.enter_context(ShowerFile(path))
    if len(file) == 0:
        raise DataError(f"{path}", got="no showers", expected="at least one")
    incident, _ = file.read_incident()
    return _Input(file, SampleFacts(name, Path(path), file.metadata, read_timing(path)), incident)


def _same_detector(first: _Input, other: _Input) -> None:
    if other.file.detector == first.file.detector:
        return
    mine, theirs = first.file.detector, other.file.detector
    if mine.name != theirs.name:
        got, expected = f"detector '{theirs.name}'", f"'{mine.name}'"
    else:
        differing = [name for name in type(mine).model_fields if getattr(mine, name) != getattr(theirs, name)]
        got, expected = f"detector '{theirs.name}' with other {', '.join(differing)}", "the same detector"
    raise DataError(f"{other.facts.path}", got=got, expected=f"{expected} as in {first.facts.path}")


def _paired(one: IncidentParticles, two: IncidentParticles) -> bool:
    """Whether two samples start with the same incident particles, in the same order."""
    n = min(len(one), len(two))
    return all(
        np.array_equal(getattr(one, name)[:n], getattr(two, name)[:n])
        for name in ("pdg", "energy_mev", "momentum_mev", "position_mm")
    )


def _refuse_identical(reference: SampleSummary, sample: SampleSummary, *, paired: bool) -> None:
    n = min(len(reference), len(sample))
    one, two = reference.observables, sample.observables
    same = all(np.array_equal(getattr(one, k)[:n], getattr(two, k)[:n]) for k in ("total_mev", "hits"))
    if paired and same and one.total_mev[:n].any():
        raise DataError(
            f"{sample.facts.path}",
            got=f"the very showers of {reference.facts.path}",
            expected="an independent sample",
            mend="simulate it with another seed",
        )


def _binning(first: _Input, config: FittedEvaluationConfig) -> Binning:
    """Take the bins from the reference's incident particles."""
    energy = first.incident_mev
    edges = energy_bin_edges(float(energy.min()), float(energy.max()), config.energy_bin_mev)
    n_response = min(config.response_bins, len(edges) - 1)
    return Binning(
        energy_mev=edges,
        response_mev=np.linspace(edges[0], edges[-1], n_response + 1),
        profiles=profile_bins(first.file.detector, config.threshold_mev, float(energy.max())),
        threshold_mev=config.threshold_mev,
        hits_only=config.hits_only,
    )
