"""Compare files of jets with a reference, by all measures and with a floor."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from showerkit.data.jet_folder import jet_timing, open_jets
from showerkit.data.sample_names import sample_names
from showerkit.errors import DataError, MissingDependencyError
from showerkit.evaluate.jets.energy_mover import optimal_transport
from showerkit.evaluate.jets.file_notes import jet_notes
from showerkit.evaluate.jets.jet_evaluation import PUBLISHED_JETS
from showerkit.evaluate.jets.jet_images import single_jets
from showerkit.evaluate.jets.jet_measures import jet_measures
from showerkit.evaluate.jets.jet_reconstruction import jet_reconstruction
from showerkit.evaluate.jets.jet_result import JetCandidate, JetComparison, JetFacts, JetReportResult
from showerkit.evaluate.jets.jet_table import jet_table
from showerkit.evaluate.jets.sample_sizes import LEAST_JETS, fitted_to
from showerkit.evaluate.jets.sample_summary import SampleSummaries, jet_types
from showerkit.evaluate.named_twice import refuse_twice
from showerkit.evaluate.reconstruction_pairs import model_record
from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.data.jet_file import JetFile
    from showerkit.data.jet_folder import JetFolder
    from showerkit.evaluate.jets.jet_table import JetTable
    from showerkit.evaluate.jets.report_settings import JetReportConfig
    from showerkit.progress import Progress

FloorKind = Literal["file", "candidate", "halves"]


@dataclass(frozen=True, eq=False)
class _Input:
    """An open sample."""

    file: JetFile | JetFolder
    facts: JetFacts


def evaluate_jet_files(
    reference: Path | str,
    candidates: Sequence[Path | str],
    config: JetReportConfig,
    *,
    floor: Path | str | None = None,
    models: Sequence[Path | str] = (),
    command: str = "",
    progress: Progress | None = None,
) -> JetReportResult:
    """Compare files of jets with a reference.

    Of every sample as many jets are looked at as the smallest has, and batches are no larger than that, so
    that values and floor are of equal statistics.

    Parameters
    ----------
    reference
        A file of simulated jets, or a folder with a file for each process.
    candidates
        The samples to judge, at least one.
    config
        How to compare.
    floor
        A second sample of the reference's simulation. Without it the first candidate of the very same
        simulation is taken if there are several, else the reference is split into two halves.
    models
        Folders of trainings, or model files: their losses are shown, and jets of the reference as they
        reconstruct them.
    command
        How the evaluation was called, for the report.
    progress
        Told how many jets are read, and about the classifiers' epochs.

    Returns
    -------
    JetReportResult
        All measures with their floors.

    Raises
    ------
    DataError
        If a sample has too few jets, is named twice, keeps another number of particles, or is identical to
        the reference.
    """
    progress = progress or SilentProgress()
    if not candidates:
        raise DataError("candidates", got="none", expected="at least one file of jets")
    refuse_twice(reference, candidates, floor)
    with ExitStack() as stack:
        names = sample_names([reference, *candidates, *([] if floor is None else [floor])])
        inputs = [_open(stack, path, names[i]) for i, path in enumerate([reference, *candidates])]
        first, rest = inputs[0], inputs[1:]
        second = None if floor is None else _open(stack, floor, names[-1])
        kind: FloorKind = "halves" if second is None else "file"
        for other in [*rest, *([] if second is None else [second])]:
            _same_constituents(first, other)
        if second is None and len(rest) > 1:
            alike = [sample for sample in rest if _same_simulation(first, sample)]
            if alike:
                second, kind = alike[0], "candidate"
                rest = [sample for sample in rest if sample is not second]
        return _evaluate(first, rest, second, kind, config, models, command, progress)


def _evaluate(
    first: _Input,
    rest: list[_Input],
    second: _Input | None,
    kind: FloorKind,
    config: JetReportConfig,
    models: Sequence[Path | str],
    command: str,
    progress: Progress,
) -> JetReportResult:
    inputs = [first, *rest, *([] if second is None else [second])]
    jets = min(config.max_jets, *(len(sample.file) for sample in inputs))
    config = config.model_copy(update={"radius": _radius(first, config)})
    used = fitted_to(_without_missing(config), jets)

    def read(sample: _Input) -> JetTable:
        table = jet_table(sample.file, jets, radius=config.radius, name=sample.facts.name, progress=progress)
        if sample is not first:
            _refuse_identical(reference, table, sample, first)
        return table

    reference = read(first)
    summaries = SampleSummaries(reference, config)
    shown: dict[str, JetTable] = {}
    if second is None:
        one, two = reference[0::2], reference[1::2]
        halves = _compared(one, two, fitted_to(used, len(two)), progress)
        floor = JetCandidate(summaries.of(two, first.facts), _scaled(halves, 2.0))
    else:
        shown[second.facts.name] = table = read(second)
        floor = JetCandidate(summaries.of(table, second.facts), _compared(reference, table, used, progress))
    judged = []
    for sample in rest:
        shown[sample.facts.name] = table = read(sample)
        judged.append(
            JetCandidate(summaries.of(table, sample.facts), _compared(reference, table, used, progress))
        )
    records = [model_record(model, first.facts.path, "jets") for model in models]
    pairs = {
        record.training.name: tuple(jet_table(jets, radius=config.radius) for jets in record.pairs)
        for record in records
        if record.pairs is not None
    }
    # What is shown beside its reconstruction is among what was reconstructed.
    true = next(iter(pairs.values()))[0] if pairs else reference
    result = JetReportResult(
        config=config,
        used=used,
        reference=summaries.of(reference, first.facts),
        floor=floor,
        floor_kind=kind,
        candidates=tuple(judged),
        reconstructions=tuple(
            jet_reconstruction(one, two, name, first.facts, summaries) for name, (one, two) in pairs.items()
        ),
        trainings=tuple(record.training for record in records),
        single_jets=single_jets(
            true,
            shown,
            config.event_images,
            {f"{name}, reconstructed": made for name, (_, made) in pairs.items()},
        ),
        comparable=jets == PUBLISHED_JETS and used.as_published,
        notes=(),
        command=command,
    )
    return replace(result, notes=jet_notes(result))


def _compared(
    reference: JetTable, candidate: JetTable, config: JetReportConfig, progress: Progress
) -> JetComparison:
    """All measures, and those of every type of jet if the reference has several."""
    found = jet_measures(reference, candidate, config, progress=progress)
    by_type, types = {}, jet_types(reference)
    if len(types) > 1:
        few = config.model_copy(update={"coverage_jets": 0, "classifier_jets": 0})
        for name, code in types.items():
            one, two = (table[table.jet_type == code] for table in (reference, candidate))
            jets = min(len(one), len(two))
            if jets >= LEAST_JETS:
                of_type = jet_measures(one, two, fitted_to(few, jets))
                by_type[name] = {measure.key: measure for measure in of_type.measurements()}
    measures = {measure.key: measure for measure in found.measurements()}
    return JetComparison(measures, by_type, found.to_dict())


def _scaled(comparison: JetComparison, jets_ratio: float) -> JetComparison:
    """Scale distances between halves to samples of the whole's size, by statistics alone."""
    return JetComparison(
        {key: measure.scaled(jets_ratio) for key, measure in comparison.measures.items()},
        {
            name: {key: measure.scaled(jets_ratio) for key, measure in measures.items()}
            for name, measures in comparison.by_type.items()
        },
        comparison.details,
    )


def _open(stack: ExitStack, path: Path | str, name: str) -> _Input:
    file = open_jets(path)
    stack.callback(file.close)
    least = 2 * LEAST_JETS  # so that halves have enough
    if len(file) < least:
        raise DataError(f"{path}", got=f"{len(file)} jets", expected=f"at least {least}")
    return _Input(file, JetFacts(name, Path(path), file.metadata, jet_timing(path)))


def _same_constituents(first: _Input, other: _Input) -> None:
    mine, theirs = (sample.file.metadata.constituents for sample in (first, other))
    if mine != theirs:
        raise DataError(
            f"{other.facts.path}",
            got=f"the {theirs} hardest particles of each jet",
            expected=f"{mine} as in {first.facts.path}",
            mend="make both with the same number of constituents",
        )


def _same_simulation(first: _Input, other: _Input) -> bool:
    """Whether two samples differ by their seeds alone."""
    names = ("generator", "kind", "process", "settings")
    mine, theirs = first.file.metadata, other.file.metadata
    return mine.kind == "pythia8" and all(getattr(mine, name) == getattr(theirs, name) for name in names)


def _refuse_identical(reference: JetTable, table: JetTable, sample: _Input, first: _Input) -> None:
    if np.array_equal(reference.particles, table.particles) and reference.mask.any():
        raise DataError(
            f"{sample.facts.path}",
            got=f"the very jets of {first.facts.path}",
            expected="an independent sample",
            mend="simulate it with another seed",
        )


def _radius(first: _Input, config: JetReportConfig) -> float:
    """The radius that the reference's jets were found with, if its file says so."""
    found = first.file.metadata.settings.get("cone_radius")
    return float(found) if isinstance(found, int | float) and found > 0 else config.radius


def _without_missing(config: JetReportConfig) -> JetReportConfig:
    """Leave coverage out where the solver of the energy mover's distance is not installed."""
    if config.coverage_jets == 0:
        return config
    try:
        optimal_transport()
    except MissingDependencyError:
        return config.model_copy(update={"coverage_jets": 0})
    return config
