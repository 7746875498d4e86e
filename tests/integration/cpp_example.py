"""The C++ example that runs exported files: compiled, and given the inputs of a check."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from showerkit.export.onnx_file import OnnxModel
from showerkit.export.shower_exports import RANDOM, check_particles

EXAMPLE = Path(__file__).parents[2] / "examples" / "geant4-par04"


def compiled(folder: Path) -> str:
    """Compile the example; skip where there is no compiler or ONNX Runtime's headers are not at hand."""
    compiler = shutil.which("c++") or shutil.which("g++")
    if compiler is None:
        pytest.skip("no C++ compiler")
    headers = _headers()
    if headers is None:
        pytest.skip("no headers of ONNX Runtime: set ONNXRUNTIME_ROOT to where it was unpacked")
    import onnxruntime

    # The library that comes with the Python package lacks its links.
    library = next(Path(onnxruntime.__file__).parent.glob("capi/libonnxruntime.so.*"), None)
    if library is None:
        pytest.skip("the Python package of ONNX Runtime has no shared library of its own")
    for name in ("libonnxruntime.so", "libonnxruntime.so.1"):
        (folder / name).symlink_to(library)
    program = folder / "shower_cells"
    sources = [str(EXAMPLE / name) for name in ("shower_cells.cc", "OnnxInference.cc")]
    flags = ["-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", f"-I{headers}", f"-L{folder}"]
    command = [compiler, *flags, *sources, "-lonnxruntime", f"-Wl,-rpath,{folder}", "-o", str(program)]
    subprocess.run(command, check=True)
    return str(program)


def cells_of_both(program: str, file: Path, folder: Path, events: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Cells in MeV that C++ and Python fill from the same particles and random numbers, (events, cells)."""
    from showerkit.export.incident_inputs import incident_arrays
    from showerkit.export.onnx_generator import OnnxShowerGenerator
    from showerkit.generate.random_inputs import draw_random

    model, generator = OnnxModel(file, threads=1), OnnxShowerGenerator(file, threads=1)
    inputs = model.description.inputs
    given = incident_arrays(inputs, check_particles(generator.meta, events))
    for name, numbers in draw_random(generator.random_inputs, 1, np.arange(events)).items():
        given[RANDOM + name] = numbers.astype(np.float32)
    rows = np.concatenate([given[one.name] for one in inputs], axis=1)
    rows.astype(np.float32).tofile(folder / "inputs")
    replay = ["--replay", str(folder / "inputs"), str(folder / "energies")]
    subprocess.run([program, str(file), *replay], check=True)
    made = np.fromfile(folder / "energies").reshape(events, model.description.cells.number)
    return made, model(given)["cell_energy_mev"]


def _headers() -> Path | None:
    root = os.environ.get("ONNXRUNTIME_ROOT")
    places = [Path(root), Path(root) / "include"] if root else []
    for base in (Path("/usr/include"), Path("/usr/local/include"), Path("/opt/onnxruntime/include")):
        places += [base, base / "onnxruntime", base / "onnxruntime/core/session"]
    return next((place for place in places if (place / "onnxruntime_c_api.h").is_file()), None)
