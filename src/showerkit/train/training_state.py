"""Read the state that a training keeps to go on with; nothing in the file is ever executed."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from pathlib import Path
from typing import Any, Final

import torch

from showerkit.errors import CheckpointError

#: What reading a damaged or foreign file may raise.
READ_ERRORS: Final = (
    OSError,
    RuntimeError,
    EOFError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    pickle.UnpicklingError,
    zipfile.BadZipFile,
)


def read_tensors_and_text(path: Path | str, *, expected: str) -> Any:
    """Read a file of tensors and plain values.

    Parameters
    ----------
    path
        The file.
    expected
        What it should be, for the message.

    Raises
    ------
    CheckpointError
        If it is missing, damaged or holds anything else.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"{path}", got="no such file", expected=expected)
    try:
        with warnings.catch_warnings():
            # Said of foreign files, which end in the error below.
            warnings.filterwarnings("ignore", "Detected pickle protocol")
            return torch.load(path, map_location="cpu", weights_only=True)
    except READ_ERRORS:
        raise CheckpointError(
            f"{path}", got="a file that is damaged or of another kind", expected=expected
        ) from None


def load_weights(path: Path | str, *, prefix: str = "network.") -> dict[str, torch.Tensor]:
    """Take a network's weights out of a training state.

    Raises
    ------
    CheckpointError
        If the file is missing or damaged, or holds no such weights.
    """
    state = read_tensors_and_text(path, expected="a training state")
    weights = state.get("state_dict") if isinstance(state, dict) else None
    found = {
        name.removeprefix(prefix): tensor
        for name, tensor in (weights if isinstance(weights, dict) else {}).items()
        if isinstance(tensor, torch.Tensor) and isinstance(name, str) and name.startswith(prefix)
    }
    if not found:
        raise CheckpointError(f"{path}", got="no weights of a network", expected="a training state")
    return found


def load_network(path: Path | str, *, average: object | None) -> dict[str, torch.Tensor]:
    """Take the weights that become the model out of a training state.

    Parameters
    ----------
    path
        The training state.
    average
        How the training averaged the weights of its steps; None: it did not, and the last are taken.

    Raises
    ------
    CheckpointError
        If the file is missing or damaged, or holds no such weights.
    """
    return load_weights(path, prefix="network." if average is None else "average.averaged.")


def read_epoch(path: Path | str) -> int:
    """Tell at the end of which epoch, counted from 0, a training state was kept.

    Raises
    ------
    CheckpointError
        If the file is missing or damaged, or does not say.
    """
    state = read_tensors_and_text(path, expected="a training state")
    epoch = state.get("epoch") if isinstance(state, dict) else None
    if not isinstance(epoch, int):
        raise CheckpointError(f"{path}", got="no epoch", expected="a training state")
    return epoch
