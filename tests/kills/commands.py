"""The commands that are killed, each of a few seconds."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from ..integration.view_samples import make_showers, write_showers
from .killing import Command, digest


def _nothing(folder: Path) -> None:
    """Begin in an empty folder."""


def _showers(folder: Path) -> None:
    write_showers(folder / "showers.h5", make_showers("zdc-ecal", 300))
    recipe = {
        "name": "small", "model": {"hidden": 4, "inputs": ["energy"]},
        "training": {"epochs": 5, "batch_size": 32, "schedule": {"kind": "one-cycle"}},
    }  # fmt: skip
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))


def _chain(folder: Path) -> None:
    recipe = {
        "name": "small", "detector": "zdc-ecal",
        "simulate": {"train": 60, "test": 20, "primaries": {"particles": ["e-"], "energy_gev": [0.1, 0.5]}},
        "model": {"hidden": 4, "inputs": ["energy"]}, "training": {"epochs": 2, "batch_size": 16},
        "evaluate": {"bootstrap": 10, "event_images": 1, "energy_bin_mev": 250.0, "response_bins": 2},
    }  # fmt: skip
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))


def file_bytes(*names: str):
    """The bytes of files."""

    def result(folder: Path) -> dict[str, str]:
        return {name: digest(folder / name) for name in names}

    return result


def ntuple(folder: Path) -> dict[str, str]:
    """The showers of a ROOT file, whose bytes hold the time of writing."""
    from showerkit.data.foreign.forms import open_source
    from showerkit.data.foreign.options import ForeignOptions

    if not (folder / "b.root").exists():
        raise FileNotFoundError(folder / "b.root")
    digests = []
    with open_source(folder / "b.root", ForeignOptions()) as source:
        for showers in source.portions():
            arrays = (showers.energy_mev, showers.incident.momentum_mev, showers.event_id)
            digests.append(hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest())
    return {"b.root": json.dumps(digests)}


def shards(folder: Path) -> dict[str, str]:
    """The bytes of all shards."""
    return {path.name: digest(path) for path in sorted((folder / "shards").glob("*.h5"))}


def model(path: Path) -> dict[str, str]:
    """The weights of a model, one by one."""
    from showerkit.train.checkpoint import load_checkpoint

    weights = load_checkpoint(path).weights
    return {
        name: hashlib.sha256(np.ascontiguousarray(w.numpy()).tobytes()).hexdigest()
        for name, w in weights.items()
    }


def training(folder: Path) -> dict[str, str]:
    """Weights and losses."""
    losses = [line.split(",")[:3] for line in (folder / "run" / "metrics.csv").read_text().splitlines()]
    return {**model(folder / "run" / "model.skm"), "losses": json.dumps(losses)}


def chain(folder: Path) -> dict[str, str]:
    """Samples, weights and all figures of merit but times."""
    run = folder / "run"
    samples = {path.name: digest(path) for path in sorted((run / "data").glob("*.h5"))}
    samples |= {path.name: digest(path) for path in sorted((run / "generated").glob("*.h5"))}
    metrics = _without_times(json.loads((run / "report" / "metrics.json").read_text()))
    return {**samples, **model(run / "model" / "model.skm"), "metrics": json.dumps(metrics, sort_keys=True)}


def _without_times(values: Any) -> Any:
    if isinstance(values, dict):
        return {
            key: _without_times(value)
            for key, value in values.items()
            if key not in ("timing", "speed", "times")
        }
    return [_without_times(value) for value in values] if isinstance(values, list) else values


SIMULATE = ["simulate", "zdc-ecal", "--energy", "0.1:0.5", "--workers", "1"]
CONVERT = ["convert", "showers.h5", "--overwrite", "-o"]
COMMANDS = [
    Command("simulate", [*SIMULATE, "-n", "200", "-o", "a.h5"], _nothing, file_bytes("a.h5")),
    Command(
        "simulate shards", [*SIMULATE, "-n", "160", "--shard-size", "64", "-o", "shards"], _nothing, shards
    ),
    Command("train", ["train", "recipe.yaml", "--data", "showers.h5", "-o", "run"], _showers, training),
    Command("run", ["run", "recipe.yaml", "-o", "run", "--workers", "1"], _chain, chain),
    Command("convert", [*CONVERT, "b.root"], _showers, ntuple, resumes=False),
    Command(
        "convert to voxels",
        [*CONVERT, "b.hdf5", "--to", "calochallenge"],
        _showers,
        file_bytes("b.hdf5"),
        resumes=False,
    ),
]
BY_NAME = {command.name: command for command in COMMANDS}
