"""From files of jets to metrics.json and report.html, on jets of a known law."""

from __future__ import annotations

import json
import re

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

from showerkit.cli import app
from showerkit.data.jet_file import JetFile, JetFileMetadata, JetWriter
from showerkit.data.jet_records import Jets
from showerkit.data.timing import write_timing
from showerkit.errors import ConfigurationError, DataError, FileFormatError
from showerkit.evaluate.jets.file_evaluation import evaluate_jet_files
from showerkit.evaluate.jets.jet_histograms import jet_curve, jet_observables
from showerkit.evaluate.jets.jet_images import average_image
from showerkit.evaluate.jets.jet_table import jet_table
from showerkit.evaluate.jets.report_settings import JetReportConfig
from showerkit.evaluate.mean_image import difference_in_errors
from showerkit.report.jet_report import jet_report
from showerkit.report.numbers import TIMES, value_with_error
from showerkit.workflow.evaluate import evaluate
from showerkit.workflow.evaluate_jets import are_jets
from showerkit.workflow.summary import key_figures

PLACES, N = 6, 300
NETWORK = {"hidden_layers": 1, "hidden_width": 8, "epochs": 3, "repeats": 2, "batch_size": 100}
FAST = {
    "fpd_batches": 3,
    "kpd_batches": 3,
    "coverage_jets": 20,
    "coverage_batches": 2,
    "histogram_bins": 10,
    "image_pixels": 12,
    "event_images": 2,
    "network": NETWORK,
}
ALONE = FAST | {"classifier_jets": 0, "coverage_jets": 0}


def jets(n, seed, *, width=0.1, types=(0,)):
    random = np.random.default_rng(seed)
    pt = -np.sort(-random.dirichlet(np.ones(PLACES), n), axis=1)
    mask = np.arange(PLACES) < random.integers(2, PLACES + 1, (n, 1))
    angles = np.clip(random.normal(0.0, width, (n, PLACES, 2)), -0.75, 0.75)
    particles = np.concatenate([angles, pt[..., None]], axis=2) * mask[..., None]
    ones = np.ones(n)
    kinds = random.choice(types, n)
    return Jets(particles, mask, kinds, 1000 * ones, 0 * ones, 100 * ones, np.arange(n))


def write(path, sample, *, kind="model", generator="a model", process="g", seed=1):
    metadata = JetFileMetadata(
        generator=generator,
        kind=kind,
        process=process,
        constituents=sample.places,
        seed=seed,
        settings={"cone_radius": 0.8, "process": process} if kind == "pythia8" else {},
    )
    with JetWriter(path, metadata) as writer:
        writer.append(sample)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jets")
    true = {"kind": "pythia8", "generator": "Pythia 8.3"}
    paths = {
        "reference": write(folder / "reference.h5", jets(N, 1), **true),
        "floor": write(folder / "floor.h5", jets(N, 2), seed=2, **true),
        "good": write(folder / "good.h5", jets(N + 50, 3)),
        "wide": write(folder / "wide.h5", jets(N, 4, width=0.25)),
        "mixed": write(folder / "mixed.h5", jets(N, 5, types=(0, 1)), process="g,q", seed=5, **true),
        "mixed again": write(folder / "mixed2.h5", jets(N, 6, types=(0, 1)), process="g,q"),
    }
    write_timing(paths["reference"], generator="Pythia 8.3", n_showers=N, wall_s=3.0, cpu_s=3.0, workers=1)
    write_timing(paths["good"], generator="a model", n_showers=N, wall_s=0.1, cpu_s=0.1, workers=1)
    return paths


class Told:
    """Keeps the notes."""

    def __init__(self):
        self.notes = []

    def start(self, what, total, unit):
        pass

    def advance(self, done):
        pass

    def finish(self):
        pass

    def note(self, message):
        self.notes.append(message)


@pytest.fixture(scope="module")
def evaluated(files, tmp_path_factory):
    output = tmp_path_factory.mktemp("report") / "new"
    told = Told()
    report = evaluate(
        files["reference"],
        [files["good"], files["wide"]],
        output,
        floor=files["floor"],
        jets=FAST,
        progress=told,
    )
    return report, json.loads((output / "metrics.json").read_text()), told.notes


def test_metrics_tell_the_true_law_from_a_false_one(evaluated):
    _, metrics, _ = evaluated
    assert metrics["kind"] == "jets"
    assert metrics["floor"]["source"] == "file"
    good, wide = metrics["candidates"]
    assert (good["name"], wide["name"]) == ("good", "wide")
    # Three batches tell little of the Frechet distance's error.
    for key, sigmas in (("w1m", 5.0), ("w1p", 5.0), ("fpd", 3.0)):
        entry = wide["measures"][key]
        floor = metrics["floor"]["measures"][key]
        assert (entry["floor"], entry["floor_error"]) == (floor["value"], floor["error"])
        assert entry["value"] > entry["floor"] + sigmas * np.hypot(entry["error"], entry["floor_error"])
    entry = good["measures"]["w1m"]
    assert abs(entry["value"] - entry["floor"]) < 5.0 * np.hypot(entry["error"], entry["floor_error"])
    assert {"coverage", "mmd", "classifier.auc", "kpd", "w1efp"} <= set(good["measures"])
    # Every sample has as many jets as the smallest, and batches are no larger.
    assert (good["n_used"], good["n_jets"]) == (N, N + 50)
    used = metrics["settings_used"]
    assert (used["w1_batch_jets"], used["fpd_least_jets"], used["fpd_most_jets"]) == (N, 2 * N // 5, N)
    assert not metrics["comparable_with_published"]
    assert any("JetNet has 50,000" in note for note in metrics["notes"])


def test_key_figures_are_told(evaluated):
    report, _, notes = evaluated
    assert notes[0].startswith("good: W1M ")
    assert "(floor: " in notes[0]
    assert notes[1].startswith("wide: W1M ")
    lines = key_figures(report.with_name("metrics.json"))
    assert lines[0] == f"reference: {N} jets of Pythia 8.3"
    assert any(line.startswith("  Mass, W1M: ") and "(floor " in line for line in lines)
    assert any("Core time per jet" in line and "30.0 times as fast" in line for line in lines)


def test_the_page_holds_its_figures_and_loads_nothing(evaluated):
    report, _, _ = evaluated
    page = report.read_text()
    sources = re.findall(r'<img src="([^"]*)" alt="([^"]+)"', page)
    assert all(source.startswith("data:image/") for source, _ in sources)
    # Two images, 3 features, ranks 1, 2 and 5, 3 of jets, 2 + 5 of substructure.
    assert len(sources) == 2 + 3 + 3 + 3 + 7
    assert not re.search(r"(?:src|href)=\"(?:https?:|//)", page)
    anchors = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= anchors
    assert "Floor (floor)" not in page  # figures are drawn, not written
    for words in ("Mass, W1M", "Fréchet distance, FPD", "AUC on particles", "showerkit evaluate"):
        assert words in page


def test_without_a_floor_the_reference_is_halved_and_it_is_said(files):
    result = evaluate_jet_files(files["reference"], [files["good"]], JetReportConfig(**ALONE))
    assert result.floor_kind == "halves"
    assert any("two halves" in note for note in result.notes)
    whole = evaluate_jet_files(
        files["reference"], [files["good"]], JetReportConfig(**ALONE), floor=files["floor"]
    )
    halves, second = (one.floor.comparison.measures["w1m"] for one in (result, whole))
    assert abs(halves.value - second.value) < 5.0 * np.hypot(halves.error, second.error)
    assert halves.value < 3.0 * second.value


def test_a_candidate_of_the_same_simulation_becomes_the_floor(files):
    result = evaluate_jet_files(files["reference"], [files["wide"], files["floor"]], JetReportConfig(**ALONE))
    assert result.floor_kind == "candidate"
    assert result.floor.sample.facts.name == "floor"
    assert [one.sample.facts.name for one in result.candidates] == ["wide"]


def test_several_types_are_judged_one_by_one_too(files):
    result = evaluate_jet_files(files["mixed"], [files["mixed again"]], JetReportConfig(**ALONE))
    of_types = result.to_json()["candidates"][0]["by_type"]
    assert set(of_types) == {"g", "q"}
    assert of_types["q"]["w1m"]["floor"] > 0.0
    # The mixture is made of its types.
    curves, types = result.reference.curves, result.reference.types
    of_type = sum(types[name] * curves[f"{name}.mass_rel"].y for name in types)
    np.testing.assert_allclose(of_type / sum(types.values()), curves["mass_rel"].y, rtol=1e-12)


def test_same_seed_same_figures(files):
    one, two = (
        evaluate_jet_files(files["reference"], [files["good"]], JetReportConfig(**ALONE)) for _ in range(2)
    )
    assert json.dumps(one.to_json()) == json.dumps(two.to_json())


def test_showers_against_jets_are_refused_in_one_line(files, tmp_path):
    showers = tmp_path / "showers.h5"
    with h5py.File(showers, "w") as file:
        file.attrs["schema"] = "showerkit-showers"
    for reference, candidate in ((files["reference"], showers), (showers, files["good"])):
        with pytest.raises(DataError, match="no file of jets; expected one of jets"):
            are_jets(reference, [candidate])
    command = ["evaluate", str(files["reference"]), str(showers), "-o", str(tmp_path / "out")]
    result = CliRunner().invoke(app, command)
    assert result.exit_code != 0
    assert not (tmp_path / "out").exists()
    with pytest.raises(FileFormatError, match="no such file"):
        are_jets(files["reference"], [tmp_path / "nowhere.h5"])
    assert not are_jets(showers, [showers])


def test_bad_input_is_told(files, tmp_path):
    config = JetReportConfig(**ALONE)
    copy = tmp_path / "copy.h5"
    copy.write_bytes(files["reference"].read_bytes())
    with pytest.raises(DataError, match="the very jets of"):
        evaluate_jet_files(files["reference"], [copy], config)
    with pytest.raises(DataError, match="the same file as the reference"):
        evaluate_jet_files(files["reference"], [files["reference"]], config)
    few = write(tmp_path / "few.h5", jets(5, 9))
    with pytest.raises(DataError, match="5 jets; expected at least 20"):
        evaluate_jet_files(files["reference"], [few], config)
    sample = jets(N, 10)
    less = Jets(
        sample.particles[:, :4],
        sample.mask[:, :4],
        sample.jet_type,
        sample.pt_gev,
        sample.eta,
        sample.mass_gev,
        sample.event_id,
    )
    other = write(tmp_path / "less.h5", less)
    with pytest.raises(DataError, match="the 4 hardest particles"):
        evaluate_jet_files(files["reference"], [other], config)
    with pytest.raises(ConfigurationError, match="option that goes with"):
        evaluate(files["reference"], [files["good"]], tmp_path / "x", training=files["wide"])
    with pytest.raises(ConfigurationError, match=r"let it end in \.md"):
        evaluate(files["reference"], [files["good"]], tmp_path / "x", page=tmp_path / "page.txt")
    with pytest.raises(ConfigurationError, match="max_jets"):
        evaluate(files["reference"], [files["good"]], tmp_path / "x", jets={"max_jets": 0})
    assert not (tmp_path / "x").exists()


def test_a_page_puts_value_floor_and_ratio_side_by_side(files, tmp_path, untrained_autoencoder):
    model = untrained_autoencoder(tmp_path / "model", PLACES, classes=(0, 1))
    page = tmp_path / "docs" / "made.md"
    page.parent.mkdir()
    evaluate(
        files["mixed"],
        [files["mixed again"]],
        tmp_path / "report",
        jets=ALONE,
        models=[model],
        page=page,
        title="Made jets",
    )
    text = page.read_text()
    assert text.startswith("# Made jets\n")
    assert "--page made.md --title 'Made jets'" in text
    metrics = json.loads((tmp_path / "report" / "metrics.json").read_text())
    entry = metrics["candidates"][0]["measures"]["w1m"]
    (row, *of_types) = [line for line in text.splitlines() if line.startswith("| W1M |")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1] == value_with_error(entry["floor"], entry["floor_error"])
    assert cells[2] == value_with_error(entry["value"], entry["error"])
    assert cells[3] == f"{entry['ratio_to_floor']:.2f} {TIMES}"
    assert len(of_types) == 2
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", text)
    assert sorted(pictures) == sorted(path.name for path in page.parent.glob("*.png"))
    assert {"made-average.png", "made-losses-untrained-network.png", "made-mass-rel.png"} <= set(pictures)
    # What nobody trained does not reconstruct.
    (again,) = metrics["reconstructions"]
    assert again["n_used"] == N
    assert again["ratios"]["mass.spread"]["value"] > 0.0
    assert "untrained, reconstructed" in (tmp_path / "report" / "report.html").read_text()


def test_folders_of_files_are_judged_by_type(tmp_path):
    for folder, seed in (("true", 1), ("made", 5)):
        (tmp_path / folder).mkdir()
        for number, process in enumerate(("g", "q")):
            sample = jets(40, seed + number, types=(number,))
            write(tmp_path / folder / f"{process}.h5", sample, process=process)
    assert are_jets(tmp_path / "true", [tmp_path / "made"])
    result = evaluate_jet_files(tmp_path / "true", [tmp_path / "made"], JetReportConfig(**ALONE))
    assert result.reference.facts.metadata.process == "g,q"
    assert result.reference.types == {"g": 40, "q": 40}
    assert set(result.candidates[0].comparison.by_type) == {"g", "q"}
    # Fewer than all are taken evenly.
    few = evaluate_jet_files(
        tmp_path / "true", [tmp_path / "made"], JetReportConfig(**ALONE | {"max_jets": 50})
    )
    assert few.reference.types == {"g": 25, "q": 25}


def test_a_handful_of_jets_of_two_types_is_enough_for_a_report(tmp_path):
    for seed in (1, 2):
        write(tmp_path / f"{seed}.h5", jets(24, seed, types=(0, 1)), process="g,q")
    result = evaluate_jet_files(
        tmp_path / "1.h5", [tmp_path / "2.h5"], JetReportConfig(**FAST | {"histogram_bins": 5})
    )
    assert "classifier.auc" not in result.candidates[0].comparison.measures
    assert any("it needs 50 jets" in note for note in result.notes)
    page = jet_report(result)
    assert page.count("jets of type q of the reference") == 2


def test_errors_of_histograms_are_those_of_many_samples():
    """Spread over repeated samples of the share of a bin, particles of a jet being alike."""
    observable = next(one for one in jet_observables(PLACES) if one.key == "eta_rel")
    edges = np.array([-0.8, -0.05, 0.05, 0.8])

    def alike(seed):
        sample = jets(200, seed)
        particles = sample.particles.copy()
        particles[..., 0] = np.where(sample.mask, particles[:, :1, 0], 0.0)
        return jet_table(
            Jets(
                particles,
                sample.mask,
                sample.jet_type,
                sample.pt_gev,
                sample.eta,
                sample.mass_gev,
                sample.event_id,
            )
        )

    curves = [jet_curve(observable, alike(seed), edges) for seed in range(60)]
    shares = np.array([curve.y * np.diff(edges) for curve in curves])
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-12)
    stated = np.mean([curve.error * np.diff(edges) for curve in curves], axis=0)
    # A standard deviation of 60 samples is known to 1 / sqrt(118), some 9 %.
    np.testing.assert_allclose(shares.std(axis=0, ddof=1), stated, rtol=4.0 / np.sqrt(118.0))


def test_average_images_sum_up_to_the_mean_pt(files):
    with JetFile(files["reference"]) as one, JetFile(files["floor"]) as two:
        reference, floor = (jet_table(file) for file in (one, two))
    image, second = (average_image(table, 12, 0.8) for table in (reference, floor))
    mean = np.where(reference.mask, reference.particles[..., 2], 0.0).sum(axis=1).mean()
    assert image.mean.sum() == pytest.approx(mean, rel=1e-6)
    one_particle = Jets([[[0.3, -0.5, 0.8]]], [[True]], [0], [1.0], [0.0], [0.0], [0])
    single = average_image(jet_table(one_particle), 8, 0.8)
    assert np.argwhere(single.mean > 0.0).tolist() == [[1, 5]]  # phi, eta
    pulls = difference_in_errors(second, image)
    inner = pulls[4:8, 4:8]
    assert np.isfinite(inner).all()
    assert abs(inner.std() - 1.0) < 4.0 / np.sqrt(2.0 * inner.size)
