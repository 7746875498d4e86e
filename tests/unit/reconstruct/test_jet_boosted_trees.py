from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.jet_variables import JET_VARIABLES, jet_variables
from showerkit.errors import DataError, FileFormatError
from showerkit.models.jet_baseline_config import JetBoostedTreesConfig, NumericalInversionConfig
from showerkit.reconstruct.jet_boosted_trees import JetBoostedTrees, fit_jet_boosted_trees

from .toy_jets import toy_jets

SCALE = NumericalInversionConfig(abs_eta_edges=(0.0, 3.0), pt_bins=5)
FEW = JetBoostedTreesConfig(trees=30, learning_rate=0.2, leaves=8, inversion=SCALE)


def batches(jets, size=1000):
    return [jets[start : start + size] for start in range(0, len(jets), size)]


def spread(ratio):
    return float(np.std(ratio))


def test_the_trees_learn_what_the_scale_cannot_know():
    """The composition moves the response by 0.4/sqrt(12) = 11.5 %, the resolution by 5 % alone."""
    model = fit_jet_boosted_trees(FEW, batches(toy_jets(20_000, resolution=0.05)))
    test = toy_jets(10_000, seed=2, resolution=0.05)
    of_scale = model.inversion.predict(test.pt_gev, test.eta) / test.true_pt_gev
    assert spread(of_scale) == pytest.approx(np.hypot(0.4 / np.sqrt(12), 0.05), rel=0.05)
    assert 0.05 * 0.97 < spread(model.predict(test) / test.true_pt_gev) < 0.056


def test_tensors_keep_every_digit_and_are_checked():
    jets = toy_jets(3000)
    model = fit_jet_boosted_trees(FEW, [jets])
    tensors = model.to_tensors()
    again = JetBoostedTrees.from_tensors(tensors)
    np.testing.assert_array_equal(again.predict(jets), model.predict(jets))
    with pytest.raises(FileFormatError, match="other entries"):
        JetBoostedTrees.from_tensors({name: one for name, one in tensors.items() if name != "trees.value"})
    too_many = tensors | {"trees.feature": tensors["trees.feature"] + 100 * (tensors["trees.feature"] >= 0)}
    with pytest.raises(FileFormatError, match="at most"):
        JetBoostedTrees.from_tensors(too_many)


def test_no_more_jets_are_learned_from_than_wanted():
    jets = toy_jets(3000)
    config = FEW.model_copy(update={"max_events": 1500})
    one = fit_jet_boosted_trees(config, batches(jets)).to_tensors()
    other = fit_jet_boosted_trees(config, [jets[:1500]]).to_tensors()
    assert all(one[name].equal(other[name]) for name in other)
    with pytest.raises(DataError, match="jets for"):
        fit_jet_boosted_trees(FEW, [])


def test_variables_are_what_a_loop_finds():
    random = np.random.default_rng(3)
    jets = toy_jets(20)
    jets.candidates[:, :2, 1] += random.normal(0.0, 0.2, size=(20, 2))
    jets.candidates[:, :2, 2] += random.normal(0.0, 0.2, size=(20, 2))
    table = jet_variables(jets)
    assert table.shape == (20, len(JET_VARIABLES))
    for jet in range(20):
        found = dict(zip(JET_VARIABLES, table[jet].tolist(), strict=True))
        charged, neutral = jets.candidates[jet, :2].astype(float)
        pt = float(jets.pt_gev[jet])
        away = [np.hypot(c[1] - jets.eta[jet], c[2] - jets.phi[jet]) for c in (charged, neutral)]
        expected = {
            "log_pt": np.log(pt),
            "leading_share": max(charged[0], neutral[0]) / pt,
            "dispersion": np.hypot(charged[0], neutral[0]) / (charged[0] + neutral[0]),
            "width": (charged[0] * away[0] + neutral[0] * away[1]) / (charged[0] + neutral[0]),
            "share_of_charged_hadron": charged[0] / pt,
            "share_of_neutral_hadron": neutral[0] / pt,
            "share_of_photon": 0.0,
            "number_of_neutral_hadron": 1.0,
            "charged_width": away[0],
            "leading_charged_share": charged[0] / pt,
            "candidates": 2.0,
        }
        assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_a_jet_that_was_not_seen_has_finite_variables():
    jets = toy_jets(2)
    jets.candidates[:] = 0.0
    jets.mask[:] = False
    jets.pt_gev[:] = 0.0
    assert np.isfinite(jet_variables(jets)).all()
