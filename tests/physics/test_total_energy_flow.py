"""The flow finds densities of the total energy that are known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import kstest, norm

from showerkit.models.total_energy_flow import TotalEnergyFlow
from showerkit.train.total_energy_flow import ShowerTotals, train_total_energy_flow

N_TRAIN, N_VALIDATION, N_FRESH = 20_000, 4_000, 4_000


def mean_and_width(incident_mev: torch.Tensor, angle: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Response falling with ln E and angle, resolution a + b / sqrt(E)."""
    mean = -1.0 - 0.2 * (incident_mev / 1000.0).log() - 0.3 * angle.square()
    return mean, 0.05 + 0.1 / (incident_mev / 1000.0).sqrt()


def showers(n: int, seed: int, inverse) -> ShowerTotals:
    """Totals whose u is normal about a mean and with a width that depend on the particle."""
    random = torch.Generator().manual_seed(seed)
    incident_mev = 200.0 + 19_800.0 * torch.rand(n, generator=random)
    angle = 2.0 * torch.rand(n, generator=random) - 1.0
    mean, width = mean_and_width(incident_mev, angle)
    ratio = inverse(mean + width * torch.randn(n, generator=random))
    return ShowerTotals(torch.stack([incident_mev / 2e4, angle], dim=1), incident_mev, incident_mev * ratio)


@pytest.fixture(scope="module", params=["log", "logit"])
def trained(request: pytest.FixtureRequest):
    inverse = torch.exp if request.param == "log" else torch.sigmoid
    train = showers(N_TRAIN, 1, inverse)
    if request.param == "log":  # one shower that holds more than the incident energy decides the variable
        train.total_mev[0] = 1.01 * train.incident_mev[0]
    flow = train_total_energy_flow(train, showers(N_VALIDATION, 2, inverse), seed=1)
    assert flow.config.variable == request.param
    return flow, inverse


@pytest.mark.parametrize(("energy_mev", "angle"), [(1000.0, 0.0), (5000.0, 0.7), (15_000.0, -0.5)])
def test_a_log_normal_whose_width_depends_on_energy_is_recovered(trained, energy_mev, angle) -> None:
    flow, inverse = trained
    n = 4000
    incident_mev, angles = torch.full((n,), energy_mev), torch.full((n,), angle)
    condition = torch.stack([incident_mev / 2e4, angles], dim=1)
    z = torch.from_numpy(norm.ppf((np.arange(n) + 0.5) / n)).float()
    with torch.inference_mode():
        ratio = flow.total_mev(condition, incident_mev, z) / incident_mev
    u = ratio.log() if inverse is torch.exp else ratio.logit()
    mean, width = (value[0].item() for value in mean_and_width(incident_mev, angles))
    # What a hundredth of the training showers near a point can tell of it.
    local = N_TRAIN / 100
    assert abs(u.mean().item() - mean) < 4.0 * width / np.sqrt(local)
    assert abs(u.std().item() / width - 1.0) < 4.0 / np.sqrt(2.0 * local)


def test_fresh_showers_are_uniform_in_the_distribution_function(trained) -> None:
    flow, inverse = trained
    fresh = showers(N_FRESH, 3, inverse)
    with torch.inference_mode():
        z, _ = flow(fresh.condition, fresh.incident_mev, fresh.total_mev)
    uniform = norm.cdf(z.numpy())
    # The flow is fitted to a finite sample itself: two samples' distance at the level 0.001.
    limit = 1.95 * np.sqrt(1.0 / N_FRESH + 1.0 / N_TRAIN)
    assert kstest(uniform, "uniform").statistic < limit
    for column, edge in (
        (fresh.incident_mev, 5000.0),
        (fresh.incident_mev, 15_000.0),
        (fresh.condition[:, 1], 0.0),
    ):
        part = uniform[(column < edge).numpy()]
        limit = 1.95 * np.sqrt(1.0 / len(part) + N_FRESH / (N_TRAIN * len(part)))
        assert kstest(part, "uniform").statistic < limit


def test_the_likelihood_comes_near_the_true_density(trained) -> None:
    flow, inverse = trained
    fresh = showers(N_FRESH, 4, inverse)
    with torch.inference_mode():
        _, found = flow(fresh.condition, fresh.incident_mev, fresh.total_mev)
    mean, width = mean_and_width(fresh.incident_mev, fresh.condition[:, 1])
    ratio = fresh.total_mev / fresh.incident_mev
    u = ratio.log() if inverse is torch.exp else ratio.logit()
    true = -0.5 * ((u - mean) / width).square() - width.log() - 0.5 * np.log(2.0 * np.pi)
    divergence = (true - found).mean().item()
    error = (true - found).std().item() / np.sqrt(N_FRESH)
    # k parameters fitted to N showers cost k / 2N on average; a hundred or so count.
    assert -4.0 * error < divergence < 100.0 / (2.0 * N_TRAIN) + 4.0 * error


def test_a_skewed_density_with_an_edge_is_learnt() -> None:
    """Leakage: 1 - r is a Beta variable, with a long tail to one side, which no normal one fits."""
    random = np.random.default_rng(1)
    n = N_TRAIN + N_VALIDATION + N_FRESH
    incident_mev = torch.full((n,), 3000.0)
    total_mev = incident_mev * torch.from_numpy(1.0 - random.beta(1.5, 6.0, n)).float()
    sample = ShowerTotals(torch.zeros(n, 1), incident_mev, total_mev)
    flow: TotalEnergyFlow = train_total_energy_flow(
        sample[slice(N_TRAIN)], sample[slice(N_TRAIN, N_TRAIN + N_VALIDATION)], seed=1
    )
    fresh = sample[slice(N_TRAIN + N_VALIDATION, n)]
    with torch.inference_mode():
        z, _ = flow(fresh.condition, fresh.incident_mev, fresh.total_mev)
    limit = 1.95 * np.sqrt(1.0 / N_FRESH + 1.0 / N_TRAIN)
    assert kstest(norm.cdf(z.numpy()), "uniform").statistic < limit
