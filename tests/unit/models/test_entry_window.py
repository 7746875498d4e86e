"""Windows of showers: what is drawn, what is measured of it, and that gradients pass."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from showerkit.configuration import parse_config
from showerkit.data.records import IncidentParticles, Showers
from showerkit.errors import ConfigurationError
from showerkit.evaluate.high_level_features import high_level_feature_names, high_level_features
from showerkit.geometry import load_detector
from showerkit.models.correlated_noise import CorrelatedNoise
from showerkit.models.entry_window import (
    CellLaw,
    EntryWindowConfig,
    EntryWindowGenerator,
    draw_cells,
    energy_limit,
    shower_energy,
    within_incident_energy,
)
from showerkit.models.entry_window_config import WindowDiscriminatorConfig
from showerkit.models.window_discriminator import WindowDiscriminator
from showerkit.models.window_observables import window_observables

THRESHOLD = 0.1


def law(seed, n=16, layers=2, across=5, scale=1.0):
    random = np.random.default_rng(seed)
    shape = (n, layers, across, across)
    probit, location = (torch.from_numpy(random.normal(size=shape) * scale).float() for _ in range(2))
    return CellLaw(probit, location, torch.from_numpy(random.uniform(-2.0, 0.7, size=shape)).float())


def draw(laws, incident_mev, seed=1, temperature=0.5):
    limit = energy_limit(incident_mev, threshold_mev=THRESHOLD)
    random = np.random.default_rng(seed)
    shape = tuple(laws.mask_probit.shape)
    return draw_cells(
        laws,
        torch.from_numpy(random.normal(size=shape)).float(),
        torch.from_numpy(random.normal(size=shape)).float(),
        limit,
        temperature=temperature,
    )


@given(seed=st.integers(0, 1000), scale=st.floats(0.1, 300.0), incident=st.floats(1.0, 1e5))
def test_a_shower_holds_at_most_the_incident_energy(seed, scale, incident):
    most = torch.full((16,), incident)
    hit, free = draw(law(seed, scale=scale), most, seed)
    decades = within_incident_energy(free, hit, most, threshold_mev=THRESHOLD)
    energy = shower_energy(decades, hit, threshold_mev=THRESHOLD)
    assert set(hit.unique().tolist()) <= {0.0, 1.0}
    assert torch.isfinite(energy).all()
    assert bool((decades[hit == 0.0] == 0.0).all())
    assert bool((decades >= 0.0).all())
    # Cells scaled down to the threshold stay hits, so the sum may exceed by a threshold each.
    limit = incident * (1 + 1e-4) + THRESHOLD * hit.sum(dim=(1, 2, 3))
    assert bool((energy.sum(dim=(1, 2, 3)) <= limit).all())
    # What holds less than the incident energy is left alone.
    kept = shower_energy(free, hit, threshold_mev=THRESHOLD).sum(dim=(1, 2, 3)) <= incident
    torch.testing.assert_close(decades[kept], (hit * free)[kept])


def test_hits_are_as_likely_as_the_mask_says():
    n = 20_000
    one = law(3, n=1)
    many = CellLaw(*(part.expand(n, -1, -1, -1) for part in one))
    hit, _ = draw(many, torch.full((n,), 1e4))
    probability = torch.special.ndtr(one.mask_probit)[0]
    error = (probability * (1 - probability) / n).sqrt()
    assert bool(((hit.mean(dim=0) - probability).abs() < 5 * error).all())


def test_gradient_reaches_every_part_of_the_law():
    parts = CellLaw(*(part.requires_grad_(True) for part in law(5)))
    hit, decades = draw(parts, torch.full((16,), 1e4))
    window_observables(
        decades, hit, torch.full((16,), 1e4), torch.zeros(16, 2), threshold_mev=THRESHOLD
    ).sum().backward()
    for part in parts:
        assert torch.isfinite(part.grad).all()
        assert float(part.grad.abs().sum()) > 0.0


def test_a_cell_that_is_not_hit_learns_what_its_hit_would_add():
    """The gradient of an energy with respect to a hit is the energy, drawn or not."""
    hit = torch.tensor([1.0, 0.0], requires_grad=True)
    shower_energy(torch.tensor([3.0, 2.0]), hit, threshold_mev=THRESHOLD).sum().backward()
    torch.testing.assert_close(hit.grad, torch.tensor([100.0, 10.0]))


def test_network_starts_at_the_shares_of_the_sample():
    config = EntryWindowConfig(cells_across=3, hidden=8, random_inputs=2)
    network = EntryWindowGenerator(config, layers=2)
    share, mean = np.full((2, 3, 3), 0.25), np.full((2, 3, 3), 1.5)
    share[0, 0, 0] = 0.0  # never seen, yet not impossible
    network.start_at(share, mean)
    for head in (network.mask_head, network.location_head):
        torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(network.location_head.bias)
    found = network(torch.zeros(1, 6), torch.zeros(1, 2))
    expected = np.where(share == 0.0, 1e-4, share)
    np.testing.assert_allclose(torch.special.ndtr(found.mask_probit)[0].detach().numpy(), expected, rtol=1e-3)
    np.testing.assert_allclose(found.location[0].detach().numpy(), mean, atol=0.25)
    torch.nn.init.constant_(network.location_head.bias, 100.0)
    most = network(torch.zeros(1, 6), torch.zeros(1, 2)).location[0].detach().numpy()
    assert (most <= mean + 1.5 + 1e-4).all()


def test_an_even_window_is_refused():
    with pytest.raises(ConfigurationError, match="odd number"):
        parse_config(EntryWindowConfig, {"kind": "entry-window", "cells_across": 4}, source="here")


def test_observables_are_those_of_the_evaluation():
    """One-layer showers well inside the detector, entering at the centre of a cell."""
    detector = load_detector("zdc-ecal")
    random = np.random.default_rng(1)
    n, across = 50, 7
    window = np.where(
        random.uniform(size=(n, across, across)) < 0.4,
        10 ** random.uniform(-0.9, 2, (n, across, across)),
        0.0,
    )
    window[:, 3, 3] = 50.0
    image = np.zeros((n, 20, 20))
    image[:, 7:14, 7:14] = window  # the centre is the cell in column and row 10
    centre_mm = float(detector.cell_x[10])
    incident = IncidentParticles(
        np.full(n, 11), np.full(n, 8000.0), np.tile([0.0, 0.0, 8000.5], (n, 1)),
        np.tile([centre_mm, centre_mm, -202.0], (n, 1)),
    )  # fmt: skip
    showers = Showers(incident, image.reshape(n, -1), np.arange(n))
    table = dict(
        zip(high_level_feature_names(detector), high_level_features(showers, detector).T, strict=True)
    )
    above = torch.from_numpy(window / THRESHOLD)[:, None]
    found = window_observables(
        above.clamp(min=1.0).log10(),
        (above > 1.0).double(),
        torch.full((n,), 8000.0, dtype=torch.float64),
        torch.zeros(n, 2, dtype=torch.float64),
        threshold_mev=THRESHOLD,
    ).numpy()
    pitch = detector.pitch_x_mm
    for column, name, unit in (
        (0, "response", 1.0), (1, "hottest_share", 1.0), (2, "layer_0_log10_energy", 1.0),
        (3, "layer_0_hit_share", 400.0), (4, "layer_0_offset_x_mm", 1 / pitch),
        (5, "layer_0_offset_y_mm", 1 / pitch), (6, "layer_0_width_x_mm", 1 / pitch),
        (7, "layer_0_width_y_mm", 1 / pitch),
    ):  # fmt: skip
        # A tenth of the threshold is added to the energy, and the evaluation counts no less than it.
        np.testing.assert_allclose(found[:, column], table[name] * unit, rtol=2e-3, atol=2e-3)


def test_observables_of_empty_layers_are_finite_and_differentiable():
    decades = torch.zeros(3, 2, 5, 5, requires_grad=True)
    found = window_observables(
        decades, torch.zeros(3, 2, 5, 5), torch.tensor([0.0, 1.0, 1e4]), torch.zeros(3, 2), threshold_mev=0.1
    )
    assert found.shape == (3, 2 + 12 * 2)
    assert torch.isfinite(found).all()
    found.sum().backward()
    assert torch.isfinite(decades.grad).all()


def test_observables_of_a_pattern():
    """A pair side by side that a third hit touches at a corner, and a hit alone two cells away."""
    hit = torch.zeros(1, 1, 7, 7)
    for row, column in ((3, 3), (3, 4), (2, 5), (6, 6)):
        hit[0, 0, row, column] = 1.0
    decades = 2.0 * hit
    found = window_observables(
        decades, hit, torch.tensor([100.0]), torch.zeros(1, 2), threshold_mev=THRESHOLD
    )[0, 8:].tolist()
    beside, corners, alone, distance, ring, outside = found
    assert (beside, corners, alone) == (1.0, 1.0, 1.0)
    assert distance == pytest.approx(((0 + 1 + 5 + 18) / 4) ** 0.5, rel=1e-4)
    assert (ring, outside) == pytest.approx((2.0, 2.0), abs=1e-3)


def test_correlated_noise_stays_standard_normal_and_correlates_as_the_kernel_says():
    noise = CorrelatedNoise(1)
    with torch.no_grad():
        noise.kernel.copy_(torch.tensor([[0.0, 0.3, 0.0], [0.1, 1.0, 0.5], [0.0, -0.4, 0.2]]))
    n = 20_000
    torch.manual_seed(1)
    made = noise(torch.randn(n, 2, 5, 5)).detach().double()
    kernel = noise.kernel[0, 0].detach().double()
    error = 5 / n**0.5
    assert float((made.std(dim=0) - 1.0).abs().max()) < error
    assert float(made.mean(dim=0).abs().max()) < error
    expected = float((kernel[:, 1:] * kernel[:, :-1]).sum() / kernel.square().sum())
    assert float((made[..., 2, 2] * made[..., 2, 3]).mean()) == pytest.approx(expected, abs=error)
    assert float((made[:, 0, 2, 2] * made[:, 1, 2, 2]).mean()) == pytest.approx(0.0, abs=error)


def test_correlated_noise_can_be_learnt_after_it_was_drawn():
    noise, numbers = CorrelatedNoise(1), torch.randn(2, 1, 4, 4)  # of a size that no other test has
    with torch.inference_mode():
        noise(numbers)
    noise(numbers).square().mean().backward()
    assert noise.kernel.grad is not None


def test_correlated_hits_keep_their_probabilities():
    n = 20_000
    noise = CorrelatedNoise(1)
    torch.nn.init.ones_(noise.kernel)
    one = law(3, n=1)
    many = CellLaw(*(part.expand(n, -1, -1, -1) for part in one))
    torch.manual_seed(1)
    shared = noise(torch.randn(n, 2, 5, 5)).detach()
    hit, _ = draw_cells(many, shared, shared, torch.full((n,), 5.0), temperature=0.5)
    probability = torch.special.ndtr(one.mask_probit)[0]
    error = (probability * (1 - probability) / n).sqrt()
    assert bool(((hit.mean(dim=0) - probability).abs() < 5 * error).all())
    together = (hit[:, 0, 2, 2] * hit[:, 0, 2, 3]).mean()
    assert float(together) > float(probability[0, 2, 2] * probability[0, 2, 3]) + 5 / n**0.5


def test_second_discriminator_sees_observables_alone():
    torch.manual_seed(1)
    judge = WindowDiscriminator(
        WindowDiscriminatorConfig(hidden=8, observables_hidden=8), cells=9, observables=8
    )
    view = torch.randn(4, judge.n_inputs)
    other = view.clone()
    other[:, :18] += 1.0  # other cells and hits
    before, after = judge(view), judge(other)
    assert torch.equal(before[:, 1], after[:, 1])
    assert not torch.equal(before[:, 0], after[:, 0])
