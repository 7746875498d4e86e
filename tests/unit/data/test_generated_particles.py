from __future__ import annotations

import numpy as np

from showerkit.data.generated_particles import above_pt, by_falling


def test_the_cut_is_on_the_transverse_momentum_and_adds_nothing():
    momenta = np.array([[[0.3, 0.0, 0.0], [0.1, 0.1, 50.0], [0.0, -0.25, 0.0], [9.0, 9.0, 9.0]]])
    mask = np.array([[True, True, True, False]])
    assert above_pt(momenta, mask).tolist() == [[True, False, True, False]]
    assert above_pt(momenta, mask, threshold_gev=0.0).tolist() == mask.tolist()


def test_particles_fall_and_keep_together():
    random = np.random.default_rng(1)
    particles = random.random((50, 12, 3)).astype(np.float32)
    mask = random.random((50, 12)) < 0.6
    ordered, moved = by_falling(particles, mask, particles[..., 2])
    assert ordered.dtype == np.float32
    assert np.array_equal(moved, np.arange(12) < mask.sum(axis=1)[:, None])
    assert (np.diff(ordered[..., 2], axis=1) <= 0).all()
    assert not ordered[~moved].any()
    for before, kept, after, there in zip(particles, mask, ordered, moved, strict=True):
        assert sorted(map(tuple, before[kept])) == sorted(map(tuple, after[there]))
