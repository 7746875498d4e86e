"""`showerkit evaluate` on files of the CaloChallenge and of Par04, from the command line on."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from showerkit.cli import main
from showerkit.data.calochallenge_file import as_calochallenge, write_calochallenge

SHAPE = (4, 6, 3)
YAML = """
name: small
threshold_mev: 0.5
layers: [{radial_edges_mm: [0, 5, 10, 20], angular_bins: 6, repeat: 4}]
"""
FEW = ["--bootstrap", "20", "--classifier", "none"]


def sample(n, seed, hits=3.0):
    """Poisson hits of gamma-distributed energy, falling with the radius, of 10 to 100 GeV."""
    random = np.random.default_rng(seed)
    incident = 10.0 ** random.uniform(4.0, 5.0, n)
    mean = hits * incident[:, None, None, None] / 3e4 * np.exp(-np.arange(3.0)) * np.ones(SHAPE)
    return incident, 100.0 * random.gamma(4.0 * random.poisson(mean), 0.25)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(YAML)
    for name, seed, n, hits in (("geant4", 1, 400, 3.0), ("again", 2, 300, 3.0), ("made", 3, 350, 3.6)):
        incident, energy = sample(n, seed, hits)
        write_calochallenge(f"{name}.hdf5", [as_calochallenge(incident, energy.reshape(n, -1))])
    return tmp_path


def run(*words):
    assert main(["evaluate", *words, "--geometry", "small.yaml", "-o", "report"]) == 0
    return json.loads(Path("report/metrics.json").read_text(encoding="utf-8"))


def measures(part):
    return part["measures"]


def test_report_of_samples_of_any_size(folder):
    found = run("geant4.hdf5", "again.hdf5", "made.hdf5", *FEW)
    good, bad = (measures(part) for part in found["candidates"])
    for key in ("separation.layer_energy.mean", "separation.sparsity.mean"):
        assert abs(good[key]["value"] - good[key]["expected"]) < 4.0 * good[key]["error"]
        assert bad[key]["value"] > bad[key]["expected"] + 2.0 * bad[key]["error"]
    size = found["candidates"][1]["equivalent_showers"]
    assert 1.0 < size["at_least"] < size["showers"]
    assert good["response.shift"]["value"] == pytest.approx(0.0, abs=4.0 * good["response.shift"]["error"])
    assert bad["response.shift"]["value"] == pytest.approx(20.0, abs=4.0 * bad["response.shift"]["error"])
    assert len(found["candidates"][0]["separation_powers"]) == 1 + 8 * 4 + 1
    page = (folder / "report" / "report.html").read_text(encoding="utf-8")
    assert "Average showers" in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_same_seed_same_report(folder):
    words = ["geant4.hdf5", "made.hdf5", "--floor", "again.hdf5", *FEW]
    run(*words)
    first = [(folder / "report" / name).read_bytes() for name in ("metrics.json", "report.html")]
    run(*words)
    assert first == [(folder / "report" / name).read_bytes() for name in ("metrics.json", "report.html")]


def test_par04_file_is_the_same_sample(folder):
    incident, energy = sample(350, 3, 3.6)
    with h5py.File("par04.h5", "w") as file:
        file["showers"] = energy.transpose(0, 3, 2, 1)
        file["incident_energy"] = incident
        file["incident_theta"] = np.full(350, np.pi / 2.0)
        file["incident_phi"] = np.zeros(350)
    found = run("geant4.hdf5", "made.hdf5", "par04.h5", *FEW, "--max-showers", "0")
    one, two = (measures(part) for part in found["candidates"])
    assert one == two


def test_a_copy_of_the_training_sample_is_found(folder):
    incident, energy = sample(350, 9)
    rows = energy.reshape(350, -1)
    write_calochallenge("train.hdf5", [as_calochallenge(incident, rows)])
    write_calochallenge("copies.hdf5", [as_calochallenge(incident[:200], rows[:200] * 1.0001)])
    found = run("geant4.hdf5", "copies.hdf5", "again.hdf5", "--training", "train.hdf5", *FEW)
    copied, honest = (measures(part) for part in found["candidates"])
    assert copied["memorisation.distance_ratio"]["value"] < 0.1
    assert honest["memorisation.distance_ratio"]["value"] > 0.8
    assert found["training_showers"] == 350


def test_held_out_energies_tell_what_was_not_learnt(folder):
    incident, energy = sample(400, 5)
    outside = (incident > 2e4) & (incident < 5e4)
    energy[outside] *= 1.5
    write_calochallenge("gap.hdf5", [as_calochallenge(incident, energy.reshape(400, -1))])
    words = ["--held-out-energy", "20:50", "--classifier", "high", "--bootstrap", "20"]
    found = run("geant4.hdf5", "gap.hdf5", *words)
    rise = measures(found["candidates"][0])["interpolation.rise"]
    assert rise["value"] > 3.0 * rise["error"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["geant4.hdf5", "made.hdf5"], "72 voxels a shower, which no shipped geometry has"),
        (["geant4.hdf5", "made.hdf5", "--geometry", "calochallenge-2"], "expected 6480"),
        (["geant4.hdf5", "geant4.hdf5", "--geometry", "small.yaml"], "geant4.hdf5"),
        (["geant4.hdf5", "missing.hdf5"], "missing.hdf5"),
        (
            ["geant4.hdf5", "made.hdf5", "--geometry", "small.yaml", "--held-out-theta", "1:2"],
            "held-out angles",
        ),
        (["geant4.hdf5", "small.yaml", "--geometry", "small.yaml"], "small.yaml"),
    ],
)
def test_wrong_usage_is_one_line(folder, capsys, words, told):
    assert main(["evaluate", *words, "-o", "report"]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert told in error
    assert error.startswith("showerkit: error: ")
    assert not (folder / "report" / "report.html").exists()
