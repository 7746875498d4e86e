from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showerkit.data.entry_frame import EntryFrame
from showerkit.data.records import IncidentParticles
from showerkit.data.shower_frame import WINDOW_INPUTS
from showerkit.errors import ConfigurationError, DataError
from showerkit.geometry import load_detector

ZDC = load_detector("zdc-ecal")
#: Many layers; cells of another width than height and another number of them; one row of cells.
DETECTORS = (
    ZDC,
    load_detector("toy-hcal"),
    ZDC.model_copy(update={"cells_x": 7, "cells_y": 7}),
    ZDC.model_copy(update={"cells_x": 6, "cells_y": 9, "pitch_y_mm": 41.0}),
    ZDC.model_copy(update={"cells_x": 12, "cells_y": 1}),
)
#: Reflections of the plane, as matrices on (x, y).
REFLECTIONS = {
    "x": ((-1, 0), (0, 1)),
    "y": ((1, 0), (0, -1)),
    "both": ((-1, 0), (0, -1)),
    "exchange": ((0, 1), (1, 0)),
    "turn": ((0, -1), (1, 0)),
}


@st.composite
def frames(draw):
    detector = draw(st.sampled_from(DETECTORS))
    widest = max(detector.cells_x, detector.cells_y)
    half = draw(st.integers(0, min(widest, 8)))
    depth = draw(st.floats(0.0, 1.0)) * detector.depth_mm
    return EntryFrame(detector, 2 * half + 1, depth, draw(st.booleans()))


def particles(detector, seed, n=20, straight=False):
    """Particles that start all over the face and beside it, and fly up to 45 degrees off in x and y."""
    random = np.random.default_rng(seed)
    momentum = np.append(random.uniform(-1, 1, (n, 2)) * (not straight), np.ones((n, 1)), axis=1)
    half = np.array([0.6 * detector.width_x_mm, 0.6 * detector.width_y_mm])
    start = np.append(random.uniform(-half, half, (n, 2)), np.full((n, 1), -10.0), axis=1)
    energy = random.uniform(1.0, 1e4, n)
    return IncidentParticles(np.full(n, 22), energy, momentum * energy[:, None], start)


def images_of(detector, seed, n=20):
    random = np.random.default_rng(seed + 1)
    return (
        random.exponential(size=(n, detector.n_cells)) * (random.random((n, detector.n_cells)) < 0.5)
    ).astype(np.float32)


def inside(frame, placement):
    """Which cells the windows cover, by distance from the central cell, shape (N, cells)."""
    layers, cells_y, cells_x = frame.detector.shape
    half = frame.cells_across // 2
    near_x = np.abs(np.arange(cells_x) - placement.column[:, None]) <= half
    near_y = np.abs(np.arange(cells_y) - placement.row[:, None]) <= half
    near = near_y[:, None, :, None] & near_x[:, None, None, :]
    return np.broadcast_to(near, (len(placement), layers, cells_y, cells_x)).reshape(len(placement), -1)


@given(frames(), st.integers(0, 2**32))
def test_images_are_the_inverse_of_windows_inside_them(frame, seed):
    incident, images = particles(frame.detector, seed), images_of(frame.detector, seed)
    place = frame.place(incident)
    windows = frame.windows(images, place)
    assert windows.shape == (20, *frame.shape)
    assert windows.dtype == np.float32
    back = frame.images(windows, place)
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, np.where(inside(frame, place), images, 0.0))
    np.testing.assert_array_equal(frame.windows(back, place), windows)


@given(frames(), st.integers(0, 2**32))
def test_no_energy_is_made_and_what_is_outside_is_lost(frame, seed):
    incident, images = particles(frame.detector, seed), images_of(frame.detector, seed)
    place = frame.place(incident)
    windows = frame.windows(images, place)
    # Each cell is copied once: the same values, in another order.
    for window, image, covered in zip(windows, images, inside(frame, place), strict=True):
        np.testing.assert_array_equal(np.sort(window[window > 0]), np.sort(image[covered & (image > 0)]))


@given(st.sampled_from(DETECTORS), st.booleans(), st.integers(0, 2**32))
def test_the_widest_window_holds_every_shower_of_any_place(detector, mirror, seed):
    frame = EntryFrame(detector, 2 * max(detector.cells_x, detector.cells_y) + 1, 0.0, mirror)
    incident, images = particles(detector, seed), images_of(detector, seed)
    place = frame.place(incident)
    np.testing.assert_array_equal(frame.images(frame.windows(images, place), place), images)


@given(frames(), st.integers(0, 2**32), st.booleans())
def test_all_directions_fall_into_one_octant(frame, seed, straight):
    incident = particles(frame.detector, seed, straight=straight)
    place = frame.place(incident)
    slopes = np.stack([place.slope_x, place.slope_y])
    if not frame.mirror:
        np.testing.assert_allclose(
            slopes.T, incident.direction[:, :2] / incident.direction[:, 2:], rtol=1e-12
        )
        assert not (place.flip_x | place.flip_y | place.exchange).any()
        return
    assert (slopes >= 0).all()
    if straight:
        assert (np.stack([place.offset_x, place.offset_y]) >= 0).all()
    if frame.exchanges:
        assert (place.slope_x >= place.slope_y).all()
        assert not straight or (place.offset_x >= place.offset_y).all()
    else:
        assert not place.exchange.any()


@given(frames(), st.integers(0, 2**32), st.booleans(), st.sampled_from(sorted(REFLECTIONS)))
def test_a_shower_and_its_mirrored_twin_look_the_same(frame, seed, straight, name):
    if not frame.mirror or (name in ("exchange", "turn") and not frame.exchanges):
        return
    matrix = np.array(REFLECTIONS[name])
    incident, images = particles(frame.detector, seed, straight=straight), images_of(frame.detector, seed)
    momentum, position = incident.momentum_mev.copy(), incident.position_mm.copy()
    momentum[:, :2], position[:, :2] = momentum[:, :2] @ matrix.T, position[:, :2] @ matrix.T
    twin = IncidentParticles(incident.pdg, incident.energy_mev, momentum, position)
    # Where the energy of a cell goes: from its centre to the reflected centre.
    centres = frame.detector.cell_positions_mm.copy()
    centres[:, :2] = centres[:, :2] @ matrix.T
    mirrored = np.zeros_like(images)
    target = np.array([np.argmin(np.abs(frame.detector.cell_positions_mm - c).sum(axis=1)) for c in centres])
    mirrored[:, target] = images
    place, twins = frame.place(incident), frame.place(twin)
    np.testing.assert_array_equal(frame.condition(incident, place), frame.condition(twin, twins))
    np.testing.assert_array_equal(frame.windows(images, place), frame.windows(mirrored, twins))


@given(frames(), st.integers(0, 2**32))
def test_the_central_cell_is_crossed_at_the_depth(frame, seed):
    """The line of flight, followed by hand, passes the central cell at its offset from the centre."""
    incident = particles(frame.detector, seed)
    place = frame.place(incident)
    line = incident.position_mm.astype(float)
    line += incident.direction * ((frame.depth_mm - line[:, 2]) / incident.direction[:, 2])[:, None]
    detector = frame.detector
    away = np.stack(
        [
            (line[:, 0] - detector.cell_x[place.column]) / detector.pitch_x_mm,
            (line[:, 1] - detector.cell_y[place.row]) / detector.pitch_y_mm,
        ],
        axis=1,
    )
    hits = (np.abs(line[:, :2]) < 0.5 * np.array([detector.width_x_mm, detector.width_y_mm])).all(axis=1)
    assert (np.abs(away[hits]) <= 0.5 + 1e-9).all()
    away = np.where(np.stack([place.flip_x, place.flip_y], axis=1), -away, away)
    away = np.where(place.exchange[:, None], away[:, ::-1], away)
    np.testing.assert_allclose(np.stack([place.offset_x, place.offset_y], axis=1), away, atol=1e-9)


def test_a_line_beside_the_detector_is_placed_at_its_edge():
    frame = EntryFrame(ZDC, 5, 0.0, mirror=True)
    one = IncidentParticles([22], [1.0], [[0.0, 0.0, 1.0]], [[-1e6, 0.4 * ZDC.pitch_y_mm, 0.0]])
    place = frame.place(one)
    assert (place.column[0], place.row[0]) == (0, 10)
    # Half the detector, 10 cells, and half a cell nearer than the edge's cell centre.
    assert place.offset_x[0] == pytest.approx(1e6 / ZDC.pitch_x_mm - 9.5)


def test_a_mirrored_window_shows_the_shower_ahead_of_the_particle():
    """Worked by hand: a particle that flies to lower y most and to higher x a little."""
    frame = EntryFrame(ZDC, 3, 0.0, mirror=True)
    one = IncidentParticles([22], [1.0], [[1.0, -2.0, 4.0]], [[1.0, 1.0, 0.0]])
    place = frame.place(one)
    assert (place.slope_x[0], place.slope_y[0]) == pytest.approx((0.5, 0.25))
    image = np.zeros((1, 20, 20), dtype=np.float32)
    image[0, 9, 10] = 5.0  # below: ahead
    image[0, 10, 11] = 3.0  # to the right: beside
    expected = [[0, 0, 0], [0, 0, 5], [0, 3, 0]]
    assert frame.windows(image.reshape(1, 400), place)[0, 0].tolist() == expected


def test_condition_names_its_columns():
    frame = EntryFrame(ZDC, 5, 35.0, mirror=False)
    incident = IncidentParticles(
        [22, 22], [0.0, 1000.0], [[0.0, 0.0, 0.0], [30.0, -40.0, 100.0]], [[0.0, 0.0, 0.0]] * 2
    )
    place = frame.place(incident)
    columns = dict(zip(WINDOW_INPUTS, frame.condition(incident, place).T, strict=True))
    assert columns["energy_mev"].tolist() == [0.0, 1000.0]
    assert columns["log_energy"].tolist() == pytest.approx([0.0, np.log(1001.0)])
    assert columns["slope_x"].tolist() == pytest.approx([0.0, 0.3])
    assert columns["slope_y"].tolist() == pytest.approx([0.0, -0.4])
    # 35 mm deep, 10.5 mm to the right of the border of two cells of 30.3 mm, 14 mm below one.
    assert columns["offset_x"].tolist() == pytest.approx([-0.5, 10.5 / ZDC.pitch_x_mm - 0.5])
    assert columns["offset_y"].tolist() == pytest.approx([-0.5, 0.5 - 14.0 / ZDC.pitch_y_mm])


def test_closeness_to_gaps_is_told_last_and_stays_with_its_axis():
    plain = EntryFrame(ZDC, 5, 35.0, mirror=True)
    told = EntryFrame(ZDC, 5, 35.0, mirror=True, gaps_mm=0.5)
    half = 0.5 * ZDC.pitch_y_mm  # the middle of a cell, since the centre lies in gaps
    flights = IncidentParticles([22] * 3, [1e3] * 3, [[0, 0, 1]] * 3, [[0, half, 0], [half, 0, 0], [0, 0, 0]])
    place = told.place(flights)
    columns = told.condition(flights, place)
    assert told.inputs == (*WINDOW_INPUTS, "gaps_x", "gaps_y")
    np.testing.assert_array_equal(columns[:, :6], plain.condition(flights, plain.place(flights)))
    # Both are the same flight, turned: x and y are exchanged in one of them.
    assert columns[0, 6:] == pytest.approx(columns[1, 6:])
    assert sorted(columns[0, 6:]) == pytest.approx([0.0, 1.0])
    assert columns[2, 6:] == pytest.approx([1.0, 1.0])
    with pytest.raises(ConfigurationError, match="whose cells touch each other"):
        EntryFrame(load_detector("toy-hcal"), 5, 0.0, mirror=True, gaps_mm=0.5)


def test_placements_are_indexed_like_records():
    frame = EntryFrame(ZDC, 5, 0.0, mirror=True)
    incident, images = particles(ZDC, 3), images_of(ZDC, 3)
    place = frame.place(incident)
    whole = frame.windows(images, place)
    for rows in (slice(3, 9), np.array([4, 1, 1]), np.arange(20) % 3 == 0, slice(0, 0)):
        some = place[rows]
        assert len(some) == len(images[rows])
        np.testing.assert_array_equal(frame.windows(images[rows], some), whole[rows])
        np.testing.assert_array_equal(
            frame.condition(incident[rows], some), frame.condition(incident, place)[rows]
        )
        assert frame.images(whole[rows], some).shape == (len(some), 400)


def test_more_events_than_one_step_of_the_gather():
    frame = EntryFrame(ZDC, 15, 35.0, mirror=True)
    incident, images = particles(ZDC, 5, n=3000), images_of(ZDC, 5, n=3000)
    place = frame.place(incident)
    back = frame.images(frame.windows(images, place), place)
    np.testing.assert_array_equal(back, np.where(inside(frame, place), images, 0.0))


@pytest.mark.parametrize("width", [0, -1, 2, 14, 43])
def test_an_unfit_width_is_refused(width):
    with pytest.raises(
        ConfigurationError, match=f"cells_across: got {width}; expected an odd number from 1 to 41"
    ):
        EntryFrame(ZDC, width, 0.0, mirror=True)


@pytest.mark.parametrize("depth", [-1.0, 1e4, float("nan"), float("inf")])
def test_a_depth_outside_is_refused(depth):
    with pytest.raises(ConfigurationError, match="depth_mm: got"):
        EntryFrame(ZDC, 15, depth, mirror=True)


@pytest.mark.parametrize("pz", [0.0, -3.0])
def test_particles_that_fly_away_are_refused(pz):
    frame = EntryFrame(ZDC, 15, 0.0, mirror=True)
    pair = IncidentParticles([22, 22], [1.0, 1.0], [[0.0, 0.0, 1.0], [1.0, 0.0, pz]], [[0.0, 0.0, -1.0]] * 2)
    with pytest.raises(DataError, match=r"momentum_mev\[1\]: got pz"):
        frame.place(pair)


def test_wrong_shapes_are_refused():
    frame = EntryFrame(ZDC, 15, 0.0, mirror=True)
    place = frame.place(particles(ZDC, 1))
    with pytest.raises(DataError, match=r"energy_mev: got shape \(20, 20, 20\); expected shape \(20, 400\)"):
        frame.windows(np.zeros((20, 20, 20), dtype=np.float32), place)
    with pytest.raises(DataError, match=r"windows: got shape \(20, 1, 13, 13\)"):
        frame.images(np.zeros((20, 1, 13, 13), dtype=np.float32), place)
