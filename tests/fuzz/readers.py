"""Everything that reads a file from outside, each with a valid input and the changes that fit it."""

from __future__ import annotations

from pathlib import Path

from . import samples
from .hdf5_mutations import HDF5_MUTATIONS
from .model_mutations import CHUNK_MUTATIONS, MODEL_MUTATIONS, ONNX_MUTATIONS, STATE_MUTATIONS
from .more_readers import MORE_READERS
from .reader import Reader
from .text_mutations import IDX_MUTATIONS, TABLE_MUTATIONS, XML_MUTATIONS
from .tree_mutations import JSON_MUTATIONS, YAML_MUTATIONS


def _showers(path: Path) -> None:
    from showerkit.data.shower_file import ShowerFile
    from showerkit.workflow import validate

    validate(path)
    with ShowerFile(path) as file:
        for _ in file.iterate(5):
            pass
        file.read_incident()
        file.read_event_id()


def _jets(path: Path) -> None:
    from showerkit.data.jet_folder import open_jets
    from showerkit.workflow import validate

    validate(path)
    with open_jets(path) as file:
        for _ in file.iterate(4):
            pass


def _matched(path: Path) -> None:
    from showerkit.data.calibration_file import CalibrationJetFile
    from showerkit.workflow import validate

    validate(path)
    with CalibrationJetFile(path) as file:
        file.candidate_numbers()
        for _ in file.iterate(4):
            pass


def _jetnet(path: Path) -> None:
    from showerkit.data.jetnet_file import read_jetnet

    read_jetnet(path, jet_type="g")


def _hls4ml(path: Path) -> None:
    from showerkit.data.hls4ml_file import read_hls4ml

    read_hls4ml(path)


def _images(path: Path) -> None:
    from showerkit.data.image_file import read_images
    from showerkit.workflow import validate

    validate(path)
    read_images(path)


def _energies(path: Path) -> None:
    from showerkit.data.energy_file import EnergyFile
    from showerkit.workflow import validate

    validate(path)
    with EnergyFile(path) as file:
        for _ in file.iterate():
            pass


def _calibrated(path: Path) -> None:
    from showerkit.data.calibrated_jet_file import CalibratedJetFile
    from showerkit.workflow import validate

    validate(path)
    with CalibratedJetFile(path) as file:
        for _ in file.iterate(4):
            pass


def _voxels(path: Path) -> None:
    from showerkit.data.open_voxels import open_voxels

    with open_voxels(path) as sample:
        for _ in sample.iterate():
            pass


def _source(path: Path) -> None:
    from showerkit.data.foreign.forms import open_source
    from showerkit.data.foreign.options import ForeignOptions

    with open_source(path, ForeignOptions()) as source:
        for _ in source.portions():
            pass


def _idx(path: Path) -> None:
    from showerkit.data.idx_images import read_idx_images

    read_idx_images(path)


def _shower_model(path: Path) -> None:
    from showerkit.generate.generator import shower_generator
    from showerkit.train.checkpoint import load_checkpoint

    shower_generator(load_checkpoint(path), device="cpu")


def _energy_model(path: Path) -> None:
    from showerkit.reconstruct.energy_reconstructor import load_reconstructor

    load_reconstructor(path).describe()


def _jet_energy_model(path: Path) -> None:
    from showerkit.reconstruct.jet_calibrator import load_jet_calibrator

    load_jet_calibrator(path)


def _cloud_model(path: Path) -> None:
    from showerkit.generate.clouds import CloudGenerator
    from showerkit.train.cloud_checkpoint import load_cloud_checkpoint

    CloudGenerator(load_cloud_checkpoint(path), device="cpu")


def _state(path: Path) -> None:
    from showerkit.train.training_state import load_weights, read_epoch

    load_weights(path)
    read_epoch(path)


def _onnx(path: Path) -> None:
    from showerkit.export.onnx_file import OnnxModel
    from showerkit.export.onnx_generator import OnnxShowerGenerator

    OnnxModel(path, threads=1)
    OnnxShowerGenerator(path, threads=1)


def _recipe(path: Path) -> None:
    from showerkit.workflow.recipe import load_recipe

    load_recipe(path).training_recipe()


def _detector(path: Path) -> None:
    from showerkit.geometry import load_detector
    from showerkit.geometry.description import describe

    describe(load_detector(path))


def _cluster(path: Path) -> None:
    from showerkit.simulate.cluster.settings import read_cluster

    read_cluster(path)


def _binning(path: Path) -> None:
    from showerkit.geometry.voxel_file import load_voxel_geometry

    load_voxel_geometry(path)


def _timing(path: Path) -> None:
    from showerkit.data.timing import read_timing

    read_timing(path)


def _metrics(path: Path) -> None:
    from showerkit.evaluate.stored_result import read_metrics

    metrics = read_metrics(path)
    for candidate in (*metrics.candidates, metrics.floor):
        candidate.hit_probability.distance(path)
        for curve in candidate.curves.values():
            curve.curve()


def _losses(path: Path) -> None:
    from showerkit.train.loss_history import read_losses

    read_losses(path)


def _run(path: Path) -> None:
    from showerkit.workflow.finished_run import read_run

    read_run(path, "a run")


def _chain_state(path: Path) -> None:
    from showerkit.workflow.steps import Steps

    steps = Steps(path)
    steps.is_finished("train", "abc")
    steps.is_finished("test", "def")


def _partial(path: Path) -> None:
    from showerkit.data.chunks import ChunkStore
    from showerkit.data.unfinished_sample import tidy_partial

    store = ChunkStore(path, samples.PLAN, resume=True)
    for chunk in store.finished():
        store.read(chunk)
    tidy_partial(path.with_name("another"), samples.PLAN)


H5 = HDF5_MUTATIONS
READERS: dict[str, Reader] = {
    "showers": Reader("a.h5", samples.showers, _showers, H5),
    "shower folder": Reader("shards", samples.shower_folder, _showers, H5),
    "jets": Reader("a.h5", samples.jets, _jets, H5),
    "matched jets": Reader("a.h5", samples.matched_jets, _matched, H5),
    "JetNet": Reader("g.hdf5", samples.jetnet, _jetnet, H5),
    "HLS4ML": Reader("a.h5", samples.hls4ml, _hls4ml, H5),
    "images": Reader("a.h5", samples.images, _images, H5),
    "energies": Reader("a.h5", samples.energies, _energies, H5),
    "calibrated jets": Reader("a.h5", samples.calibrated_jets, _calibrated, H5),
    "CaloChallenge": Reader("a.hdf5", samples.calochallenge, _voxels, H5),
    "Par04": Reader("a.h5", samples.par04, _voxels, H5),
    "Par04 by energy": Reader("angle_90.h5", samples.par04_by_energy, _voxels, H5),
    # Some of its datasets say once more what others tell, and are not read.
    "showerdata": Reader("a.h5", samples.converted("showerdata"), _source, H5, needed=False),
    "shard index": Reader("shards", samples.shard_index, _showers, JSON_MUTATIONS, needed=False),
    "IDX": Reader("a-idx3-ubyte", samples.idx_images, _idx, IDX_MUTATIONS),
    "IDX in gzip": Reader("a-idx3-ubyte.gz", samples.idx_images, _idx, IDX_MUTATIONS),
    "model of showers": Reader("a.skm", samples.shower_model, _shower_model, MODEL_MUTATIONS),
    "model of windows": Reader("a.skm", samples.window_model, _shower_model, MODEL_MUTATIONS),
    "model of energies": Reader(
        "a.skm", samples.shipped_model("toy-hcal-energy"), _energy_model, MODEL_MUTATIONS
    ),
    "model of jet energies": Reader(
        "a.skm", samples.shipped_model("jet-energy-pfn"), _jet_energy_model, MODEL_MUTATIONS
    ),
    "model of jets": Reader("a.skm", samples.shipped_model("jets-g-flow"), _cloud_model, MODEL_MUTATIONS),
    "training state": Reader("last.ckpt", samples.training_state, _state, STATE_MUTATIONS),
    "ONNX": Reader("a.onnx", samples.exported, _onnx, ONNX_MUTATIONS),
    "recipe": Reader("a.yaml", samples.recipe, _recipe, YAML_MUTATIONS),
    "recipe of jets": Reader("a.yaml", samples.jet_recipe, _recipe, YAML_MUTATIONS),
    "detector": Reader("a.yaml", samples.detector, _detector, YAML_MUTATIONS),
    "cluster": Reader("a.yaml", samples.cluster, _cluster, YAML_MUTATIONS),
    "binning": Reader("a.xml", samples.binning, _binning, XML_MUTATIONS),
    "timing": Reader("a.h5", samples.timing, _timing, JSON_MUTATIONS),
    "metrics": Reader("metrics.json", samples.metrics, _metrics, JSON_MUTATIONS),
    "losses": Reader("metrics.csv", samples.loss_table, _losses, TABLE_MUTATIONS),
    "run: recipe": Reader("run", samples.finished_run("recipe.yaml"), _run, YAML_MUTATIONS[:4]),
    "run: status": Reader("run", samples.finished_run("model/status.json"), _run, JSON_MUTATIONS),
    "run: environment": Reader("run", samples.finished_run("model/environment.json"), _run, JSON_MUTATIONS),
    "run: metrics": Reader("run", samples.finished_run("report/metrics.json"), _run, JSON_MUTATIONS),
    "chain: state": Reader("chain", samples.chain_state, _chain_state, JSON_MUTATIONS),
    "partial: plan": Reader("a.h5", samples.partial_plan, _partial, JSON_MUTATIONS),
    "partial: chunk": Reader("a.h5", samples.partial_chunk, _partial, CHUNK_MUTATIONS),
    **MORE_READERS,
}
