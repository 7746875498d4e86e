"""Readers of geometries, of ROOT files, of archives, of folders of trainings and of studies."""

from __future__ import annotations

import shutil
from pathlib import Path

from . import archive_mutations, geometry_samples, root_samples, samples
from .archive_mutations import ARCHIVE_MUTATIONS, JOURNAL_MUTATIONS, LINE_MUTATIONS
from .gdml_mutations import GDML_MUTATIONS
from .hdf5_mutations import HDF5_MUTATIONS
from .reader import MADE, Reader
from .root_mutations import NTUPLE_MUTATIONS, RNTUPLE_MUTATIONS, TREE_MUTATIONS
from .text_mutations import TABLE_MUTATIONS
from .tree_mutations import JSON_MUTATIONS, YAML_MUTATIONS


def _source(path: Path) -> None:
    from showerkit.data.foreign.forms import open_source
    from showerkit.data.foreign.options import ForeignOptions

    with open_source(path, ForeignOptions()) as source:
        for _ in source.portions():
            pass


def _own_readout(path: Path) -> None:
    from showerkit.data.foreign.forms import open_source
    from showerkit.data.foreign.options import ForeignOptions

    options = ForeignOptions(readout=str(path / "readout.yaml"))
    with open_source(path / "a.root", options) as source:
        for _ in source.portions():
            pass


def _detector(path: Path) -> None:
    from showerkit.geometry import load_detector
    from showerkit.geometry.description import describe

    describe(load_detector(path))


def _voxel_geometry(path: Path) -> None:
    from showerkit.geometry.voxel_file import load_voxel_geometry

    load_voxel_geometry(path)


def _search_space(path: Path) -> None:
    from showerkit.configuration import load_yaml, parse_config
    from showerkit.train.search_space import SearchSpace

    space = parse_config(SearchSpace, load_yaml(path), source=str(path))
    for parameter in space.parameters.values():
        if hasattr(parameter, "extremes"):
            parameter.extremes()


def _recipe(path: Path) -> None:
    from showerkit.workflow.recipe import load_recipe, search_space_values

    load_recipe(path).training_recipe()
    search_space_values(path)


def _overrides(path: Path) -> None:
    from showerkit.train.recipe import parse_overrides

    parse_overrides(path.read_text(encoding="utf-8", errors="surrogateescape").split("\n")[:-1])


def _summary(path: Path) -> None:
    from showerkit.workflow.summary import key_figures

    key_figures(path)


def _run_folder(path: Path) -> None:
    from showerkit.train.recipe import TrainingRecipe
    from showerkit.train.run_directory import RunDirectory

    run = RunDirectory(path)
    run.read_status()
    run.read_environment()
    run.check_resumable(TrainingRecipe(name="small"), {"data_fingerprint": "abc"})


def _tuning_settings(path: Path) -> None:
    from showerkit.workflow.tuning_folder import TuningFolder

    TuningFolder(path).begun_with()


def _study(path: Path) -> None:
    from showerkit.configuration import parse_config
    from showerkit.train.search_space import SearchSpace
    from showerkit.workflow.tuning_study import TuningStudy

    made = path.with_name(MADE)
    made.mkdir()
    try:
        shutil.copyfile(path, made / "journal.jsonl")
        space = parse_config(SearchSpace, geometry_samples.SEARCH_SPACE, source="test")
        study = TuningStudy(made / "journal.jsonl", space)
        study.records()
        study.importance()
    finally:
        shutil.rmtree(made)


def _resumed_losses(path: Path) -> None:
    from showerkit.train.loss_table import rows_until

    rows_until(path, 2)


def _archive(path: Path) -> None:
    from showerkit.simulate.geant4.data_archive import unpack_archive

    made = path.with_name(MADE)
    made.mkdir()
    try:
        limits = {"max_files": 100, "max_bytes": 2 * 10**7}
        unpack_archive(path, made / "data", archive_mutations.TOP, **limits)
    finally:
        shutil.rmtree(made)


def _seltzer_berger(path: Path) -> None:
    from showerkit.simulate.geant4.seltzer_berger import read_seltzer_berger

    read_seltzer_berger(path)


MORE_READERS: dict[str, Reader] = {
    "EDM4hep": Reader("a.root", root_samples.edm4hep, _source, TREE_MUTATIONS, 0.4, needed=False),
    "EDM4hep packed": Reader(
        "a.root", root_samples.edm4hep_packed, _source, TREE_MUTATIONS, 0.4, needed=False
    ),
    "EDM4hep RNTuple": Reader(
        "a.root", root_samples.edm4hep_rntuple, _source, RNTUPLE_MUTATIONS, 0.4, needed=False
    ),
    "readout": Reader("in", root_samples.readout, _own_readout, YAML_MUTATIONS),
    "ntuple": Reader("a.root", samples.converted("ntuple"), _source, NTUPLE_MUTATIONS, 0.3),
    "RNTuple": Reader("a.root", samples.converted("rntuple"), _source, NTUPLE_MUTATIONS, 0.3),
    "CaloChallenge of cells": Reader(
        "a.hdf5", samples.converted("calochallenge"), _source, HDF5_MUTATIONS, needed=False
    ),
    "Par04 of cells": Reader("a.h5", samples.converted("par04"), _source, HDF5_MUTATIONS, needed=False),
    "GDML": Reader("a.gdml", geometry_samples.written(geometry_samples.GDML), _detector, GDML_MUTATIONS),
    "GDML of a detector": Reader("a.gdml", geometry_samples.gdml_of_shipped, _detector, GDML_MUTATIONS),
    "GDML description": Reader("a.yaml", geometry_samples.gdml_description, _detector, YAML_MUTATIONS),
    "voxel geometry": Reader("a.yaml", geometry_samples.voxel_geometry, _voxel_geometry, YAML_MUTATIONS),
    "search space": Reader("a.yaml", geometry_samples.search_space, _search_space, YAML_MUTATIONS),
    "recipe of regression": Reader("a.yaml", geometry_samples.family_recipe, _recipe, YAML_MUTATIONS),
    "settings in words": Reader(
        "a.txt", geometry_samples.overrides, _overrides, LINE_MUTATIONS, needed=False
    ),
    "summary": Reader("metrics.json", samples.metrics, _summary, JSON_MUTATIONS),
    "training: recipe": Reader(
        "run", geometry_samples.run_folder("recipe.yaml"), _run_folder, YAML_MUTATIONS
    ),
    "training: status": Reader(
        "run", geometry_samples.run_folder("status.json"), _run_folder, JSON_MUTATIONS
    ),
    "training: environment": Reader(
        "run", geometry_samples.run_folder("environment.json"), _run_folder, JSON_MUTATIONS
    ),
    "study: settings": Reader("study", geometry_samples.tuning_settings, _tuning_settings, JSON_MUTATIONS),
    "study: journal": Reader(
        "journal.jsonl", geometry_samples.study, _study, JOURNAL_MUTATIONS, needed=False
    ),
    "resumed losses": Reader("metrics.csv", samples.loss_table, _resumed_losses, TABLE_MUTATIONS),
    "archive of data": Reader(
        "a.tar.gz", archive_mutations.archive, _archive, ARCHIVE_MUTATIONS, needed=False
    ),
    "Seltzer-Berger": Reader(
        "a.dat", geometry_samples.seltzer_berger, _seltzer_berger, LINE_MUTATIONS, needed=False
    ),
}
