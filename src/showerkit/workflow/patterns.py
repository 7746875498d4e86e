"""Patterns of MASK images in a reference sample, and their shares in others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.data.shower_file import ShowerFile
    from showerkit.evaluate.mask_patterns import PatternConfig, PatternModel
    from showerkit.evaluate.pattern_result import PatternReport, SamplePatterns
    from showerkit.progress import Progress
    from showerkit.typing import FloatArray, IntArray

_BATCH = 2000
_BINS = 10
_SHOWERS_FOR_BINNING = 100_000


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
    from showerkit.evaluate.pattern_result import PatternReport
    from showerkit.report.pattern_files import write_patterns

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
            write_patterns(Path(output), report, settings, [str(file.fingerprint()) for file in files])
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
    from showerkit.evaluate.pattern_result import SamplePatterns
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
