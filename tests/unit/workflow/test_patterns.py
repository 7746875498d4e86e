"""What is written of patterns of hit maps, and what a terminal shows of them."""

from __future__ import annotations

import json

import pytest

from showerkit.evaluate.mask_patterns import PatternConfig
from showerkit.report.pattern_table import pattern_table
from showerkit.workflow.generate import generate
from showerkit.workflow.patterns import patterns


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("patterns")
    samples = [generate("zdc-ecal-gan", folder / f"{seed}.h5", n=200, seed=seed) for seed in (1, 2)]
    config = PatternConfig(most_groups=3)
    return patterns(samples[0], samples[1:], folder / "found", config=config), folder / "found"


def test_the_file_counts_every_shower_once(written):
    report, folder = written
    record = json.loads((folder / "patterns.json").read_text())
    assert record["groups"] == report.model.groups == len(record["example_event_ids"])
    for sample in record["samples"]:
        assert sum(sample["counts"]) + sample["without_hits"] == 200
        assert sum(sample["share"]) == pytest.approx(1.0)
    assert record["samples"][0]["comparison"] is None
    assert record["samples"][1]["comparison"]["ndf"] <= report.model.groups - 1


def test_figures_stand_beside_it(written):
    _, folder = written
    pictures = {path.stem for path in folder.glob("*.png")}
    assert {"patterns", "shares", "number"} <= pictures


def test_the_table_has_a_row_a_pattern(written):
    report, _ = written
    rows = [line for line in pattern_table(report) if line[:7].strip().isdigit()]
    assert len(rows) == report.model.groups
    assert all(row.count("+-") == 2 for row in rows)
