"""Transverse momenta for readers: three digits, and no powers of ten below 100 TeV."""

from __future__ import annotations


def pt_number(pt_gev: float) -> str:
    """Write a transverse momentum in GeV.

    Examples
    --------
    >>> pt_number(42.639), pt_number(1414.2), pt_number(2000.0), pt_number(30.0)
    ('42.6', '1414', '2000', '30')
    """
    return f"{pt_gev:.0f}" if 100.0 <= pt_gev < 1e5 else f"{pt_gev:.3g}"
