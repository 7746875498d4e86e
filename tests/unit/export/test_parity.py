from __future__ import annotations

import numpy as np
import pytest

from showerkit.errors import CheckpointError, ExportError
from showerkit.export.exported_model import ExportedModel
from showerkit.export.exporters import EXPORTERS, exported_model
from showerkit.export.onnx_description import ONNX_FORMAT, CellMap, OnnxDescription, OnnxInput, OnnxOutput
from showerkit.export.parity import TOLERANCE, check_parity
from showerkit.geometry import load_detector
from showerkit.train.model_store import resolve_model

DETECTOR = load_detector("zdc-ecal-segmented")
DESCRIPTION = OnnxDescription(
    kind="shower-generator",
    family="made-up",
    name="made-up",
    licence="BSD-3-Clause",
    detector=DETECTOR,
    cells=CellMap.of(DETECTOR),
    inputs=(
        OnnxInput(name="incident_energy_mev", role="incident-energy", width=1, unit="MeV"),
        OnnxInput(name="random_mask", role="random", width=4, unit="1", law="uniform"),
    ),
    outputs=(OnnxOutput(name="cell_energy_mev", width=4, unit="MeV", meaning="deposits"),),
    normalisation={},
    threshold_mev=0.1,
    position_plane_mm=-202.0,
    valid_range={"energy": (1.0, 20.0)},
    particles=(11, 22),
    n_train=10,
    data_fingerprint="abc",
    versions={},
)


def model(**more: object) -> ExportedModel:
    def sample(events: int) -> dict[str, np.ndarray]:
        return {"x": np.linspace(1.0, 50.0, events)[:, None] * np.array([1.0, 0.0, 2.0, 3.0])}

    return ExportedModel(DESCRIPTION, None, sample, lambda given: {"cell_energy_mev": given["x"]}, **more)


def changed(factor: float, events: int, cell: int = 0, add: float = 0.0):
    """A file that gives other energies in one cell of some events."""

    def run(given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        made = given["x"].copy()
        made[:events, cell] = made[:events, cell] * factor + add
        return {"cell_energy_mev": made}

    return run


def test_deviations_within_the_tolerance_pass():
    parity = check_parity(changed(1.0 + 0.5 * TOLERANCE, 251), model())
    assert parity.largest == pytest.approx(0.5 * TOLERANCE, rel=1e-3)
    assert parity.undecided == 0


def test_larger_deviations_are_refused():
    with pytest.raises(ExportError, match=r"deviate from PyTorch's by up to 2.0e-05"):
        check_parity(changed(1.0 + 2.0 * TOLERANCE, 1), model())


def test_a_few_events_in_which_rounding_decides_are_left_out():
    assert check_parity(changed(1.0, 2, cell=1, add=5.0), model()).undecided == 2
    with pytest.raises(ExportError, match="3 of 251 events that are others"):
        check_parity(changed(1.0, 3, cell=1, add=5.0), model())
    with pytest.raises(ExportError):
        check_parity(changed(1.1, 2), model())
    assert check_parity(changed(1.1, 2), model(jumps=True)).undecided == 2


def test_what_is_known_of_the_rounding_is_granted():
    grant = model(rounding=lambda given: {"cell_energy_mev": np.asarray(0.01)})
    assert check_parity(changed(1.0, 251, add=0.0099), grant).largest == 0.0
    with pytest.raises(ExportError):
        check_parity(changed(1.0, 251, add=0.0101), grant)


def test_values_that_are_no_numbers_are_refused():
    with pytest.raises(ExportError, match="no numbers"):
        check_parity(changed(np.nan, 1), model())


def test_a_description_comes_back_from_its_texts():
    texts = DESCRIPTION.properties()
    assert OnnxDescription.from_properties(texts, "x.onnx") == DESCRIPTION
    assert texts["format"] == ONNX_FORMAT
    assert texts["input.random_mask.law"] == "uniform"
    assert texts["output.cell_energy_mev.unit"] == "MeV"
    assert texts["valid_range.energy"] == "1.0 20.0"
    assert texts["particles"] == "11 22"
    assert float(texts["cells.pitch_x_mm"]) == DETECTOR.pitch_x_mm
    assert len(texts["cells.front_mm"].split()) == int(texts["cells.layers"]) == len(DETECTOR.layers)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({}, "without showerkit's description"),
        ({"showerkit": "{"}, "no JSON"),
        ({"showerkit": "[1]"}, "format"),
        ({"showerkit": '{"format": "showerkit-onnx-9"}'}, "showerkit-onnx-9"),
        ({"showerkit": '{"format": "showerkit-onnx-1"}'}, "x.onnx"),
    ],
)
def test_foreign_descriptions_are_refused(texts, message):
    with pytest.raises(CheckpointError, match=message):
        OnnxDescription.from_properties(texts, "x.onnx")


def test_the_cell_order_is_that_of_the_files():
    cells = CellMap.of(DETECTOR)
    layer, iy, ix = 1, 3, 2

    flat = (layer * cells.cells_y + iy) * cells.cells_x + ix
    assert cells.order == "(layer * cells_y + iy) * cells_x + ix"
    assert DETECTOR.index(np.array([layer]), np.array([iy]), np.array([ix]))[0] == flat


def test_families_that_cannot_be_exported_are_told():
    with pytest.raises(ExportError, match="'cloud-flow', which cannot be exported; expected one of kind"):
        exported_model(resolve_model("jets-g-flow"))
    assert {"mask-value", "entry-window"} <= set(EXPORTERS)
