"""Which families of models can be exported, and by what."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Final

from showerkit.errors import CheckpointError, ExportError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from showerkit.export.exported_model import ExportedModel

#: By ``model.kind``: module and name of the function that makes an `ExportedModel` of a model file.
EXPORTERS: Final[Mapping[str, tuple[str, str]]] = {
    "mask-value": ("showerkit.export.shower_exports", "mask_value_export"),
    "entry-window": ("showerkit.export.shower_exports", "entry_window_export"),
    "shower-flow": ("showerkit.export.shower_exports", "shower_flow_export"),
    **dict.fromkeys(
        ("cnn3d", "deep-sets-hits", "layer-profile", "residual3d", "own-energy"),
        ("showerkit.export.energy_exports", "energy_export"),
    ),
}
#: Those of them whose samples follow a flow.
FLOWS: Final = ("shower-flow",)


def exported_model(path: Path, *, solver: str | None = None, steps: int | None = None) -> ExportedModel:
    """Prepare whatever a model file holds for export.

    Parameters
    ----------
    path
        The model file.
    solver, steps
        Of a flow: another method or number of steps than the model's own.

    Returns
    -------
    ExportedModel
        Graph, description and reference.

    Raises
    ------
    CheckpointError
        If the file is damaged or foreign.
    ExportError
        If models of its family cannot be exported, or a solver is named for one that is no flow.
    """
    kind = family_of_file(path)
    if kind not in EXPORTERS:
        raise ExportError(
            f"model {path}",
            got=f"one of kind '{kind}', which cannot be exported",
            expected="one of kind " + ", ".join(sorted(EXPORTERS)),
        )
    module, name = EXPORTERS[kind]
    export: Callable[..., ExportedModel] = getattr(import_module(module), name)
    if kind in FLOWS:
        return export(path, solver=solver, steps=steps)
    if solver is not None or steps is not None:
        raise ExportError(
            f"solver or number of steps for model {path}",
            got=f"one of kind '{kind}', which makes its output in one step",
            mend="leave it out",
        )
    return export(path)


def family_of_file(path: Path) -> str:
    """Tell the kind of model that a file holds.

    Raises
    ------
    CheckpointError
        If the file is damaged or foreign.
    """
    from showerkit.train.training_state import read_tensors_and_text

    expected = "a model file"
    content = read_tensors_and_text(path, expected=expected)
    meta = content.get("meta") if isinstance(content, dict) else None
    try:
        values = json.loads(meta) if isinstance(meta, str) else None
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict) or not isinstance(values.get("model"), dict):
        raise CheckpointError(f"{path}", got="a file of another kind", expected=expected)
    return str(values["model"].get("kind", "mask-value"))
