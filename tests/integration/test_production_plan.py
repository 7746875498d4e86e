"""The plan of a production: what it says of time and disk is what a production takes."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from showerkit.data.shower_file import FileMetadata, ShowerFile, ShowerWriter
from showerkit.data.timing import read_timing, timing_path
from showerkit.errors import ConfigurationError, DataError
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.workflow.production_plan import plan_production
from showerkit.workflow.production_rate import SHORT_PILOTS, _error_of_mean, _middles
from showerkit.workflow.simulate import simulate

PRIMARIES = PrimaryConfig(energy_gev=(0.05, 1.0))
N = 512


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return simulate(
        "zdc-ecal", tmp_path_factory.mktemp("made") / "made.h5", n=N, primaries=PRIMARIES, seed=3, workers=1
    )


@pytest.fixture(scope="module")
def pilot():
    return plan_production("zdc-ecal", n=[N, 10 * N], primaries=PRIMARIES, seed=3, workers=4)


def test_a_pilot_tells_the_size_of_the_sample(made, pilot):
    with ShowerFile(made) as file:
        header = made.stat().st_size - stored_bytes(made)
        hits = (file.read().energy_mev > 0).sum(axis=1)
    # The sample's own mean scatters, too; the pilot fills one chunk of the file and is evenly spread.
    scatter = hits.std() / hits.mean() / np.sqrt(N)
    real = (made.stat().st_size - header) / N
    assert abs(pilot.rate.disk_bytes - real) < 4 * np.hypot(pilot.rate.disk_bytes_error, real * scatter)
    assert pilot.rate.disk_bytes_error < 0.1 * real


def stored_bytes(path):
    import h5py

    with h5py.File(path) as file:
        return sum(dataset.id.get_storage_size() for dataset in file.values())


def test_a_pilot_tells_the_time_of_the_sample(made, pilot):
    """Processor time depends little on what else the machine does: less than a factor of two."""
    real = read_timing(made).ms_per_shower
    assert real / 2 < pilot.rate.core_ms < 2 * real
    assert 0 < pilot.rate.core_ms_error < 0.2 * pilot.rate.core_ms


def test_everything_is_in_proportion(pilot):
    few, many = pilot.samples
    for name in ("core_h", "core_h_error", "wall_h", "disk_gb", "disk_gb_error", "most_disk_gb"):
        assert getattr(many, name) == pytest.approx(10 * getattr(few, name))
    assert few.core_h == pytest.approx(N * pilot.rate.core_ms / 3.6e6)
    assert few.wall_h == pytest.approx(few.core_h / 4)
    assert few.disk_gb == pytest.approx(N * pilot.rate.disk_bytes / 1e9)
    assert few.chunks * few.chunk_events == N
    assert "pilot of 256 showers" in pilot.rate.basis


def test_a_sample_that_is_there_instead_of_a_pilot(made, tmp_path):
    plan = plan_production(
        "zdc-ecal", n=10**7, primaries=PRIMARIES, workers=50, shard_size=10**6, measured_on=made
    )
    (sample,) = plan.samples
    assert plan.rate.core_ms == read_timing(made).ms_per_shower
    assert plan.rate.disk_bytes == made.stat().st_size / N
    assert plan.rate.core_ms_error is None
    assert sample.files == 10
    assert sample.disk_gb == pytest.approx(made.stat().st_size / N / 100)
    # The chunks of two shards of the ten at most, beside all showers.
    assert sample.most_disk_gb == pytest.approx(sample.disk_gb + 2e6 * plan.rate.chunk_bytes / 1e9)
    assert plan_production("zdc-ecal", like=made, measured_on=made).samples[0].n == N


def test_samples_of_another_kind_are_refused(made, tmp_path):
    ask = {"n": 10, "primaries": PRIMARIES, "measured_on": made}
    with pytest.raises(DataError, match="of another detector"):
        plan_production("zdc-ecal-pbwo4", **ask)
    with pytest.raises(DataError, match="of other incident particles"):
        plan_production("zdc-ecal", **{**ask, "primaries": None})
    with pytest.raises(DataError, match="another range cut"):
        plan_production("zdc-ecal", cut_mm=1.0, **ask)
    untimed = tmp_path / "untimed.h5"
    untimed.write_bytes(made.read_bytes())
    with pytest.raises(DataError, match=r"untimed\.h5\.timing\.json: got no such file"):
        plan_production("zdc-ecal", **{**ask, "measured_on": untimed})
    by_model = tmp_path / "model.h5"
    with ShowerFile(made) as file:
        values, showers = file.metadata.model_dump(), file.read(0, 5)
    with ShowerWriter(by_model, FileMetadata(**{**values, "kind": "model"})) as writer:
        writer.append(showers)
    timing_path(by_model).write_text(timing_path(made).read_text())
    with pytest.raises(DataError, match="not simulated with Geant4"):
        plan_production("zdc-ecal", **{**ask, "measured_on": by_model})


def test_times_by_the_clock_are_said_to_be(made, tmp_path):
    older = tmp_path / "older.h5"
    older.write_bytes(made.read_bytes())
    timing = json.loads(timing_path(made).read_text())
    timing_path(older).write_text(json.dumps({**timing, "cpu_s": None}))
    assert (
        "by the clock" in plan_production("zdc-ecal", n=5, primaries=PRIMARIES, measured_on=older).rate.basis
    )


def test_what_cannot_be_made_cannot_be_planned():
    with pytest.raises(ConfigurationError, match="number of showers is missing"):
        plan_production("zdc-ecal")
    with pytest.raises(ConfigurationError, match="number of showers is missing"):
        plan_production("zdc-ecal", n=[])
    with pytest.raises(ConfigurationError, match="got 0; expected at least 1"):
        plan_production("zdc-ecal", n=[5, 0])
    with pytest.raises(ConfigurationError, match="size of a shard"):
        plan_production("zdc-ecal", n=5, shard_size=0)
    with pytest.raises(ConfigurationError, match="number of workers"):
        plan_production("zdc-ecal", n=5, workers=0)


def test_the_error_of_a_mean():
    """Independent values of equal law: the squared error is their variance over their number."""
    values = np.random.default_rng(1).normal(size=(4000, 48))
    squared = np.array([_error_of_mean(row) for row in values]) ** 2
    assert abs(squared.mean() - 1 / 48) < 4 * squared.std() / np.sqrt(len(squared))
    # What the energy explains is no error: neighbours have nearly the same energy.
    slope = np.linspace(0.0, 100.0, 48)
    assert _error_of_mean(slope) < 0.1 * slope.std() / np.sqrt(48)


@pytest.mark.parametrize("total", [48, 256, 300])
def test_short_pilots_are_part_of_longer_ones(total):
    few, more = (_middles(total, n) for n in SHORT_PILOTS)
    assert set(few) <= set(more) <= set(_middles(total, total)) == set(range(total))
    assert len(set(more)) == SHORT_PILOTS[1]
    assert _middles(5, 16) == [0, 1, 2, 3, 4]
    # Evenly spread: as many in the lower half as in the upper one.
    assert sum(number < total / 2 for number in few) == SHORT_PILOTS[0] / 2


def test_the_command_line(made, tmp_path, monkeypatch, showerkit_command):
    monkeypatch.chdir(tmp_path)
    words = ("simulate", "zdc-ecal", "--energy", "0.05:1", "--dry-run", "-w", 64)
    done = showerkit_command(*words, "-n", 10**7, "-n", 5 * 10**7, "--shard-size", 10**6, "-o", "sample")
    assert done.code == 0, done
    for row in (r"showers +10,000,000 +50,000,000", r"shards +10 +50", r"chunks +39,070 +195,350"):
        assert re.search(row, done.out), done.out
    for words_of_row in ("core hours", "hours on 64 cores", "disk, GB", "Assumed", "pilot of", "±"):
        assert words_of_row in done.out
    assert list(tmp_path.iterdir()) == []
    by_sample = showerkit_command(*words, "-n", 100, "--measured-on", made)
    assert f"{N} showers of" in " ".join(by_sample.out.split())
    plain = ("simulate", "zdc-ecal", "-n", 5)
    showerkit_command(*plain).assert_one_line_error("'--output' / '-o'")
    showerkit_command(*plain, "-n", 6, "-o", "a.h5").assert_one_line_error("--dry-run")
    showerkit_command(*plain, "--measured-on", made, "-o", "a.h5").assert_one_line_error("--dry-run")
    assert list(tmp_path.iterdir()) == []
