"""Patterns of MASK images in a reference sample, and their shares in others."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.data.shower_file import ShowerFile
    from showerkit.evaluate.mask_patterns import PatternConfig, PatternModel
    from showerkit.evaluate.pattern_shares import Dependence, ShareComparison
    from showerkit.progress import Progress
    from showerkit.typing import Float32Array, FloatArray, IntArray

_BATCH = 2000
_BINS = 10
_SHOWERS_FOR_BINNING = 100_000


@dataclass(frozen=True, eq=False)
class SamplePatterns:
    """Patterns of one sample.

    Parameters
    ----------
    name, generator
        Name of the file and what made it.
    counts
        Number of showers of each pattern, shape (groups,).
    without_hits
        Number of showers without a hit; they belong to no pattern.
    dependence
        How properties of the incident particle decide the pattern.
    comparison
        Agreement with the reference; None for the reference itself.
    """

    name: str
    generator: str
    counts: IntArray
    without_hits: int
    dependence: tuple[Dependence, ...]
    comparison: ShareComparison | None


@dataclass(frozen=True, eq=False)
class PatternReport:
    """Patterns of a reference sample and their shares in it and in candidates.

    Parameters
    ----------
    model
        The patterns.
    features
        Mean features of the showers of each pattern of the reference, shape (groups, 10).
    examples
        The most typical hit map of each pattern, shape (groups, cells_y, cells_x).
    example_event_ids
        Event numbers of the examples, shape (groups,).
    samples
        The reference first, then the candidates.
    """

    model: PatternModel
    features: FloatArray
    examples: Float32Array
    example_event_ids: IntArray
    samples: tuple[SamplePatterns, ...]


def patterns(
    reference: Path | str,
    candidates: Sequence[Path | str] = (),
    output: Path | str | None = None,
    *,
    config: PatternConfig | None = None,
    progress: Progress | None = None,
) -> PatternReport:
    """Find the patterns of a reference's MASK images and compare their shares in candidates.

    Parameters
    ----------
    reference
        The sample among which patterns are sought.
    candidates
        Samples whose showers are assigned to these patterns.
    output
        Folder for patterns.json and the figures; by default none is written.
    config
        The settings.
    progress
        Told how far the work is.

    Returns
    -------
    PatternReport
        Patterns, examples, shares and comparisons.

    Raises
    ------
    ShowerkitError
        If a file is no valid shower file, of another detector, or holds too few showers with hits.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> from showerkit.workflow.generate import generate
    >>> one = generate("zdc-ecal-gan", folder / "one.h5", n=200, seed=1)
    >>> other = generate("zdc-ecal-gan", folder / "other.h5", n=200, seed=2)
    >>> len(patterns(one, [other]).samples)
    2
    """
    from contextlib import ExitStack

    from showerkit.data.atomic_file import check_writable
    from showerkit.data.sample_names import sample_names
    from showerkit.data.shower_file import ShowerFile
    from showerkit.errors import DataError
    from showerkit.evaluate.hit_map_features import hit_map_features
    from showerkit.evaluate.mask_patterns import PatternConfig as Config
    from showerkit.evaluate.mask_patterns import find_patterns, hit_maps

    settings = config if config is not None else Config()
    told = progress if progress is not None else SilentProgress()
    if output is not None:
        check_writable(Path(output) / "patterns.json", overwrite=True)
    with ExitStack() as stack:
        files = [stack.enter_context(ShowerFile(path)) for path in (reference, *candidates)]
        detector = files[0].detector
        for file in files[1:]:
            if file.detector != detector:
                raise DataError(
                    f"{file.path}: detector",
                    got=file.detector.name,
                    expected=f"{detector.name} as in {reference}",
                )
        told.start("find patterns", sum(map(len, files)), "showers")
        sought = min(len(files[0]), settings.showers)
        parts, maps, ids = [], [], []
        for start in range(0, sought, _BATCH):
            batch = files[0].read(start, min(start + _BATCH, sought))
            maps.append(hit_maps(batch, detector, settings).astype(np.float32))
            parts.append(hit_map_features(maps[-1]))
            ids.append(batch.event_id)
        table, all_maps, event_ids = np.concatenate(parts), np.concatenate(maps), np.concatenate(ids)
        lit = table[:, 0] > 0
        table, all_maps, event_ids = table[lit], all_maps[lit], event_ids[lit]
        model = find_patterns(table, settings)
        group, distance = model.assign(table), model.distance(table)
        typical = [
            int(np.flatnonzero(group == k)[distance[group == k].argmin()]) for k in range(model.groups)
        ]
        features = np.stack([table[group == k].mean(axis=0) for k in range(model.groups)])
        edges = _property_edges(files[0])
        samples: list[SamplePatterns] = []
        for file, name in zip(files, sample_names([file.path for file in files]), strict=True):
            first = samples[0].counts if samples else None
            samples.append(_count(file, name, model, edges, settings, first, told))
        told.finish()
        report = PatternReport(model, features, all_maps[typical], event_ids[typical], tuple(samples))
        if output is not None:
            _write(Path(output), report, settings, [str(file.fingerprint()) for file in files])
    return report


def _property_edges(file: ShowerFile) -> dict[str, FloatArray]:
    """Equal bins of each property over its range in the reference; constant properties are left out."""
    from showerkit.evaluate.pattern_shares import particle_properties

    incident, _ = file.read_incident(0, min(len(file), _SHOWERS_FOR_BINNING))
    edges = {}
    for name, values in particle_properties(incident, file.detector).items():
        known = values[np.isfinite(values)]
        if len(known) and np.ptp(known) > 1.0e-6:
            edges[name] = np.linspace(known.min(), known.max() * (1.0 + 1.0e-9), _BINS + 1)
    return edges


def _count(
    file: ShowerFile,
    name: str,
    model: PatternModel,
    edges: dict[str, FloatArray],
    config: PatternConfig,
    reference: IntArray | None,
    told: Progress,
) -> SamplePatterns:
    """Assign every shower of a sample, in batches, and count."""
    from showerkit.evaluate.hit_map_features import hit_map_features
    from showerkit.evaluate.mask_patterns import hit_maps
    from showerkit.evaluate.pattern_shares import (
        Dependence,
        compare_shares,
        decided_by,
        dependence,
        particle_properties,
    )

    counts = np.zeros(model.groups, dtype=np.int64)
    tables = {which: np.zeros((_BINS, model.groups), dtype=np.int64) for which in edges}
    dark = 0
    for batch in file.iterate(_BATCH):
        features = hit_map_features(hit_maps(batch, file.detector, config))
        lit = features[:, 0] > 0
        dark += int((~lit).sum())
        pattern = model.assign(features[lit])
        counts += np.bincount(pattern, minlength=model.groups)
        for which, values in particle_properties(batch.incident[lit], file.detector).items():
            if which in edges:
                tables[which] += dependence(which, values, pattern, model.groups, edges[which]).counts
        told.advance(len(batch))
    return SamplePatterns(
        name,
        file.metadata.generator,
        counts,
        dark,
        tuple(Dependence(which, edges[which], table, decided_by(table)) for which, table in tables.items()),
        None if reference is None else compare_shares(reference, counts),
    )


def _write(folder: Path, report: PatternReport, config: PatternConfig, fingerprints: list[str]) -> None:
    """Write patterns.json and the figures, each whole or not at all."""
    from showerkit import __version__
    from showerkit.data.atomic_file import replacing
    from showerkit.evaluate.hit_map_features import FEATURES, MEANINGS
    from showerkit.evaluate.pattern_shares import share_errors
    from showerkit.evaluate.shower_shapes.shapes import as_json
    from showerkit.report.figures import mask_patterns as figures
    from showerkit.report.figures.picture_file import write_png

    target = folder / "patterns.json"
    samples = []
    for sample, fingerprint in zip(report.samples, fingerprints, strict=True):
        share, error = share_errors(sample.counts)
        samples.append({**as_json(sample), "sha256": fingerprint} | as_json({"share": share, "error": error}))
    record = {
        "format": "showerkit mask patterns 1",
        "showerkit": __version__,
        "settings": config.model_dump(mode="json"),
        "groups": report.model.groups,
        "separate_groups": report.model.separate_groups,
        "numbers_tried": as_json(report.model.numbers),
        "stability": report.model.stability,
        "features": {
            name: {"meaning": MEANINGS[name], "mean_per_group": as_json(report.features[:, place])}
            for place, name in enumerate(FEATURES)
        },
        "example_event_ids": as_json(report.example_event_ids),
        "samples": samples,
    }
    with replacing(target) as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    drawn = {
        "patterns": figures.patterns_figure(report.examples, [s.counts for s in report.samples]),
        "shares": figures.shares_figure([s.name for s in report.samples], [s.counts for s in report.samples]),
        "number": figures.number_figure(report.model.numbers, report.model.groups),
    }
    if report.samples[0].dependence:
        drawn["dependence"] = figures.dependence_figure(report.samples[0].dependence)
    for name, figure in drawn.items():
        write_png(figure, folder / f"{name}.png")


def pattern_table(report: PatternReport) -> list[str]:
    """Lines of a small table of the shares, for a terminal."""
    from showerkit.evaluate.pattern_shares import share_errors

    chosen = report.model.numbers[min(report.model.groups, len(report.model.numbers)) - 1]
    heading = f"{report.model.groups} patterns; silhouette {chosen.silhouette:.2f}"
    heading += f", stability {report.model.stability:.2f}"
    lines = [
        heading,
        "pattern  mean hits  " + "  ".join(f"{sample.name[:18]:>18}" for sample in report.samples),
    ]
    if report.model.separate_groups == 1:
        lines.insert(1, "note: by the gap statistic one continuum, no separate groups; patterns divide it")
    shares = [share_errors(sample.counts) for sample in report.samples]
    for number in range(report.model.groups):
        row = "  ".join(
            f"{100 * share[number]:9.2f} +- {100 * error[number]:4.2f} %" for share, error in shares
        )
        lines.append(f"{number + 1:7d}  {np.expm1(report.features[number, 0]):9.1f}  {row}")
    for sample in report.samples[1:]:
        test = sample.comparison
        if test is not None:
            lines.append(f"{sample.name}: chi2 = {test.chi2:.1f}/{test.ndf}, p = {test.p_value:.3g}")
    lines.extend(
        f"{part.name} decides {100 * part.decided:.1f} % of the pattern"
        for part in report.samples[0].dependence
    )
    lines.extend(
        f"note: {sample.without_hits} showers of {sample.name} have no hit"
        for sample in report.samples
        if sample.without_hits
    )
    return lines
