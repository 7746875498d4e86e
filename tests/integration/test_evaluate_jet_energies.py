"""From calibrated jets of known laws to figures, metrics.json, report.html and a page."""

from __future__ import annotations

import json
import re
import shutil

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

from showerkit.cli import app
from showerkit.data.calibrated_jet_file import CalibratedJetMetadata, CalibratedJetWriter
from showerkit.data.calibrated_pt import CalibratedPt
from showerkit.data.calibration_file import CalibrationFileMetadata, CalibrationJetFile, CalibrationJetWriter
from showerkit.data.calibration_jets import CalibrationJets
from showerkit.errors import ConfigurationError, DataError, FileFormatError
from showerkit.evaluate.jet_energy.evaluation import evaluate_calibrations
from showerkit.evaluate.jet_energy.settings import JetEnergyEvaluationConfig
from showerkit.report.figures.jet_energy_dependence import pile_up_figure
from showerkit.report.jet_energy_tables import aim_grid, key_lines, overview_grid
from showerkit.workflow.evaluate import evaluate
from showerkit.workflow.evaluate_jet_energies import are_calibrated_jets, evaluate_jet_energies
from showerkit.workflow.summary import key_figures

CONFIG = JetEnergyEvaluationConfig(pt_bins=4, abs_eta_edges=(0.0, 1.3, 2.5, 4.5), bootstrap=40)
N = 12_000
#: Detector jets have 0.8 of the true pT, with a spread of 10 %, and quarks 0.06 more than gluons.
SCALE, WIDTH, QUARK = 0.8, 0.1, 0.06


class Toy:
    """Files of jets of known response."""

    def __init__(self, folder):
        self.folder = folder

    def reference(self, name="jets.h5", n=N, seed=1, pile_up=True, weights=None):
        random = np.random.default_rng(seed)
        true = random.uniform(30.0, 150.0, size=n).astype(np.float32)
        eta, phi, zero = random.uniform(-2.4, 2.4, size=n), random.uniform(-3, 3, size=n), np.zeros(n)
        flavour = random.choice([21, 1, 2, 3, 4, 5], size=n)
        quark = np.isin(flavour, (1, 2, 3))
        pt = true * (SCALE + QUARK * (quark - 0.5) + SCALE * WIDTH * random.normal(size=n))
        mu = random.integers(10, 40, size=n) if pile_up else zero
        candidates = np.zeros((n, 1, 5), dtype=np.float32)
        candidates[:, 0, 0], candidates[:, 0, 1] = pt, eta
        jets = CalibrationJets(
            candidates, np.ones((n, 1), bool), true, eta, phi, zero, pt, eta, phi, zero,
            flavour, mu, np.ones(n) if weights is None else weights(true), np.arange(n) // 2,
        )  # fmt: skip
        metadata = CalibrationFileMetadata(
            generator="toy", kind="toy", process="qcd", constituents=1, seed=seed
        )
        path = self.folder / name
        with CalibrationJetWriter(path, metadata, overwrite=True) as writer:
            writer.append(jets)
        return path

    def calibrated(self, reference, name, kind, law, *, sigma=1.0, seed=5, model=None, **changed):
        """Calibrate by a law that knows jets and noise; errors are sigma times the known width."""
        with CalibrationJetFile(reference) as file:
            jets, fingerprint = file.read(), file.fingerprint()
        true = jets.true_pt_gev.astype(float)
        pt, width = law(jets, true, np.random.default_rng(seed))
        error = sigma * width * true
        columns = {
            "event_id": jets.event_id, "pt_gev": pt, "sigma_gev": error,
            "low_gev": pt - error, "high_gev": pt + error,
        }  # fmt: skip
        rows = changed.pop("rows", slice(None))
        columns = {key: changed.get(key, value)[rows] for key, value in columns.items()}
        metadata = CalibratedJetMetadata(
            model={"name": name, "kind": kind, **(model or {})},
            jet_fingerprint=changed.get("jet_fingerprint", fingerprint), jet_generator="toy",
        )  # fmt: skip
        path = self.folder / f"{name}.h5"
        with CalibratedJetWriter(path, metadata, overwrite=True) as writer:
            writer.append(CalibratedPt(**columns))
        return path


def by_scale(jets, true, random):
    """What numerical inversion does: the mean response undone, and nothing else."""
    quark = np.isin(jets.flavour, (1, 2, 3))
    return jets.pt_gev / (SCALE + QUARK * (quark.mean() - 0.5)), WIDTH + 0 * true


def by_flavour(jets, true, random):
    """Flavour known, and two thirds of the fluctuation measured."""
    quark = np.isin(jets.flavour, (1, 2, 3))
    response = jets.pt_gev / true / SCALE
    fluctuation = response - 1.0 - QUARK / SCALE * (quark - 0.5)
    return true * (1.0 + 2.0 / 3.0 * fluctuation), 2.0 / 3.0 * WIDTH + 0 * true


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    return Toy(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def reference(toy):
    return toy.reference()


@pytest.fixture(scope="module")
def files(toy, reference):
    """The standard scale and one that knows flavours; errors of the first are half of what they should be."""
    scale = toy.calibrated(reference, "scale", "numerical-inversion", by_scale, sigma=0.5)
    return [toy.calibrated(reference, "network", "particle-flow", by_flavour), scale]


@pytest.fixture(scope="module")
def result(reference, files):
    return evaluate_calibrations(reference, files, CONFIG, command="showerkit evaluate ...")


def value(result, name, key):
    """A figure's value and error."""
    one = next(one for one in result.calibrations if one.name == name)
    return one.measures[key].value, one.measures[key].error


def test_figures_are_those_of_the_laws(result):
    assert [one.name for one in result.calibrations] == ["network", "scale", "uncalibrated"]
    assert result.baseline_name == "scale"
    # Of the scale: 10 % about means that flavours move by 0.06/0.8 between halves of the jets.
    split = QUARK / SCALE
    for key, expected in (
        ("network", {"resolution.core": 100 * WIDTH * 2 / 3, "closure.overall": 0.0, "pull.width": 1.0,
                     "coverage.overall": 68.27, "flavour.light_quark": 1.0, "flavour.b": 1.0,
                     "pile_up.slope": 0.0, "pull.mean": 0.0}),
        ("scale", {"resolution.spread": 100 * np.hypot(WIDTH, split / 2), "closure.overall": 0.0,
                   "flavour.quark_gluon": 100 * split, "flavour.gluon": 1 - split / 2,
                   "pull.width": 2 * np.hypot(WIDTH, split / 2) / WIDTH}),
        ("uncalibrated", {"closure.overall": 100 * (SCALE - 1), "flavour.quark_gluon": 100 * QUARK}),
    ):  # fmt: skip
        for name, wanted in expected.items():
            found, error = value(result, key, name)
            assert 0 < error < 0.1 * max(abs(wanted), 1.0), (key, name)
            assert found == pytest.approx(wanted, abs=5 * error), (key, name)


def test_ratios_know_that_both_saw_the_same_jets(result):
    """Two thirds of the same noise: the ratio is surer than the errors of its parts would allow."""
    ratio, error = value(result, "network", "resolution.ratio_spread")
    expected = WIDTH * 2 / 3 / np.hypot(WIDTH, QUARK / SCALE / 2)
    assert ratio == pytest.approx(expected, abs=5 * error)
    independent = ratio * np.sqrt(2) * np.sqrt(0.5 / N)
    assert 0 < error < independent
    # A change of scale betters no resolution.
    same, error = value(result, "uncalibrated", "resolution.ratio")
    assert same == pytest.approx(1.0, abs=1e-6)
    assert error < 1e-6
    small, error = value(result, "network", "flavour.ratio")
    assert small < 0.2
    assert error > 0
    assert value(result, "scale", "flavour.ratio")[0] == 1.0


def test_aims_are_reached_or_not(result):
    reached = {one.name: {aim.key: aim.reached for aim in one.aims} for one in result.calibrations}
    assert reached["network"]["resolution.ratio"] == "met"
    assert reached["network"]["resolution.ratio_worst"] == "met"
    assert reached["network"]["flavour.ratio"] == "met"
    assert reached["network"]["pull.width"] == "met"
    assert reached["network"]["coverage.overall"] in ("met", "open")
    assert "resolution.ratio" not in reached["scale"]
    assert reached["scale"]["pull.width"] == "missed"
    assert reached["scale"]["coverage.overall"] == "missed"
    assert reached["uncalibrated"] == {}


def test_curves_agree_with_the_laws_in_every_bin(result):
    network, scale, raw = result.calibrations
    for one, name, expected in (
        (network, "response_pt", 1.0), (network, "response_eta", 1.0), (raw, "response_pt", SCALE),
        (scale, "quark_gluon_pt", QUARK / SCALE), (network, "quark_gluon_pt", 0.0),
        (network, "pull_width_pt", 1.0), (network, "coverage_pt", 0.6827), (raw, "response_pile_up", SCALE),
        (network, "pile_up_slope_pt", 0.0), (scale, "light_quark_relative_pt", 1 + QUARK / SCALE / 2),
    ):  # fmt: skip
        curve = one.curves[name]
        known = np.isfinite(curve.y)
        assert known.sum() >= 2
        assert (np.abs(curve.y - expected) < 5 * curve.error)[known].all(), name
    # No jet lies beyond |eta| 2.5.
    assert np.isnan(network.curves["response_eta"].y[2])
    assert np.isnan(network.closure_map.response[:, 2]).all()
    assert (np.abs(network.closure_map.response - 1) < 5 * network.closure_map.error)[:, :2].all()
    pulls = network.curves["pulls"]
    assert (pulls.y * np.diff(pulls.edges)).sum() == pytest.approx(1.0, abs=1e-3)
    assert "pulls" not in raw.curves
    assert len(result.shown_bins) == 3


def test_weights_count(toy):
    """Twice the weight above 90 GeV, where the response is 2 % higher."""
    reference = toy.reference("weighted.h5", weights=lambda true: np.where(true > 90.0, 2.0, 1.0))

    def law(jets, true, random):
        return true * (1.0 + 0.02 * (true > 90.0) + 0.05 * random.normal(size=len(true))), 0.05 + 0 * true

    path = toy.calibrated(reference, "tilted", "particle-flow", law)
    alike = evaluate_calibrations(reference, [path], CONFIG)
    found, error = value(alike, "tilted", "closure.overall")
    assert found == pytest.approx(100 * 0.02 / 2, abs=5 * error)
    one = evaluate_calibrations(reference, [path], CONFIG.model_copy(update={"weighted": True}))
    found, error = value(one, "tilted", "closure.overall")
    assert found == pytest.approx(100 * 0.02 * 2 / 3, abs=5 * error)
    worst = one.calibrations[0].measures["closure.pt"]
    assert worst.value == pytest.approx(2.0, abs=5 * worst.error)
    assert worst.label.startswith("Worst bin of pT (at ")


def test_the_baseline_can_be_chosen(toy, reference, files):
    by_name = evaluate_calibrations(reference, files, CONFIG, baseline="network")
    by_file = evaluate_calibrations(reference, files, CONFIG, baseline=files[0])
    plain = evaluate_calibrations(reference, files, CONFIG, baseline="uncalibrated")
    assert by_name.baseline_name == by_file.baseline_name == "network"
    assert plain.baseline_name == "uncalibrated"
    assert value(by_name, "scale", "resolution.ratio")[0] > 1.3
    # The first, where none is a numerical inversion.
    assert evaluate_calibrations(reference, files[:1], CONFIG).baseline_name == "network"
    with pytest.raises(ConfigurationError, match=r"baseline: got 'other'; expected one of network, scale"):
        evaluate_calibrations(reference, files, CONFIG, baseline="other")


def test_tables_and_lines(result):
    assert len(overview_grid(result)) == 4
    assert any("(met)" in cell for row in aim_grid(result) for cell in row)
    network = key_lines(result)[0]
    assert network.startswith("network: Resolution, ratio to scale 0.6")
    assert "Coverage" in network


def test_without_pile_up_and_flavours_their_parts_are_left_out(toy):
    reference = toy.reference("plain.h5", n=1500, pile_up=False)
    one = evaluate_calibrations(
        reference, [toy.calibrated(reference, "still", "edge-conv", by_scale)], CONFIG
    )
    assert not any(key.startswith("pile_up") for key in one.calibrations[0].measures)
    assert pile_up_figure(one) is None
    assert any("formulas" in note for note in one.notes)
    assert any("fewest jets" in note for note in one.notes)


def test_a_calibration_that_has_learnt_from_these_jets_is_told(toy):
    reference = toy.reference("learnt.h5", n=1000)
    with CalibrationJetFile(reference) as file:
        told = {"data_fingerprint": file.fingerprint()}
    path = toy.calibrated(reference, "learned", "particle-flow", by_scale, model=told)
    notes = evaluate_calibrations(reference, [path], CONFIG).notes
    assert any("learned: was trained on these very jets" in note for note in notes)


def test_files_page_and_key_figures(toy, reference, files, tmp_path):
    page = tmp_path / "page" / "jets.md"
    arguments = [str(path) for path in (reference, *files)]
    options = "--response-bins 3 --pt-spacing log --pt-range 40:140 --eta-edges 0:1.3:2.5 --bootstrap 10"
    options = [*options.split(), "--baseline", "scale", "--page", str(page)]
    ran = CliRunner().invoke(app, ["evaluate", *arguments, *options, "-o", str(tmp_path / "report")])
    assert ran.exit_code == 0, ran.output
    metrics = json.loads((tmp_path / "report" / "metrics.json").read_text())
    assert metrics["kind"] == "jet-energy"
    assert metrics["baseline"] == "scale"
    assert metrics["pt_edges_gev"][0] == pytest.approx(40.0)
    assert len(metrics["pt_edges_gev"]) == 4
    assert metrics["command"].endswith("-o report")
    assert "--pt-range 40:140 --eta-edges 0:1.3:2.5" in metrics["command"]
    assert any("outside of the bins" in note for note in metrics["notes"])
    html = (tmp_path / "report" / "report.html").read_text()
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", html)
    for word in ("network", "scale", "uncalibrated", "met", "missed", "Closure", "Pile-up", "Coverage"):
        assert word in html
    assert html.count("data:image/svg+xml") == 8
    lines = key_figures(tmp_path / "report" / "metrics.json")
    assert "candidate: network" in lines
    assert any("Ratio to the baseline" in line for line in lines)
    text = page.read_text()
    for picture in re.findall(r"\]\((\S+\.png)\)", text):
        assert (page.parent / picture).stat().st_size > 5000
    assert text.count(".png") == 8
    config = JetEnergyEvaluationConfig(
        pt_bins=3, pt_spacing="log", pt_range_gev=(40.0, 140.0), abs_eta_edges=(0.0, 1.3, 2.5), bootstrap=10
    )
    again = evaluate_calibrations(reference, files, config, baseline="scale")
    assert again.to_json()["candidates"] == metrics["candidates"]


def test_files_that_do_not_belong_together_are_refused(toy, reference, files, tmp_path):
    output = tmp_path / "report"
    other = toy.reference("other.h5", n=500, seed=2)
    foreign = toy.calibrated(other, "foreign", "particle-flow", by_scale)
    short = toy.calibrated(reference, "short", "particle-flow", by_scale, rows=slice(0, 100))
    shifted = toy.calibrated(
        reference, "shifted", "particle-flow", by_scale, event_id=np.arange(N) // 2 + (np.arange(N) == 7)
    )
    truncated = tmp_path / "truncated.h5"
    truncated.write_bytes(files[0].read_bytes()[:2000])
    lacking = tmp_path / "lacking.h5"
    shutil.copy(files[0], lacking)
    with h5py.File(lacking, "r+") as file:
        del file["pt_gev"]
    for candidate, words in (
        (foreign, "calibrated jets: got those of a file with fingerprint"),
        (short, "calibrated jets: got 100; expected 12000"),
        (shifted, "event of jet 7: got 4; expected 3"),
        (lacking, "dataset 'pt_gev' is missing"),
    ):
        with pytest.raises((DataError, FileFormatError), match=re.escape(words)) as failure:
            evaluate(reference, [candidate], output)
        assert "\n" not in str(failure.value)
    for candidates, words in (
        ([files[0], truncated], "no file of calibrated jets, though other candidates are"),
        ([files[0], tmp_path / "none.h5"], "no such file"),
        ([files[0], reference], "no file of calibrated jets, though other candidates are"),
        ([files[0], files[0]], "the same file"),
    ):
        with pytest.raises((DataError, FileFormatError), match=words):
            evaluate(reference, candidates, output)
    with pytest.raises(FileFormatError, match="schema"):
        evaluate(files[1], files[:1], output)
    assert not output.exists() or not list(output.iterdir())
    assert are_calibrated_jets(files)
    assert not are_calibrated_jets([reference])


def test_settings_that_make_no_sense_are_refused(toy, reference, files, tmp_path):
    for arguments, words in (
        ({"pt_range_gev": (500.0, 600.0)}, "none in the bins"),
        ({"pt_bins": 1}, "pt_bins"),
        ({"pt_spacing": "cubic"}, "pt_spacing"),
        ({"page": tmp_path / "page.html"}, "Markdown"),
    ):
        with pytest.raises((ConfigurationError, DataError), match=words):
            evaluate_jet_energies(reference, files, tmp_path / "report", **arguments)
    with pytest.raises(ConfigurationError, match="generated samples"):
        evaluate(reference, files, tmp_path / "report", floor=reference)
    with pytest.raises(ConfigurationError, match="calibrated jets"):
        evaluate(reference, [reference], tmp_path / "report", calibrated_jets={"baseline": "scale"})
    with pytest.raises(FileFormatError, match="no such file"):
        evaluate(reference, [tmp_path / "no.h5"], tmp_path / "report", calibrated_jets={"baseline": "scale"})
    ran = CliRunner().invoke(
        app, ["evaluate", str(reference), str(files[0]), "--pt-range", "30", "-o", str(tmp_path / "report")]
    )
    assert isinstance(ran.exception, ConfigurationError)
    assert "--pt-range: got '30'; expected LOW:HIGH" in str(ran.exception)
    empty = toy.reference("empty.h5", n=0)
    nothing = toy.calibrated(empty, "nothing", "particle-flow", lambda jets, true, random: (true, true))
    with pytest.raises(DataError, match="no jets"):
        evaluate(empty, [nothing], tmp_path / "report")
