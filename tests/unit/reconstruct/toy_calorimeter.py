"""Showers of a calorimeter whose fluctuations are known: gamma-distributed deposits."""

from __future__ import annotations

import numpy as np

from showerkit.data.records import IncidentParticles, Showers

SHAPE = (6, 4, 4)
#: Deposit in MeV for each GeV, and how many times the variance falls for each GeV.
MEV_PER_GEV, QUANTA_PER_GEV = 30.0, 9.0


def toy_showers(
    n: int,
    *,
    seed: int = 1,
    energy_gev: tuple[float, float] = (0.5, 10.0),
    gains: tuple[float, ...] = (1.0,) * SHAPE[0],
    profile_spread: float = 0.0,
    fluctuates: bool = True,
) -> Showers:
    """Deposits of mean 30 MeV and variance 30^2 / 9 MeV^2 for each GeV, split among layers and cells.

    The layers' mean shares fall from front to back, each event's own ones by `profile_spread` about them,
    and a layer's signal is its share times its gain. Tracks are the deposits in units of 0.1 MeV, rounded.
    """
    random = np.random.default_rng(seed)
    energy = random.uniform(*energy_gev, n)
    signal = MEV_PER_GEV * energy
    if fluctuates:
        signal = random.gamma(QUANTA_PER_GEV * energy) * MEV_PER_GEV / QUANTA_PER_GEV
    shares = np.exp(-np.arange(SHAPE[0]) / 3.0) * np.exp(profile_spread * random.normal(size=(n, SHAPE[0])))
    shares /= shares.sum(axis=1, keepdims=True)
    pattern = np.outer([1.0, 4.0, 4.0, 1.0], [1.0, 4.0, 4.0, 1.0]) / 100.0
    deposits = (signal[:, None] * shares * np.array(gains))[:, :, None, None] * pattern
    along = np.tile([0.0, 0.0, 1.0], (n, 1))
    incident = IncidentParticles(np.full(n, 11), 1e3 * energy, 1e3 * energy[:, None] * along, -200.0 * along)
    flat = deposits.reshape(n, -1)
    return Showers(incident, flat, np.arange(n), charged_tracks=np.round(10.0 * flat))


def batches(showers: Showers, size: int = 700) -> list[Showers]:
    return [showers[start : start + size] for start in range(0, len(showers), size)]
