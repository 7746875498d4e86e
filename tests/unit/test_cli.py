"""The command line: help with an example, one line for what is wrong, and the exit codes."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import typer

from showerkit import __version__, cli
from showerkit.errors import DataError

VERBS = sorted(
    command.name or command.callback.__name__.replace("_", "-") for command in cli.app.registered_commands
)


def test_the_verbs():
    work = [
        "compare",
        "convert",
        "evaluate",
        "export",
        "generate",
        "images",
        "patterns",
        "profile",
        "reconstruct",
        "run",
        "simulate",
        "simulate-jets",
        "simulate-calibration-jets",
        "train",
        "tune",
        "validate",
        "view",
    ]
    assert sorted([*work, "detectors", "doctor", "models", "recipes"]) == VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_help_shows_an_example(showerkit_command, verb):
    shown = showerkit_command(verb, "--help")
    assert shown.code == 0
    assert f"\n    showerkit {verb}" in shown.out.split("Example")[1]


def test_version(showerkit_command):
    assert showerkit_command("--version").out == f"showerkit {__version__}\n"


def test_help_lists_every_verb(showerkit_command):
    shown = showerkit_command("--help")
    assert shown.code == 0
    listed = [line.split()[0] for line in shown.out.splitlines() if line.startswith("  ") and line[2] != " "]
    assert sorted(set(listed) & set(VERBS)) == VERBS
    # Whole sentences under headings, none of them cut.
    assert "..." not in shown.out.split("Options:")[1]
    assert "\nSamples:\n" in shown.out


def test_nothing_said_shows_the_help(showerkit_command):
    shown = showerkit_command()
    assert shown.code == 2
    assert "Usage: showerkit" in shown.out + shown.err


def test_detectors_and_recipes(showerkit_command):
    assert "zdc-ecal " in showerkit_command("detectors").out
    assert "5.77 X0" in showerkit_command("detectors", "zdc-ecal").out
    assert "demo" in showerkit_command("recipes").out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["smulate"], ["smulate"]),
        (["simulate"], ["detector", "simulate --help"]),
        (["run"], ["recipe", "run --help"]),
        (["run", "demo", "--outptu", "x"], ["--outptu"]),
        (["run", "demo", "--workers", "many"], ["--workers", "valid integer"]),
        (["run", "demo", "--workers", "0"], ["--workers", "greater than or equal to 1"]),
        (["run", "nonsense"], ["unknown recipe 'nonsense'"]),
        (["run", "nonsense.yaml"], ["nonsense.yaml"]),
        (["run", "demo", "--set", "training.epochs"], ["training.epochs", "key=value"]),
        (["run", "demo", "--set", "training.epoch=3"], ["training.epoch", "did you mean 'epochs'"]),
        (["run", "demo", "--set", "training.epochs=[3"], ["training.epochs", "YAML"]),
        (["run", "demo", "--set", "training.epochs=-3"], ["training.epochs", "-3"]),
        (["run", "demo", "--set", "detector=nothing"], ["nothing", "zdc-ecal"]),
        (["simulate", "zdc-eca", "-n", "1", "-o", "x.h5"], ["zdc-eca", "did you mean 'zdc-ecal'"]),
        (["simulate", "zdc-ecal", "-n", "1", "--energy", "abc", "-o", "x.h5"], ["abc"]),
        (["simulate", "zdc-ecal", "-n", "-1", "-o", "x.h5"], ["-1"]),
        (["simulate", "zdc-ecal", "--like", "nothing.h5", "-o", "x.h5"], ["nothing.h5"]),
        (["train", "nonsense.yaml", "--data", "x.h5", "-o", "m"], ["nonsense.yaml"]),
        (["train", "demo", "--data", "nothing.h5", "-o", "m"], ["nothing.h5"]),
        (["tune", "demo", "--data", "x.h5", "-n", "2", "-o", "s"], ["'tune' is missing", "--space"]),
        (["tune", "demo", "-n", "0", "-o", "s"], ["--trials", "greater than or equal to 1"]),
        (["generate", "nonsense", "-n", "1", "-o", "x.h5"], ["nonsense"]),
        (["evaluate", "nothing.h5", "other.h5", "-o", "r"], ["nothing.h5"]),
    ],
    ids=" ".join,
)
def test_what_is_wrong_is_one_line(showerkit_command, tmp_path, monkeypatch, words, expected):
    monkeypatch.chdir(tmp_path)
    showerkit_command(*words).assert_one_line_error(*expected)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_violations_are_listed_and_end_with_2(showerkit_command, tmp_path):
    (tmp_path / "text.h5").write_text("no HDF5")
    shown = showerkit_command("validate", tmp_path / "text.h5")
    assert shown.code == 2
    assert "text.h5" in shown.out


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (DataError("a.h5", got="2 cells", expected="400"), 2, "error: a.h5: got 2 cells; expected 400"),
        (DataError("two\nlines"), 2, "error: two lines"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "big.h5"), 2, "error: big.h5: No space left"),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "x"), 2, "error: x: Permission denied"),
        (OSError("the disk is on fire"), 2, "error: the disk is on fire"),
        (MemoryError(), 2, "error: not enough memory; to mend: take fewer events"),
        (KeyboardInterrupt(), 130, "interrupted; give the same command to start again"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_errors_end_in_one_line(monkeypatch, capsys, error, code, line):
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.callback()
    def options() -> None:
        pass

    @app.command()
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", app)
    assert cli.main(["fail"]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.strip().startswith(f"showerkit: {line}")
    assert len(printed.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["simulate", "zdc-ecal", "-n", "5"], "go on with the same command and --resume"),
        (["simulate-jets", "t"], "go on with the same command and --resume"),
        (["simulate", "zdc-ecal", "--dry-run"], "give the same command to start again"),
        (["generate", "model"], "give the same command to start again"),
        (["evaluate", "a.h5", "b.h5"], "give the same command to start again"),
    ],
    ids=str,
)
def test_ctrl_c_advises_what_the_verb_can(monkeypatch, capsys, words, advice):
    def interrupted(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "app", interrupted)
    assert cli.main(words) == 130
    assert capsys.readouterr().err == f"showerkit: interrupted; {advice}\n"


def test_a_bug_is_not_hidden(monkeypatch):
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.callback()
    def options() -> None:
        pass

    @app.command()
    def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "app", app)
    with pytest.raises(ZeroDivisionError):
        cli.main(["fail"])


def test_as_a_process(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "showerkit", "run", "nonsense"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


def test_ctrl_c_ends_with_130(tmp_path):
    words = ["run", "demo", "-o", "run", "--workers", "1", "--set", "simulate.train=100000"]
    process = subprocess.Popen(
        [sys.executable, "-m", "showerkit", *words], stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    try:
        # Once the state file is there, the first step has begun; how long that takes is the machine's affair.
        while not (tmp_path / "run" / "data" / "state.json").exists():
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
        # Each time another moment: while it imports, starts its worker or simulates.
        time.sleep(random.uniform(0.0, 1.0))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert "--resume" in err.strip().splitlines()[-1]
    assert "Traceback" not in err


@pytest.mark.parametrize("verb", ["profile", "patterns"])
def test_an_output_that_cannot_be_written_is_told_before_any_work(showerkit_command, tmp_path, verb):
    file = tmp_path / "a-file"
    file.write_text("kept")
    result = showerkit_command(verb, tmp_path / "unread.h5", "-o", file / "folder")
    result.assert_one_line_error("could not be written", str(file))
    assert file.read_text() == "kept"
