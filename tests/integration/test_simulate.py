"""Whole simulations: the same bytes whatever happens on the way."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from showerkit.data.shower_file import ShowerFile, read_showers
from showerkit.data.timing import read_timing
from showerkit.data.unfinished_sample import partial_folder
from showerkit.data.validation import violations
from showerkit.errors import ConfigurationError, DataError, SimulationError
from showerkit.geometry import load_detector
from showerkit.progress import SilentProgress
from showerkit.simulate.geant4.client import simulate_chunks
from showerkit.simulate.geant4.settings import Geant4Settings
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.simulate.worker_pool import LocalWorkers
from showerkit.workflow.simulate import simulate

PRIMARIES = PrimaryConfig(particles=("e-", "gamma"), energy_gev=(0.05, 0.3), theta_deg=(-20, 20))
N = 40


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sample(path, **changes):
    settings = {"n": N, "primaries": PRIMARIES, "seed": 5, "workers": 1}
    return simulate("zdc-ecal", path, **{**settings, **changes})


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    return sample(tmp_path_factory.mktemp("once") / "once.h5")


class Watcher(SilentProgress):
    """Calls a function at every finished chunk and keeps the notes."""

    def __init__(self, at_chunk=lambda done: None):
        self.at_chunk = at_chunk
        self.chunks = 0
        self.notes = []

    def advance(self, done):
        self.chunks += done > 0
        self.at_chunk(self.chunks)

    def note(self, message):
        self.notes.append(message)


def workers_of_this_process():
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if any("showerkit.simulate.geant4.worker" in word for word in child.cmdline())
    ]


def test_the_file_is_complete_and_valid(once):
    assert violations(once) == []
    with ShowerFile(once) as file:
        assert len(file) == N
        assert file.metadata.generator.startswith("Geant4 11.")
        assert file.metadata.seed == 5
        assert file.metadata.settings["cut_mm"] == 0.7
        assert file.metadata.physics_data
        showers = file.read()
    np.testing.assert_array_equal(showers.event_id, np.arange(N))
    drawn = PRIMARIES.sample(5, np.arange(N), load_detector("zdc-ecal"))
    np.testing.assert_array_equal(showers.incident.momentum_mev, drawn.momentum_mev)
    assert (showers.total_mev > 0).all()


def test_timing_and_log_lie_beside_the_file_and_nothing_else(once):
    timing = read_timing(once)
    assert timing is not None
    assert timing.n_showers == N
    assert timing.cpu_s is not None
    assert timing.cpu_s > 0.0
    assert timing.ms_per_shower == pytest.approx(1000.0 * timing.cpu_s / N)
    names = sorted(path.name for path in once.parent.iterdir())
    assert names == ["once.h5", "once.h5.geant4.log", "once.h5.timing.json"]
    assert "Geant4 version" in (once.parent / "once.h5.geant4.log").read_text()


def test_nothing_of_geant4_reaches_the_user(tmp_path, capfd):
    sample(tmp_path / "a.h5", n=2)
    printed = capfd.readouterr()
    assert printed.out + printed.err == ""


def test_two_workers_write_the_same_bytes(once, tmp_path):
    assert digest(sample(tmp_path / "two.h5", workers=2)) == digest(once)


def test_an_event_does_not_depend_on_those_before_it(once, tmp_path):
    """A sample with fewer events has other chunks, and the same events."""
    few = read_showers(sample(tmp_path / "few.h5", n=3))
    np.testing.assert_array_equal(few.energy_mev, read_showers(once)[:3].energy_mev)


def test_another_seed_makes_other_showers_of_the_same_particles(once, tmp_path):
    again = simulate("zdc-ecal", tmp_path / "again.h5", like=once, n=10, workers=1)
    first, second = read_showers(once)[:10], read_showers(again)
    np.testing.assert_array_equal(first.incident.momentum_mev, second.incident.momentum_mev)
    np.testing.assert_array_equal(first.incident.position_mm, second.incident.position_mm)
    np.testing.assert_array_equal(first.event_id, second.event_id)
    assert (first.energy_mev != second.energy_mev).any(axis=1).all()
    with ShowerFile(again) as file:
        assert file.metadata.seed == 6


def test_a_killed_worker_is_named_and_its_chunk_done_again(tmp_path):
    # Events that take long enough for the workers to be still at work when one of them is killed.
    primaries = PrimaryConfig(energy_gev=2.0)

    def kill_one(chunks):
        if chunks == 3:
            workers_of_this_process()[0].kill()

    watcher = Watcher(kill_one)
    path = sample(tmp_path / "killed.h5", primaries=primaries, workers=2, progress=watcher)
    assert len(watcher.notes) == 1
    assert "signal 9" in watcher.notes[0]
    assert "geant4-worker-" in watcher.notes[0]
    assert digest(path) == digest(sample(tmp_path / "undisturbed.h5", primaries=primaries))
    assert workers_of_this_process() == []


def test_an_interrupted_run_goes_on_to_the_same_bytes(once, tmp_path):
    def interrupt(chunks):
        if chunks == 4:
            raise KeyboardInterrupt

    path = tmp_path / "resumed.h5"
    with pytest.raises(KeyboardInterrupt):
        sample(path, progress=Watcher(interrupt))
    assert workers_of_this_process() == []
    assert not path.exists()
    finished = len(list(partial_folder(path).glob("*.npz")))
    assert finished >= 4
    with pytest.raises(DataError, match="left from an interrupted run"):
        sample(path)
    with pytest.raises(DataError, match="'cut_mm' differs"):
        sample(path, cut_mm=1.0, resume=True)
    watcher = Watcher()
    sample(path, resume=True, workers=2, progress=watcher)
    assert watcher.chunks == 1 + N - finished  # what was there is reported at once
    assert digest(path) == digest(once)
    assert not partial_folder(path).exists()


def test_a_finished_file_is_not_made_again(once, tmp_path):
    path = tmp_path / "done.h5"
    path.write_bytes(once.read_bytes())
    with pytest.raises(DataError, match="exists already"):
        sample(path)
    watcher = Watcher()
    before = path.stat().st_mtime_ns
    assert sample(path, resume=True, progress=watcher) == path
    assert path.stat().st_mtime_ns == before
    assert watcher.notes == [f"{path} is finished already"]
    with pytest.raises(DataError, match="exists already"):
        sample(path, resume=True, seed=9)


SCRIPT = """
import sys
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.simulate.worker_pool import LocalWorkers
from showerkit.workflow.simulate import simulate
simulate("zdc-ecal", sys.argv[1], n=400, primaries=PrimaryConfig(energy_gev=5), workers=2)
"""


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_die_with_their_parent(tmp_path, signal_number):
    """A script without a main guard, ended in three ways; nothing is left running."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    output = tmp_path / "a.h5"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, str(script), str(output)], env=environment, stderr=subprocess.DEVNULL
    ) as parent:
        workers = wait_for(lambda: psutil.Process(parent.pid).children(recursive=True), length=2)
        wait_for(lambda: list(partial_folder(output).glob("*.npz")), length=1)
        parent.send_signal(signal_number)
        parent.wait(timeout=300)
    gone, alive = psutil.wait_procs(workers, timeout=300)
    assert len(gone) == 2
    assert alive == []
    assert len(list(partial_folder(output).glob("*.npz"))) >= 1


def wait_for(look, length, limit_s=300.0):
    """Look until there are enough."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        found = look()
        if len(found) >= length:
            return found
        time.sleep(0.05)
    raise AssertionError(f"fewer than {length} after {limit_s} s")


def test_what_contradicts_itself_is_refused_before_any_work(once, tmp_path):
    path = tmp_path / "a.h5"
    with pytest.raises(ConfigurationError, match="number of showers is missing"):
        simulate("zdc-ecal", path)
    with pytest.raises(ConfigurationError, match="got 0; expected at least 1"):
        sample(path, workers=0)
    with pytest.raises(SimulationError, match="gun nearer"):
        sample(path, primaries=PrimaryConfig(position_mm=(0, (0, 5000))))
    with pytest.raises(ConfigurationError, match="cut_mm"):
        sample(path, cut_mm=0.0)
    with pytest.raises(DataError, match="another detector"):
        simulate("toy-hcal", path, like=once)
    with pytest.raises(ConfigurationError, match="got 5, as in"):
        simulate("zdc-ecal", path, like=once, seed=5)
    with pytest.raises(ConfigurationError, match="1 to 40"):
        simulate("zdc-ecal", path, like=once, n=41)
    with pytest.raises(ConfigurationError, match="together with like"):
        simulate("zdc-ecal", path, like=once, primaries=PRIMARIES)
    assert list(tmp_path.iterdir()) == []


def test_geant4_that_never_starts_is_given_up(tmp_path):
    # A data folder without files lets Geant4 abort while it starts, three times over.
    notes = []
    chunks = simulate_chunks(
        Geant4Settings(detector=load_detector("zdc-ecal")),
        {"G4LEDATA": str(tmp_path), "GEANT4_DATA_DIR": str(tmp_path)},
        [0],
        lambda chunk: (PRIMARIES.sample(1, np.arange(2), load_detector("zdc-ecal")), np.arange(2)),
        runner=LocalWorkers(1),
        log_dir=tmp_path,
        note=notes.append,
    )
    with pytest.raises(SimulationError, match=r"Geant4 does not start.*log: .*geant4-worker-0\.log"):
        next(chunks)
    assert len(notes) == 2


def test_the_command_line(tmp_path, showerkit_command):
    path = tmp_path / "a.h5"
    done = showerkit_command(
        "simulate",
        "toy-hcal",
        "-n",
        4,
        "--particle",
        "mu-",
        "--energy",
        "1:2",
        "--theta",
        "-5:5",
        "-w",
        1,
        "-o",
        path,
    )
    assert done.code == 0, done
    assert done.out.strip() == str(path)
    with ShowerFile(path) as file:
        assert len(file) == 4
        assert (file.read().incident.pdg == 13).all()
    showerkit_command("simulate", "zdc-ecal", "-n", 4, "--energy", "1:x", "-o", path).assert_one_line_error(
        "--energy"
    )
    showerkit_command("simulate", "zdc-ecal", "-n", 4, "-o", path).assert_one_line_error("exists already")
