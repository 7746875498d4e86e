from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from showerkit.configuration import StrictConfig, parse_config
from showerkit.errors import DataError, FileFormatError
from showerkit.reconstruct.baselines import AnyBaselineConfig, fit_baseline, load_baseline, save_baseline

from .toy_calorimeter import SHAPE, batches, toy_showers


class Section(StrictConfig):
    baseline: AnyBaselineConfig


CONFIGS = (
    {"kind": "linear-total"},
    {"kind": "linear-layers", "quantity": "deposits"},
    {"kind": "boosted-trees", "trees": 5},
)


@pytest.mark.parametrize("values", CONFIGS, ids=lambda values: values["kind"])
def test_fit_save_load_predict(values, tmp_path):
    config = parse_config(Section, {"baseline": values}, source="recipe").baseline
    showers = toy_showers(500, profile_spread=0.2)
    baseline = fit_baseline(config, batches(showers), SHAPE)
    save_baseline(tmp_path / "new" / "baseline.json", baseline)
    again = load_baseline(tmp_path / "new" / "baseline.json")
    np.testing.assert_array_equal(again.predict(showers), baseline.predict(showers))
    assert baseline.predict(showers).shape == (500,)
    residual = baseline.predict(showers) - showers.incident.energy_mev
    assert residual.std() < 0.5 * showers.incident.energy_mev.std()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["baseline.json"]


def good(tmp_path):
    config = parse_config(Section, {"baseline": CONFIGS[0]}, source="recipe").baseline
    save_baseline(tmp_path / "good.json", fit_baseline(config, [toy_showers(50)], SHAPE))
    return (tmp_path / "good.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (lambda text: text[: len(text) // 2], "no valid JSON"),
        (lambda text: "[1]", "list"),
        (lambda text: "{}", "no baseline"),
        (lambda text: text.replace("linear-total", "linear-totel"), "linear-total"),
        (lambda text: json.dumps({**json.loads(text), "ridge": -1}), "ridge"),
        (lambda text: text.replace('"n_events": 50', '"n_events": NaN'), "n_events"),
    ],
)
def test_a_damaged_file_is_one_line(text, words, tmp_path):
    path = tmp_path / "bad.json"
    path.write_text(text(good(tmp_path)), encoding="utf-8")
    with pytest.raises(FileFormatError, match=words) as caught:
        load_baseline(path)
    assert "\n" not in str(caught.value)


def test_a_missing_or_binary_file_is_told(tmp_path):
    with pytest.raises(FileFormatError, match="No such file"):
        load_baseline(tmp_path / "none.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileFormatError, match="no valid JSON"):
        load_baseline(tmp_path / "binary.json")


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    good(tmp_path)
    with pytest.raises(DataError, match="could not be written"):
        save_baseline(tmp_path / "good.json" / "below.json", load_baseline(tmp_path / "good.json"))


def test_scikit_learn_is_loaded_by_a_fit_alone():
    heavy = "[m for m in ('sklearn', 'torch') if m in sys.modules]"
    code = f"import sys, showerkit.reconstruct.baselines; print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
