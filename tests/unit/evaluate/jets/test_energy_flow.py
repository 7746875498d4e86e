"""Energy flow polynomials: every graph, by hand, by brute force, and what they may not depend on."""

from __future__ import annotations

from itertools import combinations_with_replacement, permutations

import numpy as np
import pytest

from showerkit.errors import DataError
from showerkit.evaluate.jets.energy_flow import energy_flow_polynomials, w1_polynomials
from showerkit.evaluate.jets.flow_graphs import CONNECTED, W1_COLUMNS, flow_graphs


def clouds(jets, particles, seed=1, spread=0.2):
    random = np.random.default_rng(seed)
    angles = random.normal(0.0, spread, size=(jets, particles, 2))
    return np.concatenate([angles, random.lognormal(-3.0, 1.0, size=(jets, particles, 1))], axis=2)


def canonical(graph):
    """The least of all names that a multigraph has."""
    vertices = 1 + max((max(edge) for edge in graph), default=0)
    return min(
        tuple(sorted(tuple(sorted((order[i], order[j]))) for i, j in graph))
        for order in permutations(range(vertices))
    )


def is_connected(graph, vertices):
    reached = {0}
    for _ in range(vertices):
        reached |= {k for edge in graph if reached & set(edge) for k in edge}
    return len(reached) == vertices


def all_connected(edges):
    """Every connected multigraph with a number of edges, from all choices of pairs."""
    found = set()
    for vertices in range(1, edges + 2):
        pairs = [(i, j) for i in range(vertices) for j in range(i + 1, vertices)]
        for graph in combinations_with_replacement(pairs, edges):
            if {k for edge in graph for k in edge} | {0} == set(range(vertices)) and is_connected(
                graph, vertices
            ):
                found.add(canonical(graph))
    return found


@pytest.mark.parametrize("edges", range(5))
def test_no_connected_graph_is_missing_and_none_is_there_twice(edges):
    listed = [canonical(graph) for graph in CONNECTED if len(graph) == edges]
    assert len(set(listed)) == len(listed)
    assert set(listed) == all_connected(edges)


def test_graphs_with_several_parts_are_all_there():
    graphs = flow_graphs()
    assert len(graphs) == 36
    # As many as multisets of connected graphs with four edges at most: 1, 1, 3, 8 and 23.
    assert [sum(len(graph) == edges for graph in graphs) for edges in range(5)] == [1, 1, 3, 8, 23]
    assert all(len({k for edge in graphs[column] for k in edge}) == 4 for column in W1_COLUMNS)
    assert [column for column in range(21) if len(graphs[column]) == 4 and column in W1_COLUMNS] == [
        column
        for column in range(21)
        if len(graphs[column]) == 4 and len({k for edge in graphs[column] for k in edge}) == 4
    ]


def test_two_particles_by_hand():
    # Only graphs whose vertices fall into two kinds without an edge within either survive.
    z1, z2, theta = 0.7, 0.2, 0.5
    efps = energy_flow_polynomials([[[0.0, 0.0, z1], [0.3, 0.4, z2]]])[0]
    both = z1 * z2
    by_hand = {
        0: z1 + z2,
        1: 2 * both * theta,
        2: 2 * both * theta**2,
        5: both * (z1 + z2) * theta**2,
        9: 0.0,
        10: 0.0,
        11: both * (z1**2 + z2**2) * theta**3,
        13: 2 * both**2 * theta**3,
        16: 0.0,
        17: 2 * both**2 * theta**4,
        20: both**2 * (z1 + z2) * theta**4,
        35: (2 * both * theta) ** 4,
    }
    for column, expected in by_hand.items():
        assert efps[column] == pytest.approx(expected, rel=1e-12, abs=1e-15), column


@pytest.mark.parametrize("column", range(36))
def test_against_sums_over_all_indices(column):
    graph = flow_graphs()[column]
    vertices = 1 + max((max(edge) for edge in graph), default=0)
    cloud = clouds(3, 5 if vertices < 7 else 3)
    theta = np.hypot(cloud[:, :, None, 0] - cloud[:, None, :, 0], cloud[:, :, None, 1] - cloud[:, None, :, 1])
    letters = "abcdefgh"[:vertices]
    terms = [f"N{letter}" for letter in letters] + [f"N{letters[i]}{letters[j]}" for i, j in graph]
    brute = np.einsum(
        ",".join(terms) + "->N", *[cloud[..., 2]] * vertices, *[theta] * len(graph), optimize=False
    )
    np.testing.assert_allclose(energy_flow_polynomials(cloud)[:, column], brute, rtol=1e-10)


def test_rotation_shift_order_and_split_change_nothing():
    cloud = clouds(20, 12)
    expected = energy_flow_polynomials(cloud)
    turn = np.array([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]])
    turned = np.concatenate([cloud[..., :2] @ turn + [0.4, -0.3], cloud[..., 2:]], axis=2)
    np.testing.assert_allclose(energy_flow_polynomials(turned), expected, rtol=1e-9)
    order = np.random.default_rng(2).permutation(12)
    np.testing.assert_allclose(energy_flow_polynomials(cloud[:, order]), expected, rtol=1e-9)
    # Collinear safety: a particle may split in two of the same direction.
    split = np.concatenate([cloud, cloud[:, :1]], axis=1)
    split[:, 0, 2] *= 0.3
    split[:, -1, 2] *= 0.7
    np.testing.assert_allclose(energy_flow_polynomials(split), expected, rtol=1e-9)


def test_scaling_of_momenta_and_angles():
    cloud = clouds(5, 8)
    efps = energy_flow_polynomials(cloud)
    wider = energy_flow_polynomials(cloud * [0.5, 0.5, 1.0])
    stronger = energy_flow_polynomials(cloud * [1.0, 1.0, 2.0])
    for column, graph in enumerate(flow_graphs()):
        vertices = 1 + max((max(edge) for edge in graph), default=0)
        np.testing.assert_allclose(wider[:, column], efps[:, column] * 0.5 ** len(graph), rtol=1e-9)
        np.testing.assert_allclose(stronger[:, column], efps[:, column] * 2.0**vertices, rtol=1e-9)


def test_phi_goes_round_the_circle():
    across = [[[0.0, np.pi - 0.1, 1.0], [0.0, -np.pi + 0.1, 1.0]]]
    assert energy_flow_polynomials(across)[0, 1] == pytest.approx(2 * 0.2)


def test_what_is_masked_does_not_count_and_chunks_do_not_matter():
    cloud = clouds(700, 10)
    mask = np.random.default_rng(3).random((700, 10)) < 0.7
    garbage = np.where(mask[..., None], cloud, 77.0)
    zeroed = np.where(mask[..., None], cloud, 0.0)
    efps = energy_flow_polynomials(garbage, mask)
    np.testing.assert_array_equal(efps, energy_flow_polynomials(zeroed))
    np.testing.assert_allclose(efps[650:660], energy_flow_polynomials(zeroed[650:660]), rtol=1e-12)
    one = zeroed[3][mask[3]][None]
    np.testing.assert_allclose(energy_flow_polynomials(one)[0], efps[3], rtol=1e-9)


def test_w1_columns():
    efps = energy_flow_polynomials(clouds(4, 6))
    np.testing.assert_array_equal(w1_polynomials(efps), efps[:, W1_COLUMNS])


@pytest.mark.parametrize(
    ("particles", "words"),
    [
        (np.zeros((3, 4)), "shape"),
        (np.full((1, 2, 3), np.nan), "NaN"),
        ([[[0.0, 0.0, -1.0]]], "transverse momentum of -1"),
    ],
)
def test_bad_particles(particles, words):
    mask = np.ones(np.shape(particles)[:2], dtype=bool)
    with pytest.raises(DataError, match=words):
        energy_flow_polynomials(particles, mask)
