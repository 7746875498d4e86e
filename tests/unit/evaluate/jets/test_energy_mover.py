"""Energy mover's distance: closed forms, a metric, bounds from below, coverage."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from showerkit.errors import MissingDependencyError
from showerkit.evaluate.jets.coverage import coverage_and_matching
from showerkit.evaluate.jets.energy_mover import distance_bounds, energy_mover_distance, optimal_transport


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
        bounds = distance_bounds(one, two)
        assert (bounds <= exact + 1e-12).all()
        assert (bounds / exact).mean() > 0.6


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
    monkeypatch.setitem(sys.modules, "ot", None)
    with pytest.raises(MissingDependencyError, match=r"showerkit\[jets\]"):
        optimal_transport()
