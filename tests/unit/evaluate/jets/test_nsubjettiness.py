"""N-subjettiness: closed forms, plain clustering one jet at a time, and FastJet's own where it is there."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.evaluate.jets.kt_clusters import KtClusters
from showerkit.evaluate.jets.nsubjettiness import n_subjettiness, subjettiness_ratios


def clouds(jets, particles, seed=1):
    random = np.random.default_rng(seed)
    cloud = np.concatenate(
        [random.normal(0, 0.3, (jets, particles, 2)), random.lognormal(0, 1, (jets, particles, 1))], axis=2
    )
    cloud[np.arange(jets)[:, None], random.integers(0, particles, (jets, particles // 3)), 2] = 0.0
    return cloud


def plain_axes(jet, n):
    """Cluster one jet the slow way."""
    clusters = [list(particle) for particle in jet if particle[2] > 0]
    while len(clusters) > n:
        best = None
        for i, one in enumerate(clusters):
            for j, two in enumerate(clusters[:i]):
                d = min(one[2], two[2]) ** 2 * ((one[0] - two[0]) ** 2 + (one[1] - two[1]) ** 2)
                if best is None or d < best[0]:
                    best = d, i, j
        one, two = clusters[best[1]], clusters[best[2]]
        winner, loser = (one, two) if one[2] >= two[2] else (two, one)
        winner[2] += loser[2]
        clusters.remove(loser)
    return np.array(clusters)


def test_against_plain_clustering():
    cloud = clouds(30, 12)
    tau = n_subjettiness(cloud, radius=0.5)
    for jet, found in zip(cloud, tau, strict=True):
        for n in (1, 2, 3):
            axes = plain_axes(jet, n)
            distance = np.hypot(jet[:, None, 0] - axes[:, 0], jet[:, None, 1] - axes[:, 1]).min(axis=1)
            expected = (jet[:, 2] * distance).sum() / (0.5 * jet[:, 2].sum())
            assert found[n - 1] == pytest.approx(expected, rel=1e-10)


def test_against_fastjet():
    fastjet = pytest.importorskip("fastjet")
    ak = pytest.importorskip("awkward")
    pytest.importorskip("vector").register_awkward()
    cloud = clouds(50, 30)
    eta, phi, pt = np.moveaxis(cloud, 2, 0)
    momenta = {
        "px": pt * np.cos(phi),
        "py": pt * np.sin(phi),
        "pz": pt * np.sinh(eta),
        "E": pt * np.cosh(eta),
    }
    array = ak.zip({key: ak.from_numpy(value) for key, value in momenta.items()}, with_name="Momentum4D")
    array = ak.from_regular(array)[ak.from_regular(ak.from_numpy(pt > 0))]
    found = fastjet.ClusterSequence(array, fastjet.JetDefinition(fastjet.kt_algorithm, 100.0)).njettiness(
        "NormalizedMeasure", axes_definition="WTA_KT_Axes", njets=[1, 2, 3], beta=1.0, R0=0.8
    )
    np.testing.assert_allclose(n_subjettiness(cloud), np.array(ak.to_list(found)).reshape(-1, 3), atol=1e-9)


def test_as_many_axes_as_particles():
    tau = n_subjettiness([[[0.0, 0.0, 3.0], [0.5, 0.0, 2.0], [0.0, 0.5, 1.0]]], radius=1.0)[0]
    # The pair of the two softer merges last; to two axes the softest joins the hardest.
    assert tau[2] == 0.0
    assert tau[1] == pytest.approx(1.0 * 0.5 / 6.0)
    assert tau[0] == pytest.approx((2.0 * 0.5 + 1.0 * 0.5) / 6.0)


def test_empty_jets_and_ratios():
    tau = n_subjettiness([[[0.0, 0.0, 0.0]], [[0.3, 0.1, 2.0]]])
    assert tau.tolist() == [[0.0] * 3] * 2
    tau21, tau32 = subjettiness_ratios(tau)
    assert tau21.tolist() == tau32.tolist() == [0.0, 0.0]


def test_order_mask_and_chunks_do_not_matter(monkeypatch):
    cloud = clouds(40, 10)
    expected = n_subjettiness(cloud)
    order = np.random.default_rng(5).permutation(10)
    np.testing.assert_allclose(n_subjettiness(cloud[:, order]), expected, rtol=1e-10)
    padded = np.pad(cloud, ((0, 0), (0, 3), (0, 0)), constant_values=9.0)
    mask = np.arange(13)[None] < np.full((40, 1), 10)
    np.testing.assert_allclose(n_subjettiness(padded, mask & (padded[..., 2] > 0)), expected, rtol=1e-10)
    monkeypatch.setattr("showerkit.evaluate.jets.nsubjettiness._CHUNK", 700)
    np.testing.assert_allclose(n_subjettiness(cloud), expected, rtol=1e-12)


def test_clusters_keep_the_momentum():
    cloud = clouds(20, 9)
    clusters = KtClusters(cloud)
    clusters.merge_to(3)
    np.testing.assert_allclose(clusters.hardest(3)[..., 2].sum(axis=1), cloud[..., 2].sum(axis=1))
