"""Begin the training of a network for point clouds with the weights of a trained one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from showerkit.data.jet_records import JET_TYPES
from showerkit.errors import ConfigurationError
from showerkit.models.cloud_flow_config import CloudFlowConfig

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.convae_config import ConVAEConfig
    from showerkit.train.cloud_checkpoint import CloudCheckpoint
    from showerkit.train.cloud_condition import CloudCondition

_OF_CLASS, _BIAS = "network.code.of_class.weight", "network.code.inner.bias"


def starting_weights(
    start: CloudCheckpoint, model: ConVAEConfig | CloudFlowConfig, condition: CloudCondition, features: str
) -> dict[str, Tensor]:
    """Give the weights of a trained model for a network that is to be trained further.

    A flow that was told the class of a cloud can go on with one class alone, which is then nothing to tell:
    the class's vector c_k in the code of the cloud, phi(W x + b + c_k), is added to b, and so are the columns
    of the class in the flow of its shape. A model of one class can go on with another one.

    Parameters
    ----------
    start
        The trained model.
    model
        The network, fitted to its sample.
    condition
        What it is told.
    features
        What describes a point.

    Returns
    -------
    dict
        Tensors by name, for the network's ``load_state_dict``.

    Raises
    ------
    ConfigurationError
        If the trained model is of another form, or does not know the class.
    """
    meta = start.meta
    where = "training.start"
    if meta.features != features:
        raise ConfigurationError(where, got=f"a model of {meta.features} points", expected=features)
    one_of_many = meta.condition.tells_class and not condition.tells_class
    told = meta.condition.tells_class or condition.tells_class
    if told and not one_of_many and meta.condition.classes != condition.classes:
        raise ConfigurationError(
            where,
            got=f"a model of {_named(meta.condition.classes)}",
            expected=f"one of {_named(condition.classes)}, or of these and others",
        )
    if _form(meta.model, one_class=one_of_many) != _form(model, one_class=one_of_many):
        raise ConfigurationError(
            where,
            got=f"model '{meta.name}' with other layers or inputs than the recipe's",
            mend="copy its section 'model' to the recipe, or leave training.start out",
        )
    if not one_of_many:
        return start.network
    label = condition.classes[0]
    if label not in meta.condition.classes or not isinstance(model, CloudFlowConfig):
        raise ConfigurationError(
            where,
            got=f"a model of {_named(meta.condition.classes)}",
            expected=f"a flow that knows {_named(condition.classes)}",
        )
    weights = dict(start.network)
    place = meta.condition.classes.index(label)
    weights[_BIAS] = weights[_BIAS] + weights.pop(_OF_CLASS)[place]
    # The classes are the last columns of what the transforms of a flow of shapes are told.
    rest = -len(meta.condition.classes)
    for name in [name for name in weights if name.startswith("shape.") and name.endswith("hyper.0.weight")]:
        bias, mask = (name.removesuffix("weight") + other for other in ("bias", "mask"))
        weights[bias] = weights[bias] + weights[name][:, rest + place]
        weights[name], weights[mask] = weights[name][:, :rest], weights[mask][:, :rest]
    return weights


def _form(model: ConVAEConfig | CloudFlowConfig, *, one_class: bool) -> dict[str, Any]:
    """Describe what decides the shapes and the meaning of the weights."""
    form = model.model_dump(mode="json")
    form.pop("solver", None)
    if one_class and "network" in form:
        form["network"].pop("classes", None)
    return form


def _named(labels: tuple[int, ...]) -> str:
    names = {code: name for name, code in JET_TYPES.items()}
    return ", ".join(names.get(label, str(label)) for label in labels)
