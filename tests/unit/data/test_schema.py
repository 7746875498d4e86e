from __future__ import annotations

import re
from pathlib import Path

import pytest

from showerkit.configuration import parse_config
from showerkit.data.schema import DATASETS, FileMetadata, metadata_from_attributes
from showerkit.errors import FileFormatError

GUIDE = Path(__file__).parents[3] / "docs" / "file-format.md"


def test_metadata_survive_the_attributes(metadata):
    assert metadata_from_attributes(metadata.to_attributes(), "file") == metadata
    without = metadata.model_copy(update={"physics_data": None})
    assert metadata_from_attributes(without.to_attributes(), "file") == without


def test_the_guide_lists_every_dataset_and_attribute(metadata):
    text = GUIDE.read_text(encoding="utf-8")
    for name in metadata.to_attributes():
        assert f"| `{name}`" in text, name
    for spec in DATASETS:
        shape = f"(N, {spec.columns[0]})" if spec.columns else "(N,)"
        row = re.search(rf"^\| `{spec.name}` .*$", text, re.MULTILINE)
        assert row is not None, spec.name
        cells = [cell.strip() for cell in row.group().strip("|").split("|")]
        assert cells[1:4] == [shape, spec.dtype.name, spec.unit]


@pytest.mark.parametrize(
    "wrong", [{"seed": -1}, {"kind": "dream"}, {"generator": ""}, {"settings": {"cut_mm": float("nan")}}]
)
def test_wrong_metadata_are_refused(metadata, wrong):
    values = {**metadata.model_dump(), **wrong}
    with pytest.raises(FileFormatError, match=f"'{next(iter(wrong))}"):
        parse_config(FileMetadata, values, source="file", error=FileFormatError)
