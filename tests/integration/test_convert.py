"""``showerkit convert`` from end to end: the command, its faults, and memory that does not grow."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from showerkit.data.records import IncidentParticles, Showers
from showerkit.data.shower_file import FileMetadata, ShowerWriter
from showerkit.geometry import load_detector


def write_showers(path, n, portion=2000):
    random = np.random.default_rng(1)
    metadata = FileMetadata(generator="test", kind="model", detector=load_detector("zdc-ecal"), seed=1)
    with ShowerWriter(path, metadata) as writer:
        for first in range(0, n, portion):
            size = min(portion, n - first)
            deposit = random.gamma(1.0, 10.0, (size, 400)) * (random.random((size, 400)) < 0.1)
            momentum = np.tile([0.0, 0.0, 1e4], (size, 1))
            photons = IncidentParticles([22] * size, momentum[:, 2], momentum, np.zeros((size, 3)))
            writer.append(Showers(photons, deposit, np.arange(first, first + size)))
    return path


@pytest.fixture
def showers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return write_showers(tmp_path / "showers.h5", 30)


@pytest.mark.parametrize(
    ("name", "to"),
    [
        ("a.root", None),
        ("a.root", "rntuple"),
        ("a.h5", "calochallenge"),
        ("a.h5", "par04"),
        ("a.h5", "showerdata"),
    ],
)
def test_there_and_back(showers, tmp_path, showerkit_command, name, to):
    made = showerkit_command("convert", showers, "-o", name, *([] if to is None else ["--to", to]))
    assert (made.code, made.out) == (0, f"{name}\n"), made.err
    back = showerkit_command("convert", name, "-o", "back.h5")
    assert back.code == 0, back.err
    if to != "showerdata":
        assert (tmp_path / "back.h5").read_bytes() == showers.read_bytes()
    assert showerkit_command("validate", "back.h5").code == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["nothing.h5", "-o", "b.h5"], ["nothing.h5", "no such file"]),
        (["text.h5", "-o", "b.h5"], ["text.h5", "another format"]),
        (["text.root", "-o", "b.h5"], ["text.root", "another format"]),
        (["empty.root", "-o", "b.h5"], ["empty.root", "an empty file"]),
        (["start.root", "-o", "b.h5"], ["start.root", "nothing in it"]),
        (["folder", "-o", "b.h5"], ["folder", "without HDF5 files"]),
        (["other.root", "-o", "b.h5"], ["other.root", "'histogram'", "EDM4hep"]),
        (["showers.h5", "-o", "b.h5", "--to", "parr04"], ["--to", "did you mean 'par04'"]),
        (["showers.h5", "-o", "b.h5", "--to", "edm4hep"], ["--to", "edm4hep"]),
        (["showers.h5", "-o", "b.h5", "--detector", "zdc-ecal"], ["--detector", "leave --detector out"]),
        (["showers.h5", "-o", "b.h5", "--primary", "last"], ["primary", "'only'"]),
        (["showers.h5", "-o", "showers.h5", "--overwrite"], ["the input itself"]),
        (["showers.h5", "-o", "there.h5", "--to", "par04"], ["there.h5", "exists already"]),
        (["showers.h5", "-o", "there.root"], ["there.root", "exists already"]),
        (["showers.h5", "-o", "text.h5/a.root"], ["text.h5"]),
        (["cut.h5", "-o", "b.root"], ["cut.h5"]),
        (["showers.h5", "-o", "b.txt"], ["got b.txt", "--to"]),
    ],
)
def test_what_is_wrong_is_one_line(showers, tmp_path, showerkit_command, words, expected):
    import uproot

    for name in ("text.h5", "text.root", "there.h5", "there.root"):
        (tmp_path / name).write_text("mine and no file of showers")
    (tmp_path / "empty.root").touch()
    (tmp_path / "start.root").write_bytes(b"root" + bytes(100))
    (tmp_path / "cut.h5").write_bytes(showers.read_bytes()[:-2000])
    (tmp_path / "folder").mkdir()
    with uproot.recreate(tmp_path / "other.root") as file:
        file["histogram"] = np.histogram([1.0, 2.0])
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    showerkit_command("convert", *words).assert_one_line_error(*expected)
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_a_damage_in_the_middle_leaves_nothing_behind(showers, tmp_path, showerkit_command):
    import h5py

    with h5py.File(showers, "a") as file:
        file["showers"][20, 3] = np.nan
    for name in ("a.root", "a.h5"):
        shown = showerkit_command(
            "convert", showers, "-o", name, "--to", "ntuple" if "r" in name else "par04"
        )
        shown.assert_one_line_error("NaN")
    assert [path.name for path in tmp_path.iterdir()] == ["showers.h5"]


@pytest.mark.parametrize("name", ["a.root", "b.hdf5"])
def test_a_full_disk_leaves_nothing_behind(showers, tmp_path, name):
    """The limit of a file's size stands for the end of the disk."""
    form = "ntuple" if name.endswith(".root") else "calochallenge"
    script = (
        "import resource, signal, sys; from showerkit.cli import main;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000));"
        f"sys.exit(main(['convert', 'showers.h5', '-o', '{name}', '--to', '{form}']))"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert ended.returncode == 2, ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    assert "could not be written" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["showers.h5"]


def test_without_uproot(showers, showerkit_command, monkeypatch):
    monkeypatch.setitem(sys.modules, "uproot", None)
    shown = showerkit_command("convert", showers, "-o", "a.root")
    shown.assert_one_line_error("uproot", "pip install 'showerkit[root]'")


PEAK = """
import resource, sys
from showerkit.workflow.convert import convert
convert("warm.h5", "warm.out", to=sys.argv[1], overwrite=True)
convert("warm.out", "warm-back.h5", overwrite=True)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
convert("many.h5", "many.out", to=sys.argv[1], overwrite=True)
convert("many.out", "many-back.h5", overwrite=True)
print(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.parametrize("form", ["calochallenge", "showerdata", "ntuple", "rntuple"])
def test_memory_does_not_grow(tmp_path, form):
    write_showers(tmp_path / "warm.h5", 3000)
    write_showers(tmp_path / "many.h5", 30_000)
    ended = subprocess.run(
        [sys.executable, "-c", PEAK, form], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    before, after = map(int, ended.stdout.split())
    assert after < 1.08 * before
