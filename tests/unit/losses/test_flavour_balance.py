"""The penalty on unequal responses of quarks and gluons: its value, its gradient, and where it ends up."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError
from showerkit.evaluate.jet_energy.flavour import FLAVOUR_GROUPS
from showerkit.losses.flavour_balance import GLUON, LIGHT_QUARKS, FlavourBalance
from showerkit.losses.flavour_balance_config import FlavourBalanceConfig

LOW, HIGH = 30.0, 150.0


def build(**settings):
    return FlavourBalance(FlavourBalanceConfig(**settings), LOW, HIGH)


def jets(n=4000, seed=1, gap=0.02):
    """Responses of 10 % width in which quarks have more than gluons by the gap; other flavours far off."""
    random = torch.Generator().manual_seed(seed)
    true = LOW + (HIGH - LOW) * torch.rand(n, generator=random, dtype=torch.float64)
    codes = torch.tensor([1, 2, 3, 21, 21, 21, 21, 21, 5, 0])
    flavour = codes[torch.randint(len(codes), (n,), generator=random)]
    response = 1.0 + 0.1 * torch.randn(n, generator=random, dtype=torch.float64)
    response = response + torch.where(torch.isin(flavour, torch.tensor(LIGHT_QUARKS)), gap, 0.0)
    return response + torch.where((flavour == 5) | (flavour == 0), 3.0, 0.0), true, flavour


def formula(response, true, flavour, weight, bins):
    """The penalty of one sample, written down anew, with its variances as constants."""
    total = torch.zeros((), dtype=torch.float64)
    for number in range(bins):
        width = (HIGH - LOW) / bins
        inside = (true >= LOW + number * width) & (true < LOW + (number + 1) * width)
        quarks = response[inside & torch.isin(flavour, torch.tensor(LIGHT_QUARKS))]
        gluons = response[inside & (flavour == GLUON)]
        variance = torch.cat([quarks - quarks.mean(), gluons - gluons.mean()]).square().mean().detach()
        total = total + (quarks.mean() - gluons.mean()).square() / variance
    return weight * total / bins


def test_flavours_are_those_of_the_evaluation():
    assert FLAVOUR_GROUPS["light quark"] == LIGHT_QUARKS
    assert FLAVOUR_GROUPS["gluon"] == (GLUON,)


@pytest.mark.parametrize("bins", [1, 4])
def test_value_and_gradient_of_the_first_batch_are_those_of_the_formula(bins):
    response, true, flavour = jets()
    one, other = response.clone().requires_grad_(), response.clone().requires_grad_()
    found = build(weight=2.5, bins=bins, memory=50)(one, true, flavour)
    wanted = formula(other, true, flavour, 2.5, bins)
    torch.testing.assert_close(found, wanted)
    found.backward()
    wanted.backward()
    torch.testing.assert_close(one.grad, other.grad)
    assert (one.grad[(flavour == 5) | (flavour == 0)] == 0.0).all()
    assert (one.grad != 0.0).any()


def test_a_weight_counts_as_so_many_jets():
    response, true, flavour = jets(200)
    weight = torch.randint(0, 3, (200,), generator=torch.Generator().manual_seed(2))
    rows = torch.repeat_interleave(torch.arange(200), weight)
    weighted = build(bins=2)(response, true, flavour, weight)
    torch.testing.assert_close(weighted, build(bins=2)(response[rows], true[rows], flavour[rows]))


def test_small_batches_know_the_difference_of_the_sample_and_pull_like_all_of_it():
    response, true, flavour = jets(40_000, gap=0.03)
    batch, memory = 500, 10_000
    small = build(weight=1.0, bins=2, memory=memory)
    pieces = [slice(start, start + batch) for start in range(0, len(response), batch)]
    for rows in pieces:
        small(response[rows], true[rows], flavour[rows])
    whole = build(weight=1.0, bins=2)
    leaf = response.clone().requires_grad_()
    whole(leaf, true, flavour).backward()
    # Older batches count a little less.
    torch.testing.assert_close(small.difference()[0], whole.difference()[0], rtol=0.0, atol=2e-4)
    small.eval()
    parts = response.clone().requires_grad_()
    loss = sum(small(parts[rows], true[rows], flavour[rows]) for rows in pieces) / len(pieces)
    loss.backward()
    torch.testing.assert_close(parts.grad, leaf.grad, rtol=0.03, atol=1e-9)


def test_evaluation_remembers_nothing_and_a_state_goes_on():
    response, true, flavour = jets(400)
    first = build(bins=2)
    first(response, true, flavour)
    second = build(bins=2)
    second.load_state_dict(first.state_dict())
    before = {name: one.clone() for name, one in first.state_dict().items()}
    first.eval()(response + 1.0, true, flavour)
    for name, one in first.state_dict().items():
        assert torch.equal(one, before[name])
    first.train()
    torch.testing.assert_close(
        first(response[:99], true[:99], flavour[:99]), second(response[:99], true[:99], flavour[:99])
    )


def test_bins_without_both_flavours_cost_nothing():
    response, true, _ = jets(100)
    for flavour in (torch.full((100,), GLUON), torch.full((100,), 1), torch.zeros(100, dtype=torch.long)):
        leaf = response.clone().requires_grad_()
        loss = build()(leaf, true, flavour)
        loss.backward()
        assert float(loss.detach()) == 0.0
        assert (leaf.grad == 0.0).all()


def test_bins_in_the_logarithm():
    balance = FlavourBalance(FlavourBalanceConfig(bins=3, spacing="log"), 10.0, 10_000.0)
    assert balance.bin_of(torch.tensor([9.0, 11.0, 99.0, 101.0, 2e4])).tolist() == [0, 0, 0, 1, 2]


@pytest.mark.parametrize("weight", [0.1, 1.0, 10.0])
def test_the_least_loss_lies_where_the_normal_equations_say(weight):
    """Squares over a fixed variance with the penalty: linear in the variables, so solved in closed form."""
    random = np.random.default_rng(3)
    n, sigma = 20_000, 0.1
    quark = np.arange(n) % 5 == 0
    variable = random.normal(np.where(quark, -0.8, 0.8))
    response = 1.0 + np.where(quark, 0.02, 0.0) - 0.03 * variable + sigma * random.normal(size=n)
    phi = np.stack([np.ones(n), variable], axis=1)
    balance = build(weight=weight, bins=1, memory=1)
    flavour, true = torch.from_numpy(np.where(quark, 1, 21)), torch.full((n,), 60.0)
    theta = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([theta], max_iter=50, line_search_fn="strong_wolfe")

    def loss():
        optimiser.zero_grad()
        found = torch.from_numpy(response) + torch.from_numpy(phi) @ theta
        total = ((found - 1.0) / sigma).square().mean() + balance(found, true, flavour)
        total.backward()
        return total

    for _ in range(3):
        optimiser.step(loss)
    variance = float(balance.difference()[1][0])
    gap = phi[quark].mean(axis=0) - phi[~quark].mean(axis=0)
    start = response[quark].mean() - response[~quark].mean()
    left = phi.T @ phi / n / sigma**2 + weight / variance * np.outer(gap, gap)
    right = -phi.T @ (response - 1.0) / n / sigma**2 - weight / variance * start * gap
    wanted = np.linalg.solve(left, right)
    np.testing.assert_allclose(theta.detach().numpy(), wanted, rtol=2e-3, atol=2e-5)
    plain = np.linalg.lstsq(phi, 1.0 - response, rcond=None)[0]
    assert abs(start + gap @ wanted) < abs(start + gap @ plain)


@pytest.mark.parametrize(("key", "value"), [("weight", 0.0), ("bins", 0), ("memory", 0), ("spacing", "root")])
def test_settings_out_of_range_are_refused(key, value):
    with pytest.raises(ConfigurationError):
        parse_config(FlavourBalanceConfig, {key: value}, source="test")
