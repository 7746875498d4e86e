"""Exported files: written, read again, run by ONNX Runtime in Python and in C++."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from showerkit import read_showers
from showerkit.errors import DataError, OutOfRangeError
from showerkit.export.energy_exports import energy_export
from showerkit.export.onnx_file import OnnxModel
from showerkit.export.onnx_generator import OnnxShowerGenerator
from showerkit.progress import SilentProgress
from showerkit.train.model_store import resolve_model
from showerkit.workflow import export, generate

from .cpp_example import cells_of_both, compiled


class Notes(SilentProgress):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, message: str) -> None:
        self.lines.append(message)


@pytest.fixture(scope="module")
def electrons(tmp_path_factory) -> Path:
    """The shipped generator, exported."""
    progress = Notes()
    file = export("zdc-ecal-gan", tmp_path_factory.mktemp("export") / "electrons.onnx", progress=progress)
    assert "deviates from PyTorch by at most" in progress.lines[-1]
    return file


def test_the_file_describes_itself_and_not_the_machine(electrons):
    description = OnnxModel(electrons).description
    assert description.family == "entry-window"
    assert [one.role for one in description.inputs[:3]] == ["incident-energy", "direction", "position"]
    assert {one.law for one in description.inputs[3:]} == {"normal"}
    assert description.outputs[0].width == description.cells.number == description.detector.n_cells == 400
    assert description.valid_range["energy"][1] == pytest.approx(20_000.0, rel=1e-3)
    assert description.particles == (11,)
    content = electrons.read_bytes()
    assert str(Path.cwd()).encode() not in content
    assert b"stack_trace" not in content
    with pytest.raises(DataError, match="exists already"):
        export("zdc-ecal-gan", electrons)


def test_showers_from_the_file_are_those_of_the_model(electrons, tmp_path):
    n = 300
    made = read_showers(generate(electrons, tmp_path / "onnx.h5", n=n, seed=5))
    wanted = read_showers(generate("zdc-ecal-gan", tmp_path / "torch.h5", n=n, seed=5))
    assert (made.incident.momentum_mev == wanted.incident.momentum_mev).all()
    same = ((made.energy_mev > 0.0) == (wanted.energy_mev > 0.0)).all(axis=1)
    assert same.sum() >= 0.99 * n
    np.testing.assert_allclose(made.energy_mev[same], wanted.energy_mev[same], rtol=1e-5)


def test_an_event_does_not_depend_on_the_others(electrons):
    generator = OnnxShowerGenerator(electrons, threads=1)
    particles = read_showers_like(generator, 9)
    whole = generator.generate(particles, np.arange(9), 3).energy_mev
    for event in range(9):
        rows = slice(event, event + 1)
        one = generator.generate(particles[rows], np.arange(9)[rows], 3).energy_mev[0]
        assert ((one > 0.0) == (whole[event] > 0.0)).all()
        np.testing.assert_allclose(one, whole[event], rtol=1e-5)


def read_showers_like(generator: OnnxShowerGenerator, n: int):
    from showerkit.export.shower_exports import check_particles

    return check_particles(generator.meta, n)


def test_what_the_model_never_saw_is_refused(electrons):
    from showerkit.data.records import IncidentParticles

    generator = OnnxShowerGenerator(electrons)
    position = [[0.0, 0.0, -202.0]]
    fast = IncidentParticles([11], [50_000.0], [[0.0, 0.0, 50_000.5]], position)
    photon = IncidentParticles([22], [5000.0], [[0.0, 0.0, 5000.0]], position)
    with pytest.raises(OutOfRangeError, match="50 GeV"):
        generator.generate(fast, np.array([0]), 1)
    with pytest.raises(OutOfRangeError, match="22"):
        generator.generate(photon, np.array([0]), 1)
    with pytest.warns(UserWarning, match="outside"):
        generator.generate(fast, np.array([0]), 1, allow_out_of_range=True)


def test_damaged_and_foreign_files_are_one_line(electrons, tmp_path, showerkit_command):
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(electrons.read_bytes()[:100_000])
    text = tmp_path / "text.onnx"
    text.write_text("no model")
    for file in (cut, text, tmp_path / "none.onnx"):
        shown = showerkit_command("generate", str(file), "-n", "2", "-o", str(tmp_path / "x.h5"))
        assert shown.code == 2
        assert len(shown.err.strip().splitlines()) == 1
        assert file.name in shown.err
    assert not (tmp_path / "x.h5").exists()


def test_the_measurement_of_energies_exported(tmp_path, showerkit_command):
    file = tmp_path / "energy.onnx"
    shown = showerkit_command("export", "toy-hcal-energy", "-o", str(file))
    assert shown.code == 0, shown.err
    model = OnnxModel(file)
    assert [one.name for one in model.description.inputs] == ["charged_tracks", "deposits_mev"]
    cells = model.description.cells.number
    for events in (1, 7):
        zero = np.zeros((events, cells), dtype=np.float32)
        made = model({"charged_tracks": zero, "deposits_mev": zero})
        assert made["sigma_mev"].shape == (events, 1)
        assert (made["low_mev"] < made["high_mev"]).all()
    # Threads that add to one place lost parts of sums in one run of eight.
    given = energy_export(resolve_model("toy-hcal-energy")).sample(251)
    first = model(given)["energy_mev"]
    assert all((model(given)["energy_mev"] == first).all() for _ in range(100))


@pytest.fixture(scope="module")
def shower_cells(tmp_path_factory) -> str:
    """The C++ example."""
    return compiled(tmp_path_factory.mktemp("example"))


def test_cpp_fills_the_same_cells(electrons, shower_cells, tmp_path):
    made, wanted = cells_of_both(shower_cells, electrons, tmp_path)
    assert (wanted > 0.0).any(axis=1).mean() > 0.9
    np.testing.assert_allclose(made, wanted, rtol=1e-6)


def test_cpp_draws_showers_like_python(electrons, shower_cells, tmp_path):
    n, energy_gev = 2000, 10.0
    command = [shower_cells, str(electrons), str(n), str(energy_gev), "3"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    words = next(line for line in lines if line.startswith("total_mev")).split()
    mean, rms = float(words[2]), float(words[4])
    cells = np.array([float(line.split()[3]) for line in lines if line.startswith("cell ")])
    assert cells.sum() == pytest.approx(mean, rel=1e-3)
    generator = OnnxShowerGenerator(electrons)
    totals = generator.generate(beam(n, energy_gev), np.arange(n), 1).energy_mev.sum(axis=1)
    # The difference of two means of n totals each.
    assert abs(mean - totals.mean()) < 4.5 * np.sqrt((rms**2 + totals.var()) / n)
    for words in (["10", "50"], ["10", "10", "1", "22"]):
        refused = subprocess.run(
            [shower_cells, str(electrons), *words], check=False, capture_output=True, text=True
        )
        assert refused.returncode == 2
        assert "leave them to Geant4" in refused.stderr


def beam(n: int, energy_gev: float):
    from showerkit.geometry import load_detector
    from showerkit.simulate.primaries import PrimaryConfig

    config = PrimaryConfig.model_validate({"energy_gev": energy_gev})
    return config.sample(1, np.arange(n), load_detector("zdc-ecal"))
