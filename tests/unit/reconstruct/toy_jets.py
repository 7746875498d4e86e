"""Jets whose response is a known function, with candidates that tell more of it."""

from __future__ import annotations

import numpy as np

from showerkit.data.calibration_jets import CalibrationJets


def toy_jets(
    n, *, seed=1, resolution=0.1, response=lambda pt, eta: np.full_like(pt, 0.8), low=20.0, high=200.0
):
    """Two candidates a jet, one with charge; the response falls where the neutral one has more."""
    random = np.random.default_rng(seed)
    true = random.uniform(low, high, size=n)
    eta = random.uniform(-3.0, 3.0, size=n)
    neutral = random.uniform(0.0, 1.0, size=n)
    seen = 0.8 * (1.0 - 0.4 * (neutral - 0.5)) * (1.0 + resolution * random.normal(size=n))
    pt = true * np.maximum(seen, 0.01)
    phi = random.uniform(-3.0, 3.0, size=n)
    candidates = np.zeros((n, 4, 5))
    candidates[:, 0] = np.stack([pt * (1 - neutral), eta, phi, np.ones(n), np.zeros(n)], axis=1)
    candidates[:, 1] = np.stack([pt * neutral, eta, phi, np.zeros(n), np.full(n, 2)], axis=1)
    mask = np.zeros((n, 4), dtype=bool)
    mask[:, :2] = True
    zero = np.zeros(n)
    return CalibrationJets(
        candidates, mask, true, eta, phi, zero, pt, eta, phi, zero,
        np.where(neutral > 0.5, 21, 1), zero, np.ones(n), np.arange(n) // 2,
    )  # fmt: skip
