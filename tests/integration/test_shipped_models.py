"""The shipped models: small, described, usable by name, and near to Geant4."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.shower_file import read_showers
from showerkit.train.checkpoint import load_checkpoint
from showerkit.train.model_store import shipped_models
from showerkit.workflow import generate, simulate, validate

NAMES = ("zdc-ecal-gan", "zdc-ecal-regression")
N = 120


@pytest.fixture(scope="module")
def geant4(tmp_path_factory):
    """A few showers of the particles that a model makes when it is asked for nothing in particular."""
    folder = tmp_path_factory.mktemp("shipped")
    asked = generate("zdc-ecal-gan", folder / "asked.h5", n=N, seed=3)
    return simulate("zdc-ecal", folder / "geant4.h5", like=asked, seed=4, workers=1)


def test_names():
    assert tuple(sorted(shipped_models())) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_model_is_small_and_says_what_it_is(name):
    model = shipped_models()[name]
    assert model.path.stat().st_size < 5_000_000
    assert model.summary
    card = model.path.with_name("card.md").read_text(encoding="utf-8")
    meta = load_checkpoint(model.path).meta
    assert meta.data_fingerprint[:16] in card
    assert f"{meta.n_train:,} showers" in card
    assert meta.n_train > 80_000
    assert "AUC on observables" in card


@pytest.mark.parametrize("name", NAMES)
def test_showers_are_valid_and_near_to_geant4(name, geant4, tmp_path):
    made = tmp_path / "made.h5"
    generate(name, made, like=geant4, seed=1)
    assert validate(made) == []
    true, model = read_showers(geant4), read_showers(made)
    for what in (
        lambda showers: showers.energy_mev.sum(axis=1) / showers.incident.energy_mev,
        lambda showers: (showers.energy_mev > 0.1).sum(axis=1),
        lambda showers: np.log10(1.0 + np.sort(showers.energy_mev, axis=1)[:, -2]),
    ):
        difference = np.asarray(what(model), dtype=float) - what(true)
        assert abs(difference.mean()) < 5.0 * difference.std() / np.sqrt(N)


def test_the_same_seed_gives_the_same_file(tmp_path):
    for name in ("a", "b"):
        generate("zdc-ecal-gan", tmp_path / f"{name}.h5", n=300, seed=9)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
