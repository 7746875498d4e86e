"""``showerkit simulate-jets``: the same file whatever the workers, interruptions and growth."""

from __future__ import annotations

import re

import psutil
import pytest

pytest.importorskip("pythia8mc")
pytest.importorskip("fastjet")

from showerkit.data.jet_file import JetFile
from showerkit.data.timing import read_timing
from showerkit.errors import ConfigurationError, DataError
from showerkit.simulate.jets.config import JetProcessConfig
from showerkit.workflow import simulate_jets, validate

N = 250
CONFIG = JetProcessConfig(process="w", constituents=20)


class Watching:
    """A progress that calls a function after each advance."""

    def __init__(self, then=lambda: None):
        self.then, self.total, self.done, self.notes = then, 0, 0, []

    def start(self, what, total, unit):
        self.total = total

    def advance(self, done):
        self.done += done
        if done:
            self.then()

    def finish(self):
        pass

    def note(self, message):
        self.notes.append(message)


def workers():
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if "showerkit.simulate.jets.worker" in " ".join(child.cmdline())
    ]


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    path = tmp_path_factory.mktemp("jets") / "w.h5"
    progress = Watching()
    simulate_jets(CONFIG, path, n=N, seed=4, workers=1, progress=progress)
    assert (progress.done, progress.total) == (N, N)
    return path


def test_the_file_is_complete_and_valid(once):
    assert validate(once) == []
    with JetFile(once) as file:
        assert len(file) == N
        assert re.fullmatch(r"Pythia 8\.\d{3}", file.metadata.generator)
        assert file.metadata.settings == CONFIG.model_dump(mode="json")
        assert file.has_momenta
    timing = read_timing(once)
    assert timing.n_showers >= N
    assert timing.ms_per_shower > 0
    assert sorted(path.name for path in once.parent.iterdir()) == ["w.h5", "w.h5.timing.json"]


def test_workers_do_not_matter_even_if_one_is_killed(once, tmp_path):
    killed = []

    def kill_one():
        if not killed:
            killed.append(workers()[0].pid)
            psutil.Process(killed[0]).kill()

    progress = Watching(kill_one)
    path = simulate_jets(CONFIG, tmp_path / "w.h5", n=N, seed=4, workers=2, progress=progress)
    assert path.read_bytes() == once.read_bytes()
    assert killed
    assert workers() == []


def test_an_interrupted_run_goes_on(once, tmp_path):
    path = tmp_path / "w.h5"

    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate_jets(CONFIG, path, n=N, seed=4, workers=1, progress=Watching(interrupt))
    assert not path.exists()
    assert workers() == []
    with pytest.raises(DataError, match="left from an interrupted run"):
        simulate_jets(CONFIG, path, n=N, seed=4)
    with pytest.raises(DataError, match="'seed' differs"):
        simulate_jets(CONFIG, path, n=N, seed=5, resume=True)
    simulate_jets(CONFIG, path, n=N, seed=4, workers=1, resume=True)
    assert path.read_bytes() == once.read_bytes()
    progress = Watching()
    simulate_jets(CONFIG, path, n=N, seed=4, resume=True, progress=progress)
    assert progress.notes == [f"{path} is finished already"]


def test_a_finished_file_grows_from_the_command_line(once, tmp_path, showerkit_command):
    path = tmp_path / "w.h5"
    words = ["simulate-jets", "w", "--constituents", 20, "--seed", 4, "-w", 1, "-o", path, "-n"]
    assert showerkit_command(*words, 60).code == 0
    showerkit_command(*words, N).assert_one_line_error("exists already")
    grown = showerkit_command(*words, N, "--resume")
    assert grown.code == 0, grown
    assert path.read_bytes() == once.read_bytes()
    assert showerkit_command("validate", path).out == f"{path}: valid\n"


def test_wrong_input_is_one_line(tmp_path, showerkit_command):
    path = tmp_path / "a.h5"
    showerkit_command("simulate-jets", "b", "-o", path).assert_one_line_error("'process'", "'b'")
    showerkit_command("simulate-jets", "g", "-n", 0, "-o", path).assert_one_line_error("number of jets")
    with pytest.raises(ConfigurationError, match="number of workers: got 0"):
        simulate_jets("g", path, n=1, workers=0)
    assert list(tmp_path.iterdir()) == []


def test_settings_that_pythia_cannot_start_with_are_told(tmp_path):
    from showerkit.errors import SimulationError

    impossible = JetProcessConfig(process="t", sqrt_s_tev=0.3, parton_pt_gev=(100, 110))
    with pytest.raises(SimulationError, match="Pythia 8 does not start for process 't'"):
        simulate_jets(impossible, tmp_path / "a.h5", n=1, workers=1)
