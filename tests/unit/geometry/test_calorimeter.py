from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showerkit.configuration import parse_config
from showerkit.errors import GeometryError
from showerkit.geometry import Calorimeter, Layer, Slab, describe, detector_names, load_detector
from showerkit.geometry.detectors.shared_materials import SHIPPED_MATERIALS


@st.composite
def calorimeters(draw):
    """Any calorimeter of up to 4 layers, with or without gaps and plates."""
    length = st.floats(0.5, 50.0)
    pitch = draw(st.tuples(length, length))
    share = draw(st.tuples(*[st.sampled_from([1.0, 0.99, 0.5])] * 2))
    plates = st.lists(st.builds(Slab, material=st.just("lead"), thickness_mm=length), max_size=2)
    layers = st.builds(
        Layer,
        active_material=st.just("lyso"),
        thickness_mm=length,
        before=plates.map(tuple),
        after=plates.map(tuple),
    )
    return Calorimeter(
        name="any",
        cells_x=draw(st.integers(1, 7)),
        cells_y=draw(st.integers(1, 7)),
        pitch_x_mm=pitch[0],
        pitch_y_mm=pitch[1],
        cell_x_mm=pitch[0] * share[0],
        cell_y_mm=pitch[1] * share[1],
        frame_material="air",
        materials=(SHIPPED_MATERIALS["air"], SHIPPED_MATERIALS["lyso"], SHIPPED_MATERIALS["lead"]),
        layers=tuple(draw(st.lists(layers, min_size=1, max_size=4))),
    )


@given(calorimeters())
def test_cell_and_index_are_inverse(detector):
    index = np.arange(detector.n_cells)
    np.testing.assert_array_equal(detector.index(*detector.cell(index)), index)
    layer, iy, ix = detector.cell(index)
    np.testing.assert_array_equal(index, (layer * detector.cells_y + iy) * detector.cells_x + ix)


@given(calorimeters(), st.tuples(*[st.floats(-0.499, 0.499)] * 3))
def test_position_and_index_are_inverse_anywhere_in_a_cell(detector, offset):
    layer, _, _ = detector.cell(np.arange(detector.n_cells))
    thickness = np.diff(detector.layer_edges_mm, axis=1)[layer, 0]
    size = np.stack(np.broadcast_arrays(detector.cell_x_mm, detector.cell_y_mm, thickness), axis=1)
    inside = detector.cell_positions_mm + np.array(offset) * size
    np.testing.assert_array_equal(detector.index_at(inside), np.arange(detector.n_cells))


@given(calorimeters())
def test_outside_and_gaps_hold_no_cell(detector):
    x, y, z = 0.5 * detector.width_x_mm, 0.5 * detector.width_y_mm, detector.depth_mm
    middle = detector.cell_positions_mm[0]
    outside = [
        [x + 0.01, middle[1], middle[2]],
        [middle[0], -y - 0.01, middle[2]],
        [middle[0], middle[1], -0.01],
        [middle[0], middle[1], z + 0.01],
        [np.nan, middle[1], middle[2]],
        [np.inf, middle[1], middle[2]],
    ]
    if detector.cell_x_mm < detector.pitch_x_mm:
        outside.append([-x, middle[1], middle[2]])
        outside.append([middle[0] + 0.5 * detector.pitch_x_mm, middle[1], middle[2]])
    for front, layer in zip(detector.layer_edges_mm[:, 0], detector.layers, strict=True):
        if layer.before:
            outside.append([middle[0], middle[1], front - 0.5 * layer.before[-1].thickness_mm])
    assert (detector.index_at(np.array(outside)) == -1).all()


@given(calorimeters())
def test_layers_fill_the_depth(detector):
    edges = detector.layer_edges_mm
    passive = sum(slab.thickness_mm for layer in detector.layers for slab in (*layer.before, *layer.after))
    assert np.diff(edges, axis=1).sum() + passive == pytest.approx(detector.depth_mm)
    assert (edges[1:, 0] >= edges[:-1, 1] - 1e-9).all()
    assert edges[0, 0] >= -1e-9
    assert edges[-1, 1] <= detector.depth_mm + 1e-9


@given(calorimeters())
def test_scales_lie_within_their_bounds(detector):
    radii = [SHIPPED_MATERIALS[name].moliere_radius_mm for name in ("lyso", "lead")]
    assert min(radii) - 1e-9 <= detector.moliere_radius_mm <= max(radii) + 1e-9
    assert 0 < detector.sampling_fraction <= 1
    assert detector.layer_depth_x0.shape == (len(detector.layers),)
    assert detector.depth_x0 == pytest.approx(detector.layer_depth_x0.sum())


@given(calorimeters())
def test_json_rebuilds_the_detector(detector):
    values = json.loads(detector.model_dump_json())
    assert parse_config(Calorimeter, values, source="file", error=GeometryError) == detector


def test_positions_between_touching_cells_belong_to_the_higher_one():
    block = load_detector("pbwo4-block")
    assert block.index_at(np.array([[-5.0, -5.0, 4.45]]))[0] == block.index(1, 10, 10)
    last = block.index_at(np.array([[105.0, 105.0, 222.5]]))[0]
    assert last == block.n_cells - 1


def test_sampling_fraction_by_hand():
    """Equal plates of lead and scintillator: the ratio of their losses, 1.12 and 1.94 MeV cm2/g (PDG)."""
    plastic, lead = SHIPPED_MATERIALS["polystyrene"], SHIPPED_MATERIALS["lead"]
    detector = Calorimeter(
        name="a",
        cells_x=1,
        cells_y=1,
        pitch_x_mm=10,
        pitch_y_mm=10,
        cell_x_mm=10,
        cell_y_mm=10,
        materials=(plastic, lead, SHIPPED_MATERIALS["air"]),
        layers=(
            Layer(
                active_material="polystyrene",
                thickness_mm=4,
                before=(Slab(material="lead", thickness_mm=2),),
            ),
        ),
    )
    active, passive = 0.4 * 1.06 * 1.936, 0.2 * 11.35 * 1.122
    assert detector.sampling_fraction == pytest.approx(active / (active + passive), rel=0.05)
    assert detector.depth_x0 == pytest.approx(2 / 5.612 + 4 / 413.1, rel=0.005)


def test_the_zdc_as_published():
    zdc = load_detector("zdc-ecal")
    assert zdc.shape == (1, 20, 20)
    assert zdc.gun_distance_mm == 202.0
    assert zdc.depth_mm == 72.5
    np.testing.assert_allclose(zdc.cell_positions_mm.mean(axis=0), [0, 0, 35], atol=1e-12)
    # Carbon fibre fills 2 % of the face and is light; the rest is crystal.
    assert 0.98 < zdc.sampling_fraction < 0.99


def test_the_segmented_zdc_is_the_zdc():
    whole, slices = load_detector("zdc-ecal"), load_detector("zdc-ecal-segmented")
    assert slices.shape == (14, 20, 20)
    assert slices.depth_mm == pytest.approx(whole.depth_mm)
    assert slices.depth_x0 == pytest.approx(whole.depth_x0)
    assert slices.sampling_fraction == pytest.approx(whole.sampling_fraction)
    assert slices.moliere_radius_mm == pytest.approx(whole.moliere_radius_mm)


def test_the_block_is_25_radiation_lengths():
    block = load_detector("pbwo4-block")
    np.testing.assert_allclose(block.layer_depth_x0, 0.5, rtol=0.005)
    assert block.sampling_fraction == 1.0
    assert block.width_x_mm > 10 * block.moliere_radius_mm


@pytest.mark.parametrize("name", detector_names())
def test_shipped_detectors_describe_themselves(name):
    detector = load_detector(name)
    assert detector.name == name
    facts = dict(describe(detector))
    there = int(detector.cell_map.present.sum())
    assert facts["cells"].startswith(f"{there}:" if detector.is_grid else f"{there} in ")
    assert f"{detector.depth_x0:.2f} X0" in facts["depth"]
    cells = np.flatnonzero(detector.cell_map.present)
    np.testing.assert_array_equal(detector.index_at(detector.cell_positions_mm[cells]), cells)


def test_an_unknown_detector_names_the_nearest():
    with pytest.raises(GeometryError, match="did you mean 'zdc-ecal'"):
        load_detector("zdc-eca")
