"""The shipped models of jets against fresh jets of Pythia 8."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.jet_file import read_jets
from showerkit.evaluate.jets.jet_kinematics import jet_kinematics
from showerkit.simulate.jets.config import JetProcessConfig
from showerkit.train.cloud_checkpoint import load_cloud_checkpoint
from showerkit.train.model_store import shipped_models
from showerkit.workflow import generate, simulate_jets

N = 600
MODELS = sorted(name for name in shipped_models() if name.startswith("jets-") and len(name.split("-")) == 3)


def shapes(jets):
    """Mass of the kept particles, share of the hardest one, width and number of particles."""
    pt = jets.particles[..., 2]
    distance = np.hypot(jets.particles[..., 0], jets.particles[..., 1])
    return {
        "log_mass": np.log(jet_kinematics(jets.particles)[0]),
        "hardest": pt[:, 0],
        "width": (pt * distance).sum(axis=1) / pt.sum(axis=1),
        "number": jets.n_particles.astype(np.float64),
    }


@pytest.mark.parametrize("name", MODELS)
def test_jets_of_a_shipped_model_are_like_pythias(name, tmp_path):
    process = name.split("-")[1]
    true = tmp_path / "true.h5"
    simulate_jets(JetProcessConfig(process=process), true, n=N, seed=99)
    made = generate(name, tmp_path / "made.h5", n=N, seed=3)
    expected, found = shapes(read_jets(true)), shapes(read_jets(made))
    # An autoencoder's particles are blurred; its mass is what its loss looks at.
    keys = expected if name.endswith("flow") else ("log_mass", "number")
    for key in keys:
        error = np.hypot(expected[key].std(), found[key].std()) / np.sqrt(N)
        # Four standard errors, and a tenth of the spread for what the model itself misses.
        allowed = 4.0 * error + 0.1 * expected[key].std()
        assert found[key].mean() == pytest.approx(expected[key].mean(), abs=allowed), key
        # Nearly all gluon jets have all their places filled: the few that have not decide that spread.
        if key != "number":
            assert found[key].std() == pytest.approx(expected[key].std(), rel=0.3), key


@pytest.mark.parametrize("name", MODELS)
def test_a_shipped_model_says_what_it_was_trained_on(name):
    meta = load_cloud_checkpoint(shipped_models()[name].path).meta
    assert meta.name == name
    assert meta.n_train >= 80_000
    assert meta.condition.places == 30
