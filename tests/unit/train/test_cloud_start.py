"""Weights of a trained model for another training: the same velocities, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from showerkit.data.jet_records import JET_TYPES
from showerkit.data.point_scaling import PointScaling
from showerkit.errors import ConfigurationError
from showerkit.models.cloud_flow_config import CloudFlowConfig
from showerkit.models.cloud_transformer_config import CloudTransformerConfig
from showerkit.models.convae_config import ConVAEConfig
from showerkit.models.epic_config import EpicConfig
from showerkit.models.shape_flow_config import ShapeFlowConfig
from showerkit.train.cloud_checkpoint import CloudCheckpoint, CloudMeta
from showerkit.train.cloud_condition import CloudCondition
from showerkit.train.cloud_network import build_cloud_network
from showerkit.train.cloud_population import CloudPopulation
from showerkit.train.cloud_start import starting_weights

GLUON, TOP, Z = JET_TYPES["g"], JET_TYPES["t"], JET_TYPES["z"]


def told(*classes):
    return CloudCondition(inputs=("class", "number"), classes=classes, places=6, coding="index")


def flow(kind, classes, shape=None):
    form = {"classes": classes, "hidden": 8, "condition_features": 0 if shape is None else 6}
    epic = kind == "epic"
    network = EpicConfig(**form, layers=2) if epic else CloudTransformerConfig(**form, blocks=1, heads=2)
    return CloudFlowConfig(network=network, shape=shape)


def trained(model, condition):
    scaling = PointScaling(offset=(0.0,) * 3, scale=(1.0,) * 3)
    network = build_cloud_network(model, scaling=scaling, seed=3)
    with torch.no_grad():
        # Velocities are 0 at first, whatever the class.
        for parameter in network.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)) / 4)
    empty = np.zeros(0, dtype=np.int64)
    population = CloudPopulation(np.ones((2, 7), dtype=np.int64), empty, empty, *[empty.astype("f4")] * 2)
    meta = CloudMeta(
        name="mixture",
        model=model,
        content="jets",
        features="relative",
        scaling=scaling,
        condition=condition,
        seed=1,
        data_fingerprint="x",
        n_train=1,
    )
    return network, CloudCheckpoint(meta, network.state_dict(), population)


def test_one_class_of_several_draws_the_same_shapes():
    shape = ShapeFlowConfig(transforms=2, hidden=8)
    several, start = trained(flow("epic", 2, shape), told(GLUON, TOP))
    model = flow("epic", 0, shape)
    weights = starting_weights(start, model, told(TOP), "relative")
    alone = build_cloud_network(model, scaling=start.meta.scaling, seed=8)
    alone.load_state_dict(weights)
    noise, mask = torch.randn(5, several.normals(6)), torch.ones(5, 6, dtype=torch.bool)
    expected = several.transport(noise, mask, torch.ones(5, 1))
    torch.testing.assert_close(alone.transport(noise, mask), expected)
    assert not torch.allclose(several.transport(noise, mask, torch.zeros(5, 1)), expected)


@pytest.mark.parametrize("kind", ["epic", "transformer"])
@pytest.mark.parametrize("place", [0, 1])
def test_one_class_of_several_has_the_same_velocities(kind, place):
    several, start = trained(flow(kind, 2), told(GLUON, TOP))
    alone = build_cloud_network(flow(kind, 0), seed=8)
    weights = starting_weights(start, flow(kind, 0), told((GLUON, TOP)[place]), "relative")
    alone.load_state_dict(weights)
    time, points, mask = torch.rand(5), torch.randn(5, 6, 3), torch.ones(5, 6, dtype=torch.bool)
    expected = several(time, points, mask, torch.full((5, 1), float(place)))
    other = several(time, points, mask, torch.full((5, 1), 1.0 - place))
    torch.testing.assert_close(alone(time, points, mask), expected)
    assert not torch.allclose(expected, other)


def test_the_same_classes_go_on_as_they_are():
    _, start = trained(flow("epic", 2), told(GLUON, TOP))
    weights = starting_weights(start, flow("epic", 2), told(GLUON, TOP), "relative")
    assert weights.keys() == start.network.keys()


def test_a_model_of_one_class_goes_on_with_another():
    _, start = trained(flow("epic", 0), told(GLUON))
    weights = starting_weights(start, flow("epic", 0), told(TOP), "relative")
    assert weights is start.network


@pytest.mark.parametrize(
    ("model", "condition", "features", "message"),
    [
        (flow("epic", 0), told(Z), "relative", "expected a flow that knows z"),
        (flow("epic", 2), told(GLUON, Z), "relative", "got a model of g, t; expected one of g, z"),
        (flow("transformer", 0), told(GLUON), "relative", "other layers or inputs"),
        (ConVAEConfig(), told(GLUON), "relative", "other layers or inputs"),
        (flow("epic", 0), told(GLUON), "pt-gev", "relative points; expected pt-gev"),
    ],
)
def test_another_model_is_refused(model, condition, features, message):
    _, start = trained(flow("epic", 2), told(GLUON, TOP))
    with pytest.raises(ConfigurationError, match=message):
        starting_weights(start, model, condition, features)
