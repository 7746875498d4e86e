"""From files of showers to metrics.json and report.html, on showers of a known law."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from showerkit.data.records import IncidentParticles, Showers
from showerkit.data.shower_file import FileMetadata, ShowerWriter
from showerkit.data.timing import write_timing
from showerkit.errors import ConfigurationError, DataError, FileFormatError
from showerkit.evaluate.evaluation import evaluate_samples
from showerkit.evaluate.settings import EvaluationConfig
from showerkit.geometry import load_detector
from showerkit.workflow.evaluate import evaluate

ZDC = load_detector("zdc-ecal")
FAST = {"bootstrap": 20, "event_images": 2, "energy_bin_mev": 500.0, "response_bins": 5}
QUICK = {"network": {"hidden_width": 32, "epochs": 20, "learning_rate": 3e-3, "batch_size": 50}}
ALONE = {**FAST, "two_samples": {"max_showers": 0}}


def incident(n, seed):
    random = np.random.default_rng(seed)
    energy = random.uniform(0.0, 10_000.0, n)
    position = np.concatenate([random.uniform(-15, 15, (n, 2)), np.full((n, 1), -202.0)], axis=1)
    momentum = np.stack([np.zeros(n), np.zeros(n), energy], axis=1)
    return IncidentParticles(np.full(n, 11), energy, momentum, position)


def showers(particles, seed, *, width_mm=25.0, mask=False):
    random = np.random.default_rng(seed)
    x, y, _ = ZDC.cell_positions_mm.T
    entry = particles.entry_point_mm()
    distance = np.hypot(x - entry[:, :1], y - entry[:, 1:])
    share = np.exp(-distance / width_mm)
    mean = share / share.sum(axis=1, keepdims=True) * particles.energy_mev[:, None] / 10.0
    energy = 10.0 * random.poisson(mean).astype(np.float32)
    return Showers(particles, energy, np.arange(len(particles)), None, -np.expm1(-mean) if mask else None)


TABLES = "showerkit embedded electromagnetic tables 1, approximate hadronic tables 2"


def write(path, sample, *, kind="geant4", generator="Geant4 11.4", detector=ZDC, **more):
    metadata = FileMetadata(generator=generator, kind=kind, detector=detector, seed=1, **more)
    with ShowerWriter(path, metadata) as writer:
        writer.append(sample)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    same, n = incident(400, 1), 400
    paths = {
        "reference": write(folder / "reference.h5", showers(same, 1), physics_data=TABLES),
        "floor": write(folder / "floor.h5", showers(same, 2)),
        "good": write(folder / "good.h5", showers(same, 3, mask=True), kind="model", generator="good"),
        "wide": write(
            folder / "wide.h5", showers(incident(300, 9), 4, width_mm=50.0), kind="model", generator="wide"
        ),
    }
    write_timing(paths["reference"], generator="Geant4 11.4", n_showers=n, wall_s=4.0, cpu_s=8.0, workers=2)
    write_timing(paths["good"], generator="good", n_showers=n, wall_s=0.04, cpu_s=0.04, workers=1)
    return paths


class Resources(HTMLParser):
    """Collects what a page would load, its images' alternative texts, its anchors and links to them."""

    def __init__(self):
        super().__init__()
        self.loaded, self.alternatives, self.anchors, self.links = [], [], set(), set()

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag in ("img", "script", "link", "iframe") and (address := values.get("src", values.get("href"))):
            self.loaded.append(address)
        if tag == "img":
            self.alternatives.append(values.get("alt", ""))
        if "id" in values:
            self.anchors.add(values["id"])
        if tag == "a":
            self.links.add(values["href"].removeprefix("#"))


@pytest.fixture(scope="module")
def evaluated(files, tmp_path_factory):
    output = tmp_path_factory.mktemp("report") / "new"
    report = evaluate(
        files["reference"],
        [files["good"], files["wide"]],
        output,
        floor=files["floor"],
        two_samples=QUICK,
        **FAST,
    )
    return report, json.loads((output / "metrics.json").read_text())


def test_metrics_tell_the_true_law_from_a_false_one(evaluated):
    _, metrics = evaluated
    good, wide = metrics["candidates"]
    assert (good["name"], wide["name"]) == ("good", "wide")
    assert good["paired_with_reference"]
    assert not wide["paired_with_reference"]
    key = "hit_probability.mse"
    entry = good["measures"][key]
    assert abs(entry["value"] - entry["floor"]) < 5.0 * np.hypot(entry["error"], entry["floor_error"])
    assert entry["value"] <= entry["expected"] + 5.0 * entry["error"]
    assert wide["measures"][key]["ratio_to_floor"] > 1.5
    assert wide["measures"]["separation.width_mm"]["ratio_to_floor"] > 10.0
    # A mask probability is the law itself: only the reference's noise is left.
    mask = good["measures"]["mask_probability.mse"]
    assert mask["value"] < 0.7 * entry["value"]
    shift = wide["measures"]["width_mm.mean_shift"]
    assert shift["value"] > 5.0 * shift["error"]
    assert metrics["reference"]["n_events"] == 400
    assert metrics["floor"]["source"] == "file"
    assert len(good["hit_probability"]["mse"]) == 20


def test_classifiers_and_distances_of_observables(evaluated):
    report, metrics = evaluated
    good, wide = (candidate["measures"] for candidate in metrics["candidates"])
    for key in ("classifier.high_level.auc", "classifier.low_level.auc"):
        assert abs(good[key]["value"] - 0.5) < 5.0 * good[key]["error"]
        assert abs(good[key]["floor"] - 0.5) < 5.0 * good[key]["floor_error"]
    assert wide["classifier.high_level.auc"]["value"] > 0.9
    for key in ("fpd.spread", "fpd.largest", "kpd"):
        assert abs(good[key]["value"]) < 5.0 * good[key]["error"]
        assert wide[key]["value"] > 3.0 * wide[key]["error"]
    # In pairs or not, chi-square per cell is 1 for equal laws.
    assert abs(good["hit_probability.chi2"]["value"] - 1.0) < 5.0 * good["hit_probability.chi2"]["error"]
    assert wide["hit_probability.chi2"]["value"] > 2.0
    assert abs(good["neighbours.coverage"]["value"] - good["neighbours.coverage"]["expected"]) < 0.1
    assert good["classifier.high_level.auc"]["ratio_to_floor"] is None
    detail = metrics["candidates"][0]["two_samples"]
    assert detail["reference_showers"] == detail["candidate_showers"] == 400
    assert len(detail["classifiers"]["low"]["aucs"]) == 3
    assert detail["memorisation"] is None
    assert "Can a classifier tell them apart?" in report.read_text()


def test_copied_training_showers_are_noticed(files, tmp_path):
    law = showers(incident(500, 21), 22)
    training = write(tmp_path / "train.h5", law)
    energy = showers(incident(400, 31), 32).energy_mev.copy()
    energy[:100] = law.energy_mev[:100] * 1.001
    copied = Showers(incident(400, 31), energy, np.arange(400))
    copies = write(tmp_path / "copies.h5", copied, kind="model", generator="copies")
    config = EvaluationConfig(**FAST, two_samples={"classifier": "none", "max_showers": 350})
    metrics = measured(files["reference"], [copies, files["good"]], config=config, training=training)
    thief, honest = metrics["candidates"]
    assert thief["measures"]["memorisation.near_share"]["value"] > 0.2
    assert thief["measures"]["memorisation.training_share"]["value"] > 0.9
    assert abs(honest["measures"]["memorisation.distance_ratio"]["value"] - 1.0) < 0.2
    notes = " ".join(metrics["notes"])
    assert "copies: copies showers of its training sample" in notes
    assert "good: copies" not in notes
    assert "good: classifiers, distances of all observables" in notes
    assert "see the first 350 showers" in notes
    assert thief["two_samples"]["candidate_showers"] == 350
    assert not any(key.startswith("classifier") for key in thief["measures"])
    # The floor of halves: half the showers, against each other.
    assert metrics["floor"]["two_samples"]["reference_showers"] == 175


def test_without_a_threshold_or_with_few_showers(files, tmp_path):
    config = EvaluationConfig(**FAST, threshold_mev=0.0)
    metrics = measured(files["reference"], [files["good"]], config=config)
    assert metrics["candidates"][0]["two_samples"] is None
    assert any("need a threshold above 0" in note for note in metrics["notes"])
    few = [write(tmp_path / f"{n}.h5", showers(incident(16, 1), n)) for n in (1, 2, 3)]
    metrics = measured(few[0], [few[1]], config=EvaluationConfig(**FAST), floor=few[2])
    assert "hit_probability.chi2" in metrics["candidates"][0]["measures"]
    assert any("need 50 showers" in note for note in metrics["notes"])


def test_report_is_one_page_that_needs_nothing_else(evaluated):
    report, _ = evaluated
    page = report.read_text()
    found = Resources()
    found.feed(page)
    assert len(found.loaded) >= 18
    assert all(address.startswith("data:image/") for address in found.loaded)
    assert all(len(text) > 20 for text in found.alternatives)
    assert found.links <= found.anchors
    assert not re.search(r"@import|url\(", page)
    assert "embedded electromagnetic tables" in page
    assert "hadrons simulated with approximate hadronic tables" in page
    assert "n/a" in page
    assert "400 reference showers" in page


def test_same_seed_gives_the_same_results(files, evaluated):
    _, first = evaluated
    config = EvaluationConfig(**FAST, two_samples=QUICK)
    second = measured(files["reference"], [files["good"], files["wide"]], floor=files["floor"], config=config)
    assert {**first, "command": ""} == second


def measured(*samples, config=None, **more):
    """The metrics alone, without drawing."""
    result = evaluate_samples(*samples, config or EvaluationConfig(**ALONE), **more)
    return json.loads(json.dumps(result.to_json(), allow_nan=False))


def test_geant4_among_candidates_becomes_the_floor(files):
    metrics = measured(files["reference"], [files["floor"], files["good"]])
    assert metrics["floor"]["source"] == "candidate"
    assert [candidate["name"] for candidate in metrics["candidates"]] == ["good"]


def test_without_a_floor_the_halves_stand_in_scaled(files):
    metrics = measured(files["reference"], [files["good"]])
    assert metrics["floor"]["source"] == "halves"
    entry = metrics["candidates"][0]["measures"]["hit_probability.mse"]
    assert entry["floor"] == pytest.approx(metrics["floor"]["measures"]["hit_probability.mse"]["value"])
    assert 0.6 < entry["ratio_to_floor"] < 1.5
    assert "even and odd places" in metrics["notes"][0]


def test_layers_and_particles_that_miss(tmp_path):
    hcal = load_detector("toy-hcal")
    random = np.random.default_rng(1)
    position, momentum = np.tile([0.0, 0.0, -200.0], (60, 1)), np.tile([0.0, 0.0, 1000.0], (60, 1))
    momentum[:5, 2] *= -1.0
    particles = IncidentParticles(np.full(60, 22), np.full(60, 1000.0), momentum, position)
    paths = []
    for number in range(2):
        energy = random.exponential(1.0, (60, hcal.n_cells)) * (random.random((60, hcal.n_cells)) < 0.05)
        energy[10:12] = 0.0
        sample = Showers(particles, energy, np.arange(60))
        paths.append(write(tmp_path / f"{number}.h5", sample, detector=hcal))
    report = evaluate(paths[0], paths[1:], tmp_path / "report", two_samples=QUICK, **FAST)
    page = report.read_text()
    assert "Longitudinal profile" in page
    assert "2 of 60 showers deposit nothing" in page


def test_bad_input_is_named(files, tmp_path):
    reference, good = files["reference"], files["good"]
    with pytest.raises(DataError, match="the same file as the reference"):
        evaluate(reference, [reference], tmp_path / "x")
    with pytest.raises(DataError, match="expected at least one"):
        evaluate(reference, [], tmp_path / "x")
    with pytest.raises(FileFormatError, match="no such file"):
        evaluate(reference, [tmp_path / "absent.h5"], tmp_path / "x")
    with pytest.raises(ConfigurationError, match="threshold_mev"):
        evaluate(reference, [good], tmp_path / "x", threshold_mev=-1.0)
    with pytest.raises(ConfigurationError, match="choose wider bins"):
        evaluate(reference, [good], tmp_path / "x", energy_bin_mev=0.001)
    copy = tmp_path / "copy.h5"
    copy.write_bytes(reference.read_bytes())
    with pytest.raises(DataError, match="another seed"):
        evaluate(reference, [good], tmp_path / "x", floor=copy, **ALONE)
    other = load_detector("zdc-ecal-pbwo4")
    foreign = write(tmp_path / "pbwo4.h5", showers(incident(5, 1), 1), detector=other)
    with pytest.raises(DataError, match="zdc-ecal-pbwo4"):
        evaluate(reference, [foreign], tmp_path / "x")
    with pytest.raises(DataError, match="zdc-ecal-pbwo4"):
        evaluate(reference, [good], tmp_path / "x", training=foreign)
    with pytest.raises(DataError, match="the same file as the reference"):
        evaluate(reference, [good], tmp_path / "x", training=reference)
    with pytest.raises(ConfigurationError, match="classifier"):
        evaluate(reference, [good], tmp_path / "x", two_samples={"classifier": "deep"})
    empty = write(tmp_path / "empty.h5", showers(incident(5, 1), 1)[:0])
    with pytest.raises(DataError, match="no showers"):
        evaluate(reference, [empty], tmp_path / "x")
    with pytest.raises(ConfigurationError, match="energy_bin_mev"):
        evaluate(reference, [good], tmp_path / "x", energy_bin_mev=2e6)
    assert not (tmp_path / "x").exists()
