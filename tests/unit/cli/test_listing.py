"""Lists for people and for scripts, help by headings, and what the shell completes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml

from showerkit import detector_names, load_detector, shipped_recipes
from showerkit.cli.completion import detector_completion, model_completion, recipe_completion
from showerkit.train.model_store import shipped_models


@pytest.mark.parametrize(
    ("verb", "names"),
    [
        ("detectors", detector_names()),
        ("recipes", sorted(shipped_recipes())),
        ("models", list(shipped_models())),
    ],
)
def test_lists_name_everything_for_people_and_for_scripts(showerkit_command, verb, names):
    shown = showerkit_command(verb).out
    assert {line.split()[0] for line in shown.splitlines() if line.strip()} >= set(names)
    entries = json.loads(showerkit_command(verb, "--json").out)
    assert sorted(entry["name"] for entry in entries) == sorted(names)


def test_columns_begin_below_each_other(showerkit_command):
    lines = showerkit_command("detectors").out.splitlines()
    titles = [load_detector(name).title for name in detector_names()]
    assert len({line.index(title) for line, title in zip(lines, titles, strict=True)}) == 1


def test_a_printed_recipe_is_a_recipe(showerkit_command, tmp_path):
    own = tmp_path / "mine.yaml"
    own.write_text(showerkit_command("recipes", "demo").out)
    shipped = yaml.safe_load(shipped_recipes()["demo"].read_text())
    assert yaml.safe_load(own.read_text()) == shipped
    assert json.loads(showerkit_command("recipes", own, "--json").out)["name"] == "demo"


def test_a_model_shows_its_card(showerkit_command):
    shown = showerkit_command("models", "zdc-ecal-gan")
    assert shown.out.startswith("# zdc-ecal-gan\n")
    assert "Valid for" in shown.out
    showerkit_command("models", "zdc-ecal-gun").assert_one_line_error("did you mean 'zdc-ecal-gan'")


def test_a_detector_as_json_is_the_whole_detector(showerkit_command):
    detector = json.loads(showerkit_command("detectors", "toy-hcal", "--json").out)
    assert (len(detector["layers"]), detector["cells_y"], detector["cells_x"]) == (17, 8, 8)


def test_names_are_completed():
    assert set(recipe_completion("demo")) == {"demo", "demo-mask-value"}
    assert detector_completion("zdc-ecal-s") == ["zdc-ecal-segmented"]
    assert model_completion("zdc-ecal-f") == ["zdc-ecal-flow", "zdc-ecal-flow-fast"]
    assert model_completion("nothing") == []


def test_the_shell_asks_and_is_answered():
    words = {"_SHOWERKIT_COMPLETE": "complete_bash", "COMP_WORDS": "showerkit run dem", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from showerkit.cli import main; sys.exit(main([]))"],
        env=words,
        capture_output=True,
        text=True,
        check=False,
    )
    assert set(done.stdout.split()) == {"demo", "demo-mask-value"}, done.stderr
