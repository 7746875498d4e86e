"""Surroundings that are wrong: two writers, odd clocks and languages, names that lead elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from showerkit import read_showers
from showerkit.data.chunks import ChunkStore
from showerkit.data.only_writer import CLAIM_NAME, only_writer
from showerkit.data.timing import read_timing, write_timing
from showerkit.data.unfinished_sample import partial_folder
from showerkit.errors import DataError, ShowerkitError
from showerkit.geometry import load_detector
from showerkit.workflow.steps import Steps

from .view_samples import make_showers, write_showers

HOLDER = """
import sys, time
from pathlib import Path
from showerkit.data.only_writer import claim_folder
claim = claim_folder(Path(sys.argv[1]))
print("claimed", flush=True)
time.sleep(600)
"""


@pytest.fixture
def claimed_by_another(tmp_path):
    """Claim a folder by a process that does not end by itself."""
    held = []

    def claim(folder):
        folder.mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True
        )
        held.append(process)
        assert process.stdout.readline() == "claimed\n"
        return process

    yield claim
    for process in held:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_second_process_is_refused_until_the_first_is_dead(claimed_by_another, tmp_path):
    output = tmp_path / "a.h5"
    other = claimed_by_another(partial_folder(output))
    for options in ({"resume": True}, {"overwrite": True}, {}):
        with pytest.raises(DataError, match="another process that is writing into it"):
            ChunkStore(output, {"seed": 1}, **options)
    assert partial_folder(output).is_dir()
    other.kill()
    other.wait()
    store = ChunkStore(output, {"seed": 1}, resume=True)
    # The same process may ask again, and nothing stays behind.
    ChunkStore(output, {"seed": 1}, resume=True)
    store.remove()
    assert list(tmp_path.iterdir()) == []


def test_verbs_tell_of_another_process_in_one_line(claimed_by_another, tmp_path, showerkit_command):
    showers = write_showers(tmp_path / "showers.h5", make_showers("zdc-ecal", 30))
    claimed_by_another(tmp_path / "run")
    for words in (
        ["train", "linear-total", "--data", showers, "-o", tmp_path / "run"],
        ["run", "demo", "-o", tmp_path / "run"],
    ):
        showerkit_command(*words).assert_one_line_error(str(tmp_path / "run"), "another process")
    assert [path.name for path in (tmp_path / "run").iterdir()] == [CLAIM_NAME]


def test_a_claim_that_a_dead_process_left_is_nothing(claimed_by_another, tmp_path):
    other = claimed_by_another(tmp_path / "run")
    other.kill()
    other.wait()
    assert (tmp_path / "run" / CLAIM_NAME).exists()
    with only_writer(tmp_path / "run"):
        pass
    assert list((tmp_path / "run").iterdir()) == []


COMMAND = [sys.executable, "-m", "showerkit"]
SMALL = ["simulate", "zdc-ecal", "-n", "4", "--energy", "0.1:0.2", "--workers", "1"]
ODD = {
    "Turkish": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONUTF8": "0"},
    "ASCII": {
        "LC_ALL": "C",
        "LANG": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "TZ": "Pacific/Kiritimati",
    },
    "unknown": {"LC_ALL": "xx_XX.nothing", "TZ": "No/Where", "COLUMNS": "7", "TERM": "nonsense"},
}


@pytest.mark.slow
@pytest.mark.parametrize("odd", ODD)
def test_language_and_time_zone_change_no_byte(odd, tmp_path):
    for name, environment in (("usual", {}), ("odd", ODD[odd])):
        done = subprocess.run(
            [*COMMAND, *SMALL, "-o", str(tmp_path / f"{name}.h5")],
            env={**os.environ, **environment}, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "usual.h5").read_bytes() == (tmp_path / "odd.h5").read_bytes()


def test_messages_survive_a_terminal_without_their_letters(tmp_path):
    """A path that ASCII cannot write is told somehow, in one line."""
    done = subprocess.run(
        [*COMMAND, "validate", str(tmp_path / "Schauer-\u00e4\u4e2d.h5")],
        env={**os.environ, **ODD["ASCII"]}, capture_output=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"Traceback" not in done.stderr


def test_a_clock_that_goes_back_changes_nothing(monkeypatch, tmp_path):
    """Files of the future are read, and times that end before they began are not negative."""
    showers = write_showers(tmp_path / "a.h5", make_showers("zdc-ecal", 5))
    future = time.time() + 10 * 365 * 86400
    os.utime(showers, (future, future))
    assert len(read_showers(showers)) == 5
    steps = Steps(tmp_path)
    steps.begin("train", "abc")
    steps.finish("train", "abc", [showers])
    os.utime(tmp_path / Steps.FILE, (0, 0))
    assert Steps(tmp_path).is_finished("train", "abc")
    monkeypatch.setattr(time, "time", lambda: 0.0)
    write_timing(showers, generator="toy", n_showers=1, wall_s=0.0, cpu_s=0.0, workers=1)
    assert read_timing(showers).wall_s == 0.0


def test_a_detectors_name_is_no_path(tmp_path, showerkit_command, monkeypatch):
    """Names that become parts of paths are letters, digits and dashes."""
    text = "name: ../../escaped\ncells: 3\ncell_mm: 10\nlayers: [{material: lead, thickness_mm: 1}]\n"
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ShowerkitError, match="'name'"):
        load_detector(tmp_path / "a.yaml")
    monkeypatch.chdir(tmp_path)
    for name in ("../../escaped", "/etc/escaped", "..", "a/b", ""):
        (tmp_path / "r.yaml").write_text(
            f"name: '{name}'\ndetector: zdc-ecal\nsimulate: {{train: 10, test: 5}}\n"
        )
        showerkit_command("run", "r.yaml").assert_one_line_error("name")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.yaml", "r.yaml"]


def test_files_that_a_state_names_outside_its_folder_count_as_missing(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "other.h5").write_bytes(b"abc")
    (tmp_path / "run" / Steps.FILE).write_text(
        '{"steps": {"train": {"key": "k", "finished": true, "sizes": {"../other.h5": 3}}}}'
    )
    assert not Steps(tmp_path / "run").is_finished("train", "k")


def test_links_in_the_place_of_an_output_are_not_followed(tmp_path):
    """An output is renamed over a link: what the link led to stays as it was."""
    precious = tmp_path / "precious.txt"
    precious.write_text("precious")
    (tmp_path / "a.h5.timing.json").symlink_to(precious)
    write_timing(tmp_path / "a.h5", generator="toy", n_showers=1, wall_s=1.0, cpu_s=1.0, workers=1)
    assert precious.read_text() == "precious"
    assert not (tmp_path / "a.h5.timing.json").is_symlink()
