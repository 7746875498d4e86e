"""Shapes of jets: against the four-vector sum and loops, and jets changed to a shape."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from showerkit.data.point_scaling import PointScaling
from showerkit.errors import ConfigurationError
from showerkit.losses.flow_matching import FlowMatching
from showerkit.losses.flow_matching_config import FlowMatchingConfig
from showerkit.losses.jet_kinematics import jet_pt_and_mass
from showerkit.models.cloud_flow import CloudFlow
from showerkit.models.cloud_flow_config import CloudFlowConfig
from showerkit.models.epic_config import EpicConfig
from showerkit.models.jet_shape import jet_shape, with_shape
from showerkit.models.shape_flow_config import JET_SHAPE, ShapeFlowConfig

#: Like that of the jets below, so that noise already looks like them.
SCALING = PointScaling(offset=(0.0, 0.0, -3.0), scale=(0.2, 0.2, 1.0), log_features=(2,))


def jets(n=40, places=7):
    random = torch.Generator().manual_seed(4)
    mask = torch.arange(places) < torch.randint(2, places + 1, (n, 1), generator=random)
    angles = 0.2 * torch.randn(n, places, 2, generator=random)
    pt = 0.05 * torch.randn(n, places, 1, generator=random).exp()
    return torch.cat([angles, pt], dim=2) * mask[:, :, None], mask


def test_mass_is_that_of_the_sum_of_four_vectors():
    particles, mask = jets()
    _, mass = jet_pt_and_mass(particles, mask, "relative")
    torch.testing.assert_close(jet_shape(particles, mask)[:, 1].exp(), mass.float(), rtol=1e-4, atol=1e-6)


def test_shape_against_loops():
    particles, mask = jets(n=3, places=5)
    found = jet_shape(particles, mask).exp().numpy()
    for jet, here, shape in zip(particles.double().numpy(), mask.numpy(), found, strict=True):
        eta, phi, pt = jet[here].T
        weight, n = pt / pt.sum(), range(len(pt))

        def apart(i, j, eta=eta, phi=phi):
            return np.hypot(eta[i] - eta[j], phi[i] - phi[j])

        e2 = sum(weight[i] * weight[j] * apart(i, j) for i, j in itertools.product(n, n))
        e3 = sum(
            weight[i] * weight[j] * weight[k] * apart(i, j) * apart(j, k) * apart(k, i)
            for i, j, k in itertools.product(n, n, n)
        )
        expected = [pt.sum(), (weight * np.hypot(eta, phi)).sum(), (weight**2).sum(), e2, e3]
        assert shape[[0, 2, 3, 4, 5]] == pytest.approx(expected, rel=1e-4)


def test_a_lone_particle_has_a_finite_shape():
    particles, mask = torch.tensor([[[0.0, 0.0, 0.9]]]), torch.ones(1, 1, dtype=torch.bool)
    assert jet_shape(particles, mask).isfinite().all()
    assert with_shape(particles, mask, torch.zeros(1, len(JET_SHAPE))).isfinite().all()


def test_changed_jets_have_the_wanted_pt_dispersion_and_mass():
    particles, mask = jets()
    noise = torch.randn(40, 6, generator=torch.Generator().manual_seed(1))
    wanted = jet_shape(particles, mask) + 0.08 * noise
    changed = with_shape(particles, mask, wanted)
    exact = [JET_SHAPE.index(name) for name in ("log_pt", "log_mass", "log_dispersion")]
    off = (jet_shape(changed, mask) - wanted)[:, exact].abs()
    assert off[:, 0].max() < 2e-3
    # Of two particles, or of momenta nearly alike, not every dispersion and mass is within reach.
    assert (off < 2e-3).float().mean(dim=0).min() > 0.8
    assert not changed[~mask].any()
    # One factor for all angles of a jet.
    factor = (changed[..., :2] / particles[..., :2])[mask].view(-1, 2)
    torch.testing.assert_close(factor[:, 0], factor[:, 1])


def test_a_flow_with_shapes_trains_both_and_gives_jets_their_mass():
    particles, mask = jets()
    torch.manual_seed(2)
    config = CloudFlowConfig(
        network=EpicConfig(hidden=8, layers=1, condition_features=len(JET_SHAPE)),
        shape=ShapeFlowConfig(transforms=2, hidden=8),
    )
    flow = CloudFlow(config, FlowMatching(FlowMatchingConfig()), SCALING)
    flow.shape.standardise(particles, mask)
    losses = flow.loss(SCALING(particles, mask), mask, None, torch.Generator().manual_seed(1))
    losses["loss"].backward()
    assert all(parameter.grad is not None for parameter in flow.parameters())
    noise = torch.randn(40, flow.normals(7), generator=torch.Generator().manual_seed(3))
    made = SCALING.inverse(flow.transport(noise, mask), mask)
    drawn = flow.shape.draw(noise[:, -6:], mask, None)
    # An untrained flow draws shapes that do not fit each other: beyond the largest change of the angles the
    # mass stays what it can be. Without the change one in a hundred is near.
    near = (jet_shape(made, mask)[:, 1] - drawn[:, 1]).abs() < 1e-2
    assert near.float().mean() > 0.1
    torch.testing.assert_close(jet_shape(made, mask)[:, 0], drawn[:, 0], rtol=0.0, atol=1e-3)


def test_a_density_in_units_of_widths_is_that_of_normal_shapes_at_first():
    shapes = torch.randn(4000, len(JET_SHAPE), generator=torch.Generator().manual_seed(1))
    torch.manual_seed(1)
    config = CloudFlowConfig(network=EpicConfig(condition_features=6), shape=ShapeFlowConfig(transforms=1))
    shape = CloudFlow(config, None, SCALING).shape
    shape.flow.standardise(5.0 * shapes + 3.0)
    mask = torch.ones(4000, 3, dtype=torch.bool)
    found = shape.negative_log_density(5.0 * shapes + 3.0, mask, None).detach()
    # An untrained spline bends a little; the entropy of six standard normal numbers is 3 ln(2 pi e).
    assert found.item() == pytest.approx(3.0 * np.log(2.0 * np.pi * np.e), rel=0.1)


def test_a_flow_with_shapes_needs_a_scaling():
    config = CloudFlowConfig(network=EpicConfig(condition_features=6), shape=ShapeFlowConfig())
    with pytest.raises(ConfigurationError, match="scaling"):
        CloudFlow(config, FlowMatching(FlowMatchingConfig())).loss(*jets())
