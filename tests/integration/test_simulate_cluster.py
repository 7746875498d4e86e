"""Simulation on Dask: the same bytes as on one machine, whatever happens to the workers."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest

pytest.importorskip("distributed")

from distributed import Client, LocalCluster

from showerkit.data.chunks import ChunkStore
from showerkit.data.timing import read_timing
from showerkit.data.unfinished_sample import partial_folder
from showerkit.errors import ClusterError, SimulationError
from showerkit.progress import SilentProgress
from showerkit.simulate.chunk_runner import WorkerProgram
from showerkit.simulate.cluster.connection import connected
from showerkit.simulate.cluster.dask_workers import DaskWorkers
from showerkit.simulate.cluster.settings import LocalConfig, SchedulerConfig, SlurmConfig
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.workflow import simulate, simulate_calibration_jets, simulate_jets

PRIMARIES = PrimaryConfig(particles=("e-", "gamma"), energy_gev=(0.05, 0.3), theta_deg=(-20, 20))
N = 40
TOY = """
import os, time
import numpy as np
from showerkit.simulate.worker_service import serve

class Toy:
    version = "toy 1"
    def __init__(self, setup, check):
        self.setup = setup
    def simulate(self, chunk, arrays):
        with open(self.setup["ledger"], "a") as ledger:
            ledger.write(f"{chunk} {time.time()}\\n")
        if chunk == self.setup.get("deadly"):
            os.abort()
        time.sleep(self.setup["chunk_s"])
        return {"square": arrays["x"] ** 2}

def main():
    serve(Toy)
"""


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Watcher(SilentProgress):
    """Calls a function at every finished chunk and keeps the notes."""

    def __init__(self, at_chunk=lambda chunks: None):
        self.at_chunk, self.chunks, self.done, self.notes = at_chunk, 0, 0, []

    def advance(self, done):
        self.chunks += done > 0
        self.done += done
        self.at_chunk(self.chunks)

    def note(self, message):
        self.notes.append(message)


@pytest.fixture(scope="module")
def dask():
    """A local cluster of two worker processes that runs before any simulation."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs="CRITICAL"
    ) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def scheduler(dask):
    return SchedulerConfig(address=dask.scheduler_address)


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """The showers as the worker processes of one machine make them."""
    return showers(tmp_path_factory.mktemp("once") / "once.h5", workers=1)


def showers(path, **changes):
    return simulate("zdc-ecal", path, n=N, primaries=PRIMARIES, seed=5, **changes)


def simulation_processes():
    """Processes below this one that simulate, by their programs."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if any(word.endswith((".worker", "toy_simulation")) for word in child.cmdline()):
                found.append(child)
    return found


def wait_until(holds, limit_s=300.0):
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end, f"not after {limit_s} s"
        time.sleep(0.05)


def dask_workers(address):
    with Client(address, set_as_default=False) as client:
        return list(client.run(os.getpid).values())


def test_showers_are_the_same_bytes(once, scheduler, tmp_path):
    path = showers(tmp_path / "dask.h5", cluster=scheduler)
    assert digest(path) == digest(once)
    timing = read_timing(path)
    assert (timing.workers, timing.n_showers) == (2, N)
    assert timing.cpu_s > 0.0
    assert "Geant4 version" in (tmp_path / "dask.h5.geant4.log").read_text()
    wait_until(lambda: simulation_processes() == [])


def test_a_geant4_process_serves_many_chunks(scheduler, tmp_path):
    showers(tmp_path / "dask.h5", cluster=scheduler)
    started = (tmp_path / "dask.h5.geant4.log").read_text().count("Geant4 version")
    assert 1 <= started <= 2


def test_showers_survive_killed_workers(once, scheduler, tmp_path, monkeypatch):
    """A Geant4 process and a Dask worker are killed; no chunk is written twice."""
    killed, written = [], []
    write = ChunkStore.write

    def counted(store, chunk, *rest, **named):
        written.append(chunk)
        write(store, chunk, *rest, **named)

    def kill(chunks):
        if chunks == 3:
            killed.append(simulation_processes()[0].pid)
            os.kill(killed[0], signal.SIGKILL)
        if chunks == 8:
            killed.append(dask_workers(scheduler.address)[0])
            os.kill(killed[1], signal.SIGKILL)

    monkeypatch.setattr(ChunkStore, "write", counted)
    watcher = Watcher(kill)
    path = showers(tmp_path / "killed.h5", cluster=scheduler, progress=watcher)
    assert digest(path) == digest(once)
    assert len(killed) == 2
    assert len(written) == len(set(written))
    assert watcher.done == N
    wait_until(lambda: simulation_processes() == [])


def test_what_is_interrupted_goes_on_anywhere(once, scheduler, tmp_path):
    """Ctrl-C on the cluster; the rest is made on one machine."""
    path = tmp_path / "a.h5"

    def interrupt(chunks):
        if chunks == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        showers(path, cluster=scheduler, progress=Watcher(interrupt))
    assert not path.exists()
    finished = len(list(partial_folder(path).glob("*.npz")))
    assert finished >= 5
    wait_until(lambda: simulation_processes() == [])
    before = {chunk: chunk.stat().st_mtime_ns for chunk in partial_folder(path).glob("*.npz")}
    untouched = []

    def compare(chunks):
        untouched.append(all(chunk.stat().st_mtime_ns == at for chunk, at in before.items()))

    showers(path, workers=1, resume=True, progress=Watcher(compare))
    assert all(untouched)
    assert digest(path) == digest(once)


def test_jets_are_the_same_bytes(scheduler, tmp_path):
    pytest.importorskip("pythia8mc")
    pytest.importorskip("fastjet")
    paths = [tmp_path / "pool.h5", tmp_path / "dask.h5"]
    simulate_jets("w", paths[0], n=150, seed=4, workers=1)
    simulate_jets("w", paths[1], n=150, seed=4, cluster=scheduler)
    assert digest(paths[0]) == digest(paths[1])
    paths = [tmp_path / "pairs-pool.h5", tmp_path / "pairs-dask.h5"]
    simulate_calibration_jets(None, paths[0], n=60, seed=4, workers=1)
    simulate_calibration_jets(None, paths[1], n=60, seed=4, cluster=scheduler)
    assert digest(paths[0]) == digest(paths[1])


def test_workers_of_another_version_are_refused(dask, scheduler, tmp_path):
    """Another showerkit is installed on the workers, as far as Python can tell."""
    foreign = tmp_path / "foreign"
    for name in ("showerkit", "geant4_pybind"):
        folder = foreign / f"{name}-99.1.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 99.1\n")
    path = tmp_path / "a.h5"
    text = str(foreign)
    with Client(dask.scheduler_address, set_as_default=False) as client:
        client.run(lambda: __import__("sys").path.insert(0, text))
        try:
            with pytest.raises(
                ClusterError, match=r"got showerkit 99\.1, geant4-pybind 99\.1; expected showerkit 0"
            ):
                showers(path, cluster=scheduler)
        finally:
            client.run(lambda: __import__("sys").path.remove(text))
    assert not path.exists()


def test_an_unreachable_scheduler_is_one_line(showerkit_command, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    path = tmp_path / "a.h5"
    done = showerkit_command("simulate", "zdc-ecal", "-n", 4, "--scheduler", address, "-o", path)
    done.assert_one_line_error("no Dask scheduler answers", address)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_scheduler_is_given_up_soon(tmp_path):
    """Something listens, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        begun = time.monotonic()
        with pytest.raises(ClusterError, match="expected an answer within 5 s"):
            showers(tmp_path / "a.h5", cluster=SchedulerConfig(address=address))
        assert time.monotonic() - begun < 60.0
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A program that squares numbers and writes down when it begins a chunk."""
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "toy_simulation.py").write_text(TOY)
    monkeypatch.syspath_prepend(modules)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(modules), *filter(None, __import__("sys").path)]))

    def program(**setup):
        setup = {"ledger": str(tmp_path / "ledger"), "chunk_s": 0.2, **setup}
        return WorkerProgram("Toy", "toy_simulation", setup, tmp_path, ("showerkit",))

    program.ledger = tmp_path / "ledger"
    return program


def run_toy(runner, program, chunks=range(24), at_chunk=lambda chunks: None, notes=None):
    """Run it; give the squares and when each was there."""
    squares, there_s = {}, {}
    results = runner.run(
        program,
        chunks,
        lambda chunk: {"x": np.array([chunk, chunk + 0.5])},
        events_of=lambda chunk: (chunk * 2, chunk * 2 + 1),
        note=([] if notes is None else notes).append,
    )
    for result in results:
        assert result.chunk not in squares
        squares[result.chunk], there_s[result.chunk] = result.arrays["square"].tolist(), time.time()
        at_chunk(len(squares))
    return squares, there_s


SQUARES = {chunk: [chunk**2, (chunk + 0.5) ** 2] for chunk in range(24)}


def assert_none_was_begun_again(ledger, there_s):
    begun = [line.split() for line in ledger.read_text().splitlines()]
    assert {int(chunk) for chunk, _ in begun} == set(there_s)
    for chunk, began_s in begun:
        assert float(began_s) < there_s[int(chunk)], f"chunk {chunk} was begun after it was there"
    return len(begun)


def test_a_cluster_of_its_own_survives_everything(toy, tmp_path):
    """Simulations, a Dask worker and in the end all of them are killed; finished chunks are not redone."""
    here = psutil.Process()
    before = set(here.children(recursive=True))
    notes = []

    def started():
        return [child for child in here.children(recursive=True) if child not in before]

    def kill(chunks):
        if chunks in (4, 8):
            # None is there for a moment when one has just been lost.
            wait_until(lambda: len(simulation_processes()) > 0)
            victim = simulation_processes()[0]
            (victim if chunks == 4 else victim.parent()).kill()
        if chunks == 14:
            for child in started():
                with suppress(psutil.NoSuchProcess):
                    child.kill()

    with connected(LocalConfig(processes=2), notes.append) as runner:
        assert runner.workers == 2
        squares, there_s = run_toy(runner, toy(), at_chunk=kill, notes=notes)
    assert squares == SQUARES
    begun = assert_none_was_begun_again(toy.ledger, there_s)
    assert len(SQUARES) < begun <= len(SQUARES) + 6
    assert any("does its chunk again" in note for note in notes)
    wait_until(lambda: started() == [])


def test_a_result_that_dies_with_its_worker_is_made_again(toy, monkeypatch):
    """All workers are killed when a chunk is finished and not yet fetched; nothing else wakes the cluster."""
    here = psutil.Process()
    before = set(here.children(recursive=True))
    fetch = DaskWorkers._reply
    lost = []

    def kill_and_fetch(runner, future, wait_s):
        if not lost:
            lost.append(future.key)
            for child in [child for child in here.children(recursive=True) if child not in before]:
                with suppress(psutil.NoSuchProcess):
                    child.kill()
        return fetch(runner, future, wait_s)

    monkeypatch.setattr(DaskWorkers, "_reply", kill_and_fetch)
    with connected(LocalConfig(processes=1)) as runner:
        squares, _ = run_toy(runner, toy(chunk_s=0.01), chunks=range(6))
    assert len(lost) == 1
    assert squares == {chunk: SQUARES[chunk] for chunk in range(6)}


def test_a_job_that_dask_drops_is_started_again(toy):
    """As it drops the job of a worker that was lost long ago, whose successor has not come yet."""

    def drop(chunks):
        if chunks == 2:
            cluster = runner._jobs._cluster
            (name,) = cluster.workers
            cluster.sync(cluster.workers.pop(name).close)

    with connected(LocalConfig(processes=1)) as runner:
        squares, _ = run_toy(runner, toy(), chunks=range(6), at_chunk=drop)
    assert squares == {chunk: SQUARES[chunk] for chunk in range(6)}


def test_a_cluster_of_its_own_lets_nobody_else_in():
    with connected(LocalConfig(processes=1)) as runner:
        address = runner._client.scheduler.address
        assert address.startswith("tls://127.0.0.1:")
        with pytest.raises((OSError, TimeoutError, TypeError, RuntimeError)):
            Client(address.replace("tls", "tcp"), timeout=3, set_as_default=False)


def test_a_chunk_that_kills_its_worker_is_given_up(toy, scheduler, tmp_path):
    modules = str(tmp_path / "modules")
    with Client(scheduler.address, set_as_default=False) as client:
        client.run(lambda: __import__("sys").path.append(modules))
    notes = []
    with (
        connected(scheduler) as runner,
        pytest.raises(SimulationError, match=r"events 6 to 7 brought down 3 workers: got worker .* signal 6"),
    ):
        run_toy(runner, toy(deadly=3, chunk_s=0.01), notes=notes)
    assert len(notes) == 2


SBATCH = """#!/usr/bin/env python3
import os, subprocess, sys, time
from pathlib import Path
folder = Path(__file__).parent
number = os.getpid()
log = (folder / f"{number}.out").open("wb")
job = subprocess.Popen(["bash", sys.argv[1]], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                       start_new_session=True)
script = Path(sys.argv[1]).read_text()
(folder / f"{number}.sh").write_text(script)
time.sleep(0.2)
(folder / f"{number}.pid").write_text(str(job.pid))
print("Submitted batch job", number)
"""
SCANCEL = """#!/usr/bin/env python3
import os, signal, sys
from pathlib import Path
try:
    os.killpg(int((Path(__file__).parent / f"{sys.argv[1]}.pid").read_text()), signal.SIGKILL)
except ProcessLookupError:
    pass
"""


def test_jobs_of_slurm(toy, tmp_path, monkeypatch):
    """A batch system that starts each job here at once."""
    site = tmp_path / "site"
    site.mkdir()
    for name, text in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        # This Python, not the first of the path, which may be another one with this one's modules.
        (site / name).write_text(text.replace("/usr/bin/env python3", sys.executable))
        (site / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(site), prepend=os.pathsep)
    folder = tmp_path / "jobs"
    config = SlurmConfig(jobs=2, cores=1, queue="short", folder=folder, interface="lo")
    with connected(config) as runner:
        squares, there_s = run_toy(runner, toy(chunk_s=0.1))
    assert squares == SQUARES
    assert assert_none_was_begun_again(toy.ledger, there_s) == len(SQUARES)
    scripts = sorted(site.glob("*.sh"))
    assert len(scripts) == 2
    assert "#SBATCH -p short" in scripts[0].read_text()
    assert list(folder.glob(".credentials*")) == []
    for job in site.glob("*.pid"):
        wait_until(partial(_has_ended, int(job.read_text())))


def _has_ended(pid):
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


def test_no_batch_system_is_one_line(showerkit_command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    done = showerkit_command("simulate", "zdc-ecal", "-n", 4, "--cluster", "htcondor", "-o", "a.h5")
    done.assert_one_line_error("condor_submit was not found", "--dry-run")
    assert list(Path(tmp_path).iterdir()) == []
