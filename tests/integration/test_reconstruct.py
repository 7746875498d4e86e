"""From showers to energies, their evaluation and its pages."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from pydantic import JsonValue

from showerkit import workflow
from showerkit.cli import main
from showerkit.data.energy_file import EnergyFile
from showerkit.data.reconstructed import ReconstructedEnergies
from showerkit.data.records import IncidentParticles, Showers
from showerkit.data.shower_file import FileMetadata, ShowerWriter
from showerkit.data.timing import read_timing
from showerkit.errors import ConfigurationError, DataError
from showerkit.geometry import Calorimeter, load_detector
from showerkit.progress import SilentProgress

N = 1200
DETECTOR = load_detector("zdc-ecal")


class Told(SilentProgress):
    """Keeps the notes."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, message: str) -> None:
        self.notes.append(message)


@dataclass
class Double:
    """Takes the total deposit for the energy."""

    name: str = "double"
    scale: float = 1.0
    errors: bool = True
    detector: Calorimeter = DETECTOR
    high_mev: float = 10_000.0
    shift_ids: int = 0

    def describe(self) -> dict[str, JsonValue]:
        return {
            "name": self.name,
            "kind": "total",
            "coverage": 0.68,
            "detector": self.detector.model_dump(mode="json"),
            "particles": [22],
            "valid_range": {"energy": [0.0, self.high_mev]},
        }

    def reconstruct(self, showers: Showers) -> ReconstructedEnergies:
        energy = self.scale * showers.total_mev
        event_id = showers.event_id + self.shift_ids
        if not self.errors:
            return ReconstructedEnergies(event_id, energy)
        sigma = 0.3 * np.sqrt(1000.0 * np.maximum(energy, 10.0))
        return ReconstructedEnergies(event_id, energy, sigma, energy - sigma, energy + sigma)


def write(path: Path, *, codes: tuple[int, ...] = (22,), n: int = N, seed: int = 1) -> Path:
    random = np.random.default_rng(seed)
    energy = random.uniform(100.0, 10_000.0, n)
    momentum = np.stack([0 * energy, 0 * energy, energy], axis=1)
    incident = IncidentParticles(
        random.choice(codes, n), energy, momentum, np.tile([0.0, 0.0, -202.0], (n, 1))
    )
    deposits = np.zeros((n, DETECTOR.n_cells))
    deposits[:, 0] = np.maximum(energy + 0.3 * np.sqrt(1000.0 * energy) * random.normal(size=n), 0.0)
    metadata = FileMetadata(
        generator="Geant4 11.4",
        kind="model",
        detector=DETECTOR,
        seed=seed,
        physics_data="embedded electromagnetic tables, approximate hadronic tables",
        settings={"primaries": {"energy_gev": [0.0, 10.0]}},
    )
    with ShowerWriter(path, metadata) as writer:
        writer.append(Showers(incident, deposits, np.arange(n) * 3))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reconstruct")
    write(folder / "showers.h5", codes=(22, 11))
    write(folder / "others.h5", seed=2)
    for model in (Double("plain", errors=False), Double("better", 1.001)):
        workflow.reconstruct(model, folder / "showers.h5", folder / f"{model.name}.h5")
    workflow.reconstruct(Double("foreign"), folder / "others.h5", folder / "foreign.h5")
    return folder


@pytest.fixture(scope="module")
def evaluated(folder: Path) -> Path:
    files = [folder / "plain.h5", folder / "better.h5"]
    page = folder / "docs" / "energies.md"
    workflow.evaluate(folder / "showers.h5", files, folder / "report", page=page, bootstrap=20)
    return folder


def test_a_file_says_where_its_energies_come_from(folder: Path) -> None:
    with EnergyFile(folder / "better.h5") as file:
        metadata = file.metadata
        energies, incident = file.read()
    assert metadata.model["name"] == "better"
    assert metadata.detector == DETECTOR
    assert re.fullmatch("[0-9a-f]{64}", metadata.shower_fingerprint)
    assert metadata.shower_settings["primaries"] == {"energy_gev": [0.0, 10.0]}
    assert len(energies) == len(incident) == N
    assert workflow.validate(folder / "better.h5") == []
    timing = read_timing(folder / "better.h5")
    assert timing is not None
    assert timing.n_showers == N


def test_the_same_energies_make_the_same_file(folder: Path, tmp_path: Path) -> None:
    again = workflow.reconstruct(Double("better", 1.001), folder / "showers.h5", tmp_path / "again.h5")
    assert again.read_bytes() == (folder / "better.h5").read_bytes()


def test_showers_unlike_the_training_are_told(folder: Path, tmp_path: Path) -> None:
    told = Told()
    model = Double(high_mev=5000.0)
    workflow.reconstruct(model, folder / "showers.h5", tmp_path / "a.h5", progress=told)
    assert any("particle (PDG code) 11" in note and "never saw" in note for note in told.notes)
    assert any("outside the 0 to 5 GeV" in note for note in told.notes)


def test_refusals_change_no_file(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "a.h5"
    with pytest.raises(ConfigurationError, match="detector: got 'zdc-ecal'; expected 'toy-hcal'"):
        workflow.reconstruct(Double(detector=load_detector("toy-hcal")), folder / "showers.h5", output)
    with pytest.raises(DataError, match="other events than it was given"):
        workflow.reconstruct(Double(shift_ids=1), folder / "showers.h5", output)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DataError, match="exists already"):
        workflow.reconstruct(Double(), folder / "showers.h5", folder / "better.h5")


def test_metrics(evaluated: Path) -> None:
    values = json.loads((evaluated / "report" / "metrics.json").read_text())
    assert values["kind"] == "energy-regression"
    assert values["reference"]["approximate_physics"] is True
    assert values["edges_mev"] == np.linspace(0.0, 10_000.0, 21).tolist()
    plain, better = values["candidates"]
    spread = plain["measures"]["resolution.spread"]
    # A stochastic term of 0.3 alone; the replicas' own scatter is 1/sqrt(2 x 20).
    assert abs(spread["value"] - 0.3) < 5.0 * 0.3 / np.sqrt(2 * N)
    assert better["measures"]["ratio.spread"]["error"] < 0.01
    assert "pull.width" in better["measures"]
    assert "pull.width" not in plain["measures"]
    assert plain["coverage"] == {}
    assert better["nominal_coverage"] == 0.68
    assert [particle["name"] for particle in better["particles"]] == ["e-", "gamma"]


class Page(HTMLParser):
    """Collects what a page shows and asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.anchors: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "src":
                self.sources.append(value or "")
            if name == "id":
                self.anchors.add(value or "")
            if name == "href":
                self.links.add((value or "").removeprefix("#"))


def test_report_needs_nothing_else(evaluated: Path) -> None:
    text = (evaluated / "report" / "report.html").read_text()
    page = Page()
    page.feed(text)
    assert len(page.sources) == 9
    assert all(source.startswith("data:image/") for source in page.sources)
    assert page.links <= page.anchors
    assert "approximate hadronic tables" in text
    assert "nan" not in re.sub(r'src="[^"]*"', "", text).lower().split()


def test_page_has_its_pictures(evaluated: Path) -> None:
    page = evaluated / "docs" / "energies.md"
    text = page.read_text()
    pictures = re.findall(r"\]\((energies-[\w-]+\.png)\)", text)
    assert len(pictures) == 9
    assert all((page.parent / picture).stat().st_size > 1000 for picture in pictures)
    assert "| better | " in text
    assert str(evaluated) not in text


def test_the_same_evaluation_writes_the_same(evaluated: Path, tmp_path: Path) -> None:
    files = [evaluated / "plain.h5", evaluated / "better.h5"]
    workflow.evaluate(evaluated / "showers.h5", files, tmp_path, bootstrap=20)
    first, second = (
        json.loads((path / "metrics.json").read_text()) for path in (evaluated / "report", tmp_path)
    )
    first.pop("command"), second.pop("command")
    assert first == second


def test_wrong_candidates_are_told_in_a_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    showers, plain = str(folder / "showers.h5"), str(folder / "plain.h5")

    def told(*words: str) -> str:
        assert main(["evaluate", showers, *words, "-o", str(tmp_path / "report")]) == 2
        lines = capsys.readouterr().err.strip().splitlines()
        assert len(lines) == 1
        return lines[0]

    assert "true energy of event 0: got" in told(str(folder / "foreign.h5"))
    assert "expected candidates of one kind" in told(plain, str(folder / "others.h5"))
    assert "named twice" in told(plain, plain)
    assert "floor" in told(plain, "--floor", str(folder / "others.h5"))
    assert "let it end in .md" in told(plain, "--page", str(tmp_path / "page.txt"))
    assert "page" in told(str(folder / "others.h5"), "--page", str(tmp_path / "page.md"))
    cut = tmp_path / "cut.h5"
    write(cut, codes=(22, 11), n=N - 1)
    workflow.reconstruct(Double(), cut, tmp_path / "fewer.h5")
    assert f"events: got {N - 1}, of which {N - 1} are among the reference's" in told(
        str(tmp_path / "fewer.h5")
    )
    assert not (tmp_path / "report" / "metrics.json").exists()
