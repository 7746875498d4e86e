"""Energy mover's distance: closed forms, a metric, bounds from below, coverage."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showerkit.errors import DataError, MissingDependencyError
from showerkit.evaluate.jets import energy_mover
from showerkit.evaluate.jets.coverage import coverage_and_matching
from showerkit.evaluate.jets.energy_mover import energy_mover_distance, optimal_transport, solved
from showerkit.evaluate.jets.energy_mover_bounds import dual_bounds, function_bounds
from showerkit.evaluate.jets.nearest_jets import distances_to_nearest


@pytest.fixture(scope="module")
def ot():
    return pytest.importorskip("ot", reason="the extra 'jets' brings POT")


def clouds(jets, particles, seed, *, norm=True):
    random = np.random.default_rng(seed)
    pt = random.lognormal(0.0, 1.0, (jets, particles, 1))
    pt /= pt.sum(axis=1, keepdims=True)
    if not norm:
        pt *= random.uniform(0.8, 1.0, (jets, 1, 1))
    return np.concatenate([random.normal(0.0, 0.2, (jets, particles, 2)), pt], axis=2)


@pytest.mark.usefixtures("ot")
class TestDistance:
    def test_one_particle_moved(self):
        jet = clouds(1, 6, 1)[0]
        moved = jet.copy()
        moved[2, :2] += [0.003, 0.004]  # so little that no other way is shorter
        assert energy_mover_distance(jet, moved) == pytest.approx(0.005 * jet[2, 2], rel=1e-9)

    def test_a_whole_jet_moved(self):
        jet = clouds(1, 6, 2)[0]
        assert energy_mover_distance(jet, jet + np.array([0.3, 0.4, 0.0])) == pytest.approx(
            0.5 * jet[:, 2].sum()
        )

    def test_more_momentum_costs_itself(self):
        jet = clouds(1, 6, 3)[0]
        more = np.concatenate([jet, [[0.0, 0.0, 0.25]]])
        assert energy_mover_distance(jet, more) == pytest.approx(0.25, abs=1e-12)
        assert energy_mover_distance(more, jet) == pytest.approx(0.25, abs=1e-12)
        assert energy_mover_distance(jet, np.zeros((1, 3))) == pytest.approx(1.0)

    def test_on_a_line_it_is_the_wasserstein_distance(self):
        from scipy.stats import wasserstein_distance

        one, two = clouds(2, 9, 4)
        one[:, 1] = two[:, 1] = 0.0
        expected = wasserstein_distance(one[:, 0], two[:, 0], one[:, 2], two[:, 2])
        assert energy_mover_distance(one, two) == pytest.approx(expected, rel=1e-9)

    def test_against_a_linear_program(self):
        from scipy.optimize import linprog

        one, two = clouds(2, 4, 5, norm=False)
        cost = np.hypot(one[:, None, 0] - two[:, 0], one[:, None, 1] - two[:, 1])
        rows = np.kron(np.eye(4), np.ones(4))
        columns = np.kron(np.ones(4), np.eye(4))
        moved = min(one[:, 2].sum(), two[:, 2].sum())
        solution = linprog(
            cost.ravel(),
            A_ub=np.concatenate([rows, columns]),
            b_ub=np.concatenate([one[:, 2], two[:, 2]]),
            A_eq=np.ones((1, 16)),
            b_eq=[moved],
        )
        expected = solution.fun + abs(one[:, 2].sum() - two[:, 2].sum())
        assert energy_mover_distance(one, two) == pytest.approx(expected, rel=1e-7)

    def test_metric(self):
        jets = clouds(5, 7, 6, norm=False)
        d = np.array([[energy_mover_distance(x, y) for x in jets] for y in jets])
        np.testing.assert_allclose(d, d.T, atol=1e-12)
        np.testing.assert_allclose(np.diag(d), 0.0, atol=1e-12)
        # All particles are within R = 1 of each other, where it is a metric.
        assert (d[:, None, :] <= d[:, :, None] + d[None] + 1e-12).all()

    def test_bounds_are_below_and_not_idle(self):
        one, two = clouds(15, 8, 7, norm=False), clouds(12, 8, 8, norm=False)
        exact = np.array([[energy_mover_distance(x, y) for y in two] for x in one])
        bounds = function_bounds(one, two)
        assert (bounds <= exact + 1e-12).all()
        assert (bounds / exact).mean() > 0.6
        i, j = np.indices(exact.shape).reshape(2, -1)
        closer = dual_bounds(one[i], two[j], bounds.ravel()).reshape(exact.shape)
        assert (closer <= exact + 1e-12).all()
        assert (closer / exact).mean() > 0.9

    def test_no_optimum_is_an_error(self, monkeypatch):
        monkeypatch.setattr(energy_mover, "_ITERATIONS", 1)
        with pytest.raises(DataError, match="network simplex"):
            energy_mover_distance(*clouds(2, 20, 9))


@st.composite
def sets_of_jets(draw):
    """Two sets of jets: duplicates, jets without particles, unequal totals, far particles, ties."""
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    particles = draw(st.integers(1, 5))
    sides = []
    for _ in range(2):
        jets = clouds(draw(st.integers(1, 12)), particles, random.integers(10**6), norm=draw(st.booleans()))
        jets *= random.random((len(jets), particles, 1)) > draw(st.sampled_from([0.0, 0.3, 0.9]))
        jets[..., :2] *= draw(st.sampled_from([0.0, 1.0, 20.0]))
        jets[..., 2] *= draw(st.sampled_from([1.0, 1.0, 500.0]))
        sides.append(jets)
    if draw(st.booleans()):  # the same jets on both sides, and twice on one
        sides[1] = np.concatenate([sides[1], sides[0][::-1], sides[0][:, ::-1], sides[1]])
    return sides


@pytest.mark.usefixtures("ot")
class TestNearest:
    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(sets_of_jets())
    def test_minima_are_those_of_all_distances(self, sides):
        one, two = sides
        i, j = np.indices((len(one), len(two))).reshape(2, -1)
        exact = solved(one[i], two[j], optimal_transport()).reshape(len(one), len(two))
        found, known = distances_to_nearest(one, two, optimal_transport())
        np.testing.assert_array_equal(found[known], exact[known])
        scale = max(exact.max(), 1.0)
        assert (found <= exact + 1e-11 * scale).all()
        for axis in (0, 1):
            np.testing.assert_array_equal(found.min(axis=axis), exact.min(axis=axis))
            np.testing.assert_array_equal(found.argmin(axis=axis), exact.argmin(axis=axis))

    def test_few_are_solved(self):
        one, two = clouds(40, 8, 1, norm=False), clouds(40, 8, 2, norm=False)
        assert distances_to_nearest(one, two, optimal_transport())[1].mean() < 0.15


@pytest.mark.usefixtures("ot")
class TestCoverage:
    def test_against_all_distances(self):
        one, two = clouds(40, 6, 1, norm=False), clouds(30, 6, 2, norm=False)
        found = coverage_and_matching(one, two, batch_jets=12, batches=3, random=np.random.default_rng(9))
        random = np.random.default_rng(9)
        coverage, matching = [], []
        for _ in range(3):
            rows, columns = random.choice(40, size=12), random.choice(30, size=12)
            exact = np.array([[energy_mover_distance(one[i], two[j]) for i in rows] for j in columns])
            matching.append(exact.min(axis=0).mean())
            coverage.append(len(np.unique(exact.argmin(axis=1))) / 12)
        assert found.coverage == pytest.approx(np.mean(coverage))
        assert found.matching_distance == pytest.approx(np.mean(matching), rel=1e-9)
        assert found.coverage_error == pytest.approx(np.std(coverage) / np.sqrt(3))
        assert 0.0 < found.solved_share < 1.0

    def test_identical_sets(self):
        class InOrder:
            """Draws every jet once, in order."""

            @staticmethod
            def choice(n, size):
                return np.arange(n)[:size]

        jets = clouds(15, 6, 3)
        found = coverage_and_matching(jets, jets, batch_jets=15, batches=2, random=InOrder)
        assert found.coverage == 1.0
        assert found.matching_distance == pytest.approx(0.0, abs=1e-12)
        assert found.solved_share < 0.5

    def test_masked_particles_do_not_count(self):
        one, two = clouds(20, 6, 4), clouds(20, 6, 5)
        mask = np.ones((20, 8), dtype=bool)
        mask[:, 6:] = False
        padded = [np.pad(jets, ((0, 0), (0, 2), (0, 0)), constant_values=5.0) for jets in (one, two)]
        settings = {"batch_jets": 10, "batches": 2}
        assert coverage_and_matching(*padded, mask, mask, **settings) == coverage_and_matching(
            one, two, **settings
        )


def test_without_the_package(monkeypatch):
    for name in [name for name in sys.modules if name == "ot" or name.startswith("ot.")]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "ot", None)
    with pytest.raises(MissingDependencyError, match=r"showerkit\[jets\]"):
        optimal_transport()
