"""``showerkit simulate-calibration-jets``: the same file whatever the workers and interruptions."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("pythia8mc")
pytest.importorskip("fastjet")

from showerkit.data.calibration_file import CalibrationJetFile
from showerkit.data.timing import read_timing
from showerkit.errors import ConfigurationError, DataError
from showerkit.simulate.jets.calibration_config import PRESETS, CalibrationJetConfig
from showerkit.workflow import simulate_calibration_jets, validate
from showerkit.workflow.calibration_jet_options import calibration_jets_from_options

#: More than one block of events gives.
N = 120
CONFIG = CalibrationJetConfig(constituents=20)


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


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    path = tmp_path_factory.mktemp("jets") / "qcd.h5"
    progress = Watching()
    simulate_calibration_jets(CONFIG, path, n=N, seed=4, workers=1, progress=progress)
    assert (progress.done, progress.total) == (N, N)
    assert re.fullmatch(rf"\d+ of {N} jets have more than 20 candidates; \d+ of \d+ .*", progress.notes[-1])
    return path


def test_the_file_is_complete_and_valid(once):
    assert validate(once) == []
    with CalibrationJetFile(once) as file:
        assert len(file) == N
        assert file.metadata.settings["true_pt_gev"] == [30.0, 150.0]
        assert file.metadata.settings["smearing"]["hcal"]["stochastic"] == 1.0
        jets = file.read()
        seen, kept = file.candidate_numbers()
    assert (kept == jets.mask.sum(axis=1)).all()
    assert (seen > kept).any()
    assert (jets.true_pt_gev > 30).all()
    assert (jets.true_pt_gev < 150).all()
    assert read_timing(once).n_showers >= N


def test_two_workers_and_an_interruption_do_not_matter(once, tmp_path):
    path = tmp_path / "qcd.h5"

    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate_calibration_jets(CONFIG, path, n=N, seed=4, workers=1, progress=Watching(interrupt))
    assert not path.exists()
    with pytest.raises(DataError, match=r"'settings\.true_pt_gev' differs"):
        simulate_calibration_jets(
            CONFIG.model_copy(update={"true_pt_gev": (40.0, 150.0)}), path, n=N, seed=4, resume=True
        )
    simulate_calibration_jets(CONFIG, path, n=N, seed=4, workers=2, resume=True)
    assert path.read_bytes() == once.read_bytes()


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["w"], ["'process'", "'w'"]),
        (["qcd", "-n", 0], ["number of jets"]),
        (["qcd", "--preset", "huge"], ["--preset", "'huge'", "narrow or wide"]),
        (["qcd", "--true-pt", "30"], ["--true-pt", "low:high"]),
        (["qcd", "--true-pt", "150:30"], ["true_pt_gev from low > 0 to high"]),
        (["qcd", "--true-pt", "5:30"], ["at least 5 GeV"]),
        (["qcd", "--pile-up", -1], ["'pile_up'"]),
        (["qcd", "--detector", "atlas"], ["'detector'"]),
    ],
)
def test_wrong_input_is_one_line(tmp_path, showerkit_command, words, parts):
    shown = showerkit_command("simulate-calibration-jets", *words, "-o", tmp_path / "a.h5")
    shown.assert_one_line_error(*parts)
    assert list(tmp_path.iterdir()) == []


def test_options():
    config = calibration_jets_from_options("b", preset="wide", detector="none", pile_up=30.0)
    assert (config.process, config.detector, config.pile_up) == ("b", None, 30.0)
    assert config.true_pt_gev == PRESETS["wide"]["true_pt_gev"]
    assert calibration_jets_from_options("qcd", true_pt="50:80").true_pt_gev == (50.0, 80.0)
    with pytest.raises(ConfigurationError, match="number of workers: got 0"):
        simulate_calibration_jets(None, "a.h5", n=1, workers=0)
