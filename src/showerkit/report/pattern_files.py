"""The files that tell of patterns of hit maps: patterns.json and figures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from showerkit import __version__
from showerkit.data.atomic_file import replacing
from showerkit.evaluate.hit_map_features import FEATURES, MEANINGS
from showerkit.evaluate.pattern_shares import share_errors
from showerkit.evaluate.shower_shapes.shapes import as_json
from showerkit.report.figures import mask_patterns as figures
from showerkit.report.figures.picture_file import write_png

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.evaluate.mask_patterns import PatternConfig
    from showerkit.evaluate.pattern_result import PatternReport


def write_patterns(
    folder: Path, report: PatternReport, config: PatternConfig, fingerprints: list[str]
) -> None:
    """Write patterns.json and the figures, each whole or not at all.

    Parameters
    ----------
    folder
        Where to.
    report
        What was found.
    config
        The settings that it was found with.
    fingerprints
        Fingerprints of the samples' files, in their order.
    """
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
