"""How far hadrons come in Geant4 before they interact, against published lengths and our own tables."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from showerkit.simulate.geant4.nuclear.elements import element
from showerkit.simulate.geant4.nuclear.neutrons import neutron_cross_sections

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "hadron_interaction_lengths.py"
DENSITY_G_CM3 = {26: 7.874, 82: 11.35}
ALLOWED = 0.10


def lengths(folder, **options):
    """Run the benchmark and read its table."""
    output = folder / "lengths.json"
    words = [f"--{name}={value}" for name, value in options.items()]
    subprocess.run(
        [sys.executable, str(SCRIPT), f"--output={output}", *words], check=True, capture_output=True
    )
    return json.loads(output.read_text())["lengths"]


def test_neutrons_interact_as_the_tables_say(tmp_path):
    """Below 10 GeV Geant4 takes the table: mean way to an inelastic interaction = A / (N_A rho sigma)."""
    rows = lengths(tmp_path, materials="iron,lead", particles="neutron", energies="0.014,0.1", events=1500)
    assert len(rows) == 4
    for row in rows:
        z = {"iron": 26, "lead": 82}[row["material"]]
        sigma_b = neutron_cross_sections(z, np.array([1e3 * row["energy_gev"]])).inelastic_b[0]
        expected_cm = element(z).mass_u / (0.602214 * DENSITY_G_CM3[z] * sigma_b)
        # 3 % for the nodes of the table and for what is lost in elastic collisions before.
        assert abs(row["inelastic_cm"] - expected_cm) < 0.03 * expected_cm + 4.0 * row["inelastic_error_cm"]


def test_fast_neutrons_come_as_far_as_published(tmp_path):
    (row,) = lengths(tmp_path, materials="iron", particles="neutron", energies="30", events=800)
    assert row["events"] == 800
    assert abs(row["ratio"] - 1.0) < ALLOWED + 2.0 * row["ratio_error"]


@pytest.mark.slow
@pytest.mark.parametrize("material", ["iron", "brass", "lead"])
def test_hadrons_come_as_far_as_published(tmp_path, material):
    rows = lengths(tmp_path, materials=material, energies="30,100", events=3000)
    assert len(rows) == 8
    for row in rows:
        assert abs(row["ratio"] - 1.0) < ALLOWED + 2.0 * row["ratio_error"], row
