from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.jet_records import JET_TYPES, Jets, concatenate_jets
from showerkit.errors import DataError


def columns(n: int = 3, places: int = 4) -> dict[str, object]:
    particles = np.zeros((n, places, 3))
    particles[:, :2, 2] = [0.6, 0.3]
    mask = np.zeros((n, places), dtype=bool)
    mask[:, :2] = True
    return {
        "particles": particles,
        "mask": mask,
        "jet_type": np.full(n, JET_TYPES["t"]),
        "pt_gev": np.full(n, 1000.0),
        "eta": np.zeros(n),
        "mass_gev": np.full(n, 173.0),
        "event_id": np.arange(n),
    }


def test_types_lengths_and_counts():
    jets = Jets(**columns())
    assert (len(jets), jets.places, jets.n_particles.tolist()) == (3, 4, [2, 2, 2])
    assert jets.particles.dtype == np.float32
    assert jets.jet_type.dtype == np.int32
    assert jets.event_id.dtype == np.int64


def test_rows_are_chosen_in_every_column():
    values = columns(5)
    values["momenta_gev"] = values["particles"] * 1000.0
    some = Jets(**values)[np.array([4, 1])]
    assert some.event_id.tolist() == [4, 1]
    assert some.momenta_gev.shape == (2, 4, 3)
    assert Jets(**values)[1:3].event_id.tolist() == [1, 2]


def test_joining_undoes_dividing():
    jets = Jets(**columns(5))
    again = concatenate_jets([jets[:2], jets[2:2], jets[2:]])
    np.testing.assert_array_equal(again.event_id, jets.event_id)
    np.testing.assert_array_equal(again.particles, jets.particles)
    assert again.momenta_gev is None


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("mask", np.ones((3, 3), dtype=bool), r"mask: got shape \(3, 3\); expected shape \(3, 4\)"),
        ("particles", np.zeros((3, 4, 4)), r"particles: got shape \(3, 4, 4\)"),
        ("eta", np.array([0.0, np.nan, 0.0]), r"eta\[1\]: got NaN or infinity"),
        ("pt_gev", np.array([1.0, 1.0, -1.0]), r"pt_gev\[2\]: got -1.0; expected a value >= 0"),
        ("mass_gev", np.array([-1.0, 1.0, 1.0]), r"mass_gev\[0\]: got -1.0"),
        ("jet_type", np.array([0, 6, 0]), r"jet_type\[1\]: got 6; expected a code of JET_TYPES"),
        ("particles", np.ones((3, 4, 3)), "particles where the mask is False: got other values"),
        ("momenta_gev", np.ones((3, 4, 3)), "momenta_gev where the mask is False: got other values"),
    ],
)
def test_wrong_values_are_refused(name, value, words):
    with pytest.raises(DataError, match=words):
        Jets(**{**columns(), name: value})


def test_jets_that_do_not_go_together_are_not_joined():
    jets = Jets(**columns())
    with pytest.raises(DataError, match="got no parts"):
        concatenate_jets([])
    with pytest.raises(DataError, match="got 4 and 5 particles a jet"):
        concatenate_jets([Jets(**columns(places=5)), jets])
    with pytest.raises(DataError, match="present in some parts only"):
        concatenate_jets([jets, Jets(**columns(), momenta_gev=np.zeros((3, 4, 3)))])
