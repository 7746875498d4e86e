"""The scores against closed forms, and that they are proper: the true law has the lowest."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from showerkit.losses.energy_score import ShowerTable, energy_score, ranked_probability_score, shower_score
from showerkit.losses.energy_score_config import EnergyScoreConfig

N = 200_000


def normals(*shape, seed):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def crps_of_normals(spread: float, shift: float) -> float:
    """Mean over y ~ N(0, 1) of the score of N(shift, spread^2): E|X - y| - E|X - X'| / 2."""
    width = math.sqrt(1.0 + spread**2)
    ratio = shift / width
    folded = width * math.sqrt(2 / math.pi) * math.exp(-(ratio**2) / 2) + shift * math.erf(
        ratio / math.sqrt(2)
    )
    return folded - spread / math.sqrt(math.pi)


@pytest.mark.parametrize(("spread", "shift"), [(1.0, 0.0), (0.5, 0.0), (2.0, 0.0), (1.0, 1.0)])
def test_score_of_normals_is_the_closed_form(spread, shift):
    real = normals(N, 1, seed=1)
    first, second = (shift + spread * normals(N, 1, seed=seed) for seed in (2, 3))
    each = (0.5 * ((real - first).abs() + (real - second).abs()) - 0.5 * (first - second).abs()).flatten()
    error = float(each.std()) / math.sqrt(N)
    for score in (ranked_probability_score, energy_score):
        assert float(score(real, first, second)) == pytest.approx(
            crps_of_normals(spread, shift), abs=5 * error + 1e-4
        )


def test_the_true_law_scores_best():
    """Correlated normals: wrong means, wrong spreads and a wrong correlation all cost."""
    mix = torch.tensor([[1.0, 0.8], [0.0, 0.6]], dtype=torch.float64)
    real = normals(N, 2, seed=1) @ mix

    def scored(matrix, shift=0.0):
        first, second = (shift + normals(N, 2, seed=seed) @ matrix for seed in (2, 3))
        return float(energy_score(real, first, second))

    true = scored(mix)
    error = 4 / math.sqrt(N)  # distances are of order one
    assert scored(mix, shift=0.5) > true + error
    assert scored(1.5 * mix) > true + error
    assert scored(0.5 * mix) > true + error
    assert scored(torch.eye(2, dtype=torch.float64)) > true + error


def test_the_joint_score_sees_what_the_marginal_scores_do_not():
    mix = torch.tensor([[1.0, 1.0], [0.0, 1e-3]], dtype=torch.float64)  # both features all but equal
    real = normals(N, 2, seed=1) @ mix
    apart = [normals(N, 2, seed=seed) for seed in (2, 3)]
    together = [normals(N, 2, seed=seed) @ mix for seed in (2, 3)]
    error = 6 / math.sqrt(N)
    assert float(ranked_probability_score(real, *apart)) == pytest.approx(
        float(ranked_probability_score(real, *together)), abs=error
    )
    assert float(energy_score(real, *apart)) > float(energy_score(real, *together)) + error


def test_gradient_is_finite_where_samples_agree():
    first = torch.zeros(4, 3, requires_grad=True)
    energy_score(torch.zeros(4, 3), first, torch.zeros(4, 3)).backward()
    assert torch.isfinite(first.grad).all()


def test_weights_choose_the_parts():
    tables = [
        ShowerTable(*(normals(8, width, seed=10 * seed + width) for width in (4, 5, 3))) for seed in range(3)
    ]
    nothing = dict.fromkeys(("cells", "each_cell", "each_hit", "observables", "each_observable"), 0.0)
    parts = [float(shower_score(*tables, EnergyScoreConfig(**nothing | {name: 2.0}))) for name in nothing]
    assert len(set(parts)) == len(parts)
    both = EnergyScoreConfig(**dict.fromkeys(nothing, 2.0))
    assert float(shower_score(*tables, both)) == pytest.approx(sum(parts))
