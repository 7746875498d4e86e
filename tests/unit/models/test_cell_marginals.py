"""Cells as normal numbers: exact inverses, and normal where the law is right."""

from __future__ import annotations

import pytest
import torch
from scipy.stats import kstest

from showerkit.data.cell_layout import window_layout
from showerkit.models.cell_marginals import CellMarginals, Marginals
from showerkit.models.energy_scales import QuantileScale, SoftplusScale
from showerkit.models.shower_flow_config import CellMarginalsConfig

SHAPE = (1, 3, 3)


def plain() -> CellMarginals:
    return CellMarginals(CellMarginalsConfig(scale="softplus", hidden=4), layout=window_layout(1, 3), told=2)


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
    marginals = plain()
    x = marginals.normal(cells, decades, hit, torch.rand(shape, generator=random, dtype=torch.float64))
    again, still = marginals.shower(cells, x)
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
    marginals = plain()
    x = marginals.normal(cells, decades, hit, torch.rand(shape, generator=random, dtype=torch.float64))
    assert kstest(x.flatten().numpy(), "norm").pvalue > 1e-3
    assert bool(((x > -probit) == (hit > 0.5)).all())


def test_likelihood_is_that_of_the_law() -> None:
    cells = law(0.3, n=1)
    decades = torch.full(cells.probit.shape, 1.2, dtype=torch.float64)
    z = (SoftplusScale()(decades) - 1.0) / 0.4
    hit = torch.ones_like(decades)
    marginals = plain()
    found = marginals.negative_log_likelihood(cells, decades, hit)
    p = torch.special.ndtr(torch.tensor(0.3, dtype=torch.float64))
    expected = (-p.log() + 0.5 * z**2 + torch.log(torch.tensor(0.4, dtype=torch.float64))).sum()
    torch.testing.assert_close(found.sum(), expected)
    none = marginals.negative_log_likelihood(cells, 0.0 * decades, 0.0 * hit)
    torch.testing.assert_close(none.sum(), -9 * torch.log1p(-p))


def test_cells_start_at_their_share_of_hits_and_mean_energy() -> None:
    marginals = plain()
    share = torch.linspace(0.01, 0.99, 9).view(SHAPE)
    marginals.start_at(share, torch.full(SHAPE, 2.0))
    found = marginals(torch.randn(5, 2))
    torch.testing.assert_close(torch.special.ndtr(found.probit)[3], share, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(found.location, SoftplusScale()(torch.full((5, *SHAPE), 2.0)))


def test_on_quantiles_the_hits_of_a_ring_are_normal_peaks_and_all() -> None:
    random = torch.Generator().manual_seed(3)
    shape = (3000, 2, 5, 5)
    decades = torch.rand(shape, generator=random) ** 2 * 3.0
    # A third of the hits in a peak of half a per cent.
    peak = torch.rand(shape, generator=random) < 1 / 3
    decades = torch.where(peak, 0.7 + 0.002 * torch.randn(shape, generator=random), decades).clamp(min=0.002)
    scale = QuantileScale(window_layout(2, 5).group)
    scale.fit([(part, torch.ones_like(part)) for part in decades[:2000].split(500)])
    stretched = scale(decades[2000:].double())
    assert kstest(stretched.flatten().numpy(), "norm").statistic < 0.02
    torch.testing.assert_close(scale.decades(stretched), decades[2000:].double(), rtol=0.0, atol=2e-3)


def test_quantiles_of_few_hits_still_rise() -> None:
    scale = QuantileScale(window_layout(1, 5).group)
    scale.fit([(torch.full((3, 1, 5, 5), 0.4), torch.ones(3, 1, 5, 5))])
    assert bool((scale.table.diff(dim=1) > 0.0).all())
    far = torch.full((1, 1, 5, 5), 6.0, dtype=torch.float64)
    torch.testing.assert_close(scale.decades(scale(far)), far)


def test_single_hits_are_stretched_as_in_windows() -> None:
    random = torch.Generator().manual_seed(5)
    scale = QuantileScale(window_layout(2, 3).group)
    sample = 3.0 * torch.rand(500, 2, 3, 3, generator=random)
    sample[:, 1] *= 0.5
    scale.fit([(sample, torch.ones_like(sample))])
    decades = 5.0 * torch.rand(40, 2, 3, 3, generator=random)  # some beyond the tables
    place = torch.arange(18).expand(40, -1).reshape(-1)
    torch.testing.assert_close(scale.at(decades.reshape(-1), place), scale(decades).reshape(-1))
