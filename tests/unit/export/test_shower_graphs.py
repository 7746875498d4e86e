from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from showerkit.export.exported_model import ExportedModel
from showerkit.export.exporters import exported_model, family_of_file
from showerkit.geometry import load_detector
from showerkit.train.checkpoint import save_checkpoint
from showerkit.train.model_store import resolve_model

#: A network's sums in single precision are known to so much of what they are sums of.
ROUNDING = 1.0e-5


def both(exported: ExportedModel, events: int = 250) -> tuple[np.ndarray, np.ndarray]:
    """What graph and generator give on the same inputs; events where rounding decides on a hit left out."""
    given = exported.sample(events)
    arguments = [torch.from_numpy(given[one.name]) for one in exported.description.inputs]
    with torch.no_grad():
        made = exported.graph.eval()(*arguments).numpy()
    wanted = exported.reference(given)["cell_energy_mev"]
    same = ((made > 0.0) == (wanted > 0.0)).all(axis=1)
    assert same.mean() > 0.98
    return made[same], wanted[same]


@pytest.mark.parametrize(
    ("detector", "settings"),
    [
        ("zdc-ecal", {}),
        ("zdc-ecal", {"mirror": False, "noise_reach": 0}),
        ("zdc-ecal-segmented", {"noise_reach": 1}),
        ("toy-hcal", {"cells_across": 3, "depth_mm": 0.0}),
    ],
)
def test_windows_inside_the_graph_are_those_of_the_generator(window_model, tmp_path, detector, settings):
    path = tmp_path / "model.skm"
    save_checkpoint(path, window_model(detector, **settings))
    made, wanted = both(exported_model(path))
    assert (wanted > 0.0).sum(axis=1).mean() > 1.0
    np.testing.assert_allclose(made, wanted, rtol=ROUNDING)


def test_the_shipped_generator_inside_the_graph():
    made, wanted = both(exported_model(resolve_model("zdc-ecal-gan")))
    np.testing.assert_allclose(made, wanted, rtol=ROUNDING)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"value_cells": "all", "spread": True, "noise_inputs": 3},
        {"kind": "log", "total": "flow"},
        {"kind": "fraction", "spread": True, "total": "quantiles"},
        {"kind": "log", "spread": True, "total": "quantiles", "particles": (11, -11, 13)},
    ],
)
def test_masks_and_totals_inside_the_graph_are_those_of_the_generator(mask_value_model, tmp_path, settings):
    path = tmp_path / "model.skm"
    save_checkpoint(path, mask_value_model(**settings))
    exported = exported_model(path)
    made, wanted = both(exported)
    assert 5.0 < (wanted > 0.0).sum(axis=1).mean() < 395.0
    assert wanted.std() > 0.0
    close = np.isclose(made, wanted, rtol=ROUNDING, atol=1.0e-2)
    # Where a value stands next to an edge of the table of residuals, rounding decides on the row.
    assert close[wanted > 0.0].mean() > (0.998 if exported.jumps else 1.0 - 1e-9)
    names = [one.name for one in exported.description.inputs]
    assert ("particle" in names) == (len(settings.get("particles", (11,))) > 1)
    laws = {one.name: one.law for one in exported.description.inputs if one.role == "random"}
    assert laws["random_mask"] == "uniform"
    if "total" in settings:
        assert laws["random_total"] == ("normal" if settings["total"] == "flow" else "uniform")


@pytest.mark.parametrize(
    ("detector", "settings"),
    [
        ("zdc-ecal", {}),
        ("zdc-ecal", {"shape": None, "marginals": {"scale": "softplus", "hidden": 8}, "mirror": False}),
        ("zdc-ecal", {"particles": (11, -11, 22), "network": {"kind": "patches", "hidden": 16, "code": 8}}),
        ("zdc-ecal", {"gaps_mm": 0.5, "particles": (11, 22)}),
        ("zdc-ecal-segmented", {"solver": {"kind": "heun", "steps": 1}, "busiest_cells": 200}),
        ("zdc-ecal-segmented", {"busiest_cells": 200, "marginals": {"hidden": 16, "others": "by-layer"}}),
        (
            "toy-hcal",
            {"energies": {"variable": "log", "hidden": 8}, "network": {"kind": "u-net", "hidden": 4}},
        ),
        ("staggered-ecal", {"frame": "fixed"}),
        ("staggered-ecal", {"frame": "fixed", "shape": None, "particles": (11, 22), "busiest_cells": 300}),
    ],
)
def test_flows_inside_the_graph_are_those_of_the_generator(flow_model, tmp_path, detector, settings):
    path = tmp_path / "model.skm"
    save_checkpoint(path, flow_model(detector, **settings))
    made, wanted = both(exported_model(path))
    assert 1.0 < (wanted > 0.0).sum(axis=1).mean() < 0.9 * wanted.shape[1]
    assert wanted.std() > 0.0
    assert not (made[:, ~load_detector(detector).cell_map.present] > 0.0).any()
    # Next to the threshold an energy follows the flow's last digits many times over.
    close = np.isclose(made, wanted, rtol=ROUNDING)[wanted > 0.0]
    assert close.mean() > 0.995
    np.testing.assert_allclose(made, wanted, rtol=30.0 * ROUNDING)


def test_any_point_of_the_line_of_flight_will_do(mask_value_model, tmp_path):
    path = tmp_path / "model.skm"
    save_checkpoint(path, mask_value_model(kind="log"))
    exported = exported_model(path)
    given = dict(exported.sample(200))

    def made() -> np.ndarray:
        with torch.no_grad():
            arrays = [torch.from_numpy(given[one.name]) for one in exported.description.inputs]
            return exported.graph.eval()(*arrays).numpy()

    at_gun = made()
    slopes = given["direction"] / given["direction"][:, 2:]
    given["position_mm"] = given["position_mm"] - given["position_mm"][:, 2:] * slopes
    assert np.abs(given["position_mm"][:, 2]).max() == 0.0
    at_face = made()
    same = ((at_gun > 0.0) == (at_face > 0.0)).all(axis=1)
    assert same.mean() > 0.9
    np.testing.assert_allclose(at_gun[same], at_face[same], rtol=1.0e-3)


def test_the_kind_of_a_model_file():
    assert family_of_file(resolve_model("zdc-ecal-gan")) == "entry-window"
    assert family_of_file(resolve_model("toy-hcal-energy")) == "deep-sets-hits"
    assert family_of_file(Path(resolve_model("jets-g-flow"))) == "cloud-flow"
