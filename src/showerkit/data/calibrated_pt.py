"""The record of calibrated jets that reconstruction, files and evaluation exchange."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.data.checked_array import checked_array
from showerkit.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class CalibratedPt:
    """Calibrated transverse momenta of jets, with standard errors and intervals.

    A linear correction may leave a very soft jet with a pT below 0. Errors are above it.

    Parameters
    ----------
    event_id
        Numbers of the jets' events, shape (N,); jets may share one.
    pt_gev, sigma_gev
        Transverse momenta and their standard errors in GeV, shape (N,).
    low_gev, high_gev
        Ends of the intervals in GeV, shape (N,).

    Raises
    ------
    DataError
        If shapes disagree, a value is not finite, an error is not above 0, or an interval ends before it
        begins.

    Examples
    --------
    >>> found = CalibratedPt([7, 7], [40.0, 38.0], [4.0, 3.9], [36.0, 34.0], [44.0, 42.0])
    >>> len(found), found[1:].pt_gev.tolist()
    (2, [38.0])
    """

    event_id: NDArray[np.int64]
    pt_gev: NDArray[np.float32]
    sigma_gev: NDArray[np.float32]
    low_gev: NDArray[np.float32]
    high_gev: NDArray[np.float32]

    def __post_init__(self) -> None:
        event_id = checked_array("event_id", self.event_id, (None,), np.int64)
        object.__setattr__(self, "event_id", event_id)
        for name in ("pt_gev", "sigma_gev", "low_gev", "high_gev"):
            values = checked_array(name, getattr(self, name), (len(event_id),), np.float32)
            object.__setattr__(self, name, values)
        if (self.sigma_gev <= 0).any():
            bad = int(np.argmax(self.sigma_gev <= 0))
            raise DataError(f"sigma_gev[{bad}]", got=float(self.sigma_gev[bad]), expected="a value > 0")
        if (self.low_gev > self.high_gev).any():
            bad = int(np.argmax(self.low_gev > self.high_gev))
            raise DataError(
                f"low_gev[{bad}]",
                got=float(self.low_gev[bad]),
                expected=f"at most high_gev[{bad}], {float(self.high_gev[bad])}",
            )

    def __len__(self) -> int:
        return len(self.event_id)

    def __getitem__(self, index: slice | NDArray[np.generic]) -> CalibratedPt:
        chosen: dict[str, Any] = {column.name: getattr(self, column.name)[index] for column in fields(self)}
        return CalibratedPt(**chosen)
