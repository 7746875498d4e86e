"""A worker process at the edges of its life."""

import signal
import subprocess
import sys

import pytest

from showerkit.simulate.worker_process import WorkerProcess

# What a simulation's module looks like, with an import that takes a while.
MODULE = """
import sys, time
print("importing", file=sys.stderr, flush=True)
time.sleep({import_s})
from showerkit.simulate.worker_service import serve

class Simulation:
    version = "1"

def main():
    serve(lambda setup, exit_if_orphaned: Simulation())
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Give a function that writes a module for workers and gives its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(import_s: float) -> str:
        (tmp_path / "simulation_of_nothing.py").write_text(MODULE.format(import_s=import_s))
        return "simulation_of_nothing"

    return write


def test_a_client_that_leaves_before_the_first_message_leaves_no_traceback(module, tmp_path):
    name = module(import_s=0)
    done = subprocess.run(
        [sys.executable, "-c", f"import {name}; {name}.main()"],
        cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "importing\n")


def test_ctrl_c_while_it_imports_leaves_it_alone(module, tmp_path, capfd):
    process = WorkerProcess(module(import_s=0.3), {}, tmp_path / "log")
    try:
        printed = ""
        while "importing" not in printed:
            printed += capfd.readouterr().err
        process._process.send_signal(signal.SIGINT)
        process.wait_until_ready()
        assert process.version == "1"
    finally:
        process.kill()
        process.close()
    assert printed + capfd.readouterr().err == "importing\n"


def test_this_process_still_listens_to_ctrl_c(module, tmp_path):
    process = WorkerProcess(module(import_s=0), {}, tmp_path / "log")
    process.kill()
    process.close()
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, set())
