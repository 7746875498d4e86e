"""One page about several runs: what differs, each figure beside its floor, and wrong folders told."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import yaml

from showerkit.data.records import IncidentParticles, Showers
from showerkit.data.shower_file import FileMetadata, ShowerWriter
from showerkit.data.timing import write_timing
from showerkit.errors import ConfigurationError, ShowerkitError
from showerkit.evaluate.evaluation import evaluate_samples
from showerkit.evaluate.settings import EvaluationConfig
from showerkit.evaluate.stored_result import read_metrics
from showerkit.geometry import load_detector
from showerkit.report.comparison_page import comparison_page
from showerkit.workflow import compare
from showerkit.workflow.finished_run import read_run
from showerkit.workflow.recipe import load_recipe

ZDC = load_detector("zdc-ecal")
N = 300
WEIGHTS = {"narrow": 1.0, "right": 200.0, "wide": 1000.0}
WIDTHS_MM = {"narrow": 18.0, "right": 25.0, "wide": 35.0}
CONFIG = EvaluationConfig(
    bootstrap=20,
    event_images=1,
    energy_bin_mev=250.0,
    response_bins=5,
    two_samples={"classifier": "none", "max_showers": 200},
)
FIGURES = {"hit-probability", "mask-probability", "hit-probability-bins", "response", "resolution", "losses"}


def sample(path, width_mm, seed, *, kind="geant4"):
    """Showers of an exponential profile, of the same incident particles each time."""
    random = np.random.default_rng(1)
    energy = random.uniform(0.0, 10_000.0, N)
    position = np.concatenate([random.uniform(-15, 15, (N, 2)), np.full((N, 1), -202.0)], axis=1)
    particles = IncidentParticles(
        np.full(N, 11), energy, np.stack([0 * energy, 0 * energy, energy], axis=1), position
    )
    x, y, _ = ZDC.cell_positions_mm.T
    entry = particles.entry_point_mm()
    share = np.exp(-np.hypot(x - entry[:, :1], y - entry[:, 1:]) / width_mm)
    mean = share / share.sum(axis=1, keepdims=True) * particles.energy_mev[:, None] / 10.0
    random = np.random.default_rng(seed)
    mask = None if kind == "geant4" else -np.expm1(-mean)
    showers = Showers(particles, 10.0 * random.poisson(mean).astype(np.float32), np.arange(N), None, mask)
    with ShowerWriter(path, FileMetadata(generator=kind, kind=kind, detector=ZDC, seed=seed)) as writer:
        writer.append(showers)
    seconds = 3.0 if kind == "geant4" else 0.3
    write_timing(path, generator=kind, n_showers=N, wall_s=seconds, cpu_s=seconds, workers=1)
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Three runs that differ in the loss weight, and in how wide their showers are."""
    folder = tmp_path_factory.mktemp("runs")
    reference, floor = sample(folder / "test.h5", 25.0, 1), sample(folder / "floor.h5", 25.0, 2)
    for number, (name, weight) in enumerate(WEIGHTS.items()):
        generated = sample(folder / f"{name}.h5", WIDTHS_MM[name], 3 + number, kind="model")
        result = evaluate_samples(reference, [generated], CONFIG, floor=floor)
        run = folder / name
        (run / "report").mkdir(parents=True)
        (run / "model").mkdir()
        (run / "report" / "metrics.json").write_text(json.dumps(result.to_json(), allow_nan=False))
        recipe = load_recipe("regression", {"loss.value_weight": weight}).model_dump(mode="json")
        (run / "recipe.yaml").write_text(yaml.safe_dump(recipe))
        (run / "model" / "status.json").write_text('{"state": "finished", "epochs_done": 3, "epochs": 3}')
        (run / "model" / "environment.json").write_text(
            '{"data_events": 1234, "threads": 1, "machine": "a small machine, 2 cores"}'
        )
        (run / "model" / "metrics.csv").write_text(
            "epoch,train_loss,validation_loss,seconds\n1,3,2.5,100\n2,2,1.5,100\n3,1.5,1.25,100\n"
        )
    return folder


@pytest.fixture(scope="module")
def page(finished):
    return compare([finished / name for name in WEIGHTS], finished / "page.md", title="Loss weights")


def rows(text):
    """First cell and the others of every table's rows."""
    lines = (line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| "))
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines}


def test_the_page_says_what_was_done(page, finished):
    text = page.read_text()
    assert text.startswith("# Loss weights\n")
    table = rows(text)
    assert table["`loss.value_weight`"] == ["1", "200", "1000"]
    assert [key for key in table if key.startswith("`")] == ["`loss.value_weight`"]
    assert table["Training sample"] == ["1,234 showers"] * 3
    assert table["Epochs"] == ["3"] * 3
    assert table["Training time"] == ["5 min"] * 3
    assert table["Trained on"] == ["a small machine, 2 cores, 1 thread"] * 3
    assert table["Core time per shower"] == ["1.00 ms (Geant4 10.0 ms, 10.0 \N{MULTIPLICATION SIGN})"] * 3
    assert "showerkit run regression -o runs/right\n" in text
    assert "showerkit run regression --set loss.value_weight=1000 -o runs/wide\n" in text
    assert str(finished) not in text


def test_figures_are_small_and_beside_the_page(page):
    text = page.read_text()
    for name in FIGURES:
        picture = page.with_name(f"page-{name}.png")
        assert f"]({picture.name})" in text
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert 5_000 < picture.stat().st_size < 150_000


def test_values_are_those_of_the_evaluations(page, finished):
    text = page.read_text()
    found = rows(text)["Mean lateral width, relative shift [%]"]
    values = []
    for name in ("right", *WEIGHTS):
        metrics = read_metrics(finished / name / "report" / "metrics.json")
        side = metrics.floor if len(values) == 0 else metrics.candidates[0]
        values.append(side.measures["width_mm.mean_shift"].value)
    shown = [float(cell.split(" ± ")[0].replace("\N{MINUS SIGN}", "-")) for cell in found]
    np.testing.assert_allclose(shown, values, atol=0.06)
    assert "Lowest mean squared error of the hit probability: right, " in text


def test_every_row_has_as_many_cells_as_its_heading(page):
    width = 0
    for line in page.read_text().splitlines():
        if line.startswith("|"):
            width = width or line.count("|")
            assert line.count("|") == width
        else:
            width = 0


def test_the_same_runs_give_the_same_page(page, finished):
    before = {path.name: path.read_bytes() for path in finished.glob("page*")}
    compare([finished / name for name in WEIGHTS], finished / "page.md", title="Loss weights")
    assert {path.name: path.read_bytes() for path in finished.glob("page*")} == before
    assert len(before) == 1 + len(FIGURES)


def page_of(*runs):
    """The page without its figures."""
    return comparison_page([read_run(run, run.name) for run in runs], "Runs", "showerkit compare", {})


def test_runs_of_other_samples_have_floors_of_their_own(finished, tmp_path):
    other = shutil.copytree(finished / "wide", tmp_path / "other")
    metrics = json.loads((other / "report" / "metrics.json").read_text())
    metrics["floor"]["measures"]["hit_probability.mse"]["value"] *= 2.0
    (other / "report" / "metrics.json").write_text(json.dumps(metrics))
    text = page_of(finished / "wide", other)
    assert "judged by different samples" in text
    assert "floor of wide" in text
    assert "floor of other" in text


def test_many_runs_stand_below_each_other(finished, tmp_path):
    runs = [shutil.copytree(finished / "right", tmp_path / f"run{number}") for number in range(8)]
    text = page_of(*runs)
    names = [name for name in rows(text) if name.startswith("run")]
    assert names == [*(f"run{n}" for n in range(8)), "run (8 trainings)"]
    assert "In all runs: training sample 1,234 showers; " in text


GAN_TABLE = "epoch,step,generator_learning_rate,discriminator_learning_rate," + ",".join(
    f"{part}_{loss}" for part in ("train", "validation") for loss in ("gen", "dis", "mask", "value")
)


def adversarial_run(finished, path, recipe, *, epochs=3, diverged=None, **overrides):
    """A run whose stage 2 had 20 batches an epoch, of which each updated both networks."""
    run = shutil.copytree(finished / "right", path)
    values = load_recipe(recipe, {"adversarial.epochs": 3, "adversarial.epoch_showers": 900} | overrides)
    (run / "recipe.yaml").write_text(yaml.safe_dump(values.model_dump(mode="json")))
    if values.adversarial.start is not None:
        (run / "model" / "metrics.csv").unlink()
    status = {"stage": "adversarial", "state": "finished", "epochs_done": epochs, "epochs": 3}
    (run / "model" / "status.json").write_text(json.dumps(status | {"diverged": diverged}))
    (run / "model" / "adversarial").mkdir()
    if epochs:
        rows = [
            f"{n},{40 * n},1e-4,1e-4,0.7,0.69,0.1,{0.01 / n},0.7,0.69,0.1,0.01,50"
            for n in range(1, epochs + 1)
        ]
        table = "\n".join([f"{GAN_TABLE},seconds", *rows, ""])
        (run / "model" / "adversarial" / "metrics.csv").write_text(table)
    return run


R1 = {"adversarial.r1.weight": 1.0, "adversarial.r1.every": 4}


@pytest.fixture(scope="module")
def gan_page(finished, tmp_path_factory):
    """A regression, a test that starts from it, one that ran away at once, and a recipe with three seeds."""
    folder = tmp_path_factory.mktemp("gans")
    start = {"adversarial.start": str(folder / "somebody" / "runs" / "wide" / "model")}
    runs = [
        finished / "wide",
        adversarial_run(finished, folder / "test-25", "test-25", **start),
        adversarial_run(finished, folder / "test-26-lr4", "test-26-lr4", epochs=0, diverged="epoch 1"),
        *(
            adversarial_run(finished, folder / f"lr8-{seed}", "test-26-lr8", **{"training.seed": seed})
            for seed in (1, 2, 3)
        ),
        adversarial_run(finished, folder / "with-r1", "test-26-lr8", **R1),
    ]
    return compare(runs, folder / "page.md")


def test_both_stages_are_told(gan_page):
    table = rows(gan_page.read_text().split("## The runs")[1].split("##")[0])
    assert table["wide"][:5] == ["no stage 2", "3", "3,333", "5 min", "as planned"]
    assert table["test-25"][:5] == ["wide", "3", "2,700", "150 s", "as planned"]
    assert table["test-26-lr4"][:5] == [
        "its own",
        "3 + 0",
        "3,333 + 0",
        "5 min + n/a",
        "**ran away in epoch 1**",
    ]
    assert table["lr8-2"][:4] == ["its own", "3 + 3", "3,333 + 2,700", "5 min + 150 s"]
    assert table["lr8-2"][-1] == "samples 1, training 2, drawing 1"


def test_budgets_are_told_beside_those_of_the_recipes(gan_page):
    """Three epochs of 900 showers, beside the epochs and the sample of the recipes as shipped."""
    asked = []
    for name in ("test-25", "test-26-lr4", "test-26-lr8"):
        shipped = load_recipe(name)
        showers = round(shipped.simulate.train * (1.0 - shipped.data.validation_fraction))
        asked.append(shipped.adversarial.epochs * min(showers, shipped.adversarial.epoch_showers or showers))
    assert len(set(asked)) == 1
    words = "Budgets are equal: the adversarial stages were planned to see 2,700 showers, where the recipes"
    assert f"{words} as shipped ask for {asked[0]:,}." in gan_page.read_text()


def test_no_folder_of_a_machine_is_told(gan_page):
    assert "somebody" not in gan_page.read_text()
    assert "--set adversarial.start=runs/wide " in gan_page.read_text()


def test_losses_and_learning_rates_of_the_adversarial_stage_are_drawn(gan_page):
    text = gan_page.read_text()
    for name in FIGURES | {"adversarial-losses", "learning-rates"}:
        picture = gan_page.with_name(f"page-{name}.png")
        assert f"]({picture.name})" in text
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert 5_000 < picture.stat().st_size < 500_000


def test_seeds_stand_together_and_choices_beside_their_base(gan_page):
    text = gan_page.read_text()
    seeds = rows(text.split("## Several seeds")[1].split("##")[0])
    assert seeds["lr8 (3 trainings)"][:2] == ["lr8-1, lr8-2, lr8-3", "3 of 3"]
    choices = rows(text.split("## What each choice did")[1].split("##")[0])
    assert choices["test-26-lr4"][0] == "test-25"
    assert "updates D:G 1:5 → 1:1" in choices["test-26-lr4"][1]
    assert choices["with-r1"][:2] == ["lr8 (3 trainings)", "`r1` none → weight 1, every 4"]
    # All these showers are the same file: no choice made a difference.
    assert all(cell.startswith(("no difference seen (0.0", "n/a")) for cell in choices["with-r1"][2:])


def test_findings_are_held_against_the_runs(gan_page):
    text = gan_page.read_text().split("## What the reports found")[1]
    assert "| The MSE is below 0.002 in general | " in text
    assert "| 1:1, one cycle and growing noise (LR4 beside Test 25) | no difference seen" in text
    assert "- Weight 200 on VALUE gives better images than 500 and 1000" in text


def test_an_adversarial_stage_without_its_table_is_told(finished, tmp_path):
    run = adversarial_run(finished, tmp_path / "broken", "test-25", epochs=0)
    with pytest.raises(ShowerkitError, match=r"adversarial.metrics\.csv"):
        read_run(run, "broken")


def test_a_recipe_of_another_version_is_read_as_it_stands(finished, tmp_path):
    run = shutil.copytree(finished / "wide", tmp_path / "old")
    values = yaml.safe_load((run / "recipe.yaml").read_text())
    values["training"]["gone_by_now"] = 3
    (run / "recipe.yaml").write_text(yaml.safe_dump(values))
    assert read_run(run, "old").settings["training.gone_by_now"] == "3"
    del values["training"]["gone_by_now"], values["adversarial"]
    (run / "recipe.yaml").write_text(yaml.safe_dump(values))
    assert read_run(run, "old").settings["adversarial"] == "none"


def spoil(run, file, change):
    path = run / file
    if change is None:
        path.unlink()
    elif isinstance(change, str):
        path.write_text(change)
    else:
        values = json.loads(path.read_text())
        change(values)
        path.write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        ("recipe.yaml", None, ["recipe.yaml"]),
        ("recipe.yaml", "name: [", ["recipe.yaml", "YAML"]),
        ("recipe.yaml", "name: x\nloss: 3\n", ["'detector' is missing"]),
        ("recipe.yaml", "name: [1]\ndetector: zdc-ecal\n", ["'name'"]),
        ("report/metrics.json", None, ["report/metrics.json", "--resume"]),
        ("report/metrics.json", "{", ["metrics.json", "no valid JSON"]),
        ("report/metrics.json", "{}", ["metrics.json", "missing"]),
        ("report/metrics.json", lambda m: m["candidates"].clear(), ["candidates"]),
        ("report/metrics.json", lambda m: m["candidates"].append(m["candidates"][0]), ["2 candidates"]),
        (
            "report/metrics.json",
            lambda m: m["candidates"][0]["hit_probability"]["mse"].pop(),
            ["mse", "energy bins"],
        ),
        ("report/metrics.json", lambda m: m["settings"].update(threshold_mev=3.0), ["threshold", "3.0"]),
        ("report/metrics.json", lambda m: m.update(detector="toy-hcal"), ["detector", "toy-hcal"]),
        ("model/status.json", None, ["status.json"]),
        ("model/environment.json", "[]", ["environment.json"]),
        ("model/metrics.csv", None, ["metrics.csv"]),
        ("model/metrics.csv", "epoch,train_loss\n1,much\n", ["metrics.csv", "no numbers"]),
        ("model/metrics.csv", "nothing\n", ["metrics.csv", "epoch"]),
    ],
)
def test_what_is_wrong_is_one_line(showerkit_command, finished, tmp_path, file, change, words):
    broken = shutil.copytree(finished / "wide", tmp_path / "broken")
    spoil(broken, file, change)
    result = showerkit_command("compare", finished / "right", broken, "-o", tmp_path / "page.md")
    result.assert_one_line_error(*words)
    assert not list(tmp_path.glob("page*"))


def test_wrong_words(showerkit_command, finished, tmp_path):
    run, page = finished / "right", tmp_path / "page.md"
    showerkit_command("compare", tmp_path / "no", "-o", page).assert_one_line_error("no such folder")
    showerkit_command("compare", run, run, "-o", page).assert_one_line_error("named twice")
    showerkit_command("compare", run, "-o", tmp_path / "page.html").assert_one_line_error(".md")
    assert not page.exists()


def test_nothing_to_compare(tmp_path):
    with pytest.raises(ShowerkitError, match="got none"):
        compare([], tmp_path / "page.md")
    with pytest.raises(ConfigurationError, match=r"\.md"):
        compare([tmp_path], tmp_path / "page")
