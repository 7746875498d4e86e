"""What an exporter makes of a trained model, whatever its family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import nn

    from showerkit.export.onnx_description import OnnxDescription

#: Inputs or outputs of a graph by name, each of shape (N, width).
Arrays: TypeAlias = Mapping[str, NDArray[Any]]


def no_rounding(_given: Arrays) -> Arrays:
    """Say that no output is a sum of much larger numbers."""
    return {}


@dataclass(frozen=True, eq=False)
class ExportedModel:
    """A trained model on its way into an ONNX file.

    Parameters
    ----------
    description
        What the file will say of itself.
    graph
        A module that is called with the description's inputs in their order and gives its outputs.
    sample
        Makes inputs of so many events, always the same.
    reference
        What the model gives in PyTorch, as it is used there, for at most 256 events of a sample.
    rounding
        By how much outputs may differ because they are sums of much larger numbers in single precision, in
        their units, to be broadcast; 0 where it is not told.
    jumps
        Whether outputs jump where a value crosses an edge of a table, which rounding may decide.
    """

    description: OnnxDescription
    graph: nn.Module
    sample: Callable[[int], Arrays]
    reference: Callable[[Arrays], Arrays]
    rounding: Callable[[Arrays], Arrays] = no_rounding
    jumps: bool = False
