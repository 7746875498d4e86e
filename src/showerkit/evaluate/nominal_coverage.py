"""What a model's intervals should cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue


def nominal_coverage(model: Mapping[str, JsonValue], otherwise: float) -> float:
    """Find what a model says that its intervals should cover.

    Parameters
    ----------
    model
        How it describes itself; the coverage stands there, or in one of the parts.
    otherwise
        The share where it does not say so.

    Returns
    -------
    float
        The share, between 0 and 1.

    Examples
    --------
    >>> nominal_coverage({"intervals": {"coverage": 0.9}}, 0.68), nominal_coverage({}, 0.68)
    (0.9, 0.68)
    """
    for value in (model.get("coverage"), *(part for part in model.values() if isinstance(part, dict))):
        told = value.get("coverage") if isinstance(value, dict) else value
        if isinstance(told, float) and 0.0 < told < 1.0:
            return told
    return otherwise
