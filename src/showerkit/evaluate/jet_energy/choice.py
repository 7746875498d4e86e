"""Which calibration the others are held against."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from showerkit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.evaluate.jet_energy.sample import JetCalibration

#: The kind of model that is the standard jet energy scale.
STANDARD_SCALE = "numerical-inversion"


def baseline_number(calibrations: Sequence[JetCalibration], wanted: str | Path | None = None) -> int:
    """Choose the baseline.

    Parameters
    ----------
    calibrations
        All of them; jets without a calibration may be among them.
    wanted
        Name or file of one of them; None: the first that is a numerical inversion, else the first.

    Returns
    -------
    int
        Its place.

    Raises
    ------
    ConfigurationError
        If what is wanted is none of them.
    """
    if wanted is None:
        kinds = [one.kind for one in calibrations]
        return kinds.index(STANDARD_SCALE) if STANDARD_SCALE in kinds else 0
    for number, one in enumerate(calibrations):
        same_file = one.path is not None and one.path.resolve() == Path(wanted).resolve()
        if str(wanted) == one.name or same_file:
            return number
    raise ConfigurationError(
        "baseline", got=f"'{wanted}'", expected="one of " + ", ".join(one.name for one in calibrations)
    )
