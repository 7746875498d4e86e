"""Whether an exported file gives what the model gives in PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from showerkit.errors import ExportError

if TYPE_CHECKING:
    from showerkit.export.exported_model import ExportedModel
    from showerkit.export.onnx_file import OnnxModel

#: The most that an output may deviate, relative to itself.
TOLERANCE: Final = 1.0e-5
#: Share of events in which rounding may decide.
_UNDECIDED: Final = 0.01
#: As many as a generator makes at once; no multiple of the events by which a graph is traced.
_EVENTS: Final = 251


class Parity(NamedTuple):
    """What a check found.

    Parameters
    ----------
    events
        Events compared.
    largest
        Largest relative deviation of an output.
    undecided
        Events left out of it, in which rounding decided.
    """

    events: int
    largest: float
    undecided: int


def check_parity(model: OnnxModel, exported: ExportedModel) -> Parity:
    r"""Compare an exported file with the model in PyTorch on the same inputs, random ones included.

    .. math:: \max \frac{\max(|E_{ONNX} - E_{PyTorch}| - r, 0)}{E_{PyTorch}} \le 10^{-5}

    with r what the model says of its rounding. Where a random number lies so near to a probability that
    rounding decides on a hit, the shower is another one, and so it is where rounding decides which row of a
    model's table holds; such events are left out, at most one in a hundred.

    Parameters
    ----------
    model
        The file.
    exported
        The model in PyTorch.

    Returns
    -------
    Parity
        What was found.

    Raises
    ------
    ExportError
        If an output deviates by more, or too many events do.
    """
    given = exported.sample(_EVENTS)
    wanted, found, rounding = exported.reference(given), model(given), exported.rounding(given)
    name = exported.description.name
    largest, undecided = np.zeros(_EVENTS), np.zeros(_EVENTS, dtype=np.bool_)
    for output, expected in wanted.items():
        made = found[output].astype(np.float64)
        if made.shape != expected.shape or not np.isfinite(made).all():
            raise ExportError(
                f"export of model '{name}': output {output}",
                got=f"shape {made.shape} or values that are no numbers",
                expected=f"finite values, shape {expected.shape}",
            )
        undecided |= ((made == 0.0) != (expected == 0.0)).any(axis=1)
        excess = np.maximum(np.abs(made - expected) - rounding.get(output, 0.0), 0.0)
        relative = excess / np.maximum(np.abs(expected), np.finfo(np.float32).tiny)
        largest = np.maximum(largest, relative.max(axis=1))
    if exported.jumps:
        undecided |= largest > TOLERANCE
    parity = Parity(_EVENTS, float(largest[~undecided].max(initial=0.0)), int(undecided.sum()))
    if parity.largest > TOLERANCE or parity.undecided > _UNDECIDED * _EVENTS:
        raise ExportError(
            f"export of model '{name}'",
            got=f"outputs that deviate from PyTorch's by up to {parity.largest:.1e} of themselves, and "
            f"{parity.undecided} of {_EVENTS} events that are others",
            expected=f"at most {TOLERANCE:g}, and {_UNDECIDED:.0%} of the events",
            mend="nothing was written; export with other versions of torch, onnx and onnxruntime",
        )
    return parity
