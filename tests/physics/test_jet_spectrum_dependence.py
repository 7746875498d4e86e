"""Which objectives of jet calibration inherit the spectrum that they were trained on.

The toy's posterior is known: a signal x scatters about the true y as a Gaussian of S = 8 GeV. With a flat
spectrum the posterior's mean is x, with one that falls as exp(-y / T) it is x - S^2 / T. (That the Gaussian
Ansatz wants the likelihood's highest point, x, and not that mean is tested with its mutual information.)
"""

from __future__ import annotations

import pytest
import torch

from showerkit.losses.jet_objective_config import (
    JetGaussianLikelihoodConfig,
    TruncatedJetLikelihoodConfig,
)
from showerkit.losses.jet_objectives import build_jet_objective
from showerkit.losses.likelihood_config import MeanSquaredErrorConfig

S_GEV, T_GEV, LOW, HIGH = 8.0, 20.0, 20.0, 160.0
PRIOR_SHIFT = -(S_GEV**2) / T_GEV
STEPS, BATCH = 300, 512


def toy(spectrum, n=50_000):
    random = torch.Generator().manual_seed(1)
    u = torch.rand(n, generator=random, dtype=torch.float64)
    if spectrum == "flat":
        true = LOW + (HIGH - LOW) * u
    else:
        cut = torch.exp(torch.tensor((LOW - HIGH) / T_GEV, dtype=torch.float64))
        true = LOW - T_GEV * torch.log(1.0 - u * (1.0 - cut))
    signal = true + S_GEV * torch.randn(n, generator=random, dtype=torch.float64)
    seen = signal > 5.0
    return signal[seen], true[seen]


def outputs_of(weights, pt, columns):
    """The estimate as x and a line, the other outputs as a constant and a multiple of ln x."""
    first = S_GEV / pt * (weights[0] + weights[1] * (pt - 70.0) / 40.0)
    basis = torch.stack([torch.ones_like(pt), (pt / 70.0).log()], dim=1)
    return torch.cat([first[:, None], basis @ weights[2:].view(2, columns - 1)], dim=1)


def bias(config, spectrum):
    """Mean of estimate minus signal from 50 to 90 GeV, away from the ends, and mean of the errors."""
    pt, true = toy(spectrum)
    torch.manual_seed(2)
    objective = build_jet_objective(config, LOW, HIGH).double()
    objective.prepare(true)
    weights = torch.zeros(2 * objective.outputs, dtype=torch.float64)
    weights.requires_grad_()
    optimiser = torch.optim.Adam([weights, *objective.parameters()], lr=0.03)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.03, total_steps=STEPS)
    # Where the range ends, the posterior's mean is no line.
    inner = ((pt > 45.0) & (pt < 95.0)).nonzero()[:, 0]
    random = torch.Generator().manual_seed(3)
    average = torch.zeros_like(weights)
    for step in range(STEPS):
        if objective.refits and step in (STEPS // 3, 2 * STEPS // 3):
            with torch.no_grad():
                estimate = objective.estimate(outputs_of(weights, pt, objective.outputs), pt)
                objective.refit(true, estimate.energy_gev)
        rows = inner[torch.randint(len(inner), (BATCH,), generator=random)]
        loss = objective(outputs_of(weights, pt[rows], objective.outputs), pt[rows], true[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step >= STEPS - 100:
            average += weights.detach() / 100
    x = torch.linspace(50.0, 90.0, 9, dtype=torch.float64)
    with torch.no_grad():
        energy, sigma = objective.estimate(outputs_of(average, x, objective.outputs), x)
    return float((energy - x).mean()), None if sigma is None else float(sigma.mean())


@pytest.mark.parametrize(
    "config",
    [
        MeanSquaredErrorConfig(),
        JetGaussianLikelihoodConfig(),
        TruncatedJetLikelihoodConfig(bins=None),
    ],
    ids=lambda config: config.kind,
)
def test_least_squares_and_likelihoods_of_the_truth_inherit_the_spectrum(config):
    flat, falling = bias(config, "flat")[0], bias(config, "falling")[0]
    assert flat == pytest.approx(0.0, abs=0.25 * abs(PRIOR_SHIFT))
    assert falling == pytest.approx(PRIOR_SHIFT, abs=0.35 * abs(PRIOR_SHIFT))


def test_bins_of_equal_weight_do_not():
    for spectrum in ("flat", "falling"):
        shift, sigma = bias(TruncatedJetLikelihoodConfig(bins=20), spectrum)
        assert shift == pytest.approx(0.0, abs=0.25 * abs(PRIOR_SHIFT))
        assert sigma == pytest.approx(S_GEV, rel=0.15)
