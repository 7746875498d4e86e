"""Models in Geant4's place, with a generator whose showers are known exactly."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from showerkit.data.records import IncidentParticles, Showers
from showerkit.errors import CheckpointError, ConfigurationError, DataError
from showerkit.generate.fast_simulation import FastSimulation
from showerkit.generate.valid_range import range_violation
from showerkit.geometry import load_detector
from showerkit.simulate.face_particles import FaceParticles

DETECTOR = load_detector("zdc-ecal")
THETA_MAX = np.deg2rad(25.0)
RANGE = {
    "energy": (1.0, 20000.0),
    "theta": (0.0, THETA_MAX),
    "phi": (-np.pi, np.pi),
    "x": (-15.15, 15.15),
    "y": (-15.15, 15.15),
}


class OneCell:
    """Puts all energy into the cell that the line of flight crosses at half depth; remembers what it saw."""

    threads = 1

    def __init__(self, particles=(11,), valid_range=RANGE, detector=DETECTOR):
        self.meta = SimpleNamespace(
            name="one-cell",
            particles=particles,
            valid_range=valid_range,
            detector=detector,
            n_train=10**6,
        )
        self.seen = []
        self.ids = []

    def generate(self, incident, event_id, seed, **_):
        assert range_violation(incident, self.meta) is None
        direction = incident.direction
        position = incident.position_mm + (35.0 - incident.position_mm[:, 2:]) * direction / direction[:, 2:]
        # The frame between crystals counts as the crystal beside it.
        pitch, cells = DETECTOR.pitch_x_mm, DETECTOR.cells_x
        ix, iy = np.floor(position[:, :2].T / pitch + 0.5 * cells).astype(int)
        energy = np.zeros((len(incident), DETECTOR.n_cells), np.float32)
        energy[np.arange(len(incident)), DETECTOR.index(0, iy, ix)] = incident.energy_mev
        self.seen.append(incident)
        self.ids += event_id.tolist()
        return Showers(incident, energy, event_id)


def at_face(n, seed=1):
    """Random particles within the range at the face, and the rows of 7 events they belong to."""
    random = np.random.default_rng(seed)
    x, y = random.uniform(-100.0, 100.0, (2, n))
    theta, phi = random.uniform(0.0, 0.43, n), random.uniform(-3.1, 3.1, n)
    energy = random.uniform(150.0, 9000.0, n)
    direction = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=1)
    momentum = np.sqrt(energy * (energy + 2 * 0.51099895))[:, None] * direction
    incident = IncidentParticles(np.full(n, 11), energy, momentum, np.stack([x, y, 0 * x], axis=1))
    return FaceParticles(np.sort(random.integers(0, 7, n)), incident)


def events(n=7):
    incident = IncidentParticles(
        np.full(n, 11), np.full(n, 1e4), np.tile([0, 0, 1e4], (n, 1)), np.tile([0, 0, -202.0], (n, 1))
    )
    energy = np.random.default_rng(2).exponential(5.0, (n, DETECTOR.n_cells)).astype(np.float32)
    return Showers(incident, energy, np.arange(n) * 3 + 1)


def test_showers_appear_where_the_line_of_flight_goes():
    generator = OneCell()
    face, before = at_face(3000), events()
    after = FastSimulation(generator, DETECTOR).add(before, face, seed=5)
    direction = face.incident.direction
    crossing = face.incident.position_mm[:, :2] + 35.0 * direction[:, :2] / direction[:, 2:]
    expected = before.energy_mev.astype(np.float64)
    ix, iy = np.floor(crossing.T / DETECTOR.pitch_x_mm + 10.0).astype(int)
    np.add.at(expected, (face.row, DETECTOR.index(0, iy, ix)), face.incident.energy_mev.astype(np.float64))
    # A particle on the very border of two cells may, rounded, fall on either side.
    moved = np.abs(after.energy_mev - expected) > 1e-3 * expected + 1e-3
    assert moved.sum() <= 4
    np.testing.assert_allclose(after.energy_mev.sum(dtype=np.float64), expected.sum(), rtol=1e-6)
    seen = generator.seen[0]
    assert np.abs(seen.position_mm[:, :2]).max() < 15.6
    assert (seen.position_mm[:, 2] == -202.0).all()


def test_each_particle_has_random_numbers_of_its_own():
    generator = OneCell()
    face = at_face(2000)
    FastSimulation(generator, DETECTOR).add(events(), face, seed=5)
    assert len(set(generator.ids)) == 2000
    event_ids = events().event_id[face.row]
    assert generator.ids == [(event << 20) | k for event, k in zip(event_ids, face.number, strict=True)]


def test_an_event_depends_on_nothing_beside_it():
    face, before = at_face(500), events()
    together = FastSimulation(OneCell(), DETECTOR).add(before, face, seed=5)
    for row in range(7):
        mine = face.row == row
        alone = FaceParticles(np.zeros(mine.sum(), np.int64), face.incident[mine])
        once = FastSimulation(OneCell(), DETECTOR).add(before[row : row + 1], alone, seed=5)
        np.testing.assert_array_equal(once.energy_mev[0], together.energy_mev[row])


def test_nothing_at_the_face_changes_nothing():
    before = events()
    none = FaceParticles(np.zeros(0, np.int64), at_face(1).incident[:0])
    assert FastSimulation(OneCell(), DETECTOR).add(before, none, seed=1) is before


def test_the_handover_is_the_models_range():
    handover = FastSimulation(OneCell(), DETECTOR, minimum_gev=0.2).handover
    assert handover.particles == (11,)
    assert handover.energy_mev[0] == 200.0
    assert 20000.0 < handover.energy_mev[1] < 20500.0
    # Particles of the training flew 202 mm at 25 degrees at most, from a square of one pitch.
    reach = 15.15 + 202.0 * np.tan(THETA_MAX)
    np.testing.assert_allclose([*handover.face_x_mm, *handover.face_y_mm], [-reach, reach] * 2, rtol=1e-4)
    assert THETA_MAX < handover.theta_rad[1] < 1.05 * THETA_MAX


def test_positrons_count_as_electrons_only_when_asked():
    generator = OneCell()
    fast = FastSimulation(generator, DETECTOR, also=("e+",))
    assert fast.handover.particles == (11, -11)
    face = at_face(10)
    face.incident.pdg[3] = -11
    fast.add(events(), face, seed=1)
    assert (generator.seen[0].pdg == 11).all()
    both = FastSimulation(OneCell(particles=(-11, 11, 22)), DETECTOR, also=("e+",))
    assert both._stand_in == {-11: -11, 11: 11, 22: 22}


@pytest.mark.parametrize(
    ("generator", "detector", "options", "error", "words"),
    [
        (OneCell(), load_detector("zdc-ecal-pbwo4"), {}, ConfigurationError, "a model of zdc-ecal"),
        (OneCell(particles=(13, 211)), DETECTOR, {}, ConfigurationError, "13, 211; expected electrons"),
        (OneCell(), DETECTOR, {"also": ("mu-",)}, ConfigurationError, "fast simulation of mu-"),
        (OneCell(), DETECTOR, {"minimum_gev": 0.0}, ConfigurationError, "got 0 GeV"),
        (OneCell(), DETECTOR, {"minimum_gev": 30.0}, ConfigurationError, "below 20.2 GeV"),
        (
            OneCell(valid_range={**RANGE, "y": (-0.1, 0.1)}),
            DETECTOR,
            {},
            ConfigurationError,
            "start position y .* one pitch",
        ),
        (
            OneCell(valid_range={k: v for k, v in RANGE.items() if k != "theta"}),
            DETECTOR,
            {},
            CheckpointError,
            "no valid range of theta",
        ),
        (
            OneCell(),
            DETECTOR.model_copy(update={"counts_charged_tracks": True}),
            {},
            ConfigurationError,
            "charged tracks",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(generator, detector, options, error, words):
    with pytest.raises(error, match=words) as caught:
        FastSimulation(generator, detector, **options)
    assert "\n" not in str(caught.value)


def test_event_numbers_too_large_for_the_random_numbers_are_named():
    face, before = at_face(3), events()
    far = Showers(before.incident, before.energy_mev, before.event_id + 2**42)
    with pytest.raises(DataError, match="event number"):
        FastSimulation(OneCell(), DETECTOR).add(far, face, seed=1)
