"""A small valid input for every reader of geometries and of settings."""

from __future__ import annotations

import json
from pathlib import Path

import yaml


def written(text: str):
    """A file of this text."""

    def make(path: Path) -> Path:
        path.write_text(text, encoding="utf-8")
        return path

    return make


def settings(**values):
    """A YAML file of these values."""
    return written(yaml.safe_dump(values, sort_keys=False))


_PLACED = "".join(
    f'<physvol copynumber="{n}"><volumeref ref="crystal"/>'
    f'<position name="p{n}" x="{20 * n - 10}" y="0" z="0" unit="mm"/></physvol>'
    for n in (0, 1)
)
GDML = f"""<?xml version="1.0" encoding="UTF-8"?>
<gdml>
<define><constant name="half" value="2*5"/><variable name="w" value="half*sin(pi/2)"/>
  <position name="back" x="0" y="0" z="60" unit="mm"/><rotation name="turned" z="90" unit="deg"/></define>
<materials>
  <element name="Si" formula="Si" Z="14"><atom value="28.09"/></element>
  <material name="glass"><D value="2.5" unit="g/cm3"/><fraction n="1" ref="Si"/></material></materials>
<solids>
  <box name="world-box" x="2" y="2" z="2" lunit="m"/>
  <box name="module-box" x="100" y="100" z="50" lunit="mm"/>
  <box name="row-box" x="40" y="10" z="10" lunit="mm"/>
  <box name="crystal-box" x="half" y="w" z="40" lunit="mm"/>
</solids>
<structure>
  <volume name="crystal"><materialref ref="glass"/><solidref ref="crystal-box"/>
    <auxiliary auxtype="SensDet" auxvalue="calo"/></volume>
  <volume name="module"><materialref ref="glass"/><solidref ref="module-box"/>{_PLACED}</volume>
  <volume name="world"><materialref ref="glass"/><solidref ref="world-box"/>
    <physvol copynumber="3"><volumeref ref="module"/></physvol>
    <physvol copynumber="5"><volumeref ref="module"/><positionref ref="back"/><rotationref ref="turned"/>
    </physvol></volume>
</structure>
<setup name="Default" version="1.0"><world ref="world"/></setup>
</gdml>
"""


def gdml_of_shipped(path: Path) -> Path:
    """A shipped detector as GDML, with rows and columns as replicas."""
    from showerkit.geometry import load_detector
    from showerkit.geometry.gdml_file import write_gdml

    return write_gdml(load_detector("zdc-ecal"), path)[0]


def gdml_description(path: Path) -> Path:
    """The YAML file beside a GDML file."""
    path.with_name("a.gdml").write_text(GDML)
    values = {
        "name": "module", "title": "a module", "gdml": "a.gdml", "sensitive": ["crystal"],
        "face_mm": [0.0, 0.0, -20.0], "pitch_mm": [20.0, 20.0], "gun_distance_mm": 100.0,
    }  # fmt: skip
    return settings(**values)(path)


voxel_geometry = settings(
    name="mine", title="my voxels", threshold_mev=0.5,
    layers=[
        {"repeat": 2, "radial_edges_mm": [0, 1, 2, 4], "angular_bins": 8, "centre_limit_mm": 3,
         "width_limit_mm": 3, "radial_centre_limit_mm": 4, "radial_width_limit_mm": 2},
        {"radial_edges_mm": [0, 3], "angular_bins": 1},
    ],
)  # fmt: skip
SEARCH_SPACE = {
    "seed": 3, "startup_trials": 2, "pruning": {"kind": "median", "startup_trials": 2, "warmup_epochs": 1},
    "parameters": {
        "training.learning_rate": {"kind": "float", "low": 1e-4, "high": 1e-2, "log": True},
        "training.batch_size": {"kind": "int", "low": 32, "high": 256, "step": 32},
        "model.hidden": {"kind": "choice", "choices": [8, 16]},
    },
}  # fmt: skip
search_space = settings(**SEARCH_SPACE)
overrides = written("training.epochs=3\nmodel.inputs=[energy, px]\nname=a\nmodel={kind: mask-value}\n")
family_recipe = settings(
    name="small", base="cnn3d", training={"epochs": 2, "pretraining_epochs": 1}, augmentation={"flip": False}
)


def seltzer_berger(path: Path) -> Path:
    """Three energies and four ratios of two elements, as Geant4 lays them out."""
    energies, ratios = "1.0E+00 2.0E+00 5.0E+00", "0.1 0.4 0.7 1.0"
    rows = "\n".join(" ".join(f"{1 + n + 0.1 * m:.2f}" for m in range(3)) for n in range(8))
    path.write_text(f"sizes\n 3 4\n{energies}\n{ratios}\ncross sections\n{rows}\n")
    return path


def run_folder(part: str):
    """What a training leaves in its folder, of which one file is changed."""

    def make(path: Path) -> Path:
        from showerkit.train.recipe import TrainingRecipe
        from showerkit.train.run_directory import RunDirectory, recipe_text

        run = RunDirectory(path)
        run.checkpoints.mkdir(parents=True)
        run.recipe.write_text(recipe_text(TrainingRecipe(name="small")))
        run.environment.write_text(json.dumps({"data_fingerprint": "abc", "threads": 1}))
        run.status.write_text(json.dumps({"state": "running", "epochs_done": 1, "epochs": 3}))
        return path / part

    return make


def tuning_settings(path: Path) -> Path:
    """What a study of hyperparameters was begun with."""
    from showerkit.workflow.tuning_folder import TuningFolder

    folder = TuningFolder(path)
    folder.settings.parent.mkdir(parents=True)
    folder.settings.write_text(json.dumps({"recipe": {"model": {}}, "search space": {}, "data": "abc"}))
    return folder.settings


def study(path: Path) -> Path:
    """The journal of a study with five trials, of which one failed and one ran away."""
    from showerkit.configuration import parse_config
    from showerkit.train.search_space import SearchSpace
    from showerkit.workflow.tuning_study import TuningStudy

    made = TuningStudy(path, parse_config(SearchSpace, SEARCH_SPACE, source="test"))
    for number in range(6):
        trial, _ = made.ask()
        trial.report(1.0 + number, 0)
        if number < 4:
            made.tell(trial, "finished", value=1.0 / (1 + number), epochs=3, seconds=1.5, objective="loss")
        else:
            made.tell(trial, "failed" if number == 4 else "diverged", failure="a reason")
    return path
