"""Loads Geant4 in a process of its own, to see whether it loads and which release it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROGRAM = "import geant4_pybind as g4; print('geant4', g4.G4Version)"


def run_geant4(variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Import Geant4 in a process of its own, as the simulation does.

    Parameters
    ----------
    variables
        Variables that name Geant4's data.
    """
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def installed_geant4() -> str | None:
    """Version of the installed Geant4 (such as ``11.4.1``), or None if it does not load."""
    from showerkit.simulate.geant4.version import geant4_version

    # An existing folder keeps the package from asking for a download; its files are not read here.
    answer = run_geant4({"GEANT4_DATA_DIR": str(Path.cwd())})
    banner = next((line for line in answer.stdout.splitlines() if line.startswith("geant4 ")), None)
    return None if answer.returncode or banner is None else geant4_version(banner)
