"""Fast against full simulation for electrons that start showering in lead before the calorimeter."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.shower_file import ShowerFile, read_showers
from showerkit.geometry import Calorimeter, UpstreamSlab, load_detector
from showerkit.geometry.detectors.shared_materials import SHIPPED_MATERIALS
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.workflow.simulate import simulate

#: What the shipped model may miss of a mean, beside fluctuations; its card says 0.3 % of the response.
NON_CLOSURE = 0.01
#: The same of the model of three particles: 0.5 +- 0.4 % of the hits; up to 4 % in the ring beside the axis.
FEW_SHOWERS = 0.03
#: Four standard deviations: of the seven comparisons here one fails by chance in 2,300 samples.
SIGMAS = 4.0


def behind_lead(thickness_mm):
    bare = load_detector("zdc-ecal")
    plate = UpstreamSlab(material="lead", thickness_mm=thickness_mm, distance_mm=100.0)
    materials = (*bare.materials, SHIPPED_MATERIALS["lead"])
    return Calorimeter.model_validate({**dict(bare), "materials": materials, "upstream": (plate,)})


def observables(path):
    """Per event: response, number of hits, share of energy in rings of one pitch about the axis."""
    showers = read_showers(path)
    with ShowerFile(path) as file:
        detector = file.detector
    energy = showers.energy_mev.astype(np.float64)
    ring = np.floor(np.hypot(*detector.cell_positions_mm[:, :2].T) / detector.pitch_x_mm)
    incident = showers.incident.energy_mev.astype(np.float64)
    found = {"response": energy.sum(axis=1) / incident, "hits": (energy > 0.1).sum(axis=1).astype(np.float64)}
    for k in range(4):
        found[f"ring {k}"] = energy[:, ring == k].sum(axis=1) / incident
    return found


def compare(tmp_path, n, energy_gev, model="zdc-ecal-gan", non_closure=NON_CLOSURE):
    """Means of all observables, and the spread of the response, agree; gives the share that was taken."""
    detector = behind_lead(5.6)
    full = simulate(detector, tmp_path / "full.h5", n=n, primaries=PrimaryConfig(energy_gev=energy_gev))
    fast = simulate(detector, tmp_path / "fast.h5", like=full, fast_sim=model)
    return closes(full, fast, non_closure)


def closes(full, fast, non_closure):
    """Compare two files, as `compare` does."""
    n = len(read_showers(full))
    true, found = observables(full), observables(fast)
    for name, values in true.items():
        difference = found[name].mean() - values.mean()
        error = np.sqrt((values.var(ddof=1) + found[name].var(ddof=1)) / n)
        assert abs(difference) < SIGMAS * error + non_closure * values.mean(), (name, difference, error)
    spreads = [sample["response"].std(ddof=1) for sample in (true, found)]
    # Errors of standard deviations, from the fourth moments.
    errors = []
    for sample, spread in zip((true, found), spreads, strict=True):
        deviation = sample["response"] - sample["response"].mean()
        errors.append(np.sqrt(((deviation**4).mean() - spread**4) / n) / (2.0 * spread))
    assert abs(spreads[1] - spreads[0]) < SIGMAS * np.hypot(*errors) + non_closure * spreads[0]
    with ShowerFile(fast) as file:
        return file.metadata.settings["fast_sim_taken"]["energy_share"]


def test_a_small_sample_closes(tmp_path):
    assert 0.25 < compare(tmp_path, 250, 1.0) < 0.6


@pytest.mark.slow
def test_a_large_sample_closes(tmp_path):
    assert 0.35 < compare(tmp_path, 4000, 10.0) < 0.55


@pytest.mark.slow
def test_a_model_of_electrons_positrons_and_photons_closes(tmp_path):
    assert 0.9 < compare(tmp_path, 4000, 10.0, "zdc-ecal-em", FEW_SHOWERS) < 1.0
