"""Cells that are no regular grid in exported files: told one by one, and never hit where none is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from showerkit.errors import CheckpointError
from showerkit.export.exporters import exported_model
from showerkit.export.onnx_description import CellMap, OnnxDescription
from showerkit.geometry import load_detector
from showerkit.train.checkpoint import save_checkpoint

#: The image that the mask-and-value network has, with holes and rows in a bond.
BRICKS = """
name: bricks
cells: 20
cell_mm: 15
frame: air
layers:
  - {material: pbwo4, thickness_mm: 60, row_shift_mm: 7, missing: [[0, 0], [9, 10], [10, 10], [19, 3]]}
"""


@pytest.fixture(scope="module")
def bricks(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("detector") / "bricks.yaml"
    path.write_text(BRICKS)
    return path


def test_every_cell_is_told():
    detector = load_detector("staggered-ecal")
    cells = CellMap.of(detector)
    assert cells.number == len(cells.centres_x_mm) == 8 * 12 * 12
    assert cells.pitch_x_mm is None
    present = detector.cell_map.present
    assert [width > 0.0 for width in cells.widths_x_mm] == present.tolist()
    index = int(detector.index_at(np.array([[33.0, -12.0, detector.layer_z_mm[5]]]))[0])
    assert abs(cells.centres_x_mm[index] - 33.0) <= 0.5 * cells.widths_x_mm[index]
    assert abs(cells.centres_y_mm[index] + 12.0) <= 0.5 * cells.widths_y_mm[index]
    assert CellMap.model_validate_json(cells.model_dump_json()) == cells


def test_files_of_grids_are_as_they_were():
    cells = CellMap.of(load_detector("zdc-ecal"))
    assert set(cells.model_dump()) == {
        *("number", "layers", "cells_x", "cells_y", "order", "front_mm", "back_mm"),
        *("pitch_x_mm", "pitch_y_mm", "cell_x_mm", "cell_y_mm"),
    }


def test_half_of_a_map_is_refused(mask_value_model, bricks, tmp_path):
    path = tmp_path / "model.skm"
    save_checkpoint(path, mask_value_model(detector=str(bricks)))
    described = exported_model(path).description
    values = described.model_dump(mode="json")
    for change in ({"widths_y_mm": None}, {"pitch_x_mm": 15.0}):
        broken = values | {"cells": values["cells"] | change}
        texts = described.properties() | {"showerkit": json.dumps(broken)}
        with pytest.raises(CheckpointError, match="either pitches and sizes of a grid"):
            OnnxDescription.from_properties(texts, "model.onnx")


def test_masks_inside_the_graph_know_where_no_cell_is(mask_value_model, bricks, tmp_path):
    path = tmp_path / "model.skm"
    save_checkpoint(path, mask_value_model(detector=str(bricks)))
    exported = exported_model(path)
    given = exported.sample(100)
    with torch.no_grad():
        arrays = [torch.from_numpy(given[one.name]) for one in exported.description.inputs]
        made = exported.graph.eval()(*arrays).numpy()
    wanted = exported.reference(given)["cell_energy_mev"]
    absent = ~load_detector(bricks).cell_map.present
    assert absent.sum() == 4
    assert not made[:, absent].any()
    assert (made[:, ~absent] > 0.0).any(axis=0).mean() > 0.2
    assert ((made > 0.0) == (wanted > 0.0)).all(axis=1).mean() > 0.98
