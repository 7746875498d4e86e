"""A small valid input for every reader."""

from __future__ import annotations

import gzip
import json
import shutil
import struct
from pathlib import Path

import h5py
import numpy as np
import yaml

from ..integration.view_samples import make_showers, write_jets, write_matched_jets, write_showers


def showers(path: Path) -> Path:
    return write_showers(path, make_showers("zdc-ecal", 12))


def shower_folder(path: Path) -> Path:
    for name in ("a.h5", "b.h5"):
        write_showers(path / name, make_showers("zdc-ecal", 5))
    return path / "b.h5"


def converted(form: str):
    """The same showers in the form of another project."""

    def make(path: Path) -> Path:
        from showerkit.workflow import convert

        convert(showers(path.with_name("own.h5")), path, to=form)
        path.with_name("own.h5").unlink()
        return path

    return make


def shard_index(path: Path) -> Path:
    from showerkit.data.shard_index import INDEX_NAME
    from showerkit.data.shower_file import ShowerFile

    shower_folder(path)
    with ShowerFile(path) as file:
        file.write_index()
    return path / INDEX_NAME


def jets(path: Path) -> Path:
    return write_jets(path, 10)


def matched_jets(path: Path) -> Path:
    return write_matched_jets(path, 10)


def jetnet(path: Path) -> Path:
    random = np.random.default_rng(1)
    features = np.concatenate([random.normal(0, 0.1, (9, 30, 3)), np.ones((9, 30, 1))], axis=2)
    with h5py.File(path, "w") as file:
        file.create_dataset("particle_features", data=features, chunks=(4, 30, 4), compression="gzip")
        file["jet_features"] = np.stack([np.full(9, v) for v in (900.0, 0.1, 80.0, 30.0)], axis=1)
    return path


def hls4ml(path: Path) -> Path:
    particle = ["px", "py", "pz", "pt", "ptrel", "etarel", "phirel"]
    jet = ["pt", "eta", "mass", *"gqwzt"]
    random = np.random.default_rng(1)
    table = np.tile([900.0, 0.1, 80.0, 1.0, 0.0, 0.0, 0.0, 0.0], (6, 1))
    with h5py.File(path, "w") as file:
        file["jetConstituentList"] = random.exponential(1.0, (6, 20, len(particle)))
        file["jets"] = table
        file["particleFeatureNames"] = np.array([f"j1_{name}" for name in particle], dtype="S")
        file["jetFeatureNames"] = np.array([f"j_{name}" for name in jet], dtype="S")
    return path


def images(path: Path) -> Path:
    from showerkit.data.image_file import ImageFileMetadata, ImageWriter
    from showerkit.data.sparse_images import SparseImages

    random = np.random.default_rng(1)
    mask = np.arange(4) < random.integers(1, 5, 9)[:, None]
    points = random.uniform(0.0, 1.0, (9, 4, 3)).astype(np.float32) * mask[:, :, None]
    metadata = ImageFileMetadata(generator="drawn", kind="digits", n_points=4, settings={"digits": [8]})
    with ImageWriter(path, metadata) as writer:
        writer.append(SparseImages(points, mask, random.integers(0, 10, 9)))
    return path


def energies(path: Path) -> Path:
    from showerkit.data.energy_file import EnergyFileMetadata, EnergyWriter
    from showerkit.data.reconstructed import ReconstructedEnergies
    from showerkit.geometry import load_detector

    made = make_showers("toy-hcal", 9)
    found = made.incident.energy_mev
    metadata = EnergyFileMetadata(
        detector=load_detector("toy-hcal"), model={"name": "double", "coverage": 0.68},
        shower_fingerprint="ab" * 32, shower_generator="toy", versions={"showerkit": "1"},
    )  # fmt: skip
    with EnergyWriter(path, metadata) as writer:
        columns = (made.event_id, found, 0.1 * found, 0.9 * found, 1.1 * found)
        writer.append(ReconstructedEnergies(*columns), made.incident)
    return path


def calibrated_jets(path: Path) -> Path:
    from showerkit.data.calibrated_jet_file import CalibratedJetMetadata, CalibratedJetWriter
    from showerkit.data.calibrated_pt import CalibratedPt

    pt = np.linspace(30.0, 150.0, 9)
    metadata = CalibratedJetMetadata(
        model={"name": "network", "kind": "particle-flow", "coverage": 0.68},
        jet_fingerprint="ab" * 32, jet_generator="toy", versions={"showerkit": "1"},
    )  # fmt: skip
    with CalibratedJetWriter(path, metadata) as writer:
        writer.append(CalibratedPt(np.arange(9), pt, 0.1 * pt, 0.9 * pt, 1.1 * pt))
    return path


def calochallenge(path: Path) -> Path:
    from showerkit.data.calochallenge_file import as_calochallenge, write_calochallenge

    random = np.random.default_rng(1)
    write_calochallenge(path, [as_calochallenge(random.gamma(2.0, 1e3, 9), random.gamma(1.0, 1.0, (9, 24)))])
    return path


def par04(path: Path) -> Path:
    random = np.random.default_rng(2)
    with h5py.File(path, "w") as file:
        file["showers"] = random.gamma(1.0, 1.0, (6, 3, 4, 5)).astype(np.float32)
        for name in ("energy", "theta", "phi"):
            file[f"incident_{name}"] = random.uniform(0.5, 1.5, 6)
    return path


def par04_by_energy(path: Path) -> Path:
    random = np.random.default_rng(3)
    with h5py.File(path, "w") as file:
        file["64"], file["8.5"] = random.random((2, 3, 4, 5)), random.random((3, 3, 4, 5))
    return path


def idx_images(path: Path) -> Path:
    content = struct.pack(">4I", 0x0803, 5, 7, 6) + bytes(range(210))
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def shower_model(path: Path) -> Path:
    """A mask-and-value generator that nobody trained."""
    from showerkit.geometry import load_detector
    from showerkit.losses.mask_value_config import MaskValueLossConfig
    from showerkit.models.mask_value_config import MaskValueConfig
    from showerkit.models.registry import build_model
    from showerkit.train.checkpoint import Checkpoint, CheckpointMeta, save_checkpoint

    config = MaskValueConfig(hidden=2, inputs=("energy",))
    scaled = {"inputs": ["energy"], "normalisation": "s2", "offset": [1.0], "scale": [2e4]}
    meta = CheckpointMeta(
        name="tiny", model=config, loss=MaskValueLossConfig(), condition_transform=scaled,
        energy_transform={"kind": "linear", "threshold_mev": 0.1, "scale_mev": 8000.0},
        detector=load_detector("zdc-ecal"), threshold_mev=0.1, valid_range={"energy": (1.0, 20000.0)},
        particles=(11,), seed=1, data_fingerprint="abc", n_train=1000,
    )  # fmt: skip
    save_checkpoint(path, Checkpoint(meta, dict(build_model(config, seed=1).state_dict())))
    return path


def window_model(path: Path) -> Path:
    """A generator of windows that nobody trained."""
    from showerkit.losses.energy_score_config import EnergyScoreConfig
    from showerkit.models.entry_window_config import EntryWindowConfig
    from showerkit.models.registry import build_model
    from showerkit.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint

    like = load_checkpoint(shower_model(path)).meta
    config = EntryWindowConfig(cells_across=3, random_inputs=2, hidden=4, hidden_layers=1, depth_mm=10.0)
    limits = {"theta": (0.0, 0.4), "phi": (-3.15, 3.15), "x": (-15.15, 15.15), "y": (-15.15, 15.15)}
    meta = like.model_copy(
        update={
            "model": config,
            "loss": EnergyScoreConfig(),
            "condition_transform": {
                "mean": [1e4, 8.9, 0.1, 0.1, 0.0, 0.0], "width": [5e3, 1.0, 0.1, 0.0, 0.3, 0.3],
            },
            "energy_transform": {},
            "valid_range": {**like.valid_range, **limits},
        }
    )  # fmt: skip
    save_checkpoint(path, Checkpoint(meta, dict(build_model(config, seed=1, layers=1).state_dict())))
    return path


def shipped_model(name: str):
    """Copy a shipped model."""

    def copy(path: Path) -> Path:
        from showerkit.train.model_store import resolve_model

        shutil.copyfile(resolve_model(name), path)
        return path

    return copy


def exported(path: Path) -> Path:
    from showerkit.workflow import export

    export(window_model(path.with_suffix(".skm")), path)
    for left in path.parent.iterdir():
        if left != path:
            left.unlink()
    return path


def training_state(path: Path) -> Path:
    import torch

    weights = {"network.a": torch.zeros(3, 4), "network.b": torch.ones(7)}
    torch.save({"state_dict": weights, "epoch": 3, "callbacks": {"x": {"best": 1.0}}}, path)
    return path


def recipe(path: Path) -> Path:
    text = {
        "name": "small", "base": "regression", "detector": "zdc-ecal",
        "simulate": {"train": 100, "test": 20, "primaries": {"particles": ["e-"], "energy_gev": [0.0, 20.0]}},
        "model": {"kind": "mask-value", "hidden": 8}, "loss": {"value_weight": 200.0},
        "training": {"epochs": 3, "batch_size": 32, "seed": 1},
    }  # fmt: skip
    path.write_text(yaml.safe_dump(text, sort_keys=False))
    return path


def jet_recipe(path: Path) -> Path:
    text = {
        "name": "small",
        "base": "jet-energy-pfn",
        "training": {"epochs": 20},
        "model": {"phi": [8, 8], "f": [8]},
    }
    path.write_text(yaml.safe_dump(text, sort_keys=False))
    return path


def detector(path: Path) -> Path:
    lead = {"material": "lead", "thickness_mm": 2.0}
    glass = {"name": "glass", "density_g_cm3": 4.0, "mass_fractions": {"Pb": 0.7, "O": 0.3}}
    text = {
        "name": "my-ecal", "title": "lead and scintillator", "cells": [12, 12], "cell_mm": 20.0,
        "pitch_mm": 20.2,
        "frame": "carbon-fibre", "gun_distance_mm": 100,
        "materials": [glass],
        "layers": [
            {"material": "polystyrene", "thickness_mm": 4.0, "before": [lead], "repeat": 14},
            {"material": "glass", "thickness_mm": 9.0},
        ],
        "upstream": [{**lead, "distance_mm": 10.0}],
    }  # fmt: skip
    path.write_text(yaml.safe_dump(text, sort_keys=False))
    return path


def cluster(path: Path) -> Path:
    text = {
        "kind": "slurm", "jobs": 20, "cores": 16, "memory_gb_per_core": 2.0, "queue": "long", "walltime_h": 4,
        "prologue": ["module load python"], "directives": ["--exclusive"], "folder": "jobs",
    }  # fmt: skip
    path.write_text(yaml.safe_dump(text, sort_keys=False))
    return path


def binning(path: Path) -> Path:
    layers = "".join(f'<Layer id="{n}" r_edges="0,1,2,4" n_bin_alpha="8"/>' for n in range(3))
    path.write_text(f'<Bins><Bin pid="22" name="photon">{layers}</Bin></Bins>')
    return path


def timing(path: Path) -> Path:
    from showerkit.data.timing import timing_path, write_timing

    write_timing(path, generator="toy", n_showers=9, wall_s=3.0, cpu_s=2.0, workers=1)
    return timing_path(path)


def chain_state(path: Path) -> Path:
    from showerkit.workflow.steps import Steps

    path.mkdir()
    (path / "a.h5").write_bytes(b"a")
    steps = Steps(path)
    steps.begin("train", "abc")
    steps.finish("train", "abc", [path / "a.h5"])
    steps.begin("test", "def")
    return path / "state.json"


PLAN = {"seed": 1, "n": 8, "detector": {"name": "zdc-ecal"}, "cut_mm": 0.7}


def partial_plan(path: Path) -> Path:
    from showerkit.data.chunks import ChunkStore

    store = ChunkStore(path, PLAN)
    store.write(0, make_showers("zdc-ecal", 4), note="a")
    return store.folder / "plan.json"


def partial_chunk(path: Path) -> Path:
    partial_plan(path)
    return path.with_name(f"{path.name}.partial") / "0000000.npz"


def loss_table(path: Path) -> Path:
    path.write_text("epoch,train_loss,validation_loss,seconds\n1,3,2.5,100\n2,2,1.5,100\n3,1.5,1.25,100\n")
    return path


def finished_run(part: str):
    """A finished run, of which one file is changed."""

    def make(path: Path) -> Path:
        from showerkit.workflow.recipe import load_recipe

        (path / "report").mkdir(parents=True)
        (path / "model").mkdir()
        metrics(path / "report" / "metrics.json")
        values = load_recipe("regression").model_dump(mode="json")
        (path / "recipe.yaml").write_text(yaml.safe_dump(values))
        (path / "model" / "status.json").write_text(
            json.dumps({"state": "finished", "epochs_done": 3, "epochs": 3})
        )
        notes = {"data_events": 1234, "threads": 1, "machine": "a small machine, 2 cores"}
        (path / "model" / "environment.json").write_text(json.dumps(notes))
        loss_table(path / "model" / "metrics.csv")
        return path / part

    return make


def metrics(path: Path) -> Path:
    """The metrics of an evaluation, cut down to what is read back."""
    one = {
        "key": "a",
        "label": "A",
        "unit": "%",
        "group": "g",
        "kind": "distance",
        "value": 1.0,
        "error": 0.1,
    }
    distance = {
        "edges_mev": [0.0, 1.0, 2.0], "events": [[3.0, 4.0], [3.0, 4.0]],
        **{key: [0.1, None] for key in ("mse", "error", "expected")},
        **dict.fromkeys(
            ("mean", "mean_error", "mean_expected", "worst", "worst_error", "worst_expected",
            "worst_energy_mev"),
            0.5,
        ),
    }  # fmt: skip
    curve = {"x": [1.0, 2.0], "edges": [0.5, 1.5, 2.5], "y": [1.0, None], "error": [0.1, 0.1]}
    sample = {
        "name": "a", "generator": "toy", "seed": 1, "n_events": 9, "timing": None,
        "curves": {"response": curve},
    }  # fmt: skip
    compared = {**sample, "paired_with_reference": True, "measures": {"a": one}, "hit_probability": distance}
    values = {
        "detector": "zdc-ecal", "notes": ["a note"], "reference": sample, "floor": compared,
        "candidates": [compared],
        "settings": {"threshold_mev": 0.1, "energy_bin_mev": 100.0, "seed": 1, "bootstrap": 20},
    }  # fmt: skip
    path.write_text(json.dumps(values, indent=1))
    return path
