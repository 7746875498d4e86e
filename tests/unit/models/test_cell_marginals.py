"""Cells as normal numbers: exact inverses, and normal where the law is right."""

from __future__ import annotations

import pytest
import torch
from scipy.stats import kstest

from showerkit.models.cell_marginals import CellMarginals, Marginals, stretched
from showerkit.models.shower_flow_config import CellMarginalsConfig

SHAPE = (1, 3, 3)


def law(probit: float, location: float = 1.0, spread: float = 0.4, n: int = 4000) -> Marginals:
    shape = (n, *SHAPE)
    return Marginals(*(torch.full(shape, value, dtype=torch.float64) for value in (probit, location)),
                     torch.full(shape, spread, dtype=torch.float64).log())  # fmt: skip


@pytest.mark.parametrize("probit", [-3.5, -1.0, 0.0, 2.0, 5.5])
def test_showers_come_back(probit: float) -> None:
    random = torch.Generator().manual_seed(1)
    cells = law(probit)
    shape = cells.probit.shape
    hit = (torch.rand(shape, generator=random) < 0.5).double()
    # Within four spreads: beyond them the numbers are cut.
    decades = hit * torch.nn.functional.softplus(
        cells.location + 0.4 * torch.randn(shape, generator=random).clamp(-3.0, 3.0), beta=4.0
    )
    x = CellMarginals.normal(cells, decades, hit, torch.rand(shape, generator=random, dtype=torch.float64))
    again, still = CellMarginals.shower(cells, x)
    assert torch.equal(still, hit)
    torch.testing.assert_close(again, decades, rtol=0.0, atol=1e-4 if abs(probit) < 3.0 else 0.02)


@pytest.mark.parametrize("probit", [-2.0, -0.5, 1.5])
def test_numbers_are_normal_where_the_law_is_right(probit: float) -> None:
    random = torch.Generator().manual_seed(2)
    cells = law(probit)
    shape = cells.probit.shape

    def normal() -> torch.Tensor:
        return torch.randn(shape, generator=random, dtype=torch.float64)

    hit = (normal() < probit).double()
    decades = hit * torch.nn.functional.softplus(cells.location + 0.4 * normal(), beta=4.0)
    x = CellMarginals.normal(cells, decades, hit, torch.rand(shape, generator=random, dtype=torch.float64))
    assert kstest(x.flatten().numpy(), "norm").pvalue > 1e-3
    assert bool(((x > -probit) == (hit > 0.5)).all())


def test_likelihood_is_that_of_the_law() -> None:
    cells = law(0.3, n=1)
    decades = torch.full(cells.probit.shape, 1.2, dtype=torch.float64)
    z = (stretched(decades) - 1.0) / 0.4
    hit = torch.ones_like(decades)
    marginals = CellMarginals(CellMarginalsConfig(hidden=4), layers=1, across=3, told=2)
    found = marginals.negative_log_likelihood(cells, decades, hit)
    p = torch.special.ndtr(torch.tensor(0.3, dtype=torch.float64))
    expected = (-p.log() + 0.5 * z**2 + torch.log(torch.tensor(0.4, dtype=torch.float64))).sum()
    torch.testing.assert_close(found.sum(), expected)
    none = marginals.negative_log_likelihood(cells, 0.0 * decades, 0.0 * hit)
    torch.testing.assert_close(none.sum(), -9 * torch.log1p(-p))


def test_cells_start_at_their_share_of_hits_and_mean_energy() -> None:
    marginals = CellMarginals(CellMarginalsConfig(hidden=4), layers=1, across=3, told=2)
    share = torch.linspace(0.01, 0.99, 9).view(SHAPE)
    marginals.start_at(share, torch.full(SHAPE, 2.0))
    found = marginals(torch.randn(5, 2))
    torch.testing.assert_close(torch.special.ndtr(found.probit)[3], share, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(found.location, stretched(torch.full((5, *SHAPE), 2.0)))
