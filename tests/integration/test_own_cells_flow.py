"""A surrogate of cells that are no regular grid: trained, generated from, judged, distilled and exported."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from showerkit.data.records import Showers
from showerkit.data.schema import FileMetadata
from showerkit.data.shower_file import read_showers
from showerkit.data.shower_writer import ShowerWriter
from showerkit.errors import ConfigurationError, GeometryError
from showerkit.export.onnx_file import OnnxModel
from showerkit.generate.generator import shower_generator
from showerkit.geometry import load_detector
from showerkit.rng import generator
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.train.checkpoint import load_checkpoint
from showerkit.train.shower_flow_recipe import ShowerFlowRecipe
from showerkit.workflow.evaluate import evaluate
from showerkit.workflow.export import export
from showerkit.workflow.generate import generate
from showerkit.workflow.train import train
from showerkit.workflow.validate import validate

N = 160
SMALL = {
    "frame": "fixed",
    "depth_mm": 30,
    "energies": {"transforms": 1, "hidden": 8, "layers": 1},
    "shape": {"transforms": 1, "hidden": 8, "layers": 1},
    "marginals": {"hidden": 8},
    "network": {"kind": "dense", "hidden": 8, "blocks": 1, "code": 8},
    "solver": {"kind": "euler", "steps": 2},
}
TRAINING = {"epochs": 1, "batch_size": 64, "marginals": {"epochs": 1, "batch_size": 64}}


def recipe(**values: object) -> ShowerFlowRecipe:
    return ShowerFlowRecipe.model_validate({"name": "bricks", "model": SMALL, "training": TRAINING} | values)


@pytest.fixture(scope="module")
def showers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Showers about the lines of flight of electrons and photons from all over the face; some are empty."""
    path = tmp_path_factory.mktemp("own-cells") / "toy.h5"
    detector = load_detector("staggered-ecal")
    primaries = PrimaryConfig(
        particles=("e-", "gamma"),
        energy_gev=(0.5, 5.0),
        theta_deg=(0.0, 10.0),
        phi_deg=(-180.0, 180.0),
        position_mm=((-30.0, 30.0), (-30.0, 30.0)),
    )
    ids = np.arange(N)
    incident = primaries.sample(3, ids, detector)
    cells = detector.cell_map
    depth = cells.position_mm[None, :, 2:]
    slope = (incident.direction[:, :2] / incident.direction[:, 2:])[:, None]
    at = incident.entry_point_mm()[:, None] + depth * slope
    distance = np.linalg.norm(cells.position_mm[None, :, :2] - at, axis=-1)
    mean = 0.002 * incident.energy_mev[:, None] * np.exp(-distance / 10.0) * cells.present
    energy = generator(3, "toy").gamma(0.7, 1.0, mean.shape) * mean / 0.7
    energy[energy < 0.1] = 0.0
    energy[:3] = 0.0
    metadata = FileMetadata(generator="toy", kind="model", detector=detector, seed=3)
    with ShowerWriter(path, metadata) as writer:
        writer.append(Showers(incident, energy.astype(np.float32), ids))
    return path


@pytest.fixture(scope="module")
def run(showers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "flow"
    train(recipe(), showers, folder)
    return folder


def test_generated_showers_lie_in_cells_alone_and_are_judged(
    run: Path, showers: Path, tmp_path: Path
) -> None:
    made = tmp_path / "made.h5"
    generate(run, made, like=showers, seed=5, with_mask=True)
    assert validate(made) == []
    some = read_showers(made)
    absent = ~load_detector("staggered-ecal").cell_map.present
    assert not some.energy_mev[:, absent].any()
    assert some.mask_probability is not None
    assert not some.mask_probability[:, absent].any()
    hits = (some.energy_mev > 0.0).sum(axis=1)
    # No more than electrons and photons have, but for rounding.
    assert bool((some.energy_mev.sum(axis=1) <= some.incident.energy_mev * (1.0 + 1e-5) + 1e-5 * hits).all())
    evaluate(showers, [made], tmp_path / "report", bootstrap=10)
    metrics = json.loads((tmp_path / "report" / "metrics.json").read_text())
    assert metrics["detector"] == "staggered-ecal"
    assert metrics["candidates"][0]["n_events"] == N


def test_an_event_does_not_depend_on_its_company(run: Path, showers: Path) -> None:
    maker = shower_generator(load_checkpoint(run / "model.skm"), device="cpu")
    asked = read_showers(showers)
    whole = maker.generate(asked.incident, asked.event_id, seed=2).energy_mev
    for rows in (np.array([7, 150, 33]), np.arange(40, 80)):
        alone = maker.generate(asked.incident[rows], asked.event_id[rows], seed=2).energy_mev
        np.testing.assert_allclose(alone, whole[rows], rtol=1e-3, atol=1e-6)


def test_showers_follow_the_line_of_flight(run: Path, showers: Path) -> None:
    """Even a network that has hardly learnt draws centres about where the particle crosses."""
    maker = shower_generator(load_checkpoint(run / "model.skm"), device="cpu")
    asked = read_showers(showers)
    energy = maker.generate(asked.incident, asked.event_id, seed=2).energy_mev
    several = (energy > 0.0).sum(axis=1) > 8
    position = load_detector("staggered-ecal").cell_map.position_mm[:, :2]
    centre = energy[several] @ position / energy[several].sum(axis=1, keepdims=True)
    direction = asked.incident.direction
    crossing = asked.incident.entry_point_mm() + 30.0 * direction[:, :2] / direction[:, 2:]
    correlation = np.corrcoef(centre.T, crossing[several].T)
    # Four standard deviations of what unrelated numbers have.
    assert min(correlation[0, 2], correlation[1, 3]) > 4.0 / np.sqrt(several.sum())


@pytest.mark.slow
def test_exported_with_all_cells_told_one_by_one(run: Path, showers: Path, tmp_path: Path) -> None:
    file = export(run, tmp_path / "flow.onnx")
    cells = OnnxModel(file, threads=1).description.cells
    detector = load_detector("staggered-ecal")
    assert cells.pitch_x_mm is None
    assert cells.number == detector.n_cells
    np.testing.assert_allclose(cells.centres_x_mm, detector.cell_map.position_mm[:, 0])
    assert (np.array(cells.widths_y_mm) > 0.0).tolist() == detector.cell_map.present.tolist()
    generate(file, tmp_path / "onnx.h5", like=showers, n=20, seed=4)
    generate(run, tmp_path / "torch.h5", like=showers, n=20, seed=4)
    assert validate(tmp_path / "onnx.h5") == []
    both = [read_showers(tmp_path / f"{name}.h5").energy_mev for name in ("onnx", "torch")]
    same = ((both[0] > 0.0) == (both[1] > 0.0)).all(axis=1)
    assert same.mean() > 0.7  # rounding of what is drawn in double precision decides on hits at the threshold
    np.testing.assert_allclose(both[0][same].sum(axis=1), both[1][same].sum(axis=1), rtol=1e-4)


def test_distilled_into_one_step(run: Path, showers: Path, tmp_path: Path) -> None:
    stage = {"start": str(run), "steps": 1, "epochs": 1, "showers": 100, "passes": 1}
    train(recipe(distillation=stage), showers, tmp_path / "fast")
    generate(tmp_path / "fast", tmp_path / "fast.h5", like=showers)
    assert validate(tmp_path / "fast.h5") == []
    elsewhere = SMALL | {"depth_mm": 0}
    with pytest.raises(ConfigurationError, match="to start from: section 'model'"):
        train(recipe(distillation=stage, model=elsewhere), showers, tmp_path / "other")


def test_windows_are_refused_and_the_other_frame_is_named(showers: Path, tmp_path: Path) -> None:
    windows = {name: value for name, value in SMALL.items() if name != "frame"}
    with pytest.raises(GeometryError, match=r"no regular grid.*frame: fixed"):
        train(recipe(model=windows), showers, tmp_path / "windows")
