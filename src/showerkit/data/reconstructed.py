"""The record of reconstructed energies that reconstruction, files and evaluation exchange."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.data.checked_array import checked_array
from showerkit.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ReconstructedEnergies:
    """Energies reconstructed from showers, with predicted errors and intervals where a model gives them.

    Energies may be negative: a linear calibration of a small shower is. Errors may not.

    Parameters
    ----------
    event_id
        Event numbers, shape (N,).
    energy_mev
        Reconstructed energies in MeV, shape (N,).
    sigma_mev
        Predicted standard errors in MeV, shape (N,), or None.
    low_mev, high_mev
        Ends of the prediction intervals in MeV, shape (N,), both or None.

    Raises
    ------
    DataError
        If shapes disagree, a value is not finite, an error is not above 0, an interval ends before it
        begins, or one of its ends is missing.

    Examples
    --------
    >>> found = ReconstructedEnergies([7, 8], [990.0, 2010.0], [100.0, 141.0])
    >>> len(found), found[1:].energy_mev.tolist()
    (2, [2010.0])
    """

    event_id: NDArray[np.int64]
    energy_mev: NDArray[np.float32]
    sigma_mev: NDArray[np.float32] | None = None
    low_mev: NDArray[np.float32] | None = None
    high_mev: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        event_id = checked_array("event_id", self.event_id, (None,), np.int64)
        object.__setattr__(self, "event_id", event_id)
        for name in ("energy_mev", "sigma_mev", "low_mev", "high_mev"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, checked_array(name, values, (len(event_id),), np.float32))
        if self.sigma_mev is not None and (self.sigma_mev <= 0).any():
            bad = int(np.argmax(self.sigma_mev <= 0))
            raise DataError(f"sigma_mev[{bad}]", got=float(self.sigma_mev[bad]), expected="a value > 0")
        if (self.low_mev is None) != (self.high_mev is None):
            raise DataError("low_mev and high_mev", got="one of them", expected="both or neither")
        if self.low_mev is not None and self.high_mev is not None and (self.low_mev > self.high_mev).any():
            bad = int(np.argmax(self.low_mev > self.high_mev))
            raise DataError(
                f"low_mev[{bad}]",
                got=float(self.low_mev[bad]),
                expected=f"at most high_mev[{bad}], {float(self.high_mev[bad])}",
            )

    def __len__(self) -> int:
        return len(self.event_id)

    def __getitem__(self, index: slice | NDArray[np.generic]) -> ReconstructedEnergies:
        columns: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        chosen: dict[str, Any] = {
            name: None if values is None else values[index] for name, values in columns.items()
        }
        return ReconstructedEnergies(**chosen)
