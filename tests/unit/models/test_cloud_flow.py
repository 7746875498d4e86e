"""The flow of particle clouds: samples, their independence of each other, the objective handed over."""

from __future__ import annotations

import pytest
import torch

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError, DataError
from showerkit.losses.flow_matching import FlowMatching
from showerkit.losses.flow_matching_config import FlowMatchingConfig
from showerkit.models.cloud_flow import CloudFlow
from showerkit.models.cloud_flow_config import CloudFlowConfig
from showerkit.models.ode_solver_config import AdaptiveStepConfig, FixedStepConfig

KINDS = {
    "epic": {"kind": "epic", "hidden": 16, "layers": 2},
    "cloud-transformer": {"kind": "cloud-transformer", "hidden": 16, "blocks": 2},
}
MASK = torch.arange(6)[None, :] < torch.tensor([6, 4, 0, 1])[:, None]


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


def build(kind="epic", *, at_work=True, **settings):
    values = {"network": KINDS[kind], **settings}
    config = parse_config(CloudFlowConfig, values, source="test")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        flow = CloudFlow(config, FlowMatching(FlowMatchingConfig()))
    if at_work:
        with torch.no_grad():
            for parameter in flow.parameters():
                parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator(3)))
    return flow


@pytest.mark.parametrize("kind", KINDS)
def test_same_generator_same_clouds_and_same_loss(kind):
    flow = build(kind)
    state = torch.random.get_rng_state()
    first, again = (flow.sample(MASK, None, generator()) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, flow.sample(MASK, None, generator(2)))
    losses = [float(flow.loss(first, MASK, None, generator())["loss"].detach()) for _ in range(2)]
    assert losses[0] == losses[1]
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("kind", KINDS)
def test_samples_stay_in_their_places(kind):
    clouds = build(kind).sample(MASK, None, generator())
    assert clouds.shape == (4, 6, 3)
    assert not clouds.requires_grad
    assert (clouds[~MASK] == 0.0).all()
    assert (clouds[MASK] != 0.0).all()


@pytest.mark.parametrize("solver", [FixedStepConfig(steps=3), AdaptiveStepConfig()])
@pytest.mark.parametrize("kind", KINDS)
def test_a_cloud_does_not_depend_on_its_batch(kind, solver):
    # In double precision, where rounding does not decide on a step.
    flow = build(kind).double()
    noise = torch.randn(4, 6, 3, generator=generator(), dtype=torch.float64)
    together = flow.transport(noise, MASK, solver=solver)
    for cloud in range(4):
        one = slice(cloud, cloud + 1)
        alone = flow.transport(noise[one], MASK[one], solver=solver)
        torch.testing.assert_close(alone, together[one])


def test_the_solver_can_be_chosen_anew():
    flow = build(solver={"kind": "euler", "steps": 1}).double()
    noise = torch.randn(4, 6, 3, generator=generator(), dtype=torch.float64)
    exact = flow.transport(
        noise, MASK, solver=AdaptiveStepConfig(relative_tolerance=1e-8, absolute_tolerance=1e-8)
    )

    def error(steps):
        # Equal to the order of the method only where velocities are smooth; leaky ReLU has kinks.
        return (flow.transport(noise, MASK, solver=FixedStepConfig(steps=steps)) - exact).abs().max()

    assert error(160) < 0.2 * error(40)
    assert error(160) < 1e-2
    assert not torch.allclose(flow.transport(noise, MASK), exact, atol=0.1)


def test_gaussian_part_alone_keeps_normal_noise():
    """Of standard normal data the flow is the identity; the solver's error is all that is left."""
    flow = build(at_work=False)
    noise = torch.randn(4, 6, 3, generator=generator())
    moved = flow.transport(noise, MASK, solver=FixedStepConfig(kind="rk4", steps=50))
    torch.testing.assert_close(moved[MASK], noise[MASK], rtol=1e-4, atol=1e-4)


def test_without_gaussian_part_an_untrained_flow_stands_still():
    flow = build(at_work=False, gaussian_part=False)
    noise = torch.randn(4, 6, 3, generator=generator())
    assert torch.equal(flow.transport(noise, MASK)[MASK], noise[MASK])


@pytest.mark.parametrize("kind", KINDS)
def test_a_few_steps_of_training_lower_the_loss(kind):
    """Clouds in which all particles share one sign: learned within sixty steps, beyond normal data."""
    flow = build(kind)
    sign = torch.randint(0, 2, (128, 1, 1), generator=generator()) * 2.0 - 1.0
    clouds = sign + 0.1 * torch.randn(128, 6, 3, generator=generator(2))
    mask = torch.ones(128, 6, dtype=torch.bool)
    optimiser = torch.optim.Adam(flow.parameters(), lr=1e-2)
    noise = generator(4)
    losses = []
    for _ in range(60):
        optimiser.zero_grad()
        loss = flow.loss(clouds, mask, None, noise)["loss"]
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert sum(losses[-10:]) < 0.6 * sum(losses[:10])
    made = flow.sample(mask, None, generator(5))
    # Mostly of one sign within a cloud, and both signs among clouds.
    assert made.mean(dim=(1, 2)).abs().mean() > 0.5
    assert 0.2 < float((made.mean(dim=(1, 2)) > 0).float().mean()) < 0.8


def test_wrong_inputs_are_told():
    flow = build()
    with pytest.raises(DataError, match=r"expected shapes \(clouds, particles, 3\)"):
        flow.loss(torch.zeros(4, 6, 2), MASK)
    with pytest.raises(DataError, match="of bool"):
        flow.transport(torch.zeros(4, 6, 3), MASK.float())
    with pytest.raises(ConfigurationError, match="build CloudFlow with an objective"):
        CloudFlow(CloudFlowConfig()).loss(torch.zeros(4, 6, 3), MASK)
    with pytest.raises(ConfigurationError, match=r"'network.kind'.*got 'gnn'"):
        parse_config(CloudFlowConfig, {"network": {"kind": "gnn"}}, source="test")


def test_weights_and_configuration_make_the_same_flow_again(tmp_path):
    flow = build()
    torch.save(flow.state_dict(), tmp_path / "weights.pt")
    config = CloudFlowConfig.model_validate_json(flow.config.model_dump_json())
    again = CloudFlow(config)
    again.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
    assert torch.equal(again.sample(MASK, None, generator()), flow.sample(MASK, None, generator()))
