"""``import showerkit`` and ``showerkit --help`` are quick because they load nothing heavy."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

HEAVY = (
    "torch", "geant4_pybind", "matplotlib", "lightning", "h5py", "scipy", "xraylib", "pandas", "tensorboard",
)  # fmt: skip


def fresh_process(code: str) -> tuple[str, float]:
    """Run code in a new Python and say what it printed and how long the process lived."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip(), time.perf_counter() - started


@pytest.mark.parametrize("module", ["showerkit", "showerkit.cli"])
def test_import_loads_nothing_heavy(module):
    printed, _ = fresh_process(f"import sys, {module}; print(*[m for m in {HEAVY} if m in sys.modules])")
    assert printed == ""


def test_the_check_would_notice():
    printed, _ = fresh_process(f"import sys, matplotlib; print(*[m for m in {HEAVY} if m in sys.modules])")
    assert "matplotlib" in printed


def test_import_takes_less_than_a_second():
    # The best of three, since a busy machine says nothing about the package.
    best = min(
        float(
            fresh_process(
                "import time; t = time.perf_counter(); import showerkit; print(time.perf_counter() - t)"
            )[0]
        )
        for _ in range(3)
    )
    assert best < 1.0


def test_help_takes_less_than_half_a_second():
    best = min(fresh_process("from showerkit.cli import main; main(['--help'])")[1] for _ in range(3))
    assert best < 0.5
