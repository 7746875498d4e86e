"""From a network in PyTorch to the bytes of an ONNX file, the same at every run."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from showerkit.errors import ExportError, MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor, nn

    from showerkit.export.onnx_description import OnnxDescription

#: Operators of ONNX 1.16, which ONNX Runtime knows from 1.18 on.
_OPSET: Final = 20
_NEEDED: Final = ("onnx", "onnxscript", "onnxruntime")


def require_onnx(*packages: str) -> None:
    """Refuse to go on without the optional packages.

    Raises
    ------
    MissingDependencyError
        If one of them is not installed.

    Examples
    --------
    >>> require_onnx()
    """
    for name in packages:
        if find_spec(name) is None:
            raise MissingDependencyError(
                "ONNX files", got=f"no package {name}", mend="pip install 'showerkit[export]'"
            )


def onnx_bytes(graph: nn.Module, arguments: tuple[Tensor, ...], description: OnnxDescription) -> bytes:
    """Write a graph with its description as an ONNX file.

    Parameters
    ----------
    graph
        Called with the description's inputs in their order; gives its outputs.
    arguments
        Inputs of at least two events, by which the graph is traced.
    description
        What the file says of itself.

    Returns
    -------
    bytes
        The file; nothing in it depends on where or when it was made.

    Raises
    ------
    MissingDependencyError
        If a package is not installed.
    ExportError
        If ONNX Runtime would give other outputs at every run.
    """
    require_onnx(*_NEEDED)
    import torch

    names = [given.name for given in description.inputs]
    batch = tuple({0: torch.export.Dim.DYNAMIC} for _ in names)
    with _quiet(), torch.no_grad():
        program: Any = torch.onnx.export(
            graph.eval(),
            arguments,
            dynamo=True,
            # One tuple for the one variadic parameter.
            dynamic_shapes=(batch,),
            input_names=names,
            output_names=[made.name for made in description.outputs],
            opset_version=_OPSET,
            verbose=False,
            optimize=True,
        )
    _check_sums(program.model_proto, description.name)
    return _cleaned(program.model_proto, description)


def _check_sums(model: Any, name: str) -> None:
    """Refuse sums into places that may repeat: threads of ONNX Runtime overwrite each other's there."""
    for node in (*_nodes(model.graph), *(node for function in model.functions for node in _nodes(function))):
        for attribute in node.attribute:
            if attribute.name == "reduction" and attribute.s not in (b"", b"none"):
                raise ExportError(
                    f"export of model '{name}'",
                    got=f"{node.op_type} with reduction {attribute.s.decode()}, which ONNX Runtime's threads "
                    "take wrongly",
                    expected="sums over axes or differences of running sums",
                    mend="change the model's graph",
                )


def _nodes(graph: Any) -> Iterator[Any]:
    """The operators of a graph and of the graphs inside them."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            yield from _nodes(attribute.g)


def _cleaned(model: Any, description: OnnxDescription) -> bytes:
    """Take out what the exporter tells of the machine, and put the description in."""
    import onnx

    graph = model.graph
    for part in (*graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
        part.doc_string = ""
    for function in model.functions:
        del function.metadata_props[:]
    del graph.value_info[:]
    del graph.metadata_props[:]
    for given in (*graph.input, *graph.output):
        given.type.tensor_type.shape.dim[0].dim_param = "events"
    graph.name, graph.doc_string = "showerkit", ""
    model.producer_name, model.producer_version = "showerkit", ""
    model.doc_string = description.description
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, dict(sorted(description.properties().items())))
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's remarks about its own workings from the user."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
