"""Geant4's version, out of its banner."""

from __future__ import annotations

import re


def geant4_version(banner: str) -> str:
    """Read the version out of Geant4's banner.

    Examples
    --------
    >>> geant4_version(" Geant4 version Name: geant4-11-04-patch-01 [MT]   (6-March-2026)")
    '11.4.1'
    """
    found = re.search(r"geant4-(\d+)-(\d+)(?:-patch-(\d+))?", banner)
    if found is None:
        return banner.strip()
    return ".".join(str(int(part or 0)) for part in found.groups())
