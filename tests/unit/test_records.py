"""Records check shapes and values, and derive angles and entry points from momenta."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showerkit.data.records import IncidentParticles, Showers, concatenate
from showerkit.errors import DataError


def particles(n: int = 3, *, theta: float = 0.0, phi: float = 0.0) -> IncidentParticles:
    direction = [np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)]
    return IncidentParticles(
        np.full(n, 11),
        np.linspace(100.0, 200.0, n),
        np.tile(1000.0 * np.array(direction), (n, 1)),
        np.tile([1.0, 2.0, -202.0], (n, 1)),
    )


def showers(n: int = 3, cells: int = 4, **more: object) -> Showers:
    return Showers(particles(n), np.arange(n * cells, dtype=float).reshape(n, cells), np.arange(n), **more)


def test_types_are_the_files_types():
    incident = particles()
    assert incident.pdg.dtype == np.int32
    assert incident.energy_mev.dtype == np.float32
    assert incident.momentum_mev.dtype == np.float32
    assert showers().energy_mev.dtype == np.float32
    assert showers().event_id.dtype == np.int64


@given(st.floats(0.0, 1.5), st.floats(-3.1, 3.1))
def test_angles_are_those_of_the_momentum(theta, phi):
    incident = particles(1, theta=theta, phi=phi)
    assert incident.theta_rad[0] == pytest.approx(theta, abs=1e-3)
    if theta > 0.01:
        assert incident.phi_rad[0] == pytest.approx(phi, abs=1e-4)
    # The straight line of flight moves by 202 mm x tan(theta) across the beam until it meets the face.
    x, y = incident.entry_point_mm()[0]
    assert np.hypot(x - 1.0, y - 2.0) == pytest.approx(202.0 * np.tan(theta), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(("theta", "why"), [(np.pi, "flies away"), (np.pi / 2 + 0.1, "flies backwards")])
def test_no_entry_point(theta, why):
    assert np.isnan(particles(1, theta=theta).entry_point_mm()).all(), why


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("energy_mev", [1.0, 2.0]),
        ("energy_mev", [1.0, np.nan, 1.0]),
        ("energy_mev", [1.0, -1.0, 1.0]),
        ("momentum_mev", np.zeros((3, 2))),
        ("momentum_mev", np.full((3, 3), np.inf)),
        ("position_mm", np.zeros((2, 3))),
        ("pdg", [[11, 11, 11]]),
    ],
)
def test_wrong_incident_particles(name, value):
    right = {key: getattr(particles(), key) for key in ("pdg", "energy_mev", "momentum_mev", "position_mm")}
    with pytest.raises(DataError):
        IncidentParticles(**{**right, name: value})


@pytest.mark.parametrize(
    ("energy", "event_id"),
    [
        (np.zeros((2, 4)), np.arange(3)),
        (np.zeros(3), np.arange(3)),
        (np.full((3, 4), -0.1), np.arange(3)),
        (np.full((3, 4), np.nan), np.arange(3)),
        (np.zeros((3, 4)), np.arange(2)),
    ],
)
def test_wrong_showers(energy, event_id):
    with pytest.raises(DataError):
        Showers(particles(), energy, event_id)


def test_the_cell_that_is_wrong_is_named():
    energy = np.zeros((3, 4))
    energy[1, 2] = -5.0
    with pytest.raises(DataError, match=r"showers\[1, 2\]: got -5.0"):
        Showers(particles(), energy, np.arange(3))


def test_total_is_summed_in_double_precision():
    energy = np.full((1, 100_000), 0.1, dtype=np.float32)
    total = Showers(particles(1), energy, np.arange(1)).total_mev
    assert total[0] == pytest.approx(100_000 * float(np.float32(0.1)), rel=1e-12)


def test_parts_join_to_the_whole():
    whole = showers(5, mask_probability=np.full((5, 4), 0.5))
    joined = concatenate([whole[:2], whole[2:]])
    for name in ("energy_mev", "event_id", "mask_probability"):
        assert (getattr(joined, name) == getattr(whole, name)).all()
    assert (joined.incident.momentum_mev == whole.incident.momentum_mev).all()
    assert joined.charged_tracks is None


def test_parts_must_match():
    with pytest.raises(DataError, match="no parts"):
        concatenate([])
    with pytest.raises(DataError, match="mask_probability"):
        concatenate([showers(mask_probability=np.zeros((3, 4))), showers()])
