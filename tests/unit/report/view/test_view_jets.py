"""What a page keeps of jets and of matched jets."""

from __future__ import annotations

import numpy as np

from showerkit.data.calibration_jets import CalibrationJets
from showerkit.data.jet_records import Jets
from showerkit.report.view.arrays import decoded
from showerkit.report.view.jets import JET_NAMES, jet_drawing, jet_table
from showerkit.report.view.matched_jets import candidate_kinds, matched_drawing, matched_table
from showerkit.report.view.settings import ViewSettings


def test_jets_are_measured_by_their_particles():
    jets = Jets(
        [[[0.3, 0.4, 0.25], [0.0, -0.1, 0.75]], [[0.1, 0.0, 0.5], [0.0, 0.0, 0.0]]],
        [[True, True], [True, False]],
        [0, 2],
        [100.0, 200.0],
        [0.5, -0.5],
        [10.0, 20.0],
        [7, 8],
    )
    table = jet_table(jets)
    np.testing.assert_allclose(table.columns["width"], [0.25 * 0.5 + 0.75 * 0.1, 0.1], rtol=1e-6)
    assert table.columns["hardest_share"].tolist() == [0.75, 0.5]
    assert table.columns["particles"].tolist() == [2.0, 1.0]
    assert [JET_NAMES[code] for code in table.category.tolist()] == ["gluon", "top quark"]
    code = jet_drawing([jets[slice(0, 1)], jets[slice(1, 2)]], ViewSettings())
    assert decoded(code["start"]).tolist() == [0, 2, 3]
    np.testing.assert_array_equal(decoded(code["share"]), np.float32([0.25, 0.75, 0.5]))


def test_a_jet_without_particles_has_no_width():
    jets = Jets([[[0.0, 0.0, 0.0]]], [[False]], [0], [1.0], [0.0], [0.0], [0])
    assert np.isnan(jet_table(jets).columns["width"]).all()
    assert decoded(jet_drawing([jets], ViewSettings())["start"]).tolist() == [0, 0]


def test_candidates_are_drawn_about_the_true_axis_across_the_seam():
    jets = CalibrationJets(
        candidates=[[[20.0, 1.1, -3.1, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0, 0.0]]],
        mask=[[True, False]],
        true_pt_gev=[40.0],
        true_eta=[1.0],
        true_phi=[3.1],
        true_mass_gev=[4.0],
        pt_gev=[20.0],
        eta=[1.1],
        phi=[-3.1],
        mass_gev=[0.0],
        flavour=[21],
        pile_up=[0.0],
        weight=[1.0],
        event_id=[0],
    )
    code = matched_drawing([jets], ViewSettings())
    np.testing.assert_allclose(decoded(code["eta"]), [0.1], atol=1e-6)
    np.testing.assert_allclose(decoded(code["phi"]), [2 * np.pi - 6.2], atol=1e-6)
    np.testing.assert_allclose(decoded(code["axisPhi"]), [2 * np.pi - 6.2], atol=1e-6)
    assert decoded(code["share"]).tolist() == [0.5]
    assert candidate_kinds()[decoded(code["kind"])[0]] == "photon"
    assert matched_table(jets).columns["response"].tolist() == [0.5]
