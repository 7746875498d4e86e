"""No verb opens a connection, and nothing that the environment holds in secret is written down."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from .view_samples import make_showers, write_showers

#: Run at the start of every Python process: notes connections to anything but this machine, and refuses them.
WATCH = """
import os, sys

def _watch(event, arguments):
    if event == "socket.connect":
        address = arguments[1]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        address = (arguments[0],)
    elif event == "socket.sendto":
        address = arguments[1]
    else:
        return
    host = address[0] if isinstance(address, tuple) else None
    host = host.decode() if isinstance(host, bytes) else host
    if host in (None, "", "localhost", "::1") or host.startswith("127."):
        return
    with open(os.environ["WATCHED_LOG"], "a") as log:
        log.write(f"{event} {address}\\n")
    raise PermissionError(f"{event} to {address}")

with open(os.environ["WATCHED_LOG"] + ".processes", "a") as log:
    log.write(f"{os.getpid()}\\n")
sys.addaudithook(_watch)
"""
SECRETS = {
    name: f"sekrit-{number}-7f3b1c"
    for number, name in enumerate(
        ("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "MY_PASSWORD", "HF_TOKEN", "SSH_AUTH_SOCK", "WANDB_API_KEY")
    )
}
VERBS = """
import sys
from showerkit.cli import main
for words in [line.split() for line in sys.argv[1].splitlines() if line.strip()]:
    code = main(words)
    if code != 0:
        sys.exit(f"{words} ended with {code}")
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> dict[str, str]:
    """An environment with secrets, whose Python processes are watched."""
    folder = tmp_path_factory.mktemp("watched")
    (folder / "sitecustomize.py").write_text(WATCH)
    paths = [str(folder), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **os.environ,
        **SECRETS,
        "PYTHONPATH": os.pathsep.join(paths),
        "WATCHED_LOG": str(folder / "log"),
    }


def verbs(folder: Path, environment: dict[str, str], lines: str) -> bytes:
    """Run verbs one after the other in one process, and give what they printed."""
    done = subprocess.run(
        [sys.executable, "-c", VERBS, lines],
        cwd=folder, env=environment, capture_output=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout + done.stderr


def assert_silent(folder: Path, environment: dict[str, str], printed: bytes, processes: int) -> None:
    """Nothing was connected to, and no secret is in any file or line."""
    log = Path(environment["WATCHED_LOG"])
    assert not log.exists(), log.read_text()
    assert len(set(log.with_name("log.processes").read_text().split())) >= processes
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert len(written) > 5
    for secret in SECRETS.values():
        assert secret.encode() not in printed
        for path in written:
            assert secret.encode() not in path.read_bytes(), path


def small_recipe(folder: Path) -> None:
    recipe = {
        "name": "small", "model": {"hidden": 4, "inputs": ["energy"]},
        "training": {"epochs": 1, "batch_size": 64},
    }  # fmt: skip
    (folder / "small.yaml").write_text(yaml.safe_dump(recipe))


def test_simulating_training_and_generating_stay_on_this_machine(environment, tmp_path):
    write_showers(tmp_path / "a.h5", make_showers("zdc-ecal", 100))
    small_recipe(tmp_path)
    lines = """
        simulate zdc-ecal -n 2 --energy 0.1:0.2 --workers 1 -o simulated.h5
        validate simulated.h5
        train small.yaml --data a.h5 -o run
        generate run --like a.h5 -o generated.h5
    """
    printed = verbs(tmp_path, environment, lines)
    # The command itself and the worker that Geant4 runs in.
    assert_silent(tmp_path, environment, printed, processes=2)


@pytest.mark.slow
def test_all_other_verbs_stay_on_this_machine(environment, tmp_path):
    write_showers(tmp_path / "a.h5", make_showers("zdc-ecal", 400))
    write_showers(tmp_path / "b.h5", make_showers("zdc-ecal", 400, seed=2))
    small_recipe(tmp_path)
    lines = """
        doctor
        detectors zdc-ecal
        recipes
        models
        evaluate a.h5 b.h5 -o report
        view a.h5 -o page.html
        convert a.h5 -o a.root
        profile a.h5 --max-theta 60 --energy-bins 1
        export zdc-ecal-gan -o model.onnx
        generate model.onnx -n 3 -o exported.h5
        simulate-jets g -n 20 --workers 1 -o jets.h5
        generate jets-g-flow -n 5 -o surrogate.h5
        run demo --set simulate.train=40 --set simulate.test=16 --set training.epochs=1 -o chain
    """
    assert_silent(tmp_path, environment, verbs(tmp_path, environment, lines), processes=2)


def test_a_connection_would_be_noticed(environment, tmp_path):
    """The watch itself works, in this process and in those that it starts."""
    log = {**environment, "WATCHED_LOG": str(tmp_path / "log")}
    code = (
        "import socket, subprocess, sys\n"
        "try: socket.create_connection(('192.0.2.1', 9), timeout=1)\n"
        "except PermissionError: pass\n"
        "if len(sys.argv) < 2: subprocess.run([sys.executable, '-c', open(sys.argv[0]).read(), 'again'])\n"
    )
    (tmp_path / "connects.py").write_text(code.replace("sys.argv[0]", repr(str(tmp_path / "connects.py"))))
    subprocess.run([sys.executable, str(tmp_path / "connects.py")], env=log, check=True, timeout=300)
    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) == 2
    assert all("192.0.2.1" in line for line in lines)
