"""Pythia 8, started with given settings, and its event records as flat arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.errors import MissingDependencyError, SimulationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def started_pythia(lines: Sequence[str], process: str, hook: Any = None) -> Any:
    """Start Pythia 8.

    Parameters
    ----------
    lines
        Its settings.
    process
        What it simulates, for messages.
    hook
        Hooks for Pythia to ask, or None; the caller keeps them as long as Pythia.

    Returns
    -------
    pythia8mc.Pythia
        Pythia, ready for events.

    Raises
    ------
    MissingDependencyError
        If Pythia 8 is not installed.
    SimulationError
        If Pythia does not know a setting or does not start.
    """
    try:
        import pythia8mc
    except ImportError:
        raise MissingDependencyError(
            "Pythia 8 is not installed", mend="pip install 'showerkit[jets]'"
        ) from None
    pythia = pythia8mc.Pythia("", False)
    for line in lines:
        if not pythia.readString(line):
            raise SimulationError("Pythia 8 does not know a setting", got=repr(line))
    if hook is not None:
        pythia.setUserHooksPtr(hook)
    if not pythia.init():
        raise SimulationError(
            f"Pythia 8 does not start for process '{process}'",
            expected="a process that is possible at this energy",
            mend="look at sqrt_s_tev and the pT asked for, and at what Pythia says in the log",
        )
    return pythia


def pythia_version(pythia: Any) -> str:
    """Version of a started Pythia, such as ``"8.317"``."""
    return f"{pythia.parm('Pythia:versionNumber'):.3f}"


def record_momenta(record: Any, chosen: NDArray[Any]) -> NDArray[np.float64]:
    """px, py, pz in GeV of chosen entries of a flat event record, shape (..., 3)."""
    return np.stack([np.asarray(record.p[name])[chosen] for name in ("px", "py", "pz")], axis=-1)
