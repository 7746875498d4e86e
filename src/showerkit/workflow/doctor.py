"""``showerkit doctor``: what is there to work with, and what is missing."""

from __future__ import annotations

import os
import platform
import re
import sys
from importlib import metadata
from typing import TYPE_CHECKING

import psutil

from showerkit import __version__
from showerkit.errors import ShowerkitError
from showerkit.workflow.findings import Diagnosis, Finding
from showerkit.workflow.geant4_check import run_geant4

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Beside the package's own requirements: what the extras bring.
_OPTIONAL = {
    "pythia8mc": "jets",
    "fastjet": "jets",
    "mlxtend": "images",
    "awkward": "jets",
    "vector": "jets",
    "optuna": "tune",
    "distributed": "cluster",
    "dask-jobqueue": "cluster",
    "onnx": "export",
    "onnxruntime": "export",
    "uproot": "root",
}


def doctor() -> Diagnosis:
    """Look at everything that showerkit needs and say what is there.

    Returns
    -------
    Diagnosis
        Installed versions, Geant4 and its data, the accelerator, cores, memory and the cache.

    Examples
    --------
    >>> from showerkit.workflow.doctor import Diagnosis, Finding
    >>> Diagnosis((Finding("torch", "MISSING", "not installed"),)).healthy
    False
    """
    findings = [
        Finding("showerkit", "ok", __version__),
        Finding("Python", "ok", f"{platform.python_version()} ({sys.executable})"),
        *_packages(),
        *_geant4(),
        _accelerator(),
        _machine(),
    ]
    return Diagnosis(tuple(findings))


def _packages() -> list[Finding]:
    """Versions of the required packages, then of the optional ones."""
    findings = []
    for line in metadata.requires("showerkit") or []:
        if "extra ==" in line:
            continue
        matched = re.match(r"[A-Za-z0-9._-]+", line)
        if matched is None:
            continue
        findings.append(_package(matched.group()))
    findings.extend(_package(name, extra) for name, extra in _OPTIONAL.items())
    return findings


def _package(name: str, extra: str | None = None) -> Finding:
    try:
        return Finding(name, "ok", metadata.version(name))
    except metadata.PackageNotFoundError:
        if extra is None:
            return Finding(name, "MISSING", f"not installed; pip install {name}")
        return Finding(name, "absent", f"not installed; pip install 'showerkit[{extra}]'")


def _geant4() -> list[Finding]:
    """Which of Geant4's data files are used, and whether Geant4 loads with them."""
    from showerkit.simulate.geant4.data_folders import default_cache_dir
    from showerkit.simulate.geant4.physics_data import find_physics_data

    cache = Finding("cache", "ok", str(default_cache_dir()[0]))
    try:
        data = find_physics_data()
    except (ShowerkitError, OSError) as error:
        return [Finding("Geant4 data", "MISSING", str(error)), cache]
    found = Finding("Geant4 data", "ok", f"{data.source}: {data.description}")
    hadrons = "official data" if data.hadrons == "official" else "approximate tables, made when first needed"
    return [found, Finding("hadrons", "ok", hadrons), cache, _geant4_loads(data.environment)]


def _geant4_loads(variables: Mapping[str, str]) -> Finding:
    """Load Geant4 in a process of its own, as the simulation does."""
    check = run_geant4(variables)
    if check.returncode == 0:
        return Finding("Geant4", "ok", "loads in a process of its own")
    reason = (check.stderr.strip().splitlines() or [f"exit code {check.returncode}"])[-1]
    return Finding("Geant4", "MISSING", f"does not load: {reason}")


def _accelerator() -> Finding:
    """The accelerator that training will use."""
    try:
        import torch
    except ImportError as error:
        return Finding("accelerator", "MISSING", f"torch does not load: {error}")
    if torch.cuda.is_available():
        return Finding("accelerator", "ok", f"CUDA {torch.version.cuda}, {torch.cuda.get_device_name(0)}")
    if torch.backends.mps.is_available():
        return Finding("accelerator", "ok", "Apple Metal")
    return Finding("accelerator", "absent", "no GPU; training runs on the processor")


def _machine() -> Finding:
    """Usable cores and memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = psutil.virtual_memory()
    return Finding(
        "machine",
        "ok",
        f"{cores} cores, {memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB memory free",
    )
