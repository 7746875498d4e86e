"""Networks that calibrate jets: sizes, symmetries and safety that can be derived."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from showerkit.configuration import parse_config
from showerkit.data.calibration_jets import CalibrationJets
from showerkit.errors import ConfigurationError, DataError
from showerkit.models.edge_conv import nearest_neighbours
from showerkit.models.edge_conv_config import EdgeConvConfig
from showerkit.models.energy_flow_config import EnergyFlowConfig
from showerkit.models.flat_candidates import (
    JetTensors,
    candidate_columns,
    flat_candidates,
    jet_columns,
    jet_tensors,
    relative_phi,
    sum_of_each,
)
from showerkit.models.jet_energy_registry import build_jet_energy_model
from showerkit.models.particle_flow_config import ParticleFlowConfig

from .jet_sample import random_jets

CONFIGS = [
    ParticleFlowConfig(phi=(20, 16), f=(12, 8)),
    EnergyFlowConfig(phi=(20, 16), f=(12, 8)),
    EdgeConvConfig(neighbours=4, blocks=(10, 6), f=(12, 8)),
]
every_network = pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.kind)


def network(config, outputs=2):
    made = build_jet_energy_model(config, outputs=outputs, seed=3).double()
    # The first output would otherwise be 0 and could hide a mistake.
    torch.nn.init.normal_(made.output.weight, generator=torch.Generator().manual_seed(4))
    return made


def close(one, other, tolerance=1e-11):
    torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance)


def layers(*widths):
    return sum((before + 1) * after for before, after in pairwise(widths))


def test_the_particle_flow_network_has_the_parameters_of_the_thesis_sizes():
    """9 or so inputs to Phi 100-100-128, then F 100-100-100 and one output."""
    config = ParticleFlowConfig()
    made = build_jet_energy_model(config, outputs=1)
    expected = layers(10, 100, 100, 128) + layers(128 + 3, 100, 100, 100) + layers(100, 1)
    assert config.candidate_columns == 10
    assert sum(p.numel() for p in made.parameters()) == expected == 24_128 + 33_400 + 101


def test_the_energy_flow_network_has_two_inputs_a_candidate():
    made = build_jet_energy_model(EnergyFlowConfig(jet_inputs=()), outputs=2)
    expected = layers(2, 100, 100, 128) + layers(128, 100, 100, 100) + layers(100, 2)
    assert sum(p.numel() for p in made.parameters()) == expected


def test_the_network_of_edge_convolutions_has_four_products_a_block():
    made = build_jet_energy_model(EdgeConvConfig(blocks=(7, 5), f=(6,)), outputs=1)

    def block(before, after):
        return 3 * before * after + after * after + 3 * after

    expected = block(10, 7) + block(7, 5) + layers(7 + 5 + 3, 6) + layers(6, 1)
    assert sum(p.numel() for p in made.parameters()) == expected


@every_network
def test_the_order_of_candidates_changes_nothing(config):
    jets, made = random_jets(9), network(config)
    order = torch.argsort(torch.rand(jets.mask.shape, generator=torch.Generator().manual_seed(2)), dim=1)
    mixed = JetTensors(
        jets.candidates.gather(1, order[:, :, None].expand_as(jets.candidates)),
        jets.mask.gather(1, order),
        jets.jet,
    )
    assert not torch.equal(mixed.mask, jets.mask)
    close(made(mixed), made(jets))


@every_network
def test_padding_and_what_stands_in_it_change_nothing(config):
    jets, made = random_jets(9), network(config)
    alone = made(jets)
    wider = JetTensors(
        torch.cat([jets.candidates, torch.full((9, 5, 5), 3.7, dtype=torch.float64)], dim=1),
        torch.cat([jets.mask, torch.zeros(9, 5, dtype=torch.bool)], dim=1),
        jets.jet,
    )
    close(made(wider), alone)
    wider.candidates[~wider.mask] = torch.nan
    close(made(wider), alone)


@every_network
def test_a_jet_does_not_depend_on_the_others(config):
    jets, made = random_jets(6), network(config)
    for number in range(6):
        one = JetTensors(*(part[number : number + 1] for part in jets))
        close(made(one), made(jets)[number : number + 1])


@every_network
def test_any_number_of_candidates_is_taken(config):
    made = network(config)
    for places in (1, 2, 200):
        assert made(random_jets(2, places=places, least=places)).isfinite().all()
    empty = random_jets(3)
    none = JetTensors(empty.candidates, torch.zeros_like(empty.mask), torch.zeros_like(empty.jet))
    assert made(none).isfinite().all()
    assert made(JetTensors(*(part[:0] for part in empty))).shape == (0, 2)


@every_network
def test_a_turn_about_the_beam_and_a_mirror_change_nothing(config):
    """phi -> phi + 2, across the seam, and eta -> -eta: the detector is the same there."""
    jets, made = random_jets(9), network(config)
    candidates, jet = jets.candidates.clone(), jets.jet.clone()
    for part, column in ((candidates, 2), (jet, 2)):
        part[..., column] = relative_phi(part[..., column] + 2.0, torch.zeros(()))
    candidates[..., 1] *= -1
    jet[:, 1] *= -1
    close(made(JetTensors(candidates, jets.mask, jet)), made(jets), 1e-9)


@every_network
def test_the_first_output_begins_at_zero(config):
    made = build_jet_energy_model(config, outputs=3, seed=1).double()
    found = made(random_jets(4))
    assert not found[:, 0].any()
    assert found[:, 1:].any()


@every_network
def test_every_weight_is_learnt_and_the_seed_is_kept(config):
    before = torch.random.get_rng_state()
    one, same, other = (build_jet_energy_model(config, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(before, torch.random.get_rng_state())
    close(one.f[0].weight, same.f[0].weight, 0.0)
    assert not torch.equal(one.f[0].weight, other.f[0].weight)
    made = network(config)
    made(random_jets(40)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in made.parameters())


def split(jets, place, share, shift=0.0):
    """The jets with one candidate split in two, collinear but for a shift in eta."""
    candidates = torch.cat([jets.candidates, jets.candidates[:, place : place + 1]], dim=1)
    candidates[:, place, 0] *= share
    candidates[:, -1, 0] *= 1.0 - share
    candidates[:, -1, 1] += shift
    return JetTensors(candidates, torch.cat([jets.mask, jets.mask[:, place : place + 1]], dim=1), jets.jet)


def soft(jets, pt_gev):
    """The jets with a soft candidate at the edge."""
    added = torch.stack([torch.full((len(jets.jet),), pt_gev).double(), *jets.jet[:, 1:3].T], dim=1)
    added = torch.nn.functional.pad(added, (0, 2))[:, None]
    added[:, 0, 1] += 0.3
    mask = torch.cat([jets.mask, torch.ones_like(jets.mask[:, :1])], dim=1)
    return JetTensors(torch.cat([jets.candidates, added], dim=1), mask, jets.jet)


def test_the_energy_flow_network_is_safe_and_the_particle_flow_network_is_not():
    jets = random_jets(9, least=3)
    safe, unsafe = network(CONFIGS[1]), network(CONFIGS[0])
    close(safe(split(jets, 1, 0.3)), safe(jets))
    assert (unsafe(split(jets, 1, 0.3)) - unsafe(jets)).abs().min() > 1e-4
    # In the soft and in the collinear limit, the change falls in proportion.
    for change in (lambda x: soft(jets, x), lambda x: split(jets, 0, 0.5, shift=x)):
        large, small = ((safe(change(x)) - safe(jets)).abs().max() for x in (1e-2, 1e-5))
        assert 0 < small < 2e-3 * large
    assert (unsafe(soft(jets, 1e-5)) - unsafe(jets)).abs().min() > 1e-4


def test_neighbours_are_those_that_a_loop_finds():
    jets = random_jets(7)
    flat = flat_candidates(jets)
    neighbour, there = nearest_neighbours(jets, flat, 4)
    for i in range(len(flat.owner)):
        distance = {
            j: float(torch.hypot(flat.values[i, 1] - flat.values[j, 1],
                                 relative_phi(flat.values[i, 2], flat.values[j, 2])))
            for j in range(len(flat.owner))
            if j != i and flat.owner[j] == flat.owner[i]
        }  # fmt: skip
        wanted = sorted(distance, key=lambda j: distance[j])[:4]
        assert sorted(neighbour[i, there[i]].tolist()) == sorted(wanted)


def test_candidates_in_one_cell_are_ordered_by_their_hardness():
    candidates = torch.zeros(1, 4, 5, dtype=torch.float64)
    candidates[0, :, 0] = torch.tensor([9.0, 1.0, 5.0, 2.0])
    candidates[0, 1:, 1] = 0.2
    jets = JetTensors(candidates, torch.ones(1, 4, dtype=torch.bool), torch.ones(1, 6, dtype=torch.float64))
    neighbour, _ = nearest_neighbours(jets, flat_candidates(jets), 1)
    assert neighbour.flatten().tolist() == [2, 2, 3, 2]


def test_inputs_are_what_they_are_called():
    candidates = torch.tensor([[[20.0, -1.2, 3.1, -1.0, 3.0]]])
    jets = JetTensors(
        candidates, torch.ones(1, 1, dtype=torch.bool), torch.tensor([[50.0, -1.0, -3.1, 5.0, 4.0, 30.0]])
    )
    names = ("relative-log-pt", "log-pt", "relative-eta", "relative-phi", "abs-eta", "charge", "class")
    found = candidate_columns(flat_candidates(jets), names, 0.4)[0].tolist()
    expected = [0.5 * np.log(0.4) + 2, 0.5 * np.log(20), 0.5, (6.2 - 2 * np.pi) / 0.4, 1.2 / 2.5 - 1, -1]
    assert found == pytest.approx([*expected, 0, 0, 0, 1, 0], abs=1e-5)
    names = ("log-pt", "abs-eta", "mass-over-pt", "rho", "log-candidates")
    told = jet_columns(jets, names)[0].tolist()
    assert told == pytest.approx([np.log(50) - 4.5, -0.6, 0.0, 0.4, np.log(30) - 3], abs=1e-6)


def test_records_become_tensors_without_places_that_no_jet_fills():
    candidates = np.zeros((2, 6, 5))
    candidates[0, :3, 0], candidates[1, 0, 0] = (3, 2, 1), 7
    ones = np.ones(2)
    jets = CalibrationJets(
        candidates, candidates[..., 0] > 0, ones, ones, ones, ones, 2 * ones, ones, ones, ones,
        [21, 1], ones, ones, [0, 0], rho_gev=3 * ones, n_candidates=[9, 1],
    )  # fmt: skip
    tensors = jet_tensors(jets)
    assert tensors.mask.tolist() == [[True, True, True], [True, False, False]]
    assert tensors.candidates.shape == (2, 3, 5)
    assert tensors.jet.tolist() == [[2, 1, 1, 1, 3, 9], [2, 1, 1, 1, 3, 1]]
    assert tensors.pt_gev.tolist() == [2, 2]


def test_sums_are_those_that_a_loop_finds():
    jets = random_jets(8)
    flat = flat_candidates(jets)
    wanted = [jets.candidates[i, jets.mask[i]].sum(dim=0) for i in range(8)]
    close(sum_of_each(flat.values, flat.owner, 8), torch.stack(wanted))


def test_shapes_that_do_not_fit_are_told():
    jets = random_jets(3)
    with pytest.raises(DataError, match="candidates, mask and jet"):
        flat_candidates(jets._replace(mask=jets.mask[:, 1:]))


@pytest.mark.parametrize(
    ("cls", "values", "words"),
    [
        (EnergyFlowConfig, {"jet_inputs": ["log-candidates"]}, "splitting"),
        (ParticleFlowConfig, {"jet_inputs": ["rho", "rho"]}, "once"),
        (ParticleFlowConfig, {"candidate_inputs": ["charge", "charge"]}, "once"),
        (ParticleFlowConfig, {"phi": []}, "phi"),
        (EdgeConvConfig, {"neighbours": 0}, "neighbours"),
    ],
)
def test_wrong_settings_are_told(cls, values, words):
    with pytest.raises(ConfigurationError, match=words):
        parse_config(cls, values, source="test")
