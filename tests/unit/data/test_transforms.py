from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from showerkit.data.cell_energy_transform import CellEnergyTransform
from showerkit.data.condition_transform import INPUT_NAMES, ConditionTransform, condition_values
from showerkit.data.records import IncidentParticles
from showerkit.data.running_moments import RunningMoments
from showerkit.errors import DataError

SIX = ("energy", "px", "py", "pz", "theta", "phi")
positive = st.floats(1e-3, 1e5)


def fitted(incident, inputs, normalisation):
    moments = RunningMoments(len(INPUT_NAMES))
    moments.update(condition_values(incident, INPUT_NAMES))
    return ConditionTransform.fit(moments, inputs, normalisation)


def particles(momentum):
    energy = np.linalg.norm(momentum, axis=1)
    return IncidentParticles(np.full(len(energy), 22), energy, momentum, np.zeros((len(energy), 3)))


momenta = arrays(
    np.float32, st.tuples(st.integers(2, 20), st.just(3)), elements=st.floats(-2e4, 2e4, width=32)
)


@given(momenta, st.sampled_from(["s2", "none"]))
def test_condition_is_invertible(momentum, normalisation):
    incident = particles(momentum)
    transform = fitted(incident, SIX, normalisation)
    values = condition_values(incident, SIX)
    back = transform.inverse(transform(incident))
    # float32 keeps 24 bits of what lies between offset and value.
    tolerance = 2.0**-23 * (np.abs(values) + np.abs(np.array(transform.offset)))
    assert (np.abs(back - values) <= tolerance + 1e-30).all()


def test_s2_normalisation_by_its_definition(photons):
    incident = photons(500).incident
    got = fitted(incident, (*SIX, "x", "y"), "s2")(incident)
    values = condition_values(incident, (*SIX, "x", "y"))
    energy, others = values[:, :1], values[:, 1:]
    expected_energy = (energy - energy.min()) / (energy.max() + 1e-8 - energy.min())
    expected_others = (others - others.mean(axis=0)) / (others.std(axis=0) + 1e-8)
    np.testing.assert_allclose(got[:, :1], expected_energy, atol=1e-6)
    np.testing.assert_allclose(got[:, 1:], expected_others, atol=2e-6)
    assert got[:, 0].min() == 0.0
    assert got[:, 0].max() <= 1.0


def test_no_normalisation_gives_gev(photons):
    incident = photons(5).incident
    got = fitted(incident, ("energy", "theta"), "none")(incident)
    np.testing.assert_allclose(got[:, 0], incident.energy_mev / 1000, rtol=1e-6)
    np.testing.assert_allclose(got[:, 1], incident.theta_rad, rtol=1e-6)


def test_an_input_that_never_varies_gives_zeros():
    incident = particles(np.tile(np.float32([0, 0, 5000]), (7, 1)))
    got = fitted(incident, SIX, "s2")(incident)
    np.testing.assert_allclose(got, 0.0, atol=1e-3)


@given(
    arrays(np.float64, (4, 2, 3), elements=positive),
    arrays(np.float64, 4, elements=positive),
    st.sampled_from(["linear", "fraction", "log"]),
    st.booleans(),
)
def test_cell_energies_are_invertible_on_hits(energy, incident, kind, as_tensor):
    threshold = 1e-3
    moments = RunningMoments(1)
    moments.update(np.log(energy.reshape(-1, 1) / threshold))
    transform = CellEnergyTransform.fit(
        kind, threshold_mev=threshold, highest_mev=float(energy.max()), log_moments=moments
    )
    if as_tensor:
        back = transform.inverse(
            transform(torch.tensor(energy), torch.tensor(incident)), torch.tensor(incident)
        )
        back = back.numpy()
    else:
        back = transform.inverse(transform(energy, incident), incident[:, None])
    np.testing.assert_allclose(back, energy, rtol=1e-9)


def test_kinds_by_their_definition():
    energy, incident = np.array([[0.0, 1.0], [4.0, 8.0]]), np.array([10.0, 20.0])
    linear = CellEnergyTransform(kind="linear", threshold_mev=0.5, scale_mev=8.0)
    fraction = CellEnergyTransform(kind="fraction", threshold_mev=0.5)
    log = CellEnergyTransform(kind="log", threshold_mev=0.5, mean=1.0, width=2.0)
    np.testing.assert_allclose(linear(energy, incident), energy / 8)
    np.testing.assert_allclose(fraction(energy, incident), [[0, 0.1], [0.2, 0.4]])
    np.testing.assert_allclose(log(energy, incident), (np.log([[1, 2], [8, 16]]) - 1) / 2)
    np.testing.assert_allclose(log.inverse(log(energy, incident), incident), [[0.5, 1], [4, 8]])


@pytest.mark.parametrize("kind", ["linear", "fraction", "log"])
def test_transforms_survive_json(kind):
    cell = CellEnergyTransform(kind=kind, threshold_mev=0.1, scale_mev=1 / 3, mean=0.1, width=2 / 3)
    assert CellEnergyTransform.from_dict(json.loads(json.dumps(cell.to_dict()))) == cell
    condition = ConditionTransform(inputs=("energy",), normalisation="s2", offset=(1 / 3,), scale=(2e4,))
    assert ConditionTransform.from_dict(json.loads(json.dumps(condition.to_dict()))) == condition


@pytest.mark.parametrize(
    "wrong",
    [
        {"inputs": ["mass"], "normalisation": "s2", "offset": [0], "scale": [1]},
        {"inputs": ["energy"], "normalisation": "s2", "offset": [0, 1], "scale": [1]},
        {"inputs": ["energy"], "normalisation": "s2", "offset": [0], "scale": [0]},
        {"inputs": ["energy", "energy"], "normalisation": "s2", "offset": [0, 0], "scale": [1, 1]},
        {"inputs": ["energy"], "normalisation": "s2", "offset": [float("nan")], "scale": [1]},
        {},
    ],
)
def test_wrong_transforms_are_refused(wrong):
    with pytest.raises(DataError, match="condition transform"):
        ConditionTransform.from_dict(wrong)


def test_nothing_to_fit_is_refused():
    with pytest.raises(DataError, match="no events"):
        ConditionTransform.fit(RunningMoments(len(INPUT_NAMES)), ("energy",))
    with pytest.raises(DataError, match="no cell above"):
        CellEnergyTransform.fit("log", threshold_mev=0.1, highest_mev=0.05, log_moments=RunningMoments(1))
