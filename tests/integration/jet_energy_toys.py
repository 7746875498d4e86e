"""Jets of two candidates, as a file of matched jets."""

from __future__ import annotations

import numpy as np

from showerkit.data.calibration_file import CalibrationFileMetadata, CalibrationJetWriter
from showerkit.data.calibration_jets import CalibrationJets


def toy_jets(n, seed):
    """Of a charged and a neutral candidate; half of the neutral one's energy is lost."""
    random = np.random.default_rng(seed)
    true = random.uniform(30.0, 150.0, size=n)
    share = random.uniform(0.1, 0.9, size=n)
    charged = true * (1 - share) * (1 + 0.05 * random.normal(size=n))
    neutral = true * share * 0.5 * (1 + 0.05 * random.normal(size=n))
    eta, phi, zero = random.uniform(-2.0, 2.0, size=n), random.uniform(-3.0, 3.0, size=n), np.zeros(n)
    first = np.stack([charged, eta, phi, np.ones(n), zero], axis=1)
    second = np.stack([neutral, eta, phi, zero, np.full(n, 2)], axis=1)
    candidates = np.zeros((n, 3, 5))
    swap = (neutral > charged)[:, None]
    candidates[:, 0], candidates[:, 1] = np.where(swap, second, first), np.where(swap, first, second)
    mask = np.tile([True, True, False], (n, 1))
    return CalibrationJets(
        candidates, mask, true, eta, phi, zero, charged + neutral, eta, phi, zero,
        np.full(n, 21), zero, np.ones(n), np.arange(n),
    )  # fmt: skip


def write_toy_jets(path, n, seed, **settings):
    """Write them, with the settings of a sample."""
    metadata = CalibrationFileMetadata(
        generator="toy", kind="toy", process="qcd", constituents=3, seed=seed, settings=settings
    )
    with CalibrationJetWriter(path, metadata) as writer:
        writer.append(toy_jets(n, seed))
    return path
