"""A model file: tensors by name and a description in JSON, never code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from showerkit.configuration import StrictConfig, parse_config
from showerkit.data.atomic_file import replacing
from showerkit.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

#: What models of each kind are for, by what their files say they are.
_USES: Final = {
    "showerkit-checkpoint": "it makes showers: showerkit generate",
    "showerkit-clouds": "it makes jets or images: showerkit generate",
    "showerkit-energy": "it measures energies of showers: showerkit reconstruct",
    "showerkit-jet-energy": "it calibrates jets: showerkit reconstruct",
}

MetaT = TypeVar("MetaT", bound=StrictConfig)


def write_model_file(path: Path | str, form: str, meta: StrictConfig, weights: Mapping[str, Tensor]) -> None:
    """Write a model beside its place and rename it there.

    Parameters
    ----------
    path
        The file.
    form
        What the file says it is; another one when old files could be misread.
    meta
        The description.
    weights
        Tensors by name.

    Raises
    ------
    CheckpointError
        If the file cannot be written (nothing is left behind, an older file stays).
    """
    import torch

    content = {
        "format": form,
        "meta": meta.model_dump_json(),
        # Fresh copies: a view would take its whole storage along.
        "weights": {
            name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
            for name, tensor in weights.items()
        },
    }
    try:
        with replacing(path) as partial:
            torch.save(content, partial)
    except (OSError, RuntimeError) as failed:
        reason = str(failed).splitlines()[0]
        raise CheckpointError(f"{path}", got=reason, expected="room for a file that can be written") from None


def is_model_file(path: Path | str, form: str) -> bool:
    """Whether a model file says that it is of a form; False for whatever cannot be read.

    Examples
    --------
    >>> is_model_file("nowhere.skm", "showerkit-clouds-1")
    False
    """
    from showerkit.train.training_state import read_tensors_and_text

    try:
        content = read_tensors_and_text(path, expected="a model")
    except CheckpointError:
        return False
    return isinstance(content, dict) and content.get("format") == form


def joined_parts(parts: Mapping[str, Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Give the weights of several parts of a model names that tell the parts apart; inverse of `part_of`.

    Examples
    --------
    >>> import torch
    >>> weights = joined_parts({"network": {"bias": torch.ones(1)}, "objective": {}})
    >>> list(weights), list(part_of(weights, "network"))
    (['network.bias'], ['bias'])
    """
    return {f"{name}.{key}": tensor for name, part in parts.items() for key, tensor in part.items()}


def part_of(weights: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """Give the weights of one part of a model, by their own names."""
    prefix = f"{name}."
    return {key.removeprefix(prefix): value for key, value in weights.items() if key.startswith(prefix)}


def _kind(form: object) -> str:
    """What a file says it is, without the version."""
    return str(form).rpartition("-")[0]


def read_model_file(
    path: Path | str, form: str, meta: type[MetaT], *, what: str = "a model checkpoint"
) -> tuple[MetaT, dict[str, Tensor]]:
    """Read a model; nothing in the file is ever executed.

    Parameters
    ----------
    path
        The file.
    form
        What it must say it is.
    meta
        What its description must be.
    what
        What it should be, for the message.

    Returns
    -------
    tuple
        The description, and the tensors by name.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, of another kind, or its parts do not fit together.
    """
    import torch

    from showerkit.train.training_state import read_tensors_and_text

    expected = f"{what} ({form})"
    path = Path(path)

    def foreign(got: str) -> CheckpointError:
        return CheckpointError(
            f"{path}", got=got, expected=expected, mend="train the model again, or fetch the file again"
        )

    content = read_tensors_and_text(path, expected=expected)
    if not isinstance(content, dict) or set(content) != {"format", "meta", "weights"}:
        raise foreign("a file of another kind")
    if content["format"] != form:
        said = f"format {content['format']!r}"
        use = None if _kind(content["format"]) == _kind(form) else _USES.get(_kind(content["format"]))
        if use is None:
            raise foreign(said)
        raise CheckpointError(f"{path}", got=said, expected=expected, mend=use)
    if not isinstance(content["meta"], str):
        raise foreign("a description that is no text")
    try:
        values = json.loads(content["meta"])
    except (ValueError, RecursionError):
        raise foreign("a description that is no JSON") from None
    if not isinstance(values, dict):
        raise foreign("a description that is no mapping")
    described = parse_config(meta, values, source=str(path), error=CheckpointError)
    weights = content["weights"]
    if not isinstance(weights, dict) or not all(
        isinstance(name, str) and isinstance(tensor, torch.Tensor) for name, tensor in weights.items()
    ):
        raise foreign("weights that are no tensors by name")
    for name, tensor in weights.items():
        _check_plain(tensor, f"{path}: weights '{name}'")
        if not bool(torch.isfinite(tensor).all()):
            raise CheckpointError(
                f"{path}: weights '{name}'", got="NaN or infinity", expected="finite values"
            )
    return described, weights


def _check_plain(tensor: Tensor, what: str) -> None:
    """Refuse a tensor of anything but plain numbers, or of more of them than the file holds."""
    import torch

    plain = tensor.layout == torch.strided and tensor.device.type == "cpu" and not tensor.is_quantized
    if not plain or tensor.is_complex():
        raise CheckpointError(what, got=f"{tensor.layout} of {tensor.dtype}", expected="plain numbers")
    stored = tensor.untyped_storage().nbytes()
    if tensor.numel() * tensor.element_size() > stored:
        raise CheckpointError(
            what, got=f"{tensor.numel()} numbers in {stored} bytes", expected="numbers that are all there"
        )
