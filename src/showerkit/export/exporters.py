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
    **dict.fromkeys(
        ("cnn3d", "deep-sets-hits", "layer-profile", "residual3d", "own-energy"),
        ("showerkit.export.energy_exports", "energy_export"),
    ),
}


def exported_model(path: Path) -> ExportedModel:
    """Prepare whatever a model file holds for export.

    Parameters
    ----------
    path
        The model file.

    Returns
    -------
    ExportedModel
        Graph, description and reference.

    Raises
    ------
    CheckpointError
        If the file is damaged or foreign.
    ExportError
        If models of its family cannot be exported.
    """
    kind = family_of_file(path)
    if kind not in EXPORTERS:
        raise ExportError(
            f"model {path}",
            got=f"one of kind '{kind}', which cannot be exported",
            expected="one of kind " + ", ".join(sorted(EXPORTERS)),
        )
    module, name = EXPORTERS[kind]
    export: Callable[[Path], ExportedModel] = getattr(import_module(module), name)
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
