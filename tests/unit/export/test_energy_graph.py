from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from showerkit.errors import ExportError
from showerkit.export.energy_exports import energy_export
from showerkit.export.onnx_graph import onnx_bytes
from showerkit.geometry import load_detector
from showerkit.losses.energy_objectives import build_energy_objective
from showerkit.losses.likelihood_config import (
    GaussianLikelihoodConfig,
    MeanSquaredErrorConfig,
    QuantilesConfig,
)
from showerkit.models.cnn3d_config import CNN3DConfig
from showerkit.models.deep_sets_hits_config import DeepSetsHitsConfig
from showerkit.models.energy_registry import build_energy_model
from showerkit.models.layer_profile_config import LayerProfileConfig
from showerkit.models.residual3d_config import Residual3DConfig
from showerkit.train.energy_checkpoint import (
    EnergyCheckpoint,
    EnergyMeta,
    ResolutionTerms,
    ResponseCorrection,
    save_energy_checkpoint,
)
from showerkit.train.model_store import resolve_model

BOTH = ("charged-tracks", "deposits")
RESOLUTION = ResolutionTerms(stochastic=9.0, constant=0.04, noise_mev=3.0, least_energy_mev=100.0)
RESPONSE = ResponseCorrection(measured_mev=(0.0, 700.0, 3000.0), corrected_mev=(50.0, 800.0, 2800.0))


def checkpoint(model, objective, *, form="sigma", edges=(), **values) -> EnergyCheckpoint:
    detector = load_detector("toy-hcal")
    loss = build_energy_objective(objective, 0.0, 10.0)
    network = build_energy_model(model, detector.shape, outputs=loss.outputs, seed=3)
    weights = {
        **{f"network.{name}": value for name, value in network.state_dict().items()},
        **{f"objective.{name}": value for name, value in loss.state_dict().items()},
    }
    scores = [1.1 + 0.2 * number for number in range(len(edges) + 1)]
    intervals = {
        "form": form,
        "coverage": 0.68,
        "inner_edges_mev": list(edges),
        "scores": scores,
        "events": [100] * len(scores),
    }
    meta = EnergyMeta(
        name="made-up",
        model=model,
        objective=objective,
        intervals=intervals,
        detector=detector,
        energy_low_gev=0.0,
        energy_high_gev=10.0,
        valid_range={"energy": (0.0, 1e4)},
        particles=(11,),
        data_fingerprint="abc",
        n_train=1000,
        n_calibration=100,
        **values,
    )
    return EnergyCheckpoint(meta, weights)


@pytest.mark.parametrize(
    ("model", "objective", "more"),
    [
        (
            DeepSetsHitsConfig(inputs=BOTH),
            MeanSquaredErrorConfig(),
            {"resolution": RESOLUTION, "response": RESPONSE},
        ),
        (CNN3DConfig(), GaussianLikelihoodConfig(), {"response": RESPONSE, "sigma_scale": 1.3}),
        (
            LayerProfileConfig(inputs=("deposits",)),
            QuantilesConfig(),
            {"form": "quantiles", "edges": (100.0, 900.0)},
        ),
        (Residual3DConfig(), MeanSquaredErrorConfig(), {"resolution": RESOLUTION, "edges": (50.0,)}),
    ],
)
def test_energies_inside_the_graph_are_those_of_the_reconstructor(tmp_path, model, objective, more):
    path = tmp_path / "model.skm"
    save_energy_checkpoint(path, checkpoint(model, objective, **more))
    compare(path)


def test_the_shipped_measurement_inside_the_graph():
    compare(resolve_model("toy-hcal-energy"))


def compare(path) -> None:
    exported = energy_export(path)
    given = exported.sample(100)
    assert all((given[one.name] > 0.0).any() for one in exported.description.inputs)
    with torch.no_grad():
        made = exported.graph.eval()(
            *(torch.from_numpy(given[one.name]) for one in exported.description.inputs)
        )
    wanted = exported.reference(given)
    for output, values in zip(exported.description.outputs, made, strict=True):
        assert wanted[output.name].std() > 0.0 or output.name == "sigma_mev"
        rounding = float(exported.rounding(given)[output.name])
        np.testing.assert_allclose(values.numpy(), wanted[output.name], rtol=1e-5, atol=rounding)


class SumIntoPlaces(nn.Module):
    """A sum that ONNX Runtime's threads take in each other's way."""

    def forward(self, *given: torch.Tensor) -> torch.Tensor:
        (deposits,) = given
        place = (deposits > 0.0).long()[:, 0]
        return torch.zeros_like(deposits).index_add(0, place, deposits)


def test_sums_whose_result_depends_on_threads_are_not_exported():
    description = energy_export(resolve_model("toy-hcal-energy")).description
    some = {"inputs": description.inputs[1:], "outputs": description.outputs[:1]}
    lone = description.model_copy(update=some)
    with pytest.raises(ExportError, match="ScatterND with reduction add"):
        onnx_bytes(SumIntoPlaces(), (torch.ones(3, 4),), lone)
