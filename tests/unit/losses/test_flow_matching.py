"""Path, times, masks and averaging of conditional flow matching."""

from __future__ import annotations

import math

import pytest
import torch

from showerkit.losses.flow_matching import FlowMatching, draw_times, straight_path
from showerkit.losses.flow_matching_config import FlowMatchingConfig, LogitNormalTimes, UniformTimes


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


class Recorder:
    """A field of given velocity that keeps where it was asked."""

    def __init__(self, velocity=0.0):
        self.velocity = velocity

    def __call__(self, time, point):
        self.time, self.point = time, point
        return torch.full_like(point, self.velocity)


@pytest.mark.parametrize("sigma_min", [0.0, 0.1])
def test_ends_of_the_path(sigma_min):
    noise, target = torch.randn(2, 5, 3, generator=generator())
    start, velocity = straight_path(noise, target, torch.zeros(5), sigma_min=sigma_min)
    torch.testing.assert_close(start, noise)
    end, same = straight_path(noise, target, torch.ones(5), sigma_min=sigma_min)
    torch.testing.assert_close(end, target + sigma_min * noise)
    assert torch.equal(velocity, same)
    torch.testing.assert_close(end - start, velocity)


def test_uniform_times():
    times = draw_times(100_000, UniformTimes(), stratified=False, generator=generator())
    assert float(times.mean()) == pytest.approx(0.5, abs=5 / math.sqrt(12 * 100_000))
    assert float(times.var()) == pytest.approx(1 / 12, abs=5 * math.sqrt(1 / 180 / 100_000))


@pytest.mark.parametrize("stratified", [False, True])
def test_logit_normal_times(stratified):
    law = LogitNormalTimes(mean=0.5, width=0.8)
    times = draw_times(100_000, law, stratified=stratified, generator=generator())
    logit = times.double().logit()
    assert float(logit.mean()) == pytest.approx(0.5, abs=5 * 0.8 / math.sqrt(100_000))
    assert float(logit.std()) == pytest.approx(0.8, abs=5 * 0.8 / math.sqrt(2 * 100_000))


def test_stratified_times_are_one_in_each_part_in_random_order():
    times = draw_times(64, UniformTimes(), stratified=True, generator=generator())
    parts = (64 * times).long()
    assert sorted(parts.tolist()) == list(range(64))
    assert parts.tolist() != list(range(64))


@pytest.mark.parametrize("coupling", ["independent", "assignment"])
def test_mean_over_true_particles(coupling):
    """The noise follows from point, time and data; the loss is then an average that can be done by hand."""
    target = torch.randn(8, 6, 3, generator=generator(), dtype=torch.float64)
    mask = torch.arange(6)[None, :] < torch.tensor([6, 5, 4, 3, 2, 1, 0, 6])[:, None]
    field = Recorder(0.3)
    loss = FlowMatching(FlowMatchingConfig(coupling=coupling))(
        field, target, mask=mask, generator=generator()
    )
    time = field.time[:, None, None]
    noise = (field.point - time * target) / (1.0 - time)
    by_hand = (0.3 - (target - noise))[mask].square().mean()
    torch.testing.assert_close(loss["loss"], by_hand, rtol=1e-6, atol=1e-9)
    assert (field.point[~mask] == 0.0).all()


@pytest.mark.parametrize("coupling", ["independent", "assignment"])
def test_masked_places_do_not_matter(coupling):
    target = torch.randn(8, 6, 3, generator=generator())
    mask = torch.rand(8, 6, generator=generator(2)) < 0.6
    objective = FlowMatching(FlowMatchingConfig(coupling=coupling))

    def field(time, point):
        # Even if it says something wild there.
        return (2.0 * point).masked_fill(~mask[:, :, None], float("nan"))

    plain = objective(field, target, mask=mask, generator=generator())["loss"]
    padded = target.masked_fill(~mask[:, :, None], float("nan"))
    changed = objective(field, padded, mask=mask, generator=generator())["loss"]
    assert torch.isfinite(plain)
    assert torch.equal(changed, plain)


def test_no_true_particle_at_all():
    loss = FlowMatching(FlowMatchingConfig())(
        Recorder(), torch.ones(2, 3, 1), mask=torch.zeros(2, 3, dtype=torch.bool), generator=generator()
    )
    assert float(loss["loss"]) == 0.0


def test_data_of_any_shape():
    """Images and vectors as well; standing still costs E|x_1 - x_0|^2 = 1 + 1 a number."""
    n = 20_000
    for shape in ((n, 3), (n // 8, 2, 4, 3)):
        target = torch.randn(shape, generator=generator())
        loss = FlowMatching(FlowMatchingConfig())(Recorder(), target, generator=generator(2))["loss"]
        # u is normal of variance 2: the variance of u^2 is 8.
        assert float(loss) == pytest.approx(2.0, abs=5 * math.sqrt(8 / target.numel()))


def test_assignment_shortens_the_paths():
    target = torch.randn(100, 30, 3, generator=generator())
    still = {
        coupling: float(
            FlowMatching(FlowMatchingConfig(coupling=coupling))(Recorder(), target, generator=generator(2))[
                "loss"
            ]
        )
        for coupling in ("independent", "assignment")
    }
    assert still["assignment"] < 0.3 * still["independent"]


def test_same_generator_same_loss():
    objective = FlowMatching(FlowMatchingConfig())
    target = torch.randn(4, 3)
    state = torch.random.get_rng_state()
    first, again, other = (
        float(objective(Recorder(), target, generator=generator(seed))["loss"]) for seed in (1, 1, 2)
    )
    assert first == again != other
    assert torch.equal(torch.random.get_rng_state(), state)
