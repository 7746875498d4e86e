"""All cells where they are: what is taken out of images goes back, and nothing gets where no cell is."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.entry_frame import EntryFrame
from showerkit.data.fixed_frame import FixedFrame
from showerkit.data.records import IncidentParticles
from showerkit.data.shower_frame import WINDOW_INPUTS
from showerkit.errors import ConfigurationError, DataError
from showerkit.geometry import Calorimeter, load_detector
from showerkit.geometry.gdml_file import write_gdml
from showerkit.rng import generator

N = 7


@pytest.fixture(scope="module", params=["staggered-ecal", "zdc-ecal-segmented", "staggered-ecal as gdml"])
def frame(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FixedFrame:
    """Own cells, a regular grid, and cells that were found in a GDML file."""
    name = request.param.split()[0]
    detector = load_detector(name)
    if request.param != name:
        _, beside = write_gdml(detector, tmp_path_factory.mktemp("gdml") / "written.gdml")
        detector = load_detector(beside)
    return FixedFrame(detector, depth_mm=10.0)


def particles(frame: FixedFrame) -> IncidentParticles:
    random = generator(1, "particles")
    momentum = random.normal([0.0, 0.0, 100.0], 20.0, (N, 3))
    start = np.column_stack([random.uniform(-30.0, 30.0, (N, 2)), np.full(N, -150.0)])
    return IncidentParticles(np.full(N, 22), np.linalg.norm(momentum, axis=1), momentum, start)


def images(detector: Calorimeter) -> np.ndarray:
    energy = generator(2, "images").gamma(0.5, 10.0, (N, detector.n_cells)).astype(np.float32)
    return np.where(detector.cell_map.present, energy, np.float32(0.0))


def test_what_is_taken_out_goes_back(frame: FixedFrame) -> None:
    energy, flight = images(frame.detector), frame.place(particles(frame))
    seen = frame.windows(energy, flight)
    assert seen.shape == (N, *frame.shape)
    np.testing.assert_array_equal(frame.images(seen, flight), energy)
    assert (seen.reshape(N, -1)[:, ~frame.layout.present] == 0.0).all()
    # Layers stay layers.
    layers = len(frame.detector.layers)
    of_layers = [part.reshape(N, layers, -1).sum(axis=2, dtype=np.float64) for part in (energy, seen)]
    np.testing.assert_allclose(*of_layers, rtol=1e-6)


def test_hits_one_by_one_are_where_whole_images_have_them(frame: FixedFrame) -> None:
    flight = frame.place(particles(frame))
    seen = frame.windows(images(frame.detector), flight)
    event, place = np.nonzero(seen.reshape(N, -1))
    scattered = frame.scattered(event, place, seen.reshape(N, -1)[event, place], flight)
    np.testing.assert_array_equal(scattered, frame.images(seen, flight))
    absent = np.flatnonzero(~frame.layout.present)[:1]
    nowhere = frame.scattered(np.zeros_like(absent), absent, np.ones(len(absent)), flight)
    assert not nowhere.any()


def test_what_is_put_where_no_cell_is_gets_lost(frame: FixedFrame) -> None:
    made = frame.images(np.ones((N, *frame.shape)), frame.place(particles(frame)))
    np.testing.assert_array_equal(made, np.tile(frame.detector.cell_map.present, (N, 1)))


def test_cells_and_lines_of_flight_are_told_in_the_same_unit(frame: FixedFrame) -> None:
    cells, layout = frame.detector.cell_map, frame.layout
    index = frame.cells.reshape(-1)[layout.present]
    np.testing.assert_allclose(layout.position[layout.present] * frame.cell_mm, cells.position_mm[index, :2])
    per_layer = frame.detector.n_cells // len(frame.detector.layers)
    np.testing.assert_array_equal(layout.group[layout.present], index // per_layer)
    sizes = np.sqrt(cells.size_mm[cells.present, :2].prod(axis=1))
    assert (sizes >= frame.cell_mm - 1e-9).mean() >= 0.5
    assert (sizes <= frame.cell_mm + 1e-9).mean() >= 0.5
    incident = particles(frame)
    told = dict(zip(WINDOW_INPUTS, frame.condition(incident, frame.place(incident)).T, strict=True))
    slope = incident.momentum_mev[:, 0] / incident.momentum_mev[:, 2]
    np.testing.assert_allclose(told["slope_x"], slope, rtol=1e-6)
    crossing = incident.position_mm[:, 0] + 160.0 * slope
    np.testing.assert_allclose(told["offset_x"] * frame.cell_mm, crossing, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(told["log_energy"], np.log1p(incident.energy_mev), rtol=1e-6)


def test_a_frame_of_a_grid_sees_what_the_widest_window_sees() -> None:
    detector = load_detector("zdc-ecal-segmented")
    fixed, window = FixedFrame(detector, 0.0), EntryFrame(detector, 41, 0.0, mirror=False)
    straight = IncidentParticles([11], [100.0], [[0.0, 0.0, 100.0]], [[1.0, 1.0, -100.0]])
    energy = images(detector)[:1]
    seen = fixed.windows(energy, fixed.place(straight))
    about = window.windows(energy, window.place(straight))
    # The central cell of the window is column and row 10.
    np.testing.assert_array_equal(seen.reshape(about[..., 10:30, 10:30].shape), about[..., 10:30, 10:30])


def test_what_does_not_fit_is_refused(frame: FixedFrame) -> None:
    flight = frame.place(particles(frame))
    with pytest.raises(DataError, match="energy_mev"):
        frame.windows(np.zeros((N, 3)), flight)
    with pytest.raises(DataError, match="windows"):
        frame.images(np.zeros((N, 2)), flight)
    with pytest.raises(ConfigurationError, match="within the calorimeter"):
        FixedFrame(frame.detector, depth_mm=-1.0)
    with pytest.raises(DataError, match="towards the detector"):
        frame.place(IncidentParticles([11], [1.0], [[0.0, 0.0, -1.0]], [[0.0, 0.0, -1.0]]))
