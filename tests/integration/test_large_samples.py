"""Samples in shards and samples that grow: always the showers that one run would have made."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from showerkit.data.shower_file import FileMetadata, ShowerFile, ShowerWriter, read_showers
from showerkit.data.timing import read_timing
from showerkit.data.unfinished_sample import partial_folder
from showerkit.data.validation import violations
from showerkit.errors import DataError
from showerkit.evaluate.shower_shapes.settings import ShapeConfig
from showerkit.geometry import load_detector
from showerkit.progress import SilentProgress
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.train.recipe import TrainingRecipe
from showerkit.workflow.evaluate import evaluate
from showerkit.workflow.generate import generate
from showerkit.workflow.profile import profile
from showerkit.workflow.simulate import simulate
from showerkit.workflow.train import train

PRIMARIES = PrimaryConfig(particles=("e-", "gamma"), energy_gev=(0.02, 0.1), theta_deg=(-20, 20))
N = 150  # two events a chunk, so that growing starts within a chunk


def sample(path, **changes):
    settings = {"n": N, "primaries": PRIMARIES, "seed": 5, "workers": 1}
    return simulate("zdc-ecal", path, **{**settings, **changes})


def digests(path):
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def same(first, second):
    for name in ("energy_mev", "event_id"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    for name in ("pdg", "energy_mev", "momentum_mev", "position_mm"):
        np.testing.assert_array_equal(getattr(first.incident, name), getattr(second.incident, name))


class Interrupting(SilentProgress):
    """Presses Ctrl-C after some chunks, and counts the showers that were simulated."""

    def __init__(self, after=10**9):
        self.left = after
        self.simulated = 0
        self.begun = False

    def advance(self, done):
        if not self.begun:  # what is there is reported first
            self.begun = True
            return
        self.simulated += done
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return sample(tmp_path_factory.mktemp("whole") / "whole.h5")


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    return sample(tmp_path_factory.mktemp("shards") / "sample", shard_size=60)


def test_shards_hold_the_showers_of_one_file(whole, shards):
    assert [file.name for file in sorted(shards.iterdir())] == [f"shard-00000{k}.h5" for k in range(3)]
    with ShowerFile(shards) as folder, ShowerFile(whole) as file:
        assert folder.shard_rows == [(0, 60), (60, 120), (120, 150)]
        assert folder.metadata == file.metadata
    same(read_showers(shards), read_showers(whole))
    assert violations(shards) == []
    beside = sorted(path.name for path in shards.parent.iterdir())
    assert beside == ["sample", "sample.geant4.log", "sample.timing.json"]
    timing = read_timing(shards)
    assert timing.n_showers == N
    assert timing.ms_per_shower == pytest.approx(1000.0 * timing.cpu_s / N)


def test_shards_that_are_not_full(whole, tmp_path):
    one = sample(tmp_path / "one", n=20, shard_size=1000)
    assert [file.name for file in one.iterdir()] == ["shard-000000.h5"]
    same(read_showers(one), read_showers(whole)[:20])


def test_interrupted_shards_go_on_and_finished_ones_stay(shards, tmp_path):
    path = tmp_path / "sample"
    store = partial_folder(path)
    with pytest.raises(KeyboardInterrupt):
        sample(path, shard_size=60, progress=Interrupting(after=80))
    assert not path.exists()  # a folder that is there is whole
    made = sorted((store / "shards").iterdir())
    assert [file.name for file in made] == ["shard-000000.h5"]
    assert min(int(chunk.stem) for chunk in store.glob("*.npz")) >= 60  # a finished shard's are gone
    stamp = made[0].stat().st_mtime_ns
    with pytest.raises(DataError, match="'shard_size' differs"):
        sample(path, shard_size=50, resume=True)
    watcher = Interrupting()
    sample(path, shard_size=60, resume=True, workers=2, progress=watcher)
    assert watcher.simulated == N - 80
    assert (path / "shard-000000.h5").stat().st_mtime_ns == stamp
    assert digests(path) == digests(shards)
    assert not store.exists()


def test_a_run_killed_between_its_last_shard_and_the_folder(shards, tmp_path, monkeypatch):
    path = tmp_path / "sample"
    with monkeypatch.context() as patched:
        patched.setattr("showerkit.workflow.sample_output.SampleOutput.publish", press_ctrl_c)
        with pytest.raises(KeyboardInterrupt):
            sample(path, shard_size=60)
    watcher = Interrupting()
    sample(path, shard_size=60, resume=True, progress=watcher)
    assert watcher.simulated == 0
    assert digests(path) == digests(shards)


def press_ctrl_c(*_, **__):
    raise KeyboardInterrupt


@pytest.mark.parametrize("first", [1, 61, 128])
def test_a_file_grows_to_the_bytes_of_one_run(whole, tmp_path, first):
    path = sample(tmp_path / "a.h5", n=first)
    watcher = Interrupting()
    sample(path, resume=True, progress=watcher)
    assert watcher.simulated == N - first
    assert read_timing(path).n_showers == N - first
    assert digests(path) == digests(whole)


def test_growing_uses_the_showers_that_are_there(tmp_path):
    """A mark put into the old showers is in the new file: they were read, not simulated again."""
    path = sample(tmp_path / "a.h5", n=9)
    with ShowerFile(path) as file:
        metadata, showers = file.metadata, file.read()
    showers.energy_mev[:, 7] = 1234.5
    with ShowerWriter(path, metadata, overwrite=True) as writer:
        writer.append(showers)
    sample(path, n=20, resume=True)
    marked = read_showers(path).energy_mev[:, 7] == 1234.5
    np.testing.assert_array_equal(marked, np.arange(20) < 9)


@pytest.mark.parametrize("again", [N, 61])
def test_interrupted_growth_leaves_the_old_file_and_goes_on(whole, tmp_path, again):
    path = sample(tmp_path / "a.h5", n=61)
    before = digests(path)
    with pytest.raises(KeyboardInterrupt):
        sample(path, resume=True, progress=Interrupting(after=20))
    assert digests(path) == before
    with pytest.raises(DataError, match="exists already"):
        sample(path)
    sample(path, n=again, resume=True)
    if again == 61:  # finished as it is, and what was begun is not lost
        assert digests(path) == before
        assert partial_folder(path).exists()
        with pytest.raises(DataError, match=f"'n' differs: got 80; expected {N} as when it was begun"):
            sample(path, n=80, resume=True)
        watcher = Interrupting()
        sample(path, resume=True, progress=watcher)
        assert watcher.simulated < N - 61
        assert digests(path) == digests(whole)
    else:
        assert digests(path) == digests(whole)
        assert not partial_folder(path).exists()


def test_interrupted_growth_without_the_old_file(whole, tmp_path):
    path = sample(tmp_path / "a.h5", n=61)
    with pytest.raises(KeyboardInterrupt):
        sample(path, resume=True, progress=Interrupting(after=20))
    path.unlink()
    sample(path, resume=True)
    assert digests(path) == digests(whole)


@pytest.mark.parametrize("first", [60, 75])
def test_a_folder_grows_to_the_bytes_of_one_run(shards, tmp_path, first):
    path = sample(tmp_path / "sample", n=first, shard_size=60)
    stamp = (path / "shard-000000.h5").stat().st_mtime_ns
    watcher = Interrupting()
    sample(path, shard_size=60, resume=True, progress=watcher)
    assert watcher.simulated == N - first
    assert (path / "shard-000000.h5").stat().st_mtime_ns == stamp
    assert digests(path) == digests(shards)
    watcher = Interrupting()
    assert sample(path, shard_size=60, resume=True, progress=watcher) == path
    assert not watcher.begun


def test_a_sample_like_another_grows(whole, tmp_path):
    at_once = simulate("zdc-ecal", tmp_path / "once.h5", like=whole, n=30, workers=1)
    path = simulate("zdc-ecal", tmp_path / "a.h5", like=whole, n=11, workers=1)
    simulate("zdc-ecal", path, like=whole, n=30, workers=1, resume=True)
    assert digests(path) == digests(at_once)


def test_what_cannot_grow_is_refused_and_stays(shards, tmp_path):
    path = sample(tmp_path / "a.h5", n=9)
    before = digests(path)
    with pytest.raises(DataError, match="'seed' differs: got 6; expected 5 as in the file"):
        sample(path, resume=True, seed=6)
    with pytest.raises(DataError, match="'cut_mm' differs"):
        sample(path, resume=True, cut_mm=1.0)
    with pytest.raises(DataError, match=r"'primaries\.particles' differs: got \['e-'\]"):
        sample(path, resume=True, primaries=PrimaryConfig(energy_gev=(0.02, 0.1)))
    with pytest.raises(DataError, match=r"'detector\.\w+' differs"):
        simulate("zdc-ecal-pbwo4", path, n=20, primaries=PRIMARIES, seed=5, resume=True)
    with pytest.raises(DataError, match="holds more showers: expected at most 8"):
        sample(path, n=8, resume=True)
    with pytest.raises(DataError, match="got a file; expected a folder"):
        sample(path, shard_size=60, resume=True)
    with pytest.raises(DataError, match="got a folder; expected the name of a file"):
        sample(shards, resume=True)
    with pytest.raises(DataError, match="expected 60, as shard 0 holds; to mend: --shard-size 60"):
        sample(shards, shard_size=80, resume=True)
    with pytest.raises(DataError, match="has larger shards: expected at most 50 a shard"):
        sample(shards, shard_size=50, resume=True)
    with pytest.raises(DataError, match="holds more showers: expected at most 100"):
        sample(shards, n=100, shard_size=60, resume=True)
    with pytest.raises(DataError, match="exists already"):
        sample(shards, shard_size=60)
    assert digests(path) == before
    assert not partial_folder(path).exists()


def test_versions_that_differ_are_named(tmp_path):
    path = sample(tmp_path / "a.h5", n=9)
    with ShowerFile(path) as file:
        values, showers = file.metadata.model_dump(), file.read()
    values["versions"]["numpy"] = "1.0"
    with ShowerWriter(path, FileMetadata(**values), overwrite=True) as writer:
        writer.append(showers)
    with pytest.raises(DataError, match=r"'versions\.numpy' differs: .*expected 1\.0 as in the file"):
        sample(path, n=20, resume=True)


def test_a_models_showers_are_not_added_to(tmp_path):
    path = sample(tmp_path / "a.h5", n=3)
    with ShowerFile(path) as file:
        values, showers = file.metadata.model_dump(), file.read()
    with ShowerWriter(path, FileMetadata(**{**values, "kind": "model"}), overwrite=True) as writer:
        writer.append(showers)
    with pytest.raises(DataError, match="got a model's showers"):
        sample(path, resume=True)


def test_replacing_a_folder(whole, tmp_path):
    path = sample(tmp_path / "sample", n=20, shard_size=10, seed=9)
    old = digests(path)
    with pytest.raises(KeyboardInterrupt):
        sample(path, n=20, shard_size=8, overwrite=True, progress=Interrupting(after=12))
    assert digests(path) == old  # until the new ones are all there
    sample(path, n=20, shard_size=8, resume=True, overwrite=True)
    with ShowerFile(path) as folder:
        assert folder.shard_rows == [(0, 8), (8, 16), (16, 20)]
    same(read_showers(path), read_showers(whole)[:20])
    (path / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match=r"got 'notes\.txt' in it"):
        sample(path, n=20, shard_size=8, overwrite=True)
    (path / "other.h5").write_bytes(b"")
    with pytest.raises(DataError, match=r"got 'other\.h5'; expected 'shard-000000\.h5'"):
        sample(path, n=20, shard_size=8, resume=True)


def test_names_that_are_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="name of a file or folder"):
        sample(".", shard_size=10)


def test_the_whole_chain_takes_a_folder(shards, tmp_path):
    recipe = TrainingRecipe.model_validate(
        {"name": "small", "model": {"hidden": 4}, "training": {"epochs": 1, "batch_size": 64}}
    )
    model = train(recipe, shards, tmp_path / "run")
    generated = generate(model, tmp_path / "generated.h5", like=shards)
    np.testing.assert_array_equal(read_showers(generated).event_id, np.arange(N))
    alone = {"max_showers": 0}
    report = evaluate(
        shards, [generated], tmp_path / "report", bootstrap=10, event_images=1, two_samples=alone
    )
    measures = json.loads(report.with_name("metrics.json").read_text())
    assert measures["reference"]["n_events"] == N
    assert profile(shards, config=ShapeConfig(max_theta_deg=25.0, energy_bins=2)).showers_seen == N


def test_the_command_line(tmp_path, showerkit_command):
    path = tmp_path / "sample"
    words = ("simulate", "toy-hcal", "--energy", "0.05", "--shard-size", 3, "-w", 1, "-o", path)
    assert showerkit_command(*words, "-n", 4).code == 0
    assert showerkit_command(*words, "-n", 8, "--resume").code == 0
    assert showerkit_command("validate", path).out.strip() == f"{path}: valid"
    with ShowerFile(path) as folder:
        assert folder.shard_rows == [(0, 3), (3, 6), (6, 8)]
        assert folder.detector == load_detector("toy-hcal")
    showerkit_command(*words, "-n", 7, "--resume").assert_one_line_error("holds more showers")
