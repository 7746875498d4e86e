"""Layers with cells of their own: where the cells are, what is missing, and what only grids can do."""

from __future__ import annotations

import json

import numpy as np
import pytest

from showerkit.configuration import parse_config
from showerkit.errors import GeometryError
from showerkit.geometry import Calorimeter, describe, load_detector

BRICKS = """
name: bricks
cells: [3, 2]
cell_mm: 20
frame: air
layers:
  - {material: pbwo4, thickness_mm: 10, row_shift_mm: 10, missing: [[2, 1]]}
  - {material: silicon, thickness_mm: 1, cells: 4, cell_mm: 9, pitch_mm: 10, offset_mm: [5, -5],
     before: [{material: lead, thickness_mm: 3}]}
"""


@pytest.fixture
def bricks(tmp_path):
    file = tmp_path / "bricks.yaml"
    file.write_text(BRICKS)
    return load_detector(file)


def test_the_image_is_as_large_as_the_largest_layers(bricks):
    assert bricks.shape == (2, 4, 4)
    assert bricks.n_cells == 32
    assert int(bricks.cell_map.present.sum()) == 5 + 16
    assert not bricks.is_grid


def test_positions_and_sizes_are_those_described(bricks):
    cells = bricks.cell_map
    position, size = cells.position_mm.reshape(2, 4, 4, 3), cells.size_mm.reshape(2, 4, 4, 3)
    assert position[0, 0, :3].tolist() == [[-20, -10, 5], [0, -10, 5], [20, -10, 5]]
    assert position[0, 1, :2].tolist() == [[-10, 10, 5], [10, 10, 5]]
    assert position[1, 3, 3].tolist() == [20, 10, 13.5]
    assert (size[1] == [9, 9, 1]).all()
    assert (size[0, 1, 2:] == 0).all()
    # Half a brick to the right, and the smaller cells' offset: symmetrical about the centre of the face.
    assert (bricks.width_x_mm, bricks.width_y_mm) == (80, 50)


def test_every_cell_is_found_at_its_centre_and_nothing_in_gaps(bricks):
    cells = np.flatnonzero(bricks.cell_map.present)
    assert bricks.index_at(bricks.cell_positions_mm[cells]).tolist() == cells.tolist()
    # The missing brick, the gap of a row, a gap between silicon cells, the lead, outside.
    nowhere = [[30, 10, 5], [-30, 10, 5], [5, -5, 13.5], [0, 0, 11.5], [0, 0, 20], [np.nan, 0, 0]]
    assert bricks.index_at(np.array(nowhere)).tolist() == [-1] * 6


def test_cells_within_a_layer_do_not_overlap(bricks):
    cells = bricks.cell_map
    for layer in range(2):
        own = layer * 16 + np.flatnonzero(cells.present[layer * 16 : layer * 16 + 16])
        distance = np.abs(cells.position_mm[own, None, :2] - cells.position_mm[None, own, :2])
        clear = (distance >= cells.size_mm[own, None, :2] - 1e-9).any(axis=2)
        assert (clear | np.eye(len(own), dtype=bool)).all()


def test_the_sampling_fraction_counts_what_the_cells_cover(tmp_path):
    file = tmp_path / "half.yaml"
    file.write_text(
        "name: half\ncells: [2, 1]\ncell_mm: 10\nframe: pbwo4\nlayers:\n"
        "  - {material: pbwo4, thickness_mm: 10, missing: [[0, 0]]}\n"
    )
    # One of two equal blocks is read out.
    assert load_detector(file).sampling_fraction == pytest.approx(0.5)


def test_it_comes_back_from_json(bricks):
    text = bricks.model_dump_json()
    again = parse_config(Calorimeter, json.loads(text), source="test")
    assert again == bricks
    assert (again.cell_map.position_mm == bricks.cell_map.position_mm).all()


def test_grids_are_stored_as_before():
    stored = json.loads(load_detector("zdc-ecal").model_dump_json())
    assert "gdml" not in stored
    assert "cells" not in stored["layers"][0]


def test_it_is_described_without_a_pitch(bricks):
    facts = dict(describe(bricks))
    assert facts["cells"] == "21 in 2 layers, no regular grid"
    assert facts["cell size"] == "9 x 9, 20 x 20 mm"
    assert "pitch" not in facts


@pytest.mark.parametrize("name", ["cell_x", "cell_y"])
def test_columns_and_rows_are_of_grids_alone(bricks, name):
    with pytest.raises(GeometryError, match="no regular grid"):
        getattr(bricks, name)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("row_shift_mm: 25", "less than a pitch"),
        ("missing: [[3, 0]]", "not \\(3, 0\\)"),
        ("missing: [[0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1]]", "at least one cell"),
        ("cell_mm: 30, pitch_mm: 20", "no wider than their pitch"),
        ("cells: 0", "above 0"),
        ("offset_mm: [1]", "offset_mm"),
    ],
)
def test_what_cannot_be_is_named(tmp_path, line, expected):
    file = tmp_path / "wrong.yaml"
    file.write_text(
        "name: wrong\ncells: [3, 2]\ncell_mm: 20\nframe: air\nlayers:\n"
        f"  - {{material: pbwo4, thickness_mm: 10, {line}}}\n"
    )
    with pytest.raises(GeometryError, match=expected) as told:
        load_detector(file)
    assert "\n" not in str(told.value)


def test_gaps_need_a_frame(tmp_path):
    file = tmp_path / "gaps.yaml"
    file.write_text(BRICKS.replace("frame: air\n", ""))
    with pytest.raises(GeometryError, match="frame_material"):
        load_detector(file)
