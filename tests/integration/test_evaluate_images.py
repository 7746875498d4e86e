"""From files of sparse images to metrics.json and report.html, on bars that lie or stand."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from typer.testing import CliRunner

from showerkit.cli import app
from showerkit.data.image_file import ImageFileMetadata, ImageWriter
from showerkit.data.sparse_images import SparseImages, brightest_pixels
from showerkit.data.timing import write_timing
from showerkit.errors import ConfigurationError, DataError
from showerkit.evaluate.image_choice import chosen_images, shared_labels
from showerkit.evaluate.image_evaluation import evaluate_image_files
from showerkit.evaluate.image_observables import image_observables
from showerkit.evaluate.image_settings import ImageReportConfig
from showerkit.evaluate.mean_image import difference_in_errors, mean_image
from showerkit.workflow.evaluate import evaluate
from showerkit.workflow.evaluate_images import are_images, evaluate_images
from showerkit.workflow.summary import key_figures

SIDE, PLACES = 12, 20
QUICK = {"channels": 4, "features": 4, "epochs": 4, "learning_rate": 0.01, "batch_size": 50}
FAST = {"histogram_bins": 8, "event_images": 3, "w1_batches": 4, "classifier": QUICK}


def bars(n, seed):
    """Images of an upright (0) or level (1) bar at a random place, of random brightness."""
    random = np.random.default_rng(seed)
    label = random.integers(0, 2, n)
    images = np.zeros((n, SIDE, SIDE), np.uint8)
    for image, kind in zip(images, label, strict=True):
        place, brightness = random.integers(2, 9), random.integers(100, 256)
        across = image if kind else image.T
        across[place : place + 2, 1:11] = brightness
    return brightest_pixels(images, label, PLACES)


def shaken(images, width, seed):
    random = np.random.default_rng(seed)
    points = (
        images.points + random.normal(0.0, [width, width, 0.0], images.points.shape) * images.mask[..., None]
    )
    return SparseImages(points, images.mask, images.label, images.image_shape)


def write(path, images, kind="digits"):
    metadata = ImageFileMetadata(generator=path.stem, kind=kind, n_points=PLACES, rows=SIDE, columns=SIDE)
    with ImageWriter(path, metadata) as writer:
        writer.append(images)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    paths = {
        "reference": write(folder / "reference.h5", bars(240, 1)),
        "floor": write(folder / "floor.h5", bars(300, 2)),
        "training": write(folder / "training.h5", bars(300, 3)),
        "good": write(folder / "good.h5", bars(260, 4), "model"),
        "shaken": write(folder / "shaken.h5", shaken(bars(260, 5), 3.0, 6), "model"),
    }
    write_timing(paths["good"], generator="good", n_showers=260, wall_s=0.26, cpu_s=0.26, workers=1)
    return paths


@pytest.fixture(scope="module")
def evaluated(files, tmp_path_factory, untrained_autoencoder):
    folder = tmp_path_factory.mktemp("report")
    model = untrained_autoencoder(folder / "model", PLACES, image_shape=(SIDE, SIDE), classes=(0, 1))
    report = evaluate_images(
        files["reference"],
        [files["good"], files["shaken"]],
        folder / "new",
        floor=files["floor"],
        training=files["training"],
        models=[model],
        settings=FAST,
    )
    return report, json.loads(report.with_name("metrics.json").read_text())


def test_metrics_tell_true_images_from_shaken_ones(evaluated):
    report, metrics = evaluated
    assert (metrics["kind"], metrics["classifier_images"]) == ("images", 300)
    good, bad = metrics["candidates"]
    floor = metrics["floor"]["measures"]
    for key in ("w1.x", "w1.y", "image.frechet"):
        entry = bad["measures"][key]
        assert entry["value"] > floor[key]["value"] + 5.0 * np.hypot(entry["error"], floor[key]["error"])
        entry = good["measures"][key]
        assert abs(entry["value"] - floor[key]["value"]) < 6.0 * np.hypot(entry["error"], floor[key]["error"])
    # A shift of every point by a normal law of width 3 moves intensities not at all.
    entry = bad["measures"]["w1.intensity"]
    assert abs(entry["value"] - entry["floor"]) < 6.0 * np.hypot(entry["error"], entry["floor_error"])
    assert bad["measures"]["image.accuracy"]["value"] < good["measures"]["image.accuracy"]["value"]
    assert sum(good["class_shares"].values()) == pytest.approx(1.0)
    # As many images of each label from every sample.
    used = [sample["labels"] for sample in (metrics["reference"], metrics["floor"], good, bad)]
    assert all(labels == used[0] for labels in used)
    lines = key_figures(report.with_name("metrics.json"))
    assert any(line.startswith("  Recognised as what they show: ") and "(floor " in line for line in lines)
    assert "  Core time per image: 1.00 ms" in lines


def test_the_page_holds_its_figures_and_loads_nothing(evaluated):
    report, metrics = evaluated
    page = report.read_text()
    sources = re.findall(r'<img src="([^"]*)" alt="([^"]+)"', page)
    assert all(source.startswith("data:image/") for source, _ in sources)
    # Means, differences and single images; histograms; losses of one training.
    assert len(sources) == 3 + len(image_observables()) + 1
    assert not re.search(r"(?:src|href)=\"(?:https?:|//)", page)
    anchors = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= anchors
    for words in ("Recognised", "untrained, reconstructed", "untrained: network", "What a classifier"):
        assert words in page
    (again,) = metrics["reconstructed"]
    assert again["n_used"] == 240


def test_without_floor_and_classifier_it_is_said(files):
    result = evaluate_image_files(files["reference"], [files["good"]], ImageReportConfig(**FAST))
    assert (result.floor_kind, result.classifier_images) == ("halves", 0)
    assert any("two halves" in note for note in result.notes)
    assert any("No classifier" in note for note in result.notes)
    assert set(result.floor.comparison.measures) == {f"w1.{one.key}" for one in image_observables()}
    whole = evaluate_image_files(
        files["reference"], [files["good"]], ImageReportConfig(**FAST), floor=files["floor"]
    )
    halves, second = (one.floor.comparison.measures["w1.x"] for one in (result, whole))
    assert abs(halves.value - second.value) < 6.0 * np.hypot(halves.error, second.error)


def test_bad_input_is_told(files, tmp_path, untrained_autoencoder):
    config = ImageReportConfig(**FAST)
    copy = tmp_path / "copy.h5"
    copy.write_bytes(files["reference"].read_bytes())
    with pytest.raises(DataError, match="the very images of"):
        evaluate_image_files(files["reference"], [copy], config)
    few = write(tmp_path / "few.h5", bars(10, 9))
    with pytest.raises(DataError, match="10 images; expected at least 20"):
        evaluate_image_files(files["reference"], [few], config)
    images = bars(60, 10)
    others = write(
        tmp_path / "others.h5", SparseImages(images.points, images.mask, images.label + 5, (SIDE, SIDE))
    )
    with pytest.raises(DataError, match="labels that all samples have: got 0"):
        evaluate_image_files(files["reference"], [others], config)
    with pytest.raises(DataError, match="no image of 0"):
        evaluate_image_files(files["reference"], [files["good"]], config, training=others)
    with pytest.raises(DataError, match="no file of images; expected one of images"):
        are_images(files["reference"], [untrained_autoencoder(tmp_path / "model", 4) / "model.skm"])
    with pytest.raises(ConfigurationError, match="option that goes with"):
        evaluate(files["reference"], [files["good"]], tmp_path / "x", page=tmp_path / "page.md")
    command = ["evaluate", str(files["reference"]), str(few), "-o", str(tmp_path / "x")]
    assert CliRunner().invoke(app, command).exit_code != 0
    assert not (tmp_path / "x").exists()


def test_the_same_number_of_each_label_is_chosen():
    one, two = bars(90, 1), bars(50, 2)
    numbers = shared_labels([one, two], 1000)
    assert numbers == {
        label: min(int((one.label == label).sum()), int((two.label == label).sum())) for label in (0, 1)
    }
    chosen = chosen_images(one, numbers, 1)
    assert {label: int((chosen.label == label).sum()) for label in (0, 1)} == numbers
    assert sum(shared_labels([one, two], 20).values()) in (19, 20)


def test_observables_of_known_images():
    one = SparseImages(
        [[[2.0, 5.0, 0.5], [8.0, 5.0, 0.5], [0, 0, 0]]], [[True, True, False]], [1], (SIDE, SIDE)
    )
    values = {observable.key: observable.values(one)[0].tolist() for observable in image_observables()}
    assert values == {
        "x": [2.0, 8.0],
        "y": [5.0, 5.0],
        "intensity": [0.5, 0.5],
        "number": [2.0],
        "total": [1.0],
        "width": [3.0],
    }


def test_differences_of_mean_images_are_in_standard_errors():
    random = np.random.default_rng(1)
    one, two = (mean_image(random.normal(size=(400, 10, 10))) for _ in range(2))
    pulls = difference_in_errors(two, one)
    assert abs(pulls.std() - 1.0) < 4.0 / np.sqrt(2.0 * pulls.size)
