"""``import showerkit`` and ``showerkit --help`` are quick because they load nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "torch", "geant4_pybind", "matplotlib", "lightning", "h5py", "scipy", "xraylib", "pandas", "tensorboard",
)  # fmt: skip


def fresh_process(code: str) -> tuple[str, float]:
    """Run code in a new Python and say what it printed and how many seconds of processor time it took.

    Processor time, since on a busy machine the clock on the wall says nothing about the package.
    """
    code += "; import time; print(time.process_time())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    *printed, seconds = done.stdout.splitlines()
    return "\n".join(printed), float(seconds)


@pytest.mark.parametrize("module", ["showerkit", "showerkit.cli", "showerkit.workflow"])
def test_import_loads_nothing_heavy(module):
    printed, _ = fresh_process(f"import sys, {module}; print(*[m for m in {HEAVY} if m in sys.modules])")
    assert printed == ""


def test_the_check_would_notice():
    printed, _ = fresh_process(f"import sys, matplotlib; print(*[m for m in {HEAVY} if m in sys.modules])")
    assert "matplotlib" in printed


def test_import_takes_less_than_a_second():
    assert min(fresh_process("import showerkit")[1] for _ in range(2)) < 1.0


def test_verbs_wait_for_no_recipes_of_others():
    printed, _ = fresh_process(
        "import sys, showerkit.workflow; print('showerkit.train.families' in sys.modules)"
    )
    assert printed == "False"


def test_help_takes_less_than_half_a_second():
    runs = [fresh_process("from showerkit.cli import main; main(['--help'])") for _ in range(2)]
    assert all("simulate-jets" in printed for printed, _ in runs)
    # Others on the machine cost caches, and so processor time too; the better of two knows less of them.
    assert min(seconds for _, seconds in runs) < 0.5
