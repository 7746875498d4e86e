"""Every shipped model either becomes an ONNX file that gives what it gives, or is refused in one line."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.export.exporters import EXPORTERS, exported_model, family_of_file
from showerkit.export.onnx_file import OnnxModel
from showerkit.train.model_store import shipped_models

from .cpp_example import cells_of_both, compiled

MODELS = shipped_models()
EXPORTED = sorted(name for name, model in MODELS.items() if family_of_file(model.path) in EXPORTERS)


@pytest.fixture(scope="module")
def shower_cells(tmp_path_factory) -> str | None:
    """The C++ example, if it can be compiled here."""
    try:
        return compiled(tmp_path_factory.mktemp("example"))
    except pytest.skip.Exception:
        return None


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPORTED)
def test_a_shipped_model_is_exported(name, tmp_path, showerkit_command, shower_cells):
    file = tmp_path / "model.onnx"
    shown = showerkit_command("export", name, "-o", str(file))
    assert shown.code == 0, shown.err
    assert "deviates from PyTorch by at most" in shown.err + shown.out
    # What the file says of itself is what the model says.
    said, known = OnnxModel(file).description, exported_model(MODELS[name].path).description
    assert said == known
    if said.kind == "shower-generator":
        shown = showerkit_command("generate", str(file), "-n", "5", "-o", str(tmp_path / "showers.h5"))
        assert shown.code == 0, shown.err
        if shower_cells is not None:
            made, wanted = cells_of_both(shower_cells, file, tmp_path)
            assert (wanted > 0.0).any(axis=1).mean() > 0.9
            np.testing.assert_allclose(made, wanted, rtol=1e-6)


@pytest.mark.parametrize("name", sorted(set(MODELS) - set(EXPORTED)))
def test_the_others_are_refused_in_one_line(name, tmp_path, showerkit_command):
    shown = showerkit_command("export", name, "-o", str(tmp_path / "model.onnx"))
    assert shown.code == 2
    line = shown.err.strip()
    assert "\n" not in line
    assert "cannot be exported; expected one of kind" in line
    assert not list(tmp_path.iterdir())


def test_all_shower_generators_and_energies_of_showers_can_be_exported():
    kinds = {family_of_file(model.path) for model in MODELS.values()} - set(EXPORTERS)
    assert kinds <= {"cloud-flow", "convae", "particle-flow"}
    assert {"zdc-ecal-gan", "zdc-ecal-regression", "toy-hcal-energy"} <= set(EXPORTED)
