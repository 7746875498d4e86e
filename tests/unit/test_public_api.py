"""The public names and their arguments, frozen: changing one is a decision, not an accident."""

from __future__ import annotations

import inspect

import pytest

import showerkit
from showerkit import workflow

NAMES = {
    "Calorimeter", "FileMetadata", "IncidentParticles", "Layer", "Material", "PrimaryConfig", "Recipe",
    "ShowerFile", "ShowerWriter", "ShowerkitError", "Showers", "Slab", "StrictConfig", "__version__",
    "detector_names", "load_detector", "load_recipe", "read_showers", "register_energy_network",
    "shipped_recipes", "workflow",
}  # fmt: skip

VERBS = {
    "compare": ["runs", "output", "title", "progress"],
    "convert": ["file", "output", "to", "options", "overwrite", "progress"],
    "doctor": [],
    "evaluate": [
        "reference", "candidates", "output", "floor", "threshold_mev", "hits_only", "energy_bin_mev",
        "response_bins",
        "histogram_bins", "bootstrap", "event_images", "seed", "two_samples", "jets", "calibrated_jets",
        "training", "models", "page", "title", "geometry", "progress",
    ],
    "export": ["model", "output", "solver", "steps", "overwrite", "progress"],
    "generate": [
        "model", "output", "n", "like", "of_class", "seed", "with_mask", "allow_out_of_range", "solver",
        "steps", "overwrite", "progress",
    ],
    "images": ["output", "config", "idx_images", "idx_labels", "part", "overwrite", "progress"],
    "patterns": ["reference", "candidates", "output", "config", "progress"],
    "plan_production": [
        "detector", "n", "primaries", "like", "seed", "workers", "cluster", "cut_mm", "shard_size",
        "measured_on", "progress",
    ],
    "profile": ["file", "output", "config", "progress"],
    "reconstruct": ["model", "file", "output", "overwrite", "progress"],
    "run": ["recipe", "output", "data", "overrides", "workers", "resume", "progress"],
    "simulate": [
        "detector", "output", "n", "primaries", "like", "seed", "workers", "cluster", "cut_mm", "shard_size",
        "fast_sim", "fast_sim_above_gev", "fast_sim_also", "resume", "overwrite", "progress",
    ],
    "simulate_jets": [
        "process", "output", "n", "seed", "workers", "cluster", "resume", "overwrite", "progress",
    ],
    "simulate_calibration_jets": [
        "config", "output", "n", "seed", "workers", "cluster", "resume", "overwrite", "progress",
    ],
    "train": ["recipe", "data", "output", "overrides", "resume", "progress"],
    "tune": [
        "recipe", "output", "trials", "data", "space", "overrides", "timeout_min", "resume", "progress",
    ],
    "validate": ["path", "progress"],
    "view": ["files", "output", "events", "threshold_mev", "seed", "progress"],
}  # fmt: skip


def test_public_names():
    assert set(showerkit.__all__) == NAMES
    assert dir(showerkit) == sorted(NAMES)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_public_name_is_there(name):
    assert getattr(showerkit, name) is not None


def test_unknown_name():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = showerkit.nonsense


def test_verbs():
    assert set(workflow.__all__) == set(VERBS)


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_arguments_of_verbs(verb):
    assert list(inspect.signature(getattr(workflow, verb)).parameters) == VERBS[verb]


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_verbs_are_functions_whatever_was_imported_first(verb):
    # `showerkit.workflow.simulate` is a module as well as a function: the function wins.
    assert inspect.isfunction(getattr(workflow, verb))
