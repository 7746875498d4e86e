from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from showerkit.configuration import StrictConfig, parse_config
from showerkit.errors import FileFormatError
from showerkit.models.energy_baseline_config import AnyBaselineConfig
from showerkit.reconstruct.baselines import baseline_from_dict, fit_baseline

from .toy_calorimeter import SHAPE, batches, toy_showers


class Section(StrictConfig):
    baseline: AnyBaselineConfig


CONFIGS = (
    {"kind": "linear-total"},
    {"kind": "linear-layers", "quantity": "deposits"},
    {"kind": "boosted-trees", "trees": 5},
)


@pytest.mark.parametrize("values", CONFIGS, ids=lambda values: values["kind"])
def test_fit_write_read_predict(values):
    config = parse_config(Section, {"baseline": values}, source="recipe").baseline
    showers = toy_showers(500, profile_spread=0.2)
    baseline = fit_baseline(config, batches(showers), SHAPE)
    again = baseline_from_dict(json.loads(json.dumps(baseline.to_dict())))
    np.testing.assert_array_equal(again.predict(showers), baseline.predict(showers))
    assert baseline.predict(showers).shape == (500,)
    residual = baseline.predict(showers) - showers.incident.energy_mev
    assert residual.std() < 0.5 * showers.incident.energy_mev.std()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "linear-totel"}, "linear-total"),
        ({"kind": None}, "'kind'"),
        ({"ridge": -1}, "ridge"),
        ({"n_events": float("nan")}, "n_events"),
    ],
)
def test_wrong_values_are_one_line(changes, words):
    config = parse_config(Section, {"baseline": CONFIGS[0]}, source="recipe").baseline
    good = fit_baseline(config, [toy_showers(50)], SHAPE).to_dict()
    with pytest.raises(FileFormatError, match=words) as caught:
        baseline_from_dict({**good, **changes}, "fit")
    assert "\n" not in str(caught.value)


def test_scikit_learn_is_loaded_by_a_fit_alone():
    heavy = "[m for m in ('sklearn', 'torch') if m in sys.modules]"
    code = f"import sys, showerkit.reconstruct.baselines; print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
