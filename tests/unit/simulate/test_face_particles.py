"""Particles that were taken out at the face."""

from __future__ import annotations

import numpy as np

from showerkit.data.records import IncidentParticles
from showerkit.simulate.face_particles import FaceParticles


def some(rows, energies):
    n = len(rows)
    momenta = np.column_stack([np.zeros(n), np.zeros(n), energies])
    incident = IncidentParticles(np.full(n, 22), np.array(energies, dtype=float), momenta, np.zeros((n, 3)))
    return FaceParticles(np.array(rows, dtype=np.int64), incident)


def test_particles_are_numbered_within_their_event():
    assert some([0, 0, 3, 3, 3, 7], [1, 2, 3, 4, 5, 6]).number.tolist() == [0, 1, 0, 1, 2, 0]
    assert some([], []).number.tolist() == []


def test_blocks_are_joined_with_their_rows_moved():
    joined = FaceParticles.joined([some([0, 2], [1, 2]), some([], []), some([1], [3])], [3, 5, 2])
    assert joined.row.tolist() == [0, 2, 9]
    assert joined.incident.energy_mev.tolist() == [1.0, 2.0, 3.0]
    assert joined.number.tolist() == [0, 0, 0]
