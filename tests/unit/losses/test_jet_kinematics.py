from __future__ import annotations

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from showerkit.losses.jet_kinematics import jet_pt_and_mass


def random_jets(seed, n=5, particles=12):
    """Particles about a jet axis as (eta, phi, pT), with a mask."""
    random = torch.Generator().manual_seed(seed)
    draws = torch.randn(n, particles, 3, generator=random, dtype=torch.float64)
    scale = torch.tensor([0.3, 0.3, 1.0], dtype=torch.float64)
    jets = draws * scale
    jets[..., 2] = (4.0 * draws[..., 2].abs()).exp()
    return jets, torch.rand(n, particles, generator=random) < 0.8


def cartesian(jets):
    eta, phi, pt = jets.unbind(-1)
    return torch.stack([pt * phi.cos(), pt * phi.sin(), pt * eta.sinh()], dim=-1)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), boost=st.floats(-2.5, 2.5), turn=st.floats(-7.0, 7.0))
def test_the_frame_does_not_matter(seed, boost, turn):
    jets, mask = random_jets(seed)
    moved = jets + torch.tensor([boost, turn, 0.0], dtype=torch.float64)
    relative = jet_pt_and_mass(jets, mask, "relative")
    absolute = jet_pt_and_mass(cartesian(moved), mask, "cartesian")
    for one, other in zip(relative, absolute, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6 * float(jets[..., 2].sum()))


def test_two_particles_have_the_mass_of_the_closed_form():
    # m^2 = 2 pT1 pT2 (cosh d_eta - cos d_phi)
    jets = torch.tensor([[[0.1, 0.2, 700.0], [-0.3, -0.1, 300.0]]])
    _, mass = jet_pt_and_mass(jets, torch.ones(1, 2, dtype=torch.bool), "relative")
    expected = math.sqrt(2 * 700.0 * 300.0 * (math.cosh(0.4) - math.cos(0.3)))
    assert abs(mass.item() - expected) < 1e-4 * expected


def test_one_particle_has_no_mass_and_nothing_has_neither_and_gradients_stay_finite():
    jets = torch.tensor([[[0.1, 0.2, 5.0]], [[1e6, 0.0, 3.0]], [[float("nan")] * 3]], requires_grad=True)
    mask = torch.tensor([[True], [True], [False]])
    pt, mass = jet_pt_and_mass(jets, mask, "relative")
    torch.testing.assert_close(pt, torch.tensor([5.0, 3.0, 0.0], dtype=torch.float64))
    assert mass[0] == 0.0
    assert mass[2] == 0.0
    (pt.sum() + mass.sum()).backward()
    assert torch.isfinite(jets.grad).all()
    zero = torch.zeros(1, 2, 3, requires_grad=True)
    sum(jet_pt_and_mass(zero, torch.ones(1, 2, dtype=torch.bool), "cartesian")).sum().backward()
    assert torch.isfinite(zero.grad).all()


def test_gradients_are_those_of_finite_differences():
    jets, mask = random_jets(4, n=2, particles=3)
    jets.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: torch.stack(jet_pt_and_mass(x, mask, "relative")), (jets,))
